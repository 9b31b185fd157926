"""The benchmark of imputation: what is hidden, what is measured, and its command end to end."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

pd = pytest.importorskip("pandas", reason="benchmarks need the packages of the benchmark extra")
pytest.importorskip("sklearn", reason="benchmarks need the packages of the benchmark extra")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # benchmarks is no installed package

from benchmarks import imputation  # noqa: E402
from benchmarks.filling import Filled, measured, middle, score  # noqa: E402
from benchmarks.imputation_page import page  # noqa: E402
from benchmarks.imputers import scikit  # noqa: E402


def make(n: int) -> pl.DataFrame:
    """Two numbers that are nearly one, and a category that is their sign."""
    rng = np.random.default_rng(5)  # another stream than that of what is hidden
    x = rng.normal(size=n)
    y = x + 0.1 * rng.normal(size=n)
    return pl.DataFrame({"x": x, "y": y, "c": np.where(x > 0, "NA", "low")})


# ---------------------------------------------------------------- what is hidden


@pytest.mark.parametrize(("pattern", "rate"), [("mcar20", 0.2), ("mcar50", 0.5)])
def test_cells_are_hidden_at_the_stated_rate_in_every_column(pattern, rate):
    shares = imputation.hide(make(20_000), pattern, 0).mean(0)
    error = 4 * np.sqrt(rate * (1 - rate) / 20_000)  # four standard errors, three columns
    np.testing.assert_allclose(shares, rate, atol=error)


def test_mar_hides_more_where_the_first_number_is_large_and_never_that_number():
    table = make(20_000)
    hidden = imputation.hide(table, "mar", 0)
    large = (table["x"] > table["x"].median()).to_numpy()
    assert not hidden[:, 0].any()
    np.testing.assert_allclose(hidden[large, 1:].mean(0), 0.5, atol=0.02)
    np.testing.assert_allclose(hidden[~large, 1:].mean(0), 0.1, atol=0.012)


# ---------------------------------------------------------------- what is measured


def test_crps_of_draws_has_the_expectation_of_the_closed_form():
    """Of N(0, 1) at y: y (2 Phi(y) - 1) + 2 phi(y) - 1 / sqrt(pi), Gneiting & Raftery eq. 21."""
    y = np.repeat([-1.0, 0.0, 2.5], 20_000)
    found = score(np.random.default_rng(0).normal(size=(20, len(y))), y).reshape(3, -1)
    at = y[::20_000]
    exact = at * (2 * stats.norm.cdf(at) - 1) + 2 * stats.norm.pdf(at) - 1 / np.sqrt(np.pi)
    error = 4 * found.std(1) / np.sqrt(20_000)
    assert (np.abs(found.mean(1) - exact) < error).all()
    assert error.max() < 0.01


def test_figures_by_hand():
    table = pl.DataFrame({"x": [0.0, 2.0, 4.0], "c": ["a", "b", "b"]})  # standard deviation 2
    hidden = np.array([[True, True], [True, True], [False, False]])
    best = pl.DataFrame({"x": [1.0, 2.0, 4.0], "c": ["b", "b", "b"]})
    found = measured(table, hidden, Filled(best))
    assert found == {"nmae": 0.25, "crps": 0.25, "accuracy": 0.5}
    low, high = pl.DataFrame({"x": [0.5, 1.0, None]}), pl.DataFrame({"x": [9.0, 9.0, None]})
    copies = [best, best.with_columns(pl.col("x") + 2.0)]
    found = measured(table, hidden, Filled(best, copies, low, high))
    # Draws 1, 3 of 0 and 2, 4 of 2: E|X - y| is 2 and 1, half of E|X - X'| is 1 for both.
    assert found == {"nmae": 0.25, "crps": 0.25, "accuracy": 0.5, "coverage": 0.5}


def test_without_a_best_guess_it_is_the_median_and_the_mode():
    copies = [pl.DataFrame({"x": [x], "c": [c]}) for x, c in ((1.0, "a"), (2.0, "b"), (9.0, "b"))]
    assert middle(copies).rows() == [(2.0, "b")]


def test_forests_find_what_the_other_columns_tell():
    table = make(300)
    hidden = imputation.hide(table, "mcar20", 0)
    seen = imputation.with_gaps(table, hidden)
    frame = pd.DataFrame(seen.to_dict(as_series=False)).astype({"c": "category"})
    filled = pl.DataFrame(scikit.forest(frame, 0, 0).best.to_dict("list"))
    found = measured(table, hidden, Filled(filled))
    assert found["nmae"] < 0.35  # of means: 0.8
    assert found["accuracy"] > 0.85  # of the mode: 0.5
    assert filled["y"].filter(~hidden[:, 1]).equals(table["y"].filter(~hidden[:, 1]))


# ---------------------------------------------------------------- the command


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command on a toy table, with its own results and page; returns the results."""
    monkeypatch.setattr(imputation, "complete", lambda name, rows: make(rows))

    def command(*options: str) -> dict:
        out, shown = tmp_path / "found.json", tmp_path / "page.md"
        files = ["--out", str(out), "--page", str(shown)]
        imputation.main(["--data", "toy", "--patterns", "mcar20", "--rows", "60", *files, *options])
        assert "# Gaps filled" in shown.read_text()
        return json.loads(out.read_text())["toy"]["mcar20"]

    return command


def test_command_measures_and_does_not_run_again_what_is_recorded(run):
    found = run("--methods", "mean")["mean"]
    assert 0.5 < found["nmae"] < 1.5
    assert found["rows"] == 60
    assert found["seed"] == 0
    assert run("--methods", "mean")["mean"] == found  # its seconds too: it was not run
    again = run("--methods", "mean", "--again")["mean"]
    assert again["nmae"] == found["nmae"]
    assert again["seconds"] != found["seconds"]
    assert run("--methods", "mean", "--seed", "1")["mean"]["nmae"] != found["nmae"]


ZEROS = """
import pathlib, sys
folder = pathlib.Path(sys.argv[2])
names = (folder / "seen.csv").read_text().splitlines()[0]
(folder / "best.csv").write_text(names + "\\n" + "0,0,low\\n" * 60)
print('{"seconds": 0.5, "version": "1"}')
"""


def test_a_method_that_fails_or_takes_too_long_is_recorded_and_the_rest_goes_on(
    run, tmp_path, monkeypatch
):
    programs = {"bad": "raise ValueError('no such thing')", "slow": "import time; time.sleep(60)"}
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name, program in (programs | {"zeros": ZEROS}).items():
        (tmp_path / f"program_{name}.py").write_text(program)
        monkeypatch.setitem(imputation.METHODS, name, imputation.Method(f"program_{name}"))
    found = run("--methods", "bad,slow,zeros", "--limit", "5")
    assert found["bad"]["failed"] == "ValueError: no such thing"
    assert found["slow"]["failed"] == "over the limit of 5 s"
    assert found["zeros"]["nmae"] > 0
    assert found["zeros"]["seconds"] == 0.5


def test_page_compares_over_sets_that_a_method_filled():
    def of(nmae: float, seconds: float) -> dict:
        times = {"seconds": seconds, "cpu_seconds": 2 * seconds}
        return {"nmae": nmae, "crps": nmae / 2, **times, "rows": 9, "seed": 0}

    late = {"failed": "over the limit of 9 s", "rows": 9, "seed": 0}
    first = {"jensen": of(0.3, 2), "forest": of(0.4, 4), "knn": of(0.1, 1)}
    second = {"jensen": of(0.5, 4), "forest": of(0.4, 20), "knn": late}
    text = page({"a": {"mcar20": first}, "b": {"mcar20": second}})
    assert "| jensen | 2 | 0.400 |  | 0.200 |  | 3.0 | 6.0 |" in text
    assert "| forest | 2 | 1 | 1 | 0.25 |" in text
    assert "| knn | 1 | 3 | 3 | 2 |" in text  # on the one set that it filled
    assert "- knn on b: over the limit of 9 s" in text
    assert "| a, 9 rows | jensen | 0.300 |" in text
