"""`jensen impute`: what it refuses, what it leaves as it was, where its results go."""

from pathlib import Path

import polars as pl
import pytest

from jensen.cli import main

pytestmark = pytest.mark.usefixtures("optimised")

GAPS = "species,bill_length_mm,body_mass_g,sex\nAdelie,,3700,MALE\nGentoo,47.1,,\n,,4000,FEMALE\n"


@pytest.fixture
def place(fitted, monkeypatch):
    """The directory of the model, and three rows with gaps."""
    monkeypatch.chdir(fitted.place)
    Path("gaps.csv").write_text(GAPS)
    for left in ("out.csv", "out2.csv", "out3.csv", "cells.csv"):
        Path(left).unlink(missing_ok=True)


def refused(capsys, *arguments: str) -> str:
    """The sentence by which these are refused."""
    assert main([*arguments]) == 2
    told = capsys.readouterr().err
    assert told.startswith("Error: ")
    assert told.count("\n") == 1
    return told


OF_A_FIT = {
    "--steps": ["5"],
    "--minutes": ["1"],
    "--missing": ["ignore"],
    "--drop": ["sex"],
    "--column": ["sex=categorical"],
    "--ordinal": ["sex=MALE,FEMALE"],
    "--schema": ["schema.json"],
    "--no-header": [],
}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("option", OF_A_FIT)
def test_options_of_a_fit_are_refused_beside_a_model(option, capsys):
    arguments = ["impute", "penguins.jensen", "gaps.csv", "-o", "out.csv"]
    told = refused(capsys, *arguments, option, *OF_A_FIT[option])
    assert f"{option} must be given with DATA alone" in told
    assert "penguins.jensen is fitted already" in told
    assert not Path("out.csv").exists()


@pytest.mark.usefixtures("place")
def test_the_seed_chooses_the_copies_of_a_model_that_is_there():
    arguments = ["impute", "penguins.jensen", "gaps.csv", "-n", "3", "-q"]
    seeds = {"out.csv": [], "out2.csv": ["--seed", "3"], "out3.csv": ["--seed", "4"]}
    own, same, other = (
        Path(out).read_bytes() if main([*arguments, "-o", out, *seed]) == 0 else b""
        for out, seed in seeds.items()
    )
    assert own == same != other  # that of the model is 3


@pytest.mark.usefixtures("place")
def test_options_that_scores_of_cells_have_no_use_for_are_refused(capsys):
    for option, value in (("--bound", "iwae"), ("--given", "sex = MALE"), ("--refine", "2")):
        told = refused(capsys, "score", "penguins.jensen", "gaps.csv", "--cells", option, value)
        assert f"--cells and {option}" in told


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("cells", ["out.csv", "./out.csv", "../{}/out.csv"])
def test_two_results_are_two_files(cells, capsys):
    cells = cells.format(Path.cwd().name)
    arguments = ["gaps.csv", "-o", "out.csv", "--force"]
    told = refused(capsys, "impute", "penguins.jensen", *arguments, "--cells", cells)
    assert f"--cells must be a file of its own, and {cells}" in told
    assert not Path("out.csv").exists()


@pytest.mark.usefixtures("place")
def test_a_report_and_a_model_are_files_of_their_own_however_they_are_spelt(capsys):
    Path("link.html").unlink(missing_ok=True)
    Path("link.html").symlink_to("m.html")
    told = refused(capsys, "fit", "gaps.csv", "-o", "m.html", "--report", "link.html", "--force")
    assert "--report must be a file of its own" in told
    told = refused(capsys, "more", "gaps.csv", "-o", "out.csv", "--model", "./out.csv")
    assert "--model must be a file of its own" in told
    assert not Path("out.csv").exists()


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("model", [[], ["penguins.jensen"]])
def test_copies_do_not_replace_a_column_of_the_user(model, capsys):
    pl.read_csv("gaps.csv").with_columns(imputation=pl.lit("mine")).write_csv("mine.csv")
    told = refused(capsys, "impute", *model, "mine.csv", "-n", "2", "-o", "out.csv")
    assert "mine.csv must have no column 'imputation'" in told
    assert "rename it" in told
    assert not Path("out.csv").exists()


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_no_gaps_make_a_table_of_no_cells(ending, capsys):
    pl.read_csv("penguins.csv").drop_nulls().write_csv("whole.csv")
    cells = f"none.{ending}"
    arguments = ["penguins.jensen", "whole.csv", "-o", "out.csv", "--cells", cells, "--force"]
    assert main(["impute", *arguments]) == 0
    assert "0 gaps filled" in capsys.readouterr().out
    assert Path("out.csv").read_text() == Path("whole.csv").read_text()
    if ending == "csv":
        assert Path(cells).read_text() == "row,column,value,standard_error,low,high,ess\n"
    elif ending == "parquet":
        assert pl.read_parquet(cells).shape == (0, 7)
    else:
        assert Path(cells).read_text() == ""


@pytest.mark.usefixtures("place")
def test_a_model_without_rows_is_told_so(capsys):
    told = refused(capsys, "impute", "penguins.jensen", "-o", "out.csv")
    assert "DATA must come after the model" in told


def test_what_is_not_modelled_comes_back_in_its_place(penguins, monkeypatch, capsys):
    """A column that was dropped, and one of free text, whatever they hold."""
    monkeypatch.chdir(penguins.parent)
    lines = penguins.read_text().splitlines()
    remarks = [
        '"no, none"' if i % 7 == 0 else f"this bird, the one of number {i * 37 % 1000}, was seen"
        for i in range(len(lines) - 1)
    ]
    codes = ["NA" if i % 5 == 0 else f"0{i % 3}" for i in range(len(lines) - 1)]
    remarks = [text if text.startswith('"') else f'"{text}"' for text in remarks]
    rest = [f"{r},{c}" for r, c in zip(remarks, codes, strict=True)]
    whole = [line.split(",", 1) for line in lines]
    table = [f"{a},{r},{b}" for (a, b), r in zip(whole, ["remark,code", *rest], strict=True)]
    Path("more.csv").write_text("\n".join(table) + "\n")
    options = ["--steps", "25", "--drop", "code"]
    assert main(["impute", "more.csv", "-o", "out.csv", *options]) == 0
    assert "Not modelled, and as it came: 'remark', 'code'" in capsys.readouterr().out
    filled = Path("out.csv").read_text().splitlines()
    assert len(filled) == len(table)
    for was, now in zip(table, filled, strict=True):
        assert was.split(",")[0] == now.split(",")[0]
        assert was.rsplit(",", 3)[0] == now.rsplit(",", 3)[0]
    assert pl.read_csv("out.csv").drop("code").null_count().sum_horizontal().item() == 0
    assert main(["impute", "more.csv", "-n", "2", "-o", "two.csv", *options]) == 0
    assert pl.read_csv("two.csv").columns == [*pl.read_csv("more.csv").columns, "imputation"]
