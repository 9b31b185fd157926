"""How far each column is from the data's, by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jensen.evidence.intervals import GROUPS, grouped_counts
from jensen.evidence.sample import CATEGORICAL, Sample

Scores = dict[tuple[str, ...], float]
Distances = dict[str, np.ndarray]
NONE = np.full(1 + GROUPS, np.nan)


@dataclass(frozen=True)
class Steps:
    """Two empirical distribution functions at every value that occurs.

    Attributes:
        points: [p], increasing.
        real, synthetic: [1 + GROUPS, p]: of all rows, and without each tenth of them.
    """

    points: np.ndarray
    real: np.ndarray
    synthetic: np.ndarray


def steps(real: np.ndarray, synthetic: np.ndarray) -> Steps | None:
    """Both distribution functions, missing values left out; None when a side has no value."""
    rows = [np.flatnonzero(~np.isnan(x)) for x in (real, synthetic)]
    cut = len(rows[0])
    if not cut or not len(rows[1]):
        return None
    values = np.concatenate([real[rows[0]], synthetic[rows[1]]])
    points, place = np.unique(values, return_inverse=True)
    first = _shares_below(place[:cut], len(points), rows[0])
    return Steps(points, first, _shares_below(place[cut:], len(points), rows[1]))


def _shares_below(place: np.ndarray, size: int, rows: np.ndarray) -> np.ndarray:
    below = np.cumsum(grouped_counts(place, size, rows), axis=1)
    return below / np.maximum(below[:, -1:], 1)


def kolmogorov_smirnov(real: np.ndarray, synthetic: np.ndarray) -> float:
    """D = max_t |F_real(t) - F_synthetic(t)| of the empirical distribution functions.

    Missing values are left out, as SDMetrics does; NaN when a side has no value.
    """
    found = steps(real, synthetic)
    return float("nan") if found is None else float(_largest_step(found)[0])


def _largest_step(found: Steps) -> np.ndarray:
    return np.abs(found.real - found.synthetic).max(axis=1)


def wasserstein(real: np.ndarray, synthetic: np.ndarray) -> float | None:
    """W₁ = ∫ |F_real - F_synthetic| dt over the real range from its 5 % to its 95 % quantile.

    Missing values are left out; None when a side has no value. Where that range is 0 the whole
    range takes its place, and 1 where that is 0 too.
    """
    found = steps(real, synthetic)
    return None if found is None else float(_area(found)[0] / middle_range(real))


def middle_range(real: np.ndarray) -> float:
    """The unit of `wasserstein`."""
    known = real[~np.isnan(real)]
    if not len(known):
        return 1.0
    return float(np.diff(np.quantile(known, [0.05, 0.95]))[0]) or float(np.ptp(known)) or 1.0


def _area(found: Steps) -> np.ndarray:
    """∫ |F_real - F_synthetic| dt, [1 + GROUPS]."""
    return np.abs(found.real - found.synthetic)[:, :-1] @ np.diff(found.points)


def total_variation(real: np.ndarray, synthetic: np.ndarray) -> np.ndarray:
    """½ Σ |p_real - p_synthetic| over the codes of known values; [1 + GROUPS], NaN if none.

    A value that the synthetic table alone has counts 10⁻⁶ in the real one, as in SDMetrics.
    """
    rows = [np.flatnonzero(codes > 0) for codes in (real, synthetic)]
    if not len(rows[0]) or not len(rows[1]):
        return NONE
    size = int(max(real.max(), synthetic.max())) + 1
    p, q = (grouped_counts(x[r], size, r) for x, r in zip((real, synthetic), rows, strict=True))
    p[(p == 0) & (q > 0)] = 1e-6
    p, q = (x / np.maximum(x.sum(axis=1, keepdims=True), 1e-6) for x in (p, q))
    return np.abs(p - q).sum(axis=1) / 2


def column_distances(real: Sample, synthetic: Sample) -> Distances:
    """Kolmogorov-Smirnov's D of numbers and times, total variation of categories.

    Returns column -> [1 + GROUPS]: of all rows, then without each tenth of them.
    """
    return column_figures(real, synthetic)[0]


def column_figures(
    real: Sample, synthetic: Sample, units: Mapping[str, float] | None = None
) -> tuple[Distances, Distances]:
    """`column_distances`, and W₁ of numbers and times, NaN of categories.

    Args:
        units: of W₁; the middle ranges of `real` unless given.
    """
    found: Distances = {}
    moved: Distances = {}
    for name, kind in real.kinds.items():
        a, b = real.columns[name], synthetic.columns[name]
        both = None if kind == CATEGORICAL else steps(a, b)
        if both is None:
            found[name] = total_variation(a, b) if kind == CATEGORICAL else NONE
            moved[name] = NONE
            continue
        found[name] = _largest_step(both)
        moved[name] = _area(both) / (middle_range(a) if units is None else units[name])
    return found, moved


def column_scores(real: Sample, synthetic: Sample) -> Scores:
    """1 - distance for each column; ``{(name,): score}``."""
    return {(n,): 1 - float(d[0]) for n, d in column_distances(real, synthetic).items()}


def column_error(real: Sample, synthetic: Sample) -> float:
    """100 (1 - Column Shapes), in percent.

    Column Shapes is the mean over columns of 1 - D (Kolmogorov-Smirnov) where numeric and of
    1 - TV (total variation) where categorical, missing values left out.
    Source: SDMetrics 0.11.1, ``reports/single_table/_properties/column_shapes.py``.
    """
    return error(column_scores(real, synthetic))


def error(scores: Scores) -> float:
    """100 (1 - mean score); a pair without a score (a constant column) is left out."""
    values = np.array(list(scores.values()))
    known = values[~np.isnan(values)]
    return float(100 * (1 - known.mean())) if len(known) else float("nan")


def column_shapes(distances: Distances) -> np.ndarray:
    """Column Shapes, 1 - mean distance; [1 + GROUPS], all ones when no column has a distance."""
    known = [d for d in distances.values() if not np.isnan(d).any()]
    return 1 - np.mean(known, axis=0) if known else np.ones(1 + GROUPS)
