"""Which pairs of columns differ? One p-value for each, and a decision that keeps its rate."""

from collections.abc import Mapping, Sequence

import numpy as np

from jensen.evidence.column_tests import chi_squared_p
from jensen.evidence.intervals import holm
from jensen.evidence.pairs import Pair
from jensen.evidence.sample import CATEGORICAL, Sample

ERROR_RATE = 0.01
"""Chance that any pair is said to differ of a table that is a draw of the same distribution."""
ROWS_A_CELL, MOST_CELLS = 20, 8
"""Rows of the smaller table that a cell of two numbers has about, and cells of a column: few, or
none is full enough for the limit of the test."""


def pair_p_values(real: Sample, other: Sample, pairs: Sequence[Pair]) -> list[float]:
    """The p-value of each pair that both tables have one joint distribution of it, by Holm (1979).

    Pearson's χ² of the contingency table, of which cells with fewer than 10 expected rows count as
    one. Numbers and times are cut at quantiles of both tables together, and levels that would not
    fill a cell are one: neither looks at which row is of which table, so that the rows are
    exchangeable if both tables are draws of one distribution, as the test asks.
    """
    used = {name for pair in pairs for name in pair}
    smaller = min(len(real), len(other))
    most = int(np.clip(np.sqrt(smaller / ROWS_A_CELL), 2, MOST_CELLS))
    codes = {name: _cells(real, other, name, most) for name in used}
    found = [_p_value(codes, pair, len(real)) for pair in pairs]
    return holm(np.array(found)).tolist() if found else []


def _p_value(codes: Mapping[str, np.ndarray], pair: Pair, cut: int) -> float:
    first, second = (codes[name] for name in pair)
    place = first * (int(second.max()) + 1) + second
    return chi_squared_p(place[:cut], place[cut:])


def _cells(real: Sample, other: Sample, name: str, most: int) -> np.ndarray:
    """Codes of the rows of both tables, missing as 0; about `most` of equal size, or levels."""
    values = np.concatenate([real.columns[name], other.columns[name]])
    if real.kinds[name] == CATEGORICAL:
        return _frequent(values, len(values) / most**2)
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values), np.int64)
    edges = np.unique(np.quantile(known, np.arange(1, most) / most))
    return np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values, side="left"))


def _frequent(codes: np.ndarray, least: float) -> np.ndarray:
    """Codes from 0, those that are rarer than `least` rows as one."""
    _, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(counts >= least)
    new = np.full(len(counts), len(kept))
    new[kept] = np.arange(len(kept))
    return new[place]
