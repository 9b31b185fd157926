"""Each command does what it says; those that others build on are run as processes."""

import json
import os
import re
import shutil
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from tiny_fits import TINY, Fitted

from jensen.cli import main
from jensen.cli.inputs import read_with_schema
from jensen.cli.requests import Columns
from jensen.cli.session import Session

HELD_OUT = {
    "bound", "standard_error", "reconstruction", "kl", "marginals", "n_rows", "n_train",
    "kl_per_dimension", "active_units", "collapsed",
}  # fmt: skip


@pytest.fixture
def here(fitted: Fitted, tmp_path, monkeypatch):
    """A fresh directory with the model in it."""
    shutil.copy(fitted.model, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys) -> dict:
    """The one JSON object on standard output."""
    return json.loads(capsys.readouterr().out)


def test_more_writes_rows_and_model_and_tells_json(fitted):
    found = fitted.told
    assert found.keys() == {"rows", "output", "model", "seed", "held_out", "events", "seconds"}
    assert (found["rows"], found["output"], found["seed"]) == (100, "penguins.more.csv", 3)
    assert found["held_out"].keys() == HELD_OUT
    assert found["held_out"]["bound"] == pytest.approx(
        found["held_out"]["reconstruction"] - found["held_out"]["kl"]
    )
    assert found["seconds"].keys() == {"read", "fit", "write", "sample", "total"}
    assert fitted.stderr == ""
    rows = pl.read_csv(fitted.place / "penguins.more.csv")
    real = pl.read_csv(fitted.place / "penguins.csv")
    assert rows.schema == real.schema
    assert len(rows) == 100
    assert fitted.files == [
        "penguins.csv", "penguins.jensen", "penguins.more.csv",
    ]  # fmt: skip


def test_more_from_standard_input_to_standard_output(run, table, tmp_path):
    done = run("more", "-", "-n", 5, "-o", "-", "--json", *TINY, cwd=tmp_path, stdin=table)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 6
    assert done.stdout.startswith("species,")
    assert json.loads(done.stderr)["output"] == "-"
    assert os.listdir(tmp_path) == []


def test_fit_keeps_a_model_within_its_minutes(penguins, run):
    place = penguins.parent
    arguments = ("--minutes", 0.01, "--verbose", "--latent-dim", 2, "--width", 16)
    done = run("fit", "penguins.csv", *arguments, "--likelihood", "independent", cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("penguins.jensen: a model of 344 rows of penguins.csv, in ")
    assert "held-out bound" in done.stdout
    assert sorted(os.listdir(place)) == ["penguins.csv", "penguins.jensen"]
    times = [float(t) for t in re.findall(r"^ +([\d.]+) s  ", done.stderr, re.MULTILINE)]
    assert len(times) == len(done.stderr.splitlines())
    assert times[0] < 1
    assert all(b - a >= 0.9 for a, b in pairwise(times))


def test_ten_rows_are_the_head_of_a_hundred(here, fitted):
    assert main(["sample", "penguins.jensen", "-n", "10", "-o", "ten.csv", "--quiet"]) == 0
    ten = (here / "ten.csv").read_text()
    assert (fitted.place / "penguins.more.csv").read_text().startswith(ten)


def test_rows_are_a_slice_of_the_sample(here, fitted, capsys):
    code = main(["sample", "penguins.jensen", "--rows", "90:100", "-o", "slice.csv", "--json"])
    found = told(capsys)
    assert code == 0
    assert (found["start"], found["stop"], found["rows"], found["seed"]) == (90, 100, 10, 3)
    whole = (fitted.place / "penguins.more.csv").read_text().splitlines()
    assert (here / "slice.csv").read_text().splitlines() == [whole[0], *whole[91:]]


def test_sample_to_standard_output_tells_its_summary_elsewhere(run, fitted):
    done = run("sample", "penguins.jensen", "-n", 2, "-o", "-", "--seed", 4, cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.startswith("standard output: 2 rows of penguins.jensen, in ")


def test_sample_writes_as_many_rows_as_were_fitted_beside_no_other_file(here, capsys):
    assert main(["sample", "penguins.jensen"]) == 0
    assert "penguins.more.csv: 344 rows" in capsys.readouterr().out
    assert len(pl.read_csv("penguins.more.csv")) == 344
    assert main(["sample", "penguins.jensen"]) == 2
    assert "exists and is left as it is" in capsys.readouterr().err


def test_score_tells_the_mean_and_writes_each_row(here, penguins, capsys):
    assert main(["score", "penguins.jensen", "penguins.csv", "-o", "bounds.csv", "--json"]) == 0
    found = told(capsys)
    rows = pl.read_csv("bounds.csv")
    assert rows.columns == ["row", "bound", "reconstruction", "kl"]
    assert rows["row"].to_list() == list(range(1, 345))
    assert found["rows"] == 344
    assert found["bound"] == pytest.approx(rows["bound"].mean())
    assert found["standard_error"] == pytest.approx(rows["bound"].std() / 344**0.5)
    assert found["bound"] == pytest.approx(found["reconstruction"] - found["kl"])
    assert found["marginals"] < 0


def test_score_says_it_in_words_even_quietly(here, penguins, capsys):
    assert main(["score", "penguins.jensen", "penguins.csv", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"bound +-\d+\.\d+ ± \d\.\d+ nats per row \(mean ± standard error;", out)
    assert "product of marginals" in out


def test_info_draws_the_model(here, capsys):
    assert main(["info", "penguins.jensen"]) == 0
    out = capsys.readouterr().out
    for part in (
        "penguins.jensen: 4 columns, fitted to 344 rows",
        "species         categorical, 3 values",
        "log p(x) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ p(z))",
        "standard Normal in 2 dimensions",
        "maximised  elbo, a bound on log p(x)",
        "held-out bound",
        "over marginals",
        "KL per latent dimension",
        "█",
        "Held-out bound during the fit",
        " ┤",
    ):
        assert part in out


def test_info_as_json(here, capsys):
    assert main(["info", "penguins.jensen", "--json"]) == 0
    found = told(capsys)
    assert found.keys() == {
        "model", "seed", "config", "objective", "training", "schema", "history", "held_out",
        "versions",
    }  # fmt: skip
    assert found["objective"] == {"name": "elbo", "is_bound": True}
    assert found["held_out"].keys() == HELD_OUT | {"gain"}
    assert found["schema"]["columns"][0]["name"] == "species"
    assert found["history"]["checks"][0]["step"] == 0


def test_schema_is_shown_written_edited_and_taken_back(penguins, monkeypatch, capsys):
    monkeypatch.chdir(penguins.parent)
    assert main(["schema", "penguins.csv"]) == 0
    out = capsys.readouterr().out
    assert "species: categorical (3 different values" in out
    assert "Written to penguins.schema.json" in out
    file = Path("penguins.schema.json")
    fields = json.loads(file.read_text())
    fields["columns"][0]["kind"] = "ordinal"
    file.write_text(json.dumps(fields))

    assert main(["schema", "penguins.csv"]) == 0
    assert "penguins.schema.json exists and is left as it is" in capsys.readouterr().out
    assert json.loads(file.read_text()) == fields

    columns = Columns(schema="penguins.schema.json", drop=["sex"])
    _, schema = read_with_schema(Session(), "penguins.csv", columns)
    assert [c.kind for c in schema.columns] == ["ordinal", "continuous", "integer"]


def test_schema_takes_what_the_options_say(penguins, capsys):
    arguments = ["--column", "body_mass_g=categorical", "--ordinal", "sex=MALE,FEMALE"]
    path = str(penguins)
    assert main(["schema", path, "-o", "-", *arguments, "--drop", "species", "--quiet"]) == 0
    columns = json.loads(capsys.readouterr().out)["columns"]
    assert [(c["name"], c["kind"]) for c in columns] == [
        ("bill_length_mm", "continuous"), ("body_mass_g", "categorical"), ("sex", "ordinal"),
    ]  # fmt: skip
    assert columns[2]["levels"] == ["MALE", "FEMALE"]


def test_a_headless_table_keeps_its_first_row(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "h.csv").write_text("1.5,a\n2.5,b\n1.5,a\n")
    assert main(["schema", "h.csv", "--no-header", "--json"]) == 0
    found = told(capsys)
    assert found["rows"] == 3
    assert [c["name"] for c in found["schema"]["columns"]] == ["column_1", "column_2"]
    assert main(["schema", "h.csv", "--column", "column_1=integer", "--no-header", "-f"]) == 2
    assert "'column_1' must hold whole numbers" in capsys.readouterr().err
