"""`jensen gap`, and `jensen score` with tighter bounds than the ELBO, one of them as a process."""

import json
import re
from xml.etree import ElementTree

import polars as pl
import pytest

import jensen
from jensen.cli.gap import _ends, _picture
from jensen.estimator.gap import Mean, Simulated

SMALL = ["--rows", 12, "--k", 20, "--temperatures", 4, "--chains", 3]


def test_gap_as_json(run, fitted):
    done = run("gap", "penguins.jensen", "penguins.csv", *SMALL, "--json", cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.keys() == {
        "n_rows", "k", "temperatures", "chains", "seed", "elbo", "reconstruction", "kl",
        "kl_per_dimension", "split", "iwae", "ais", "simulated", "curve", "warnings", "model",
        "seconds", "output",
    }  # fmt: skip
    assert (found["n_rows"], found["k"], found["seed"]) == (12, 20, 3)
    value = {name: found[name]["value"] for name in ("elbo", "reconstruction", "kl")}
    assert value["elbo"] == pytest.approx(value["reconstruction"] - value["kl"])
    assert [point["k"] for point in found["curve"]] == [1, 2, 5, 10, 20]
    assert found["iwae"]["gap"]["value"] > 0
    assert found["simulated"]["n_rows"] == 12
    assert found["seconds"].keys() == {"load", "read", "measure", "total"}


def test_gap_in_words_even_quietly(call, fitted):
    done = call("gap", "penguins.jensen", "penguins.csv", *SMALL, "--quiet", cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for part in (
        "penguins.jensen: the bound on 12 rows of penguins.csv",
        "mutual information of row and z",
        "total correlation of z",
        "KL per latent dimension",
        "IWAE with 20 draws − ELBO, 12 rows",
        "AIS over 4 temperatures − ELBO, 12 rows; AIS − IWAE of these ",
        "12 rows that the model made",
        "IWAE bound as its draws grow",
        "K = 1",
        "20 draws",
        " ┤",
    ):
        assert part in done.stdout, part


def test_score_with_more_draws_is_higher(call, fitted):
    means = {}
    for bound, k in (("elbo", 8), ("iwae", 60)):
        done = call("score", "penguins.jensen", "penguins.csv", "--bound", bound, "--k", k,
                   "--json", "-o", f"{bound}.csv", cwd=fitted.place)  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["kind"], found["k"]) == (bound, k)
        rows = pl.read_csv(fitted.place / f"{bound}.csv")
        assert found["bound"] == pytest.approx(rows["bound"].mean())
        means[bound] = found["bound"]
    assert rows.columns == ["row", "bound", "ess"]
    assert found["ess"] == pytest.approx(rows["ess"].mean())
    assert found["weights"] == 60
    assert means["elbo"] < means["iwae"]


def test_score_by_annealing_names_its_bound_and_its_trouble(call, fitted):
    done = call("score", "penguins.jensen", "penguins.csv", "--bound", "ais", "--k", 2,
                cwd=fitted.place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "AIS, 2 temperatures, 8 chains)" in done.stdout
    assert re.search(r"effective +\d\.\d of 8, in the worst row \d\.\d", done.stdout)


WRONG = {
    "no such bound": (["score", "--bound", "tight"], "one of elbo, iwae, ais, and is 'tight'"),
    "no draws": (["score", "--bound", "iwae", "--k", 0], "k must be a whole number from 1"),
    "less than none": (["gap", "--k", -1], "k must be a whole number from 1"),
    "no temperature": (["gap", "--temperatures", 0], "temperatures must be a whole number"),
    "no chain": (["gap", "--chains", 0], "chains must be a whole number from 1"),
    "no rows": (["gap", "--rows", 0], "rows must be a whole number from 1"),
}


@pytest.mark.parametrize("what", WRONG)
def test_options_out_of_range(call, fitted, what):
    (command, *options), message = WRONG[what]
    done = call(command, "penguins.jensen", "penguins.csv", *options, cwd=fitted.place)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_gap_draws_how_the_bound_tightens(call, fitted):
    arguments = ["gap", "penguins.jensen", "penguins.csv", *SMALL, "-o", "gap.svg"]
    done = call(*arguments, cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    assert "Drawn in gap.svg" in done.stdout
    picture = ElementTree.parse(fitted.place / "gap.svg").getroot()
    dots = picture.findall("{*}circle")
    assert len(dots) == 5  # K = 1, 2, 5, 10, 20
    heights = [float(dot.attrib["cy"]) for dot in dots]
    assert heights[0] > heights[-1]  # up the page, so a better bound
    assert "nats per row" in (picture.findtext("{*}title") or "")
    again = call(*arguments, cwd=fitted.place)
    assert again.returncode == 2
    assert "gap.svg exists" in again.stderr
    other = call(*arguments[:-1], "gap.png", cwd=fitted.place)
    assert other.returncode == 2
    assert "must end in .svg" in other.stderr


def test_the_line_of_ais_is_what_it_adds_to_iwae_of_all_rows(fitted):
    """Its rows are fewer: here their bounds are 10 nats higher, and their gaps 5."""
    vae, data = jensen.load(fitted.place / "penguins.jensen"), fitted.place / "penguins.csv"
    done = vae.gap(data, rows=12, k=20, temperatures=4, chains=3)
    bound, gap = (
        Mean(value=v.value + up, standard_error=1.0)
        for v, up in ((done.ais.bound, 10.0), (done.ais.gap, 5.0))
    )
    few = done.ais.model_copy(update={"n_rows": 6, "bound": bound, "gap": gap})
    drawn = [_picture(gap, "m", "d") for gap in (done, done.model_copy(update={"ais": few}))]
    lines = [re.findall(r'y1="([\d.]+)".*stroke="#b2182b"', picture) for picture in drawn]
    assert len(lines[0]) == 1
    assert lines[0] == lines[1]
    title = ElementTree.fromstring(drawn[1]).findtext("{*}title")
    assert f"{done.iwae.bound.value + done.ais.above_iwae.value:.3f}" in title
    assert "6 rows" in title


@pytest.mark.parametrize(("apart", "words"), [(True, "from "), (False, ", not told apart (")])
def test_sides_that_are_not_told_apart_are_no_interval(apart, words):
    a, b, between = (Mean(value=v, standard_error=0.04) for v in (0.113, 0.082, -0.031))
    made = Simulated(n_rows=9, below=a, above=b, between=between, told_apart=apart)
    assert _ends(made).startswith("from ") == apart
    assert _ends(made).endswith("not told apart") != apart


def test_refined_scores_are_higher(call, fitted):
    found = {}
    for steps in (0, 40):
        done = call("score", "penguins.jensen", "penguins.csv", "--k", 16, "--refine", steps,
                   "--json", "-o", f"refined{steps}.csv", cwd=fitted.place)  # fmt: skip
        assert done.returncode == 0, done.stderr
        found[steps] = json.loads(done.stdout)
        assert found[steps]["refine"] == steps
    rows = [pl.read_csv(fitted.place / f"refined{steps}.csv")["bound"] for steps in found]
    rise = rows[1] - rows[0]
    assert rise.mean() > 3 * rise.std() / len(rise) ** 0.5
    done = call("score", "penguins.jensen", "penguins.csv", "--bound", "iwae", "--refine", 5,
                cwd=fitted.place)  # fmt: skip
    assert done.returncode == 2
    assert "refine is for bound 'elbo'" in done.stderr
