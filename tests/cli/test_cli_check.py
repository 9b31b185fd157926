"""`jensen check`: its output, its files, its exit codes."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from jsonschema import Draft202012Validator
from tiny_fits import Fitted

from jensen.cli import main
from jensen.evidence import evidence


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a table to fit, samples, held-out rows, and samples with a shift."""
    folder = tmp_path_factory.mktemp("check")
    for seed, name in enumerate(("train", "more", "test")):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=150)
        kind = np.where(x + rng.normal(size=150) > 0, "high", "low")
        frame = pl.DataFrame({"x": x, "y": x + rng.normal(size=150), "kind": kind})
        frame.write_csv(folder / f"{name}.csv")
    frame.with_columns(pl.col("x") + 3).write_csv(folder / "moved.csv")
    frame.rename({"x": "xx"}).write_csv(folder / "renamed.csv")
    frame.head(5).write_csv(folder / "few.csv")
    return folder


@pytest.fixture
def here(place, monkeypatch, tmp_path):
    """The folder as the present one; outputs go to another."""
    monkeypatch.chdir(place)
    return tmp_path


def test_a_table_on_the_terminal_and_a_page(here, capsys):
    page = here / "check.md"
    arguments = ["--holdout", "test.csv", "--target", "kind", "-o", str(page)]
    assert main(["check", "train.csv", "more.csv", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("A classifier cannot tell the samples from the data")
    assert "predicting kind from samples (AUC)" in out
    assert "membership inference (AUC)" in out
    assert page.read_text().startswith("### Are they from the same distribution?")


def test_json_on_standard_output_and_in_a_file(here, capsys):
    file = here / "check.json"
    assert main(["check", "train.csv", "more.csv", "--json", "-o", str(file)]) == 0
    out, err = capsys.readouterr()
    told, kept = json.loads(out), json.loads(file.read_text())
    assert err == ""
    assert told["crossed"] == []
    assert told["output"] == str(file)
    assert {k: told[k] for k in kept} == kept
    assert kept["measures"][0]["name"] == "c2st_auc"
    assert told.keys() - kept.keys() == {"output", "crossed", "seconds"}
    published = Path(evidence.__file__).with_name("evidence.schema.json").read_text()
    described = json.loads(published) | {"additionalProperties": False}
    assert [*Draft202012Validator(described).iter_errors(told)] == []


def test_the_page_in_place_of_the_table(here, capsys):
    assert main(["check", "train.csv", "more.csv", "--format", "md"]) == 0
    assert capsys.readouterr().out.startswith("### Are they")
    assert main(["check", "train.csv", "more.csv", "--format", "md", "-o", "-"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("### Are they")
    assert err.startswith("A classifier")


def test_a_file_that_exists_is_left_as_it_is(here, capsys):
    page = here / "check.md"
    page.write_text("mine")
    assert main(["check", "train.csv", "more.csv", "-o", str(page)]) == 2
    assert "exists and is left as it is" in capsys.readouterr().err
    assert page.read_text() == "mine"
    assert main(["check", "train.csv", "more.csv", "-o", str(page), "--force", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert page.read_text().startswith("### Are")


def test_a_crossed_threshold_ends_with_1_and_is_named(here, capsys):
    limits = ["--fail-if", "c2st_auc>0.7", "--fail-if", "mmd.p<0.01", "--fail-if", "regions>0",
              "--fail-if", "copying>0", "--fail-if", "column_shapes <= .1"]  # fmt: skip
    assert main(["check", "train.csv", "moved.csv", *limits]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("The samples are easily told from the data")
    lines = err.splitlines()
    assert [line.split(" is ")[0] for line in lines] == [
        "Failed: c2st_auc", "Failed: mmd.p", "Failed: regions",
    ]  # fmt: skip
    assert lines[0].endswith("and --fail-if says 'c2st_auc>0.7'.")
    assert main(["check", "train.csv", "moved.csv", "--json", *limits[:2]]) == 1
    assert len(json.loads(capsys.readouterr().out)["crossed"]) == 1
    assert main(["check", "train.csv", "more.csv", *limits]) == 0


def test_copies_are_listed_and_can_end_a_pipeline(here, capsys):
    assert main(["check", "train.csv", "train.csv", "--fail-if", "copying>1"]) == 1
    out, err = capsys.readouterr()
    assert "There are copies of training rows" in out
    assert "synthetic row 1 equals training row 1" in out
    assert err.startswith("Failed: copying is 2")


def test_a_model_of_another_table_is_refused(fitted: Fitted, here, capsys):
    model = str(fitted.place / "penguins.jensen")
    assert main(["check", "train.csv", "more.csv", "--model", model]) == 2
    err = capsys.readouterr().err
    assert "the model must be one that was fitted to train.csv, and is not" in err


def test_rows_that_a_model_does_not_know_are_left_out_and_counted(fitted: Fitted, call):
    frame = pl.read_csv(fitted.place / "penguins.csv", infer_schema_length=None)
    odd = frame.with_columns(
        species=pl.when(pl.int_range(len(frame)) == 3).then(pl.lit("Dodo")).otherwise("species")
    )
    odd.write_csv(fitted.place / "odd.csv")
    arguments = ["--model", "penguins.jensen", "--holdout", "odd.csv", "--json"]
    done = call("check", "penguins.csv", "odd.csv", *arguments, cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    elbo = next(m for m in told["measures"] if m["name"] == "elbo")
    assert elbo["rows"] == len(frame) - 1
    assert "1 of 344 rows are left out, to which the model gives no probability" in elbo["note"]
    assert "of the 344 held-out rows equal a training row" in told["notes"][0]
    assert "'Dodo' in row 4" in told["notes"][1]
    assert any(note.startswith("latent means: odd.csv: 1 of 344") for note in told["notes"])


def test_figures_of_a_model(fitted: Fitted, call, capsys):
    arguments = ["--model", "penguins.jensen", "--fail-if", "elbo<-1000"]
    done = call("check", "penguins.csv", "penguins.more.csv", *arguments, cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    assert "Is the bound good?" in done.stdout
    assert "held-out ELBO, nats per row" in done.stdout
    arguments += ["--holdout", "penguins.csv", "--json"]
    done = call("check", "penguins.csv", "penguins.more.csv", *arguments, cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    told = {m["name"]: m for m in json.loads(done.stdout)["measures"]}
    elbo, iwae = (told[name]["estimate"] for name in ("elbo", "iwae"))
    assert elbo["value"] <= iwae["value"] + 0.2
    assert elbo["low"] < elbo["value"] < elbo["high"]
    # the held-out rows are the training ones here: no gap but that of the draws
    assert abs(told["bound_gap"]["estimate"]["value"]) < 0.3
    assert told["bound_gap"]["p_value"] > 0.1
    held_out = fitted.told["held_out"]
    assert told["active_units"]["estimate"]["value"] == held_out["active_units"]
    assert told["gain"]["estimate"]["value"] == pytest.approx(
        held_out["bound"] - held_out["marginals"], abs=1.5
    )


ERRORS = [
    (["train.csv", "gone.csv"], ["gone.csv must be a file"]),
    (["train.csv", "renamed.csv"], ["renamed.csv must have a column 'x'", "nearest is 'xx'"]),
    (["train.csv", "few.csv"], ["at least 40 rows", "has 5"]),
    (["few.csv", "more.csv"], ["at least 40 rows", "has 5"]),
    (["train.csv", "more.csv", "--holdout", "few.csv"], ["held-out table", "has 5"]),
    (["train.csv", "more.csv", "--target", "kin"], ["'kin'", "nearest is 'kind'"]),
    (["train.csv", "more.csv", "--model", "train.csv"], ["not a jensen model"]),
    (["-", "-"], ["only one table can be standard input"]),
    (["train.csv", "more.csv", "-o", "check.pdf"], ["must end in .html, .json or .md"]),
    (["train.csv", "more.csv", "--format", "pdf"], ["--format must be html, json or md"]),
    (["train.csv", "more.csv", "-o", "no/check.md"], ["existing directory"]),
    (["train.csv", "more.csv", "--fail-if", "c2st>0.7"], ["'c2st' is none", "c2st_auc"]),
    (["train.csv", "more.csv", "--fail-if", "c2st_auc"], ["'c2st_auc>0.7'", "mend it"]),
    (["train.csv", "more.csv", "--fail-if", "c2st_auc>x"], ["a number"]),
    (["train.csv", "more.csv", "--fail-if", "c2st_auc>nan"], ["a number"]),
    (["train.csv", "more.csv", "--fail-if", "c2st_auc>inf"], ["a number"]),
    (["train.csv", "more.csv", "--fail-if", "mmd.p<-1e999"], ["a number"]),
    (["train.csv", "more.csv", "--fail-if", "mmd.q>0"], ["low, high or p", "'q'"]),
    (["train.csv", "more.csv", "--fail-if", "regions.p>0"], ["low, high or p"]),
    (["train.csv", "more.csv", "--fail-if", "density.p<0.1"], ["density has none"]),
    (["train.csv", "more.csv", "--fail-if", "dcr_share>.6"], ["needs --holdout"]),
    (["train.csv", "more.csv", "--fail-if", "iwae<0"], ["needs --holdout and --model"]),
    (["train.csv", "more.csv", "--fail-if", "tstr<.6"], ["needs --target"]),
    (["train.csv", "more.csv", "--fail-if", "tstr_gap>.1"], ["needs --target all"]),
    (["train.csv", "more.csv", "-o", "no/check.html"], ["existing directory"]),
]


@pytest.mark.parametrize(
    ("arguments", "parts"), ERRORS, ids=[" ".join(e[0][2:]) or e[0][1] for e in ERRORS]
)
def test_bad_input_ends_with_2_and_a_sentence(here, arguments, parts, capsys):
    assert main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for part in parts:
        assert part in err


def test_every_figure_can_be_a_threshold_and_every_threshold_is_a_figure(here, capsys):
    from jensen.cli.thresholds import ALWAYS, COUNTS, NEEDS, TESTED

    arguments = ["--holdout", "test.csv", "--target", "kind", "--json"]
    assert main(["check", "train.csv", "more.csv", *arguments]) == 0
    measures = json.loads(capsys.readouterr().out)["measures"]
    names = {m["name"] for m in measures}
    assert {m["name"] for m in measures if m["p_value"] is not None} <= set(TESTED)
    assert set(TESTED) <= names | {"bound_gap"}
    of_models = {name for name, needs in NEEDS.items() if needs == "--model"}
    assert names == {*ALWAYS, *NEEDS} - of_models - {"iwae", "bound_gap", "tstr_gap"}
    assert not names & set(COUNTS)


def test_every_column_as_a_target(here, capsys):
    limits = ["--target", "all", "--fail-if", "tstr_gap>0.5", "--json"]
    assert main(["check", "train.csv", "more.csv", *limits]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {p["target"]: p["score"] for p in told["predictions"]} == {
        "x": "R²", "y": "R²", "kind": "AUC",
    }  # fmt: skip
    gap = next(m for m in told["measures"] if m["name"] == "tstr_gap")
    assert gap["marginals"] > 0.3 > gap["estimate"]["value"]
    assert main(["check", "train.csv", "more.csv", "--fail-if", "tstr<0", "--target", "all"]) == 2
    assert "do not allow to be measured" in capsys.readouterr().err


def test_a_column_called_all_is_meant_by_its_name(here, tmp_path, capsys):
    frame = pl.read_csv("train.csv").rename({"kind": "all"})
    frame.write_csv(tmp_path / "all.csv")
    file = str(tmp_path / "all.csv")
    assert main(["check", file, file, "--target", "all"]) == 0
    assert "predicting all from samples (AUC)" in capsys.readouterr().out


def test_a_page_to_read(here, capsys):
    page = here / "check.html"
    assert main(["check", "train.csv", "more.csv", "-o", str(page), "--quiet"]) == 0
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert "more.csv against train.csv" in text
    assert [p.name for p in here.iterdir()] == ["check.html"]
    assert main(["check", "train.csv", "more.csv", "--format", "html"]) == 0
    assert capsys.readouterr().out.rstrip() == text.rstrip()


def test_figures_that_were_not_measured_are_no_threshold(here, tmp_path, capsys):
    one = tmp_path / "one.csv"
    pl.DataFrame({"x": np.random.default_rng(0).normal(size=50)}).write_csv(one)
    page = tmp_path / "one.md"
    limit = ["--fail-if", "pair_trends<0.9", "-o", str(page)]
    assert main(["check", str(one), str(one), *limit]) == 2
    assert "do not allow to be measured" in capsys.readouterr().err
    assert page.read_text().startswith("### Are they")


def test_a_report_is_not_written_over_what_it_is_about(here, tmp_path, capsys):
    mine = tmp_path / "mine.md"
    mine.write_bytes(Path("train.csv").read_bytes())
    before = mine.read_bytes()
    assert main(["check", "train.csv", str(mine), "-o", str(mine), "--force"]) == 2
    assert "must be a file of its own" in capsys.readouterr().err
    assert mine.read_bytes() == before
