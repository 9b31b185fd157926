"""Distances between two clouds of points: kernels, energy, projections."""

from dataclasses import dataclass

import numpy as np

from jensen.evidence.intervals import GROUPS, Z, permutation_p
from jensen.evidence.results import Estimate

PERMUTATIONS = 499
PROJECTIONS = 100


@dataclass(frozen=True)
class Discrepancy:
    """An unbiased estimate of a squared distance, and the p-value that it is 0."""

    estimate: Estimate
    p_value: float | None


def squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """|x_i - y_j|², float64 [n, m]."""
    a, b = x.astype(np.float64), y.astype(np.float64)
    d = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * (a @ b.T)
    return np.maximum(d, 0.0, out=d)


def gaussian_kernel(points: np.ndarray, bandwidth: float | None = None) -> np.ndarray:
    """exp(-|x - y|² / (2 h²)), [n, n]; h is the median distance between points unless given.

    Source: Gretton et al. 2012, JMLR 13, sections 2 and 8 (the median heuristic).
    """
    squared = squared_distances(points, points)
    h2 = median_squared(squared) if bandwidth is None else bandwidth**2
    return np.exp(squared / (-2 * h2))


def median_squared(squared: np.ndarray) -> float:
    """The median squared distance of different points; 1 when most of them coincide."""
    few = squared[:: max(1, len(squared) // 1000), :: max(1, len(squared) // 1000)]
    upper = few[np.triu_indices(len(few), 1)]
    return float(np.median(upper)) or 1.0


def distance_kernel(points: np.ndarray) -> np.ndarray:
    """-|x - y|, [n, n]: MMD² with it is the energy distance (Székely & Rizzo 2013)."""
    return -np.sqrt(squared_distances(points, points))


def discrepancy(kernel: np.ndarray, rng: np.random.Generator | None = None) -> Discrepancy:
    """MMD² = E k(x, x') + E k(y, y') - 2 E k(x, y), unbiased, of the first and second half.

    The interval is Normal, with both terms of Hoeffding's variance of a U-statistic:
    4 (n - 2) / (n (n - 1)) ζ₁ + 2 / (n (n - 1)) ζ₂. The p-value permutes the halves, and compares
    uᵀ K u with u = ±1 / n, which orders permutations as the estimate does.

    Args:
        kernel: [2n, 2n], of n points of one table and n of the other.
        rng: of the permutations; None leaves the p-value out.
    """
    n = len(kernel) // 2
    xx, yy, xy = kernel[:n, :n], kernel[n:, n:], kernel[:n, n:]
    h = xx + yy - xy - xy.T
    h[np.diag_indices(n)] = 0.0
    pairs = n * (n - 1)
    value = float(h.sum() / pairs)
    second = float((h**2).sum() / pairs) - value**2
    rows = h.sum(axis=1) / (n - 1)
    first = max(0.0, float(rows.var(ddof=1)) - second / (n - 1))
    half = Z * float(np.sqrt(max(0.0, 4 * (n - 2) / pairs * first + 2 / pairs * second)))
    p = None if rng is None else _permutation_p(kernel, n, rng)
    return Discrepancy(Estimate(value, value - half, value + half), p)


def _permutation_p(kernel: np.ndarray, n: int, rng: np.random.Generator) -> float:
    signs = np.repeat([1.0, -1.0], n) / n
    u = np.concatenate([signs[None], rng.permuted(np.tile(signs, (PERMUTATIONS, 1)), axis=1)])
    forms = np.einsum("bi,bi->b", u @ kernel, u)
    return permutation_p(float(forms[0]), forms[1:])


def sliced_wasserstein(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mean over random directions of W₁ between the projections of x and of y, [n, d] each.

    Returns [1 + GROUPS]: of all rows, then without each tenth of them.
    Source: Rabin et al. 2012; Bonneel et al. 2015, with 100 directions.
    """
    directions = rng.normal(size=(x.shape[1], PROJECTIONS)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=0)
    a, b = x @ directions, y @ directions
    keep = [slice(None), *(np.arange(len(a)) % GROUPS != g for g in range(GROUPS))]
    return np.array([np.abs(np.sort(a[k], 0) - np.sort(b[k], 0)).mean() for k in keep])
