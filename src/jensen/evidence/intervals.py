"""Intervals and p-values, each with the assumption it rests on."""

from collections.abc import Callable
from typing import Any

import numpy as np

from jensen.evidence.results import Estimate

LEVEL = 0.95
Z = 1.959963984540054
T9 = 2.262157162798205
"""The 97.5 % quantiles of the standard Normal and of Student's t with 9 degrees of freedom."""
GROUPS = 10
CELLS = 2**20
"""Numbers that are permuted at once."""


def some_of(used: int, available: int, what: str = "rows a side") -> str:
    """How many rows stand for all, and what that does to the interval; "" if all are looked at."""
    if used >= available:
        return ""
    wider = np.sqrt(available / used)
    times = f"{wider:.1f}" if wider < 9.95 else f"{wider:.0f}"
    return (
        f"{used:,} of {available:,} {what}: the interval is about {times} times as wide as with all"
    )


def leave_out(counts: np.ndarray) -> np.ndarray:
    """Sums over all groups, and over all but each one.

    Args:
        counts: [GROUPS, ...], anything that adds up over rows, by group of rows.

    Returns:
        [1 + GROUPS, ...]: the total, then the total without group 0, 1, ...
    """
    total = counts.sum(axis=0)
    return np.concatenate([total[None], total[None] - counts])


def grouped_counts(codes: np.ndarray, size: int, rows: np.ndarray | None = None) -> np.ndarray:
    """How often each code 0 .. size - 1 occurs, in all rows and without each tenth of them.

    Row i is in group i mod 10, for all columns alike, so that what they share is not lost.

    Args:
        codes: [n].
        rows: [n], which rows these are, when some were left out.

    Returns:
        float64 [1 + GROUPS, size].
    """
    group = (np.arange(len(codes)) if rows is None else rows) % GROUPS
    flat = np.bincount(codes + size * group, minlength=size * GROUPS)
    return leave_out(flat.reshape(GROUPS, size).astype(np.float64))


def jackknife(values: np.ndarray, low: float = -np.inf, high: float = np.inf) -> Estimate:
    """A figure and its 95 % interval from the delete-a-tenth jackknife.

    se² = 9/10 Σ (θ₋g − mean θ₋)², the interval is θ ± t₉ se, clipped to [low, high]. Deleting a
    share of the rows, and not single ones, keeps it consistent for figures that are not smooth
    (Shao & Wu 1989, Annals of Statistics 17). It is the spread of the figure at this number of
    rows; a distance is above 0 by noise alone, for which the noise floor stands beside it.

    Args:
        values: [1 + GROUPS], the figure of all rows, then without each tenth of them.
    """
    unit = float(np.abs(values).max()) or 1.0  # squares of the largest numbers are beyond them
    left = values[1:] / unit
    spread = unit * np.sqrt((GROUPS - 1) / GROUPS * np.sum((left - left.mean()) ** 2))
    value = float(values[0])
    return Estimate(
        value, float(max(low, value - T9 * spread)), float(min(high, value + T9 * spread))
    )


def of_tenths(
    value: float, tenths: np.ndarray, low: float = -np.inf, high: float = np.inf
) -> Estimate:
    """A figure and its 95 % interval from the same figure of each tenth of the rows by itself:
    value ± t₉ s / √10, s their standard deviation; for figures whose variance falls with 1 / n."""
    half = T9 * float(tenths.std(ddof=1)) / np.sqrt(GROUPS)
    return Estimate(value, float(max(low, value - half)), float(min(high, value + half)))


def jackknife_rows(statistic: Callable[..., float], *rows: np.ndarray) -> np.ndarray:
    """A statistic of arrays of rows, of all and without each tenth; float64 [1 + GROUPS]."""
    kept = [[np.arange(len(r)) % GROUPS != g for r in rows] for g in range(GROUPS)]
    left = [statistic(*(r[k] for r, k in zip(rows, keep, strict=True))) for keep in kept]
    return np.array([statistic(*rows), *left])


def mean_interval(values: np.ndarray, low: float = -np.inf, high: float = np.inf) -> Estimate:
    """A mean over rows and mean ± 1.96 standard errors, clipped to [low, high]."""
    mean = float(values.mean())
    half = Z * float(values.std(ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return Estimate(mean, float(max(low, mean - half)), float(min(high, mean + half)))


def percentiles(value: float, drawn: np.ndarray) -> Estimate:
    """A figure and the 95 % percentile interval of its bootstrap replicates; it lies inside."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, float(min(low, value)), float(max(high, value)))


def wilson(successes: int, trials: int) -> Estimate:
    """A proportion and Wilson's (1927) 95 % score interval, which is fair near 0 and 1."""
    p, z2 = successes / trials, Z**2
    centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z * np.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return Estimate(
        p, float(max(0.0, min(p, centre - half))), float(min(1.0, max(p, centre + half)))
    )


def midranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, ties sharing their mean; float64 [n]."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """P(positive > negative) + ½ P(equal): the area under the ROC curve."""
    ranks = midranks(np.concatenate([positive, negative]))
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def auc_variance(positive: np.ndarray, negative: np.ndarray) -> float:
    """The variance of an AUC over rows (DeLong, DeLong & Clarke-Pearson 1988)."""
    n, m = len(positive), len(negative)
    ranks = midranks(np.concatenate([positive, negative]))
    above = (ranks[:n] - midranks(positive)) / m
    below = 1 - (ranks[n:] - midranks(negative)) / n
    return float(above.var(ddof=1) / n + below.var(ddof=1) / m)


def auc_interval(positive: np.ndarray, negative: np.ndarray) -> Estimate:
    """An AUC with DeLong's 95 % interval, clipped to [0, 1]."""
    value = auc(positive, negative)
    half = Z * float(np.sqrt(auc_variance(positive, negative)))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))


def permutation_p(observed: float, permuted: np.ndarray) -> float:
    """(1 + #{permuted ≥ observed}) / (1 + B): exact for any B (Phipson & Smyth 2010).

    Ties within rounding count as reaching the observed value.
    """
    reach = permuted >= observed - 1e-12 * max(1.0, abs(observed))
    return float((1 + reach.sum()) / (1 + len(permuted)))


def auc_permutation_p(
    positive: np.ndarray, negative: np.ndarray, rng: np.random.Generator, n_permutations: int
) -> float:
    """One-sided permutation p-value of AUC > ½: labels permuted over scores that stay fixed.

    Exact when the scores come from a classifier that saw none of these rows: under the null
    hypothesis the labels of rows it has not seen are exchangeable, whatever it learned.
    """
    n = len(positive)
    ranks = midranks(np.concatenate([positive, negative]))
    return permutation_p(float(ranks[:n].sum()), permuted_sums(ranks, n, n_permutations, rng))


def permuted_sums(
    values: np.ndarray, first: int, times: int, rng: np.random.Generator
) -> np.ndarray:
    """Sums of the first so many values of random permutations, float64 [times]."""
    step = max(1, CELLS // len(values))
    sizes = [min(step, times - start) for start in range(0, times, step)]
    return np.concatenate(
        [rng.permuted(np.tile(values, (n, 1)), axis=1)[:, :first].sum(axis=1) for n in sizes]
    )


def more_often_p(hits: int, n: int, hits_before: int, n_before: int) -> float:
    """One-sided Fisher exact p-value that hits / n is no higher than hits_before / n_before."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(hits - 1, n + n_before, hits + hits_before, n))


def shares_differ_p(a: int, n: int, b: int, m: int) -> float:
    """The two-sided p-value, twice the smaller one-sided one of Fisher, of a / n and b / m being
    draws of one share."""
    from scipy.stats import hypergeom

    law: Any = hypergeom(n + m, a + b, n)
    return float(min(1.0, 2 * min(law.cdf(a), law.sf(a - 1))))


def holm(p_values: np.ndarray) -> np.ndarray:
    """p-values adjusted for the chance of any false finding among them (Holm 1979)."""
    order = np.argsort(p_values)
    steps = np.maximum.accumulate(p_values[order] * (len(p_values) - np.arange(len(p_values))))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(1.0, steps)
    return adjusted
