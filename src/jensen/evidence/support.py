"""Is every sample plausible, and is everything plausible sampled? By nearest neighbours."""

from dataclasses import dataclass

import numpy as np

from jensen.evidence.intervals import jackknife, jackknife_rows, mean_interval
from jensen.evidence.kernels import squared_distances
from jensen.evidence.results import Estimate

NEIGHBOURS = 5
STEPS = 30
BLOCK = 1000


@dataclass(frozen=True)
class Support:
    """Four figures of how the supports of two clouds of points overlap."""

    alpha_precision: Estimate
    beta_recall: Estimate
    density: Estimate
    coverage: Estimate


@dataclass(frozen=True)
class _Neighbours:
    """Of each real point: distances to its nearest and its k-th nearest other real point, to its
    nearest synthetic one and which that is; of each synthetic one: in how many balls it lies."""

    nearest_real: np.ndarray
    radius: np.ndarray
    nearest_synthetic: np.ndarray
    which: np.ndarray
    balls: np.ndarray


def support(real: np.ndarray, synthetic: np.ndarray, k: int = NEIGHBOURS) -> Support:
    """α-precision, β-recall, density and coverage of points [n, d] and [m, d].

    Density is the mean over synthetic points of 1/k times the number of real points whose ball,
    as wide as the distance to its k-th nearest real one, it lies in; coverage the share of real
    points whose ball has a synthetic point in it (Naeem et al. 2020, arXiv 2002.09797, eqs. 3, 4).
    Balls are closed here, so that rows that repeat count.
    α-precision and β-recall are 1 - Σ_α |α - curve(α)| / Σ_α α over 30 levels (Alaa et al. 2022,
    arXiv 2102.08921, without the one-class network): the share of synthetic points in the smallest
    ball round the mean that holds a share α of the real ones; the share of real points whose
    nearest synthetic point is no farther than their nearest real one and among the share β of
    these that is nearest to the synthetic mean.
    """
    k = min(k, len(real) - 1)
    found = _neighbours(real, synthetic, k)
    to_centre = _norms(real - real.mean(0))
    from_real = _norms(synthetic - real.mean(0))
    near = found.nearest_synthetic <= found.nearest_real
    from_synthetic = _norms(synthetic[found.which] - synthetic.mean(0))
    precision = jackknife_rows(lambda s: alpha_precision(to_centre, s), from_real)
    recall = jackknife_rows(beta_recall, near, from_synthetic)
    return Support(
        jackknife(precision, 0.0, 1.0),
        jackknife(recall, 0.0, 1.0),
        mean_interval(found.balls / k, 0.0),
        mean_interval((found.nearest_synthetic <= found.radius).astype(np.float64), 0.0, 1.0),
    )


def alpha_precision(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Of the distances to the real mean of real and of synthetic points."""
    levels = np.linspace(0, 1, STEPS)
    radii = np.quantile(real, levels)
    inside = np.searchsorted(np.sort(synthetic), radii, side="right") / len(synthetic)
    return float(1 - np.abs(levels - inside).sum() / levels.sum())


def beta_recall(near: np.ndarray, distance: np.ndarray) -> float:
    """Of real points: whether a synthetic one is near, and how far that is from their mean."""
    levels = np.linspace(0, 1, STEPS)
    radii = np.quantile(distance, levels)
    covered = np.searchsorted(np.sort(distance[near]), radii, side="right") / len(near)
    return float(1 - np.abs(levels - covered).sum() / levels.sum())


def _norms(points: np.ndarray) -> np.ndarray:
    return np.sqrt((points.astype(np.float64) ** 2).sum(axis=1))


def _neighbours(real: np.ndarray, synthetic: np.ndarray, k: int) -> _Neighbours:
    blocks = [slice(i, i + BLOCK) for i in range(0, len(real), BLOCK)]
    found = [_block(real, synthetic, rows, k) for rows in blocks]
    *columns, balls = zip(*found, strict=True)
    own, radius, across, which = (np.concatenate(part) for part in columns)
    return _Neighbours(own, radius, across, which, np.sum(balls, axis=0))


def _block(real: np.ndarray, synthetic: np.ndarray, rows: slice, k: int) -> tuple[np.ndarray, ...]:
    among = _settled(squared_distances(real[rows], real))
    size = len(among)
    among[np.arange(size), np.arange(rows.start, rows.start + size)] = np.inf
    nearest = np.partition(among, (0, k - 1), axis=1)
    across = _settled(squared_distances(real[rows], synthetic))
    which = across.argmin(axis=1)
    balls = (across <= nearest[:, k - 1 : k]).sum(axis=0)
    return nearest[:, 0], nearest[:, k - 1], across[np.arange(size), which], which, balls


def _settled(squared: np.ndarray) -> np.ndarray:
    """Rounding of |x|² + |y|² - 2xy cleared away, so that equal points are at distance 0."""
    squared[squared < 1e-9] = 0.0
    return np.round(squared, 9, out=squared)
