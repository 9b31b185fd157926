"""Columns cut into cells that suit the eye."""

from contextlib import suppress

import numpy as np

from jensen.evidence.portrait import Axis
from jensen.evidence.sample import CATEGORICAL, CLOCK, DURATION, TIME, Sample
from jensen.evidence.spelling import DAY, UNITS

TAIL = 0.005
"""Share of a column at each end that may lie beyond the bins, if it would make them too wide."""
NEAR_TAIL = 0.15
"""The bins reach up to the extremes if those are this close, in parts of the range between."""
LONGEST_LABEL = 60
OTHERS = "others"


def axis_of(name: str, real: Sample, synthetic: Sample, most: int, *, gaps: bool = False) -> Axis:
    """Cells of one column for both tables.

    Args:
        most: cells at most, that of missing values not counted.
        gaps: give missing values a cell, if there are any.
    """
    with_gap = gaps and any(s.missing(name).any() for s in (real, synthetic))
    kind = real.kinds[name]
    if kind == CATEGORICAL:
        return Axis(name, kind, labels=_labels(name, real, synthetic, most), gaps=with_gap)
    edges, beyond = _edges(real.columns[name], synthetic.columns[name], most, kind)
    return Axis(name, kind, edges, beyond, gaps=with_gap)


def cells(axis: Axis, sample: Sample) -> np.ndarray:
    """The cell of each row, int64 [n]; -1 where a value is missing and has no cell."""
    values = sample.columns[axis.name]
    if axis.kind == CATEGORICAL:
        place = _places(axis, sample)[values]
    else:
        inner = np.searchsorted(np.array(axis.edges[1:-1]), values, side="right")
        place = np.where(np.isnan(values), -1, inner)
    return np.where(place < 0, len(axis) - 1, place) if axis.gaps else place


def _labels(name: str, real: Sample, synthetic: Sample, most: int) -> tuple[str, ...]:
    """The most frequent levels, in the order of their numbers where they are numbers."""
    levels = real.levels[name]
    size = len(levels) + 1
    counts = [np.bincount(s.columns[name], minlength=size) / len(s) for s in (real, synthetic)]
    shares = np.mean(counts, axis=0)[1:]
    order = np.argsort(-shares, kind="stable")
    chosen = [int(i) for i in order if shares[i] > 0]
    if len(chosen) > most:
        return (*(_short(levels[i]) for i in chosen[: most - 1]), OTHERS)
    with suppress(ValueError):
        chosen.sort(key=lambda i: float(levels[i]))
    return tuple(_short(levels[i]) for i in chosen)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _places(axis: Axis, sample: Sample) -> np.ndarray:
    """Code -> cell."""
    place = {label: i for i, label in reversed(list(enumerate(axis.labels)))}
    others = len(axis.labels) - 1
    found = [place.get(_short(level), others) for level in sample.levels[axis.name]]
    return np.array([-1, *found])


def _edges(
    real: np.ndarray, synthetic: np.ndarray, most: int, kind: str
) -> tuple[tuple[float, ...], tuple[bool, bool]]:
    sides = [x[np.isfinite(x)] for x in (real, synthetic)]
    sides = [x for x in sides if len(x)]
    if not sides:
        return (0.0, 1.0), (False, False)
    least, greatest = (float(f([f(x) for x in sides])) for f in (np.min, np.max))
    low = min(float(np.quantile(x, TAIL)) for x in sides)
    high = max(float(np.quantile(x, 1 - TAIL)) for x in sides)
    if high <= low:
        low, high = least, greatest
    reach = NEAR_TAIL * (high - low)
    low = least if low - least <= reach else low
    high = greatest if greatest - high <= reach else high
    if high <= low:
        return (low - 0.5, low + 0.5), (least < low - 0.5, greatest > low + 0.5)
    n = min(len(x) for x in sides)
    bins = int(np.clip(np.ceil(2 * n ** (1 / 3)), 8, most))
    edges = _snapped(low, high, bins, _grid(np.concatenate(sides), kind))
    edges = np.array([float(f"{e:.15g}") for e in edges])  # 3.15, not 3.1500000000000004
    return tuple(edges.tolist()), (bool(least < edges[0]), bool(greatest > edges[-1]))


def _grid(values: np.ndarray, kind: str) -> float | None:
    """The step of the grid that all values are on: a unit of time, or of some decimal; or None."""
    steps = {TIME: [DAY], CLOCK: UNITS[1:], DURATION: UNITS}.get(kind, [1.0, 0.1, 0.01, 0.001])
    for step in steps:
        with np.errstate(over="ignore"):
            ticks = values / step
        if (np.abs(ticks) < 2**50).all() and (np.abs(ticks - np.round(ticks)) < 1e-4).all():
            return step
    return None


def _snapped(low: float, high: float, bins: int, grid: float | None) -> np.ndarray:
    """Equal bins; with a grid each holds equally many of its steps, so that none looks fuller."""
    if grid is None or (high - low) / grid > 1e6:
        return np.linspace(low, high, bins + 1)
    width = grid * max(1, int(np.ceil(round((high - low) / grid + 1) / bins)))
    count = int(np.ceil(round((high - low) / grid + 1) * grid / width - 1e-9))
    return low - grid / 2 + width * np.arange(count + 1)
