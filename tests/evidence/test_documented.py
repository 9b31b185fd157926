"""Every figure of a check has its formula and its source in docs/check.md."""

import re
from pathlib import Path

import pytest

from jensen.cli.thresholds import ALWAYS, NEEDS
from jensen.evidence.results import ColumnFinding, PairFinding

PAGE = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
CELL = re.compile(r"(?<!\\)\|")


def rows() -> dict[str, list[str]]:
    """First cell of each row of the tables with a formula -> the others."""
    found: dict[str, list[str]] = {}
    inside = False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in CELL.split(line)[1:-1]]
        inside = bool(cells) and (inside or cells[:2] == ["figure", "formula"])
        if inside and not set(line) <= set("|- "):
            found[cells[0].strip("`")] = cells[1:]
    return found


@pytest.mark.parametrize("name", [*ALWAYS, *NEEDS])
def test_every_figure_has_a_formula_and_a_source(name):
    formula, *_, source = rows()[name]
    assert len(formula) > 15
    assert source


def test_columns_and_pairs_have_theirs():
    told = " ".join(rows())
    for what in ("KS", "TV of categories", "W₁", "missing", "TV of a pair", "correlation", "NMI"):
        assert what in told
    known = {*ColumnFinding.__dataclass_fields__, *PairFinding.__dataclass_fields__}
    assert {"wasserstein", "nmi_real", "correlation_real", "missing_real"} <= known


def test_held_out_rows_are_said_to_be_a_random_split():
    assert "**Held-out rows must be a random split**" in PAGE
