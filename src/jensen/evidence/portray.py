"""Histograms, tables of pairs and grids of distances: counted once, drawn by others."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from jensen.evidence.axes import axis_of, cells
from jensen.evidence.pairs import Pair, PairDistances, decile_distances
from jensen.evidence.portrait import Axis, Counts, Histogram, Marginal, PairGrid, PairTable
from jensen.evidence.sample import Sample
from jensen.evidence.sides import Tables, Whole

MOST_BINS, MOST_LEVELS = 40, 10
PAIR_BINS, PAIR_LEVELS, ROWS_A_CELL = 20, 10, 4
TELLING, GRID_COLUMNS = 6, 30


class Apart(NamedTuple):
    """Distances of pairs of columns, the noise floor of each, [k], how to find that of others, and
    the rows that they were computed from."""

    sides: Whole
    found: PairDistances
    floor: np.ndarray
    noise: Callable[[Sequence[Pair]], np.ndarray]


def marginals(tables: Tables, sides: Whole) -> tuple[Marginal, ...]:
    """Every column by itself, in the order of the table."""
    found: list[Marginal] = []
    for name in tables.training.kinds:
        most = MOST_LEVELS if name in tables.training.categorical else MOST_BINS
        axis = axis_of(name, sides.reference, sides.synthetic, most)
        real, synthetic = (
            _shares(np.bincount(at[at >= 0], minlength=len(axis)))
            for at in (cells(axis, s) for s in (sides.reference, sides.synthetic))
        )
        found.append(Marginal(axis, real, synthetic))
    return tuple(found)


def _shares(counts: np.ndarray) -> tuple[float, ...]:
    total = max(1, int(counts.sum()))
    return tuple(round(float(c) / total, 6) for c in counts)


def telling_pairs(apart: Apart) -> tuple[PairTable, ...]:
    """The pairs that lie farthest above the noise floor."""
    distance, floor = apart.found.distance[0], apart.floor
    order = np.argsort(floor - distance, kind="stable")[:TELLING]
    return tuple(
        _pair_table(apart.sides, apart.found.pairs[i], float(distance[i]), float(floor[i]))
        for i in order
    )


def _pair_table(sides: Whole, pair: Pair, distance: float, floor: float) -> PairTable:
    real, synthetic = sides.reference, sides.synthetic
    bins = int(np.clip(np.sqrt(len(sides) / ROWS_A_CELL), 6, PAIR_BINS))
    first, second = (
        axis_of(name, real, synthetic, PAIR_LEVELS if name in real.categorical else bins, gaps=True)
        for name in pair
    )
    counts = [_counts(first, second, s) for s in (real, synthetic)]
    return PairTable(first, second, counts[0], counts[1], round(distance, 6), round(floor, 6))


def _counts(first: Axis, second: Axis, sample: Sample) -> Counts:
    place = cells(first, sample) * len(second) + cells(second, sample)
    counts = np.bincount(place, minlength=len(first) * len(second))
    return tuple(tuple(int(c) for c in row) for row in counts.reshape(len(first), len(second)))


def pair_grid(apart: Apart) -> PairGrid:
    """All pairs of the columns whose pairs are farthest from the data's on average."""
    names = list(apart.sides.reference.kinds)
    if len(names) > GRID_COLUMNS:
        far = _farthest(apart.found)
        names = [name for name in names if name in far]
    known = {p: i for i, p in enumerate(apart.found.pairs)}
    asked = list(combinations(names, 2))
    unknown = [pair for pair in asked if pair not in known]
    others = decile_distances(apart.sides.reference, apart.sides.synthetic, unknown)
    floors = apart.noise(unknown).tolist() if unknown else []
    rows: list[list[float]] = []
    for found, rest in ((apart.found.distance[0], others), (apart.floor, floors)):
        values = {pair: float(found[known[pair]]) for pair in asked if pair in known}
        values |= dict(zip(unknown, rest, strict=True))
        rows.append([round(values[pair], 6) for pair in asked])
    return PairGrid(tuple(names), *(_triangle(names, asked, row) for row in rows))


def _farthest(found: PairDistances) -> set[str]:
    """The columns whose pairs have the largest mean distance."""
    sums: dict[str, list[float]] = {}
    for pair, distance in zip(found.pairs, found.distance[0], strict=True):
        for name in pair:
            sums.setdefault(name, []).append(float(distance))
    return set(sorted(sums, key=lambda name: -float(np.mean(sums[name])))[:GRID_COLUMNS])


def _triangle(
    names: list[str], pairs: list[Pair], values: list[float]
) -> tuple[tuple[float, ...], ...]:
    of = dict(zip(pairs, values, strict=True))
    return tuple(tuple(of[first, name] for first in names[:i]) for i, name in enumerate(names))


def histogram(
    what: str, groups: dict[str, np.ndarray], ends: tuple[float, float] | None = None
) -> Histogram:
    """Shares of each group in common bins, up to the 99 % quantile of the widest group."""
    low, high = ends or (0.0, max(float(np.quantile(v, 0.99)) for v in groups.values()))
    n = min(len(v) for v in groups.values())
    bins = int(np.clip(np.ceil(2 * n ** (1 / 3)), 8, MOST_BINS))
    edges = np.linspace(low, high if high > low else low + 1.0, bins + 1)
    shares = tuple(
        _shares(np.bincount(np.searchsorted(edges[1:-1], v, side="right"), minlength=bins))
        for v in groups.values()
    )
    medians = tuple(round(float(np.median(v)), 9) for v in groups.values())
    return Histogram(what, tuple(round(float(e), 9) for e in edges), tuple(groups), shares, medians)
