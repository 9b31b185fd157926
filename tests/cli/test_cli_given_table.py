"""`jensen sample --given-table`: rows in the look of the fitted table, and doubts of them."""

import json
import warnings
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tiny_fits import TINY

import jensen
from jensen.errors import DrawWarning

pytestmark = pytest.mark.usefixtures("optimised")
RNG = np.random.default_rng(2)
N = 150


@pytest.fixture(scope="module")
def place(call, tmp_path_factory) -> Iterator[Path]:
    """A model of a table that writes things in its own way."""
    place = tmp_path_factory.mktemp("look")
    day = [date(2024, 1, 1) + timedelta(days=int(d)) for d in RNG.integers(0, 300, N)]
    wide = RNG.normal(size=N)
    lines = ["key;day;paid;size;kind"]
    for i in range(N):
        size = "NA" if i % 4 == 0 else f"{wide[i]:.1f}".replace(".", ",")
        kind = "NA" if i % 9 == 0 else "ab"[i % 2]
        paid = "TRUE" if wide[i] > 0 else "FALSE"
        lines.append(f"K{7 * i % 997:03d};{day[i]:%d.%m.%Y};{paid};{size};{kind}")
    (place / "data.csv").write_text("\n".join(lines) + "\n")
    done = call("fit", "data.csv", "-o", "m.jensen", "--column", "key=identifier", *TINY, cwd=place)
    assert done.returncode == 0, done.stderr
    return place


def complete(call, place: Path, lines: str, *options: object) -> list[list[str]]:
    """The cells of the rows for these lines."""
    (place / "lines.csv").write_text(lines)
    done = call("sample", "m.jensen", "--given-table", "lines.csv", "-o", "rows.csv", "--force",
                *options, cwd=place)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [line.split(";") for line in (place / "rows.csv").read_text().splitlines()]


def test_rows_for_lines_have_the_look_of_the_table(call, place):
    head, *rows = complete(call, place, "kind,day\na,\n,2024-06-13\n,\n", "--per-line", 12)
    assert head == ["key", "day", "paid", "size", "kind"]
    assert all(row[4] == "a" for row in rows[:12])
    assert all(row[1] == "13.06.2024" for row in rows[12:24])
    assert {row[2] for row in rows} == {"TRUE", "FALSE"}
    assert all(len(row[1].split(".")) == 3 for row in rows)
    sizes = {row[3] for row in rows}
    assert "NA" in sizes
    assert all(size == "NA" or "," in size for size in sizes)
    assert len({row[0] for row in rows}) == len(rows)


def test_values_of_a_line_are_kept_to_the_last_digit_and_so_is_its_identifier(call, place):
    lines = "key;size;paid\nX1;0,125;TRUE\n;;FALSE\nX1;;\n"
    _, *rows = complete(call, place, lines, "--per-line", 2)
    assert [row[0] for row in rows[:2]] == [row[0] for row in rows[4:]] == ["X1", "X1"]
    assert all(row[0].startswith("K") for row in rows[2:4])
    assert [row[3] for row in rows[:2]] == ["0,125", "0,125"]
    assert [row[2] for row in rows[:4]] == ["TRUE", "TRUE", "FALSE", "FALSE"]


def test_what_is_observed_is_kept_to_the_last_digit_where_gaps_are_filled(call, place):
    (place / "finer.csv").write_text("key;day;paid;size;kind\nX1;13.06.2024;TRUE;0,125;NA\n")
    done = call("impute", "m.jensen", "finer.csv", "-n", 2, "-o", "-", "-q", cwd=place)
    assert [line.split(";")[3] for line in done.stdout.splitlines()] == ["size", "0,125", "0,125"]


def test_a_row_of_a_line_is_the_same_however_many_there_are(call, place):
    lines = "kind\na\nb\n\n"
    one, three = (complete(call, place, lines, "--per-line", k)[1:] for k in (1, 3))
    assert one == three[::3]
    two = complete(call, place, lines, "--per-line", 2)[1:]
    assert two[1::2] == three[1::3]
    assert one != two[1::2]


def test_effective_draws_are_told_and_few_of_them_warned_of(call, place, monkeypatch):
    (place / "lines.csv").write_text(
        "key,day,paid,size,kind\n,,,,a\nX,2024-06-13,TRUE,1.5,a\n,,,,b\n"
    )
    arguments = ["sample", "m.jensen", "--given-table", "lines.csv", "-o", "-"]
    found = json.loads(call(*arguments, "--json", cwd=place).stderr)
    assert 6 < found["ess"]["least"] <= found["ess"]["median"] <= 128
    assert found["poor_lines"] == found["warnings"] == []
    monkeypatch.setattr("jensen.estimator.doubts.LOW_ESS", 1e6)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = json.loads(call(*arguments, "--json", cwd=place).stderr)
        told = call(*arguments, cwd=place).stderr
    assert not [w for w in caught if issubclass(w.category, DrawWarning)]
    assert found["poor_lines"] == [1, 3]  # of the second there was nothing to draw
    assert "Warning: of row 1, row 3 few of the draws count" in told
    assert "effective draws behind the rows of a line: at least" in told


def test_python_warns_where_a_command_does(place, monkeypatch):
    vae = jensen.load(place / "m.jensen")
    lines = pl.DataFrame({"kind": ["a"]})
    vae.sample_given_table(lines)
    vae.sample(5, given="kind = a")
    monkeypatch.setattr("jensen.estimator.doubts.LOW_ESS", 1e6)
    monkeypatch.setattr("jensen.estimator.doubts.LOW_ESS_OF_GAPS", 1e6)
    with pytest.warns(DrawWarning, match="of row 1 few of the draws count"):
        vae.sample_given_table(lines)
    with pytest.warns(DrawWarning, match="few of the draws count.*widen a clause"):
        vae.sample(5, given="kind = a")
    with pytest.warns(DrawWarning, match="in 50 rows fewer than"):
        vae.impute(place / "data.csv")
    found = vae.complete(lines)  # tells it, and leaves it to the caller
    assert found.ess[0] < 1e6
