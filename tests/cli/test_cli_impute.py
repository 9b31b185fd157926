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
