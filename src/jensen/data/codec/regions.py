"""A parametric column under a condition: which values are allowed, as cells to draw from."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Bool, Float64

from jensen.data.codec.codec import CodedColumn
from jensen.data.codec.restrict import pieces_of, refuse_point_or_gap
from jensen.data.codec.values import DISCRETE, DOMAINS, ValueCodec
from jensen.data.column import LEVEL_KINDS
from jensen.data.columns import from_numbers, to_numbers
from jensen.data.conditions import Allowed
from jensen.errors import ConditionError

CELLS = 32
"""Cells that what is allowed of a column is cut into, unless it has more parts than that."""
FAR = 1e4
"""Standard deviations beyond which a part without an end is cut off."""
Ends = Float64[np.ndarray, " r"]
Kept = Float64[np.ndarray, " k"]


@dataclass(frozen=True)
class Cells:
    """Disjoint cells [low, low + width) of a column's standardised values.

    They are finer where more values are: of equal mass under a Cauchy distribution.

    Attributes:
        low, width: of whole numbers, cells reach from half below the first to half above the last;
            a single value has width 0.
        measure: width of the cell, or 1 of a single value: times the density or mass of a value
            that lies in it, it estimates the mass of the cell.
    """

    low: Float64[np.ndarray, " c"]
    width: Float64[np.ndarray, " c"]
    measure: Float64[np.ndarray, " c"]


@dataclass(frozen=True)
class Region:
    """What a condition allows of a parametric column.

    Attributes:
        allowed: the clauses.
        weight: of the codes, observed and the kinds of missing: 1 where allowed, else 0.
        cells: of the values, standardised; none where only missing ones are allowed.
        share: of the training rows, about.
        scale: of the standardised values, in the column's units.
    """

    allowed: Allowed
    weight: Float64[np.ndarray, " codes"]
    cells: Cells
    share: float
    scale: float

    @property
    def is_point(self) -> bool:
        """Whether single values of a density are all that is allowed."""
        column = self.allowed.column
        continuous = column.kind == "continuous"
        return continuous and bool(self.cells.width.size) and not self.cells.width.any()

    @property
    def log_unit(self) -> float:
        """What turns log p of what is allowed, of standardised values, into one of the column's."""
        return -float(np.log(self.scale)) if self.is_point else 0.0

    def settle(self, series: pl.Series) -> pl.Series:
        """Drawn values, where rounding carried one over an end, back at that end."""
        column = self.allowed.column
        out = np.flatnonzero(~self.allowed.holds(series))
        if not len(out) or column.kind in LEVEL_KINDS:
            return series
        ranges = self.allowed.ranges
        ends = np.array([end for r in ranges for end in r if end is not None])
        x = to_numbers(series[out], column)
        nearest = np.argmin(np.abs(ends[None] - x[:, None]), axis=1)
        return series.scatter(out, from_numbers(ends[nearest], column))


def region_of(coded: CodedColumn, allowed: Allowed) -> Region:
    """What a condition allows of a column with a `ValueCodec`.

    Raises:
        ConditionError: no value that its family can have, or missing where no training row was.
    """
    codec = coded.codec
    if not isinstance(codec, ValueCodec):
        raise TypeError(f"column {codec.column.name!r} has no values")
    low, high = _inside(codec, *_real_ends(allowed))
    weight = np.full(len(coded.counts), float(allowed.missing))
    weight[0] = float(len(low) > 0)
    if not (weight * (coded.counts > 0)).any():
        words = DOMAINS[codec.space.domain].words
        raise ConditionError(
            f"{allowed.text!r} must allow a value that column {codec.column.name!r} can have, and "
            f"allows none: its likelihood {codec.column.likelihood!r} is one of {words}; mend it."
        )
    region = Region(allowed, weight, _cells(codec, low, high), _share(coded, allowed), codec.scale)
    if allowed.missing and region.is_point:
        refuse_point_or_gap(allowed)
    return region


def _real_ends(allowed: Allowed) -> tuple[Ends, Ends]:
    """Ends of the allowed ranges in the column's units, and what rounds to them."""
    column = allowed.column
    if column.kind in LEVEL_KINDS:
        levels = np.array(sorted(allowed.levels), np.float64)
        return levels, levels
    ranges = allowed.ranges
    low = np.array([-np.inf if a is None else float(a) for a, _ in ranges])
    high = np.array([np.inf if b is None else float(b) for _, b in ranges])
    if column.kind != "continuous" or column.decimals is None:
        return low, high
    unit = 10.0**column.decimals
    return (low - 0.5) / unit, (high + 0.5) / unit


def _inside(codec: ValueCodec, low: Ends, high: Ends) -> tuple[Kept, Kept]:
    """The parts of ranges that lie in the family's domain."""
    first, last = codec.ends
    low, high = np.maximum(low, first), np.minimum(high, last)
    holds: Bool[np.ndarray, " r"] = np.asarray(DOMAINS[codec.space.domain].holds(low, first, last))
    keep = (low < high) | ((low == high) & holds & np.isfinite(low))
    return low[keep], high[keep]


def _cells(codec: ValueCodec, low: Ends, high: Ends) -> Cells:
    low, high = (low - codec.loc) / codec.scale, (high - codec.loc) / codec.scale
    discrete = codec.space.domain in DISCRETE
    if discrete and np.sum(high - low + 1) <= max(CELLS, len(low)):
        parts = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
        return _points(np.concatenate([np.zeros(0), *parts]))
    if not discrete and not (high > low).any():
        return _points(low)
    wide = np.full(len(low), True) if discrete else high > low
    low, high = low[wide] - 0.5 * discrete, high[wide] + 0.5 * discrete
    mean, sd = codec.moments.mean, codec.moments.sd
    low = np.where(np.isinf(low), np.minimum(mean, high) - FAR * sd, low)
    high = np.where(np.isinf(high), np.maximum(mean, low) + FAR * sd, high)
    starts, widths = zip(*_cut(low, high, mean, sd, discrete), strict=True)
    start, width = np.concatenate(starts), np.concatenate(widths)
    return Cells(start, width, width)


def _points(x: Float64[np.ndarray, " c"]) -> Cells:
    return Cells(x, np.zeros(len(x)), np.ones(len(x)))


def _cut(
    low: Ends, high: Ends, mean: float, sd: float, discrete: bool
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Starts and widths of the cells of each range."""
    a, b = np.arctan((low - mean) / sd), np.arctan((high - mean) / sd)
    share = (b - a) / max(np.sum(b - a), 1e-300)
    number = 1 + np.floor(max(CELLS - len(low), 0) * share).astype(int)
    cells: list[tuple[np.ndarray, np.ndarray]] = []
    for i, n in enumerate(number):
        edges = mean + sd * np.tan(np.linspace(a[i], b[i], n + 1))
        edges = np.floor(edges) + 0.5 if discrete else edges
        edges = np.clip(edges, low[i], high[i])
        edges[0], edges[-1] = low[i], high[i]
        edges = np.unique(edges)
        cells.append((edges[:-1], np.diff(edges)))
    return cells


def _share(coded: CodedColumn, allowed: Allowed) -> float:
    """Share of the training rows that fulfil the clauses, by the column's bins."""
    codec = coded.codec
    missing = float(coded.counts[1:].sum()) if allowed.missing else 0.0
    inside = 0.0
    if isinstance(codec, ValueCodec) and (allowed.ranges or allowed.levels):
        try:
            present = Allowed(allowed.column, allowed.text, allowed.levels, allowed.ranges)
            binned = CodedColumn(codec.binned, codec.counts)
            weight = pieces_of(binned, present).weight
            inside = float((weight * codec.counts[: len(weight)]).sum())
        except ConditionError:  # beyond all training rows
            inside = 0.0
    return (missing + inside) / max(float(coded.counts.sum()), 1.0)
