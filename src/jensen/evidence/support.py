"""Is every sample plausible, and is everything plausible sampled? By nearest neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jensen.evidence.intervals import GROUPS, jackknife, jackknife_rows, of_tenths
from jensen.evidence.kernels import squared_distances
from jensen.evidence.results import Estimate

NEIGHBOURS = 5
STEPS = 30
BLOCK = 1000
LEAST_TENTH = 150
"""Rows in a tenth from which tenths by themselves have the figure of all rows but for noise."""
SPARE = 20
"""Neighbours that are known beyond the k-th, so that the k-th is still among them when a tenth of
the rows is left out; they are rows in random order, so a tenth holds few of the nearest."""


@dataclass(frozen=True)
class Support:
    """Four figures of how the supports of two clouds of points overlap."""

    alpha_precision: Estimate
    beta_recall: Estimate
    density: Estimate
    coverage: Estimate


@dataclass(frozen=True)
class _Neighbours:
    """Of each real point: distances to its nearest other real point and to its nearest synthetic
    one, and which that is; [1 + GROUPS], of all points and without each tenth of both tables:
    how many synthetic points lie in balls, counted for each ball, and how many balls hold any."""

    nearest_real: np.ndarray
    nearest_synthetic: np.ndarray
    which: np.ndarray
    inside: np.ndarray
    covered: np.ndarray


def support(
    real: np.ndarray, synthetic: np.ndarray, k: int = NEIGHBOURS, *, intervals: bool = True
) -> Support:
    """α-precision, β-recall, density and coverage of points [n, d] and [m, d] in random order.

    Density is the mean over synthetic points of 1/k times the number of real points whose ball,
    as wide as the distance to its k-th nearest real one, it lies in; coverage the share of real
    points whose ball has a synthetic point in it (Naeem et al. 2020, arXiv 2002.09797, eqs. 3, 4).
    Balls are closed here, so that rows that repeat count.
    α-precision and β-recall are 1 - Σ_α |α - curve(α)| / Σ_α α over 30 levels (Alaa et al. 2022,
    arXiv 2102.08921, without the one-class network): the share of synthetic points in the smallest
    ball round the mean that holds a share α of the real ones; the share of real points whose
    nearest synthetic point is no farther than their nearest real one and among the share β of
    these that is nearest to the synthetic mean.

    Intervals are delete-a-tenth jackknives: all but that of β-recall leave out rows of both tables,
    those of density and coverage look for the neighbours again, since a row that goes changes the
    balls of others; they err on the wide side. From 1,500 rows on those two are of the spread of
    the tenths by themselves, which have the same figure since k stays.

    Args:
        intervals: False leaves those of density and coverage out, which take most of the time.
    """
    k = min(k, len(real) - 1)
    many = min(len(real), len(synthetic)) >= GROUPS * LEAST_TENTH
    found = _neighbours(real, synthetic, k, range(GROUPS if intervals and not many else 0))
    near = found.nearest_synthetic <= found.nearest_real
    from_synthetic = _norms(synthetic[found.which] - synthetic.mean(0))
    precision = jackknife_rows(_precision, real, synthetic)
    recall = jackknife_rows(beta_recall, near, from_synthetic)
    left = [_left(len(side), len(found.inside) - 1) for side in (real, synthetic)]
    density, covered = found.inside / (k * left[1]), found.covered / left[0]
    if intervals and many:
        tenths = [
            support(real[g::GROUPS], synthetic[g::GROUPS], k, intervals=False)
            for g in range(GROUPS)
        ]
        around = (
            of_tenths(float(density[0]), np.array([t.density.value for t in tenths]), 0.0),
            of_tenths(float(covered[0]), np.array([t.coverage.value for t in tenths]), 0.0, 1.0),
        )
    else:
        around = _jackknifed(density, np.inf), _jackknifed(covered, 1.0)
    return Support(jackknife(precision, 0.0, 1.0), jackknife(recall, 0.0, 1.0), *around)


def _left(n: int, groups: int) -> np.ndarray:
    """How many rows are left: all, then all without each tenth."""
    return n - np.array([0, *(len(range(g, n, GROUPS)) for g in range(groups))])


def _jackknifed(values: np.ndarray, most: float) -> Estimate:
    if len(values) == 1:
        return Estimate(float(values[0]), float(values[0]), float(values[0]))
    return jackknife(values, 0.0, most)


def _precision(real: np.ndarray, synthetic: np.ndarray) -> float:
    centre = real.mean(0)
    return alpha_precision(_norms(real - centre), _norms(synthetic - centre))


def alpha_precision(real: np.ndarray, synthetic: np.ndarray) -> float:
    """Of the distances to the real mean of real and of synthetic points.

    Where all real ones are equal, as of a constant, one ball holds any share: that of the synthetic
    points in it.
    """
    levels = np.linspace(0, 1, STEPS)
    radii = np.quantile(real, levels)
    if radii[0] == radii[-1]:
        return float(np.mean(synthetic <= radii[0]))
    inside = np.searchsorted(np.sort(synthetic), radii, side="right") / len(synthetic)
    return float(1 - np.abs(levels - inside).sum() / levels.sum())


def beta_recall(near: np.ndarray, distance: np.ndarray) -> float:
    """Of real points: whether a synthetic one is near, and how far that is from their mean.

    Where all of these are equally far, the share that has one near.
    """
    levels = np.linspace(0, 1, STEPS)
    radii = np.quantile(distance, levels)
    if radii[0] == radii[-1]:
        return float(np.mean(near))
    covered = np.searchsorted(np.sort(distance[near]), radii, side="right") / len(near)
    return float(1 - np.abs(levels - covered).sum() / levels.sum())


def _norms(points: np.ndarray) -> np.ndarray:
    return np.sqrt((points.astype(np.float64) ** 2).sum(axis=1))


def _neighbours(
    real: np.ndarray, synthetic: np.ndarray, k: int, groups: Sequence[int]
) -> _Neighbours:
    blocks = [slice(i, i + BLOCK) for i in range(0, len(real), BLOCK)]
    found = [_block(real, synthetic, rows, k, groups) for rows in blocks]
    *columns, inside, covered = zip(*found, strict=True)
    own, across, which = (np.concatenate(part) for part in columns)
    return _Neighbours(own, across, which, np.sum(inside, axis=0), np.sum(covered, axis=0))


def _block(
    real: np.ndarray, synthetic: np.ndarray, rows: slice, k: int, groups: Sequence[int]
) -> tuple[np.ndarray, ...]:
    among = _settled(squared_distances(real[rows], real))
    size = len(among)
    own = np.arange(rows.start, rows.start + size)
    among[np.arange(size), own] = np.inf
    most = min(k + SPARE, len(real) - 1)
    order = np.argpartition(among, most - 1, axis=1)[:, :most]
    near = np.take_along_axis(among, order, axis=1)
    by_distance = np.argsort(near, axis=1)
    order, near = (np.take_along_axis(x, by_distance, axis=1) for x in (order, near))
    across = _settled(squared_distances(real[rows], synthetic))
    which = across.argmin(axis=1)
    held = [_held(across, near[:, k - 1], np.ones(size, bool), None)]
    for g in groups:
        kept = np.cumsum(order % GROUPS != g, axis=1)
        place = np.where(kept[:, -1] >= k, np.argmax(kept >= k, axis=1), most - 1)
        held.append(_held(across, near[np.arange(size), place], own % GROUPS != g, g))
    inside, covered = np.array(held).T
    return near[:, 0], across[np.arange(size), which], which, inside, covered


def _held(
    across: np.ndarray, radius: np.ndarray, rows: np.ndarray, left_out: int | None
) -> tuple[int, int]:
    """Synthetic points in the balls of the given rows, and how many of these hold any."""
    hits = across <= radius[:, None]
    count = hits.sum(axis=1)
    if left_out is not None:
        count = count - hits[:, left_out::GROUPS].sum(axis=1)
    return int(count[rows].sum()), int((count[rows] > 0).sum())


def _settled(squared: np.ndarray) -> np.ndarray:
    """Rounding of |x|² + |y|² - 2xy cleared away, so that equal points are at distance 0."""
    squared[squared < 1e-9] = 0.0
    return np.round(squared, 9, out=squared)
