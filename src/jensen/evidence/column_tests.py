"""Which columns differ? One p-value for each, and a decision that keeps its rate over all."""

import numpy as np

from jensen.evidence.intervals import holm, shares_differ_p
from jensen.evidence.sample import CATEGORICAL, Sample

ERROR_RATE = 0.01
"""Chance that any column is said to differ of a table that is a draw of the same distribution."""
LEAST_EXPECTED = 10.0
"""Levels that would be rarer than this in the smaller table are counted together."""


def column_p_values(real: Sample, other: Sample) -> dict[str, float]:
    """The p-value of each column that both tables have one distribution of it, by Holm's method.

    Numbers and times: Kolmogorov and Smirnov's of the known values (on the safe side where values
    repeat), with Fisher's of the missing ones, doubled for there being two. Categories: Pearson's
    χ² of the levels, missing one of them, rare ones together, where it is near its limit.
    """
    found = [_p_value(real, other, name) for name in real.kinds]
    return dict(zip(real.kinds, holm(np.array(found)).tolist(), strict=True))


def _p_value(real: Sample, other: Sample, name: str) -> float:
    a, b = real.columns[name], other.columns[name]
    if real.kinds[name] == CATEGORICAL:
        return chi_squared_p(a, b)
    gone = [int(np.isnan(x).sum()) for x in (a, b)]
    known = ks_p(a[~np.isnan(a)], b[~np.isnan(b)])
    if not any(gone):
        return known
    return min(1.0, 2 * min(known, shares_differ_p(gone[0], len(a), gone[1], len(b))))


def ks_p(a: np.ndarray, b: np.ndarray) -> float:
    """Kolmogorov and Smirnov's p-value by its limit, which errs on the safe side; 1 if a side is
    empty."""
    from scipy.special import kolmogorov

    if not len(a) or not len(b):
        return 1.0
    first, second = np.sort(a), np.sort(b)
    at = np.concatenate([first, second])
    below = [np.searchsorted(x, at, side="right") / len(x) for x in (first, second)]
    distance = float(np.abs(below[0] - below[1]).max())
    return float(kolmogorov(np.sqrt(len(a) * len(b) / (len(a) + len(b))) * distance))


def chi_squared_p(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's p-value that codes have one distribution, rare ones counted together."""
    from scipy.special import chdtrc

    size = int(max(a.max(), b.max())) + 1
    counts = np.array([np.bincount(x, minlength=size) for x in (a, b)], np.float64)
    counts = counts[:, counts.sum(axis=0) > 0]
    least = min(len(a), len(b)) / (len(a) + len(b))
    rare = counts.sum(axis=0) * least < LEAST_EXPECTED
    cells = np.concatenate([counts[:, ~rare], counts[:, rare].sum(axis=1, keepdims=True)], axis=1)
    cells = cells[:, cells.sum(axis=0) * least >= LEAST_EXPECTED]
    n = cells.sum(axis=1, keepdims=True)
    if cells.shape[1] < 2 or not n.all():
        return 1.0
    expected = n * cells.sum(axis=0) / n.sum()
    return float(chdtrc(cells.shape[1] - 1, float(((cells - expected) ** 2 / expected).sum())))
