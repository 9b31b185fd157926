"""Which columns differ? One p-value for each, and a decision that keeps its rate over all."""

import numpy as np

from jensen.evidence.intervals import holm, shares_differ_p
from jensen.evidence.sample import CATEGORICAL, Sample

ERROR_RATE = 0.01
"""Chance that any column is said to differ of a table that is a draw of the same distribution."""
LEAST_EXPECTED = 10.0
"""Levels that would be rarer than this in the smaller table are counted together."""
ENOUGH_FREEDOM = 25.0
"""Mean² over variance of Σ z² from which on its law is near a gamma's."""


def column_p_values(real: Sample, other: Sample) -> dict[str, float]:
    """The p-value of each column that both tables have one distribution of it, by Holm's method.

    Numbers and times: Kolmogorov and Smirnov's of the known values (on the safe side where values
    repeat), with Fisher's of the missing ones, doubled for there being two. Categories:
    `levels_p`, missing one of the levels.
    """
    found = [_p_value(real, other, name) for name in real.kinds]
    return dict(zip(real.kinds, holm(np.array(found)).tolist(), strict=True))


def _p_value(real: Sample, other: Sample, name: str) -> float:
    a, b = real.columns[name], other.columns[name]
    if real.kinds[name] == CATEGORICAL:
        return levels_p(a, b)
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


def levels_p(a: np.ndarray, b: np.ndarray) -> float:
    """The p-value that codes have one distribution, rare ones looked at by themselves too.

    The least of three, times their number: Pearson's χ², rare codes together; of the rare codes
    Fisher's, two-sided, times their number; and Σ z² over them, z = (a - m f) / √(m f (1 - f)) of
    a of m rows that are in a table which has the share f of all. Its law is taken for the gamma of
    its mean and variance where these are those of many degrees of freedom.
    """
    counts = _counts(a, b)
    rare = counts[:, _rare(counts)]
    found = [_pooled_p(counts)]
    if rare.shape[1]:
        found += [_least_of_rare_p(rare, len(a), len(b)), *_sum_of_rare_p(rare, len(a), len(b))]
    return float(min(1.0, len(found) * min(found)))


def _least_of_rare_p(counts: np.ndarray, n: int, m: int) -> float:
    from scipy.stats import hypergeom

    law = hypergeom(n + m, counts.sum(axis=0), n)
    tails = np.minimum(law.cdf(counts[0]), law.sf(counts[0] - 1))
    return float(min(1.0, counts.shape[1] * 2 * tails.min()))


def _sum_of_rare_p(counts: np.ndarray, n: int, m: int) -> list[float]:
    from scipy.special import gammaincc

    total, share = counts.sum(axis=0), n / (n + m)
    spread = total * share * (1 - share)
    z2 = (counts[0] - total * share) ** 2 / spread
    mean, variance = len(total), float(np.sum(2 + (1 - 6 * share * (1 - share)) / spread))
    if variance < 1e-9 or mean**2 < ENOUGH_FREEDOM * variance:
        return []  # of codes that occur once in tables of one size it says nothing at all
    return [float(gammaincc(mean**2 / variance, z2.sum() * mean / variance))]


def _counts(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How often each code that occurs does, [2, codes]."""
    size = int(max(a.max(), b.max())) + 1
    counts = np.array([np.bincount(x, minlength=size) for x in (a, b)], np.float64)
    return counts[:, counts.sum(axis=0) > 0]


def _rare(counts: np.ndarray) -> np.ndarray:
    """Which codes would be too rare in the smaller table, bool [codes]."""
    sizes = counts.sum(axis=1)
    return counts.sum(axis=0) * sizes.min() / sizes.sum() < LEAST_EXPECTED


def chi_squared_p(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's p-value that codes have one distribution, rare ones counted together."""
    return _pooled_p(_counts(a, b))


def _pooled_p(counts: np.ndarray) -> float:
    """The same of how often each code occurs, [2, codes]."""
    from scipy.special import chdtrc

    sizes = counts.sum(axis=1)
    rare, least = _rare(counts), sizes.min() / sizes.sum()
    cells = np.concatenate([counts[:, ~rare], counts[:, rare].sum(axis=1, keepdims=True)], axis=1)
    cells = cells[:, cells.sum(axis=0) * least >= LEAST_EXPECTED]
    n = cells.sum(axis=1, keepdims=True)
    if cells.shape[1] < 2 or not n.all():
        return 1.0
    expected = n * cells.sum(axis=0) / n.sum()
    return float(chdtrc(cells.shape[1] - 1, float(((cells - expected) ** 2 / expected).sum())))
