"""`--report`: a fit, its rows, and evidence of them in one command."""

import json

import numpy as np
import pytest
from tiny_fits import TINY

import jensen
from jensen.cli import main
from jensen.errors import OptionError, TableError


def test_more_writes_rows_and_a_report_of_them(call, penguins, tmp_path):
    arguments = ["-n", 50, "--report", "report.html", "--json", "--drop", "species", *TINY]
    done = call("more", "penguins.csv", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["report"] == "report.html"
    page = (tmp_path / "report.html").read_text()
    assert "penguins.more.csv against penguins.csv" in page
    assert told["verdict"].split(" (")[0] in page
    assert "the latent space" in page
    # a tenth is held out, too few to be of use for a check; fresh rows are as many as were fitted
    assert "310 training rows, 310 synthetic rows" in page
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"penguins.csv", "penguins.more.csv", "report.html"}


def test_fit_compares_fresh_rows_with_fitted_and_held_out_ones(call, penguins, tmp_path):
    lines = penguins.read_text().splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([*lines, *lines[1:]]) + "\n")
    done = call("fit", "twice.csv", "--report", "report.json", *TINY, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "report  report.json" in done.stdout
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["rows"] == {"training": 619, "synthetic": 619, "held_out": 69}
    assert {"elbo", "iwae", "gain", "bound_gap", "dcr_share"} <= {
        m["name"] for m in told["measures"]
    }
    fit = told["portrait"]["fit"]
    assert len(fit["kl_per_dimension"]) == len(fit["dimensions"]) == 2
    assert len(fit["real"]) == len(fit["synthetic"]) == 400


ERRORS = [
    (
        ["--report", "report.pdf"],
        "must be a file that ends in .html, .json or .md, and is report.pdf",
    ),
    (["--report", "-"], "must be a file that ends in .html, .json or .md, and is -"),
    (["--report", "old.html"], "old.html exists and is left as it is"),
    (["--report", "no/report.html"], "must be in an existing directory"),
    (["--report", "rows.json", "-o", "rows.json"], ""),
    (["--report", "report.html"], "at least 40 rows to fit beside the held-out tenth"),
]


@pytest.mark.parametrize("command", ["more", "fit"])
@pytest.mark.parametrize(("arguments", "part"), ERRORS, ids=[" ".join(e[0]) for e in ERRORS])
def test_a_report_that_cannot_be_is_refused_before_the_fit(
    command, arguments, part, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.csv").write_text("x,y\n" + "1.5,a\n2.5,b\n" * 20)
    (tmp_path / "old.html").write_text("mine")
    assert main([command, "few.csv", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert part in err
    assert {p.name for p in tmp_path.iterdir()} == {"few.csv", "old.html"}


def test_from_python_in_one_call(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 2))
    report = tmp_path / "report.md"
    rows = jensen.more(x, 5, report=report, steps=20, width=16, likelihood="independent")
    assert rows.shape == (5, 2)
    assert report.read_text().startswith("### Are they from the same distribution?")
    with pytest.raises(OptionError, match=r"must be a file that ends in \.html"):
        jensen.more(x, 5, report=tmp_path / "report.txt")
    with pytest.raises(TableError, match="at least 40 rows to fit"):
        jensen.more(x[:43], 5, report=report)
