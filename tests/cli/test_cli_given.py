"""Conditions and gaps on the command line, one of them as a process."""

import json
from pathlib import Path

import polars as pl
import pytest
from tiny_fits import TINY

import jensen
from jensen.cli import main
from jensen.cli.interrupts import Stopped

pytestmark = pytest.mark.usefixtures("optimised")


@pytest.fixture
def here(penguins: Path, monkeypatch):
    """The directory of the table."""
    monkeypatch.chdir(penguins.parent)


def test_rows_that_fulfil_a_condition(run, fitted):
    arguments = ["sample", "penguins.jensen", "-n", 40, "--json", "--given"]
    text = "species in {Adelie, Gentoo} and 3000 <= body_mass_g < 4500"
    done = run(*arguments, text, "-o", "given.csv", cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["given"]
    assert found["condition"] == [text]
    assert found["ess"] > 4
    rows = pl.read_csv(fitted.place / "given.csv")
    assert len(rows) == 40
    assert set(rows["species"]) <= {"Adelie", "Gentoo"}
    assert rows["body_mass_g"].is_between(3000, 4500, closed="left").all()
    # the head of a longer sample is the shorter one
    done = run("sample", "penguins.jensen", "--rows", "10:20", "--given", text, "-o", "some.csv",
               "--quiet", cwd=fitted.place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert pl.read_csv(fitted.place / "some.csv").equals(rows[10:20])


def test_rows_of_which_few_draws_count_are_walked_on(call, fitted, monkeypatch):
    for limit in ("ENOUGH", "LOW_ESS"):
        monkeypatch.setattr(f"jensen.estimator.given.{limit}", 1e6)
    arguments = ["sample", "penguins.jensen", "-n", 3, "--given", "species = Gentoo", "--force"]
    done = call(*arguments, "-o", "walked.csv", cwd=fitted.place)
    assert done.returncode == 0, done.stderr
    assert "since these are few, a chain went 32 steps on from each row, worth" in done.stdout
    assert set(pl.read_csv(fitted.place / "walked.csv")["species"]) == {"Gentoo"}
    done = call(*arguments, "-o", "walked.csv", "--json", cwd=fitted.place)
    assert json.loads(done.stdout)["given"]["chain_steps"] == 32


def test_a_table_of_conditions_keeps_its_values(call, fitted):
    lines = "species,body_mass_g\nGentoo,5000\nAdelie,\n"
    (fitted.place / "conditions.csv").write_text(lines)
    done = call("sample", "penguins.jensen", "--given-table", "conditions.csv", "--per-line", 3,
                "-o", "lines.csv", cwd=fitted.place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "6 rows for 2 lines of conditions.csv" in done.stdout
    rows = pl.read_csv(fitted.place / "lines.csv")
    assert rows["species"].to_list() == ["Gentoo"] * 3 + ["Adelie"] * 3
    assert rows["body_mass_g"].to_list()[:3] == [5000] * 3


def test_gaps_are_filled_and_nothing_else_changes(call, fitted):
    done = call("impute", "penguins.jensen", "penguins.csv", "-o", "filled.csv", "--cells",
                "cells.csv", "--json", cwd=fitted.place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    before = (fitted.place / "penguins.csv").read_text().splitlines()
    after = (fitted.place / "filled.csv").read_text().splitlines()
    gaps = sum(line.split(",").count("") for line in before)
    assert found["gaps"] == gaps == len(pl.read_csv(fitted.place / "cells.csv"))
    for was, now in zip(before, after, strict=True):
        for a, b in zip(was.split(","), now.split(","), strict=True):
            assert b != ""
            assert a in ("", b)


def test_copies_differ_in_their_gaps_alone(call, fitted):
    done = call("impute", "penguins.jensen", "penguins.csv", "-n", 3, "-o", "three.csv", "--quiet",
                cwd=fitted.place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = pl.read_csv(fitted.place / "three.csv")
    assert rows["imputation"].unique().sort().to_list() == [1, 2, 3]
    real = pl.read_csv(fitted.place / "penguins.csv")
    copies = [rows.filter(pl.col("imputation") == i).drop("imputation") for i in (1, 2, 3)]
    for name in real.columns:
        seen = real[name].is_not_null()
        assert all(c[name].filter(seen).equals(real[name].filter(seen)) for c in copies)
    assert not copies[0].equals(copies[1])


def test_impute_fits_first_when_there_is_no_model(here, capsys):
    arguments = ["impute", "penguins.csv", "-o", "filled.csv", "--seed", "1"]
    assert main([*arguments, "--steps", "25"]) == 0
    assert "344 rows of penguins.csv" in capsys.readouterr().out
    assert pl.read_csv("filled.csv").null_count().sum_horizontal().item() == 0


def test_the_most_surprising_cell_is_the_wrong_one(call, fitted):
    rows = pl.read_csv(fitted.place / "penguins.csv").drop_nulls().head(30)
    wrong = rows.with_columns(
        pl.when(pl.int_range(len(rows)) == 4)
        .then(9_000)
        .otherwise("body_mass_g")
        .alias("body_mass_g")
    )
    wrong.write_csv(fitted.place / "wrong.csv")
    done = call("score", "penguins.jensen", "wrong.csv", "--cells", "-o", "cells.csv", "--force",
                cwd=fitted.place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    cells = pl.read_csv(fitted.place / "cells.csv")
    assert len(cells) == 30 * 4
    assert cells.row(0)[:2] == (5, "body_mass_g")
    assert (cells["standard_error"] >= 0).all()


def test_bounds_under_a_condition(call, fitted):
    rows = pl.read_csv(fitted.place / "penguins.csv").filter(pl.col("species") == "Gentoo")
    rows.write_csv(fitted.place / "gentoo.csv")
    means = []
    for extra in ([], ["--given", "species = Gentoo"]):
        done = call("score", "penguins.jensen", "gentoo.csv", "--json", *extra, cwd=fitted.place)
        assert done.returncode == 0, done.stderr
        means.append(json.loads(done.stdout)["bound"])
    assert 0.5 < means[1] - means[0] < 2.0  # log 3 is about what there is to know
    done = call("score", "penguins.jensen", "penguins.csv", "--given", "species = Gentoo",
                cwd=fitted.place)  # fmt: skip
    assert done.returncode == 2
    assert "row 1 does not" in done.stderr


def test_missing_values_ignored_do_not_come_out(here, capsys):
    arguments = ["more", "penguins.csv", "-n", "200", "-o", "whole.csv", "--missing", "ignore"]
    assert main([*arguments, *TINY]) == 0
    assert pl.read_csv("whole.csv").null_count().sum_horizontal().item() == 0


BAD = {
    "an unknown column": (["sample", "--given", "speces = Adelie"], "'species'"),
    "a value never seen": (["sample", "--given", "species = Emperor"], "never has 'Emperor'"),
    "a wrong type": (["sample", "--given", "body_mass_g > heavy"], "'heavy' is none"),
    "a contradiction": (["sample", "--given", "body_mass_g > 5 and body_mass_g < 3"], "contradict"),
    "a syntax error": (["sample", "--given", "species == = x"], "goes wrong at character 12"),
    "what no row has": (["sample", "--given", "body_mass_g > 90000"], "must allow a value"),
    "conditions twice": (
        ["sample", "--given", "species = Adelie", "--given-table", "penguins.csv"],
        "--given-table and --given",
    ),
    "rows for each line of nothing": (["sample", "--per-line", "2"], "--per-line is for"),
    "another column in a table": (["sample", "--given-table", "other.csv"], "'colour'"),
    "an unknown value in a table": (["sample", "--given-table", "emperor.csv"], "'Emperor'"),
    "another table": (["impute", "other.csv"], "must have the column 'species'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_conditions_are_told_and_leave_nothing(fitted, name: str, monkeypatch, capsys):
    (command, *options), part = BAD[name]
    monkeypatch.chdir(fitted.place)
    Path("other.csv").write_text("colour,size\nred,1\n")
    Path("emperor.csv").write_text("species\nEmperor\n")
    assert main([command, "penguins.jensen", *options, "-o", "bad.csv"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("Error: ")
    assert part in told
    assert "Traceback" not in told
    assert not Path("bad.csv").exists()


def test_a_guide_is_kept_in_the_file(call, penguins, tmp_path):
    files = {name: tmp_path / f"{name}.jensen" for name in ("plain", "guided")}
    for name, path in files.items():
        more = ["--guide", "--json"] if name == "guided" else ["--json"]
        done = call("fit", penguins, *TINY, "-o", path, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout).get("guide") == (True if name == "guided" else None)
        rows = ["sample", path, "-n", 5, "--given", "species = Gentoo", "-o", f"{name}.csv"]
        assert call(*rows, cwd=tmp_path).returncode == 0
    assert files["guided"].stat().st_size > 1.2 * files["plain"].stat().st_size
    assert (tmp_path / "guided.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()


def test_a_model_that_can_have_no_guide_is_kept_all_the_same(call, penguins, tmp_path):
    options = [*TINY, "--posterior", "categorical", "--prior", "categorical"]
    done = call("fit", penguins, *options, "-o", "m.jensen", "--guide", cwd=tmp_path)
    assert done.returncode == 0
    assert "no guide" in done.stdout


def test_ctrl_c_while_the_guide_is_trained_loses_no_fit(call, penguins, tmp_path, monkeypatch):
    def stop(vae: object) -> None:
        raise Stopped

    monkeypatch.setattr("jensen.estimator.VAE.train_guide", stop)
    done = call("fit", penguins, *TINY, "-o", "m.jensen", "--guide", cwd=tmp_path)
    assert done.returncode == 130
    assert jensen.load(tmp_path / "m.jensen").fitted_.guide is None
