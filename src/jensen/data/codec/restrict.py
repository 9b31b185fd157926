"""A column under a condition: which part of the mass of each code is allowed."""

from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import polars as pl
from jaxtyping import Float64, Int, Int64

from jensen.data.codec.bins import Bins
from jensen.data.codec.codec import CodedColumn
from jensen.data.codec.levels import LevelCodec
from jensen.data.codec.numeric import NumericCodec
from jensen.data.columns import from_numbers, to_numbers
from jensen.data.conditions import Allowed, Range
from jensen.data.dtypes import step_in_words
from jensen.errors import ConditionError

BISECTIONS = 60


@dataclass(frozen=True)
class Pieces:
    """Parts [low, high) of the positions u in [0, 1) of codes, in the order of the codes.

    Attributes:
        allowed: the clauses.
        weight: allowed share of each code's mass, shape (n_codes,).
        code, low, high: of every piece; low = high where a single point of a density is allowed.
    """

    allowed: Allowed
    weight: Float64[np.ndarray, " codes"]
    code: Int64[np.ndarray, " p"]
    low: Float64[np.ndarray, " p"]
    high: Float64[np.ndarray, " p"]

    @property
    def is_point(self) -> bool:
        """Whether single values of a density are all that is allowed."""
        return not (self.high > self.low).any()

    def settle(self, series: pl.Series) -> pl.Series:
        """Drawn values; where single ones of a density are asked for, those very ones.

        A position in a bin stands for such a value but for the rounding.
        """
        if not (self.is_point and self.allowed.ranges):
            return series
        column = self.allowed.column
        points = np.array([low for low, _ in self.allowed.ranges])
        nearest = points[np.abs(to_numbers(series, column)[:, None] - points).argmin(1)]
        return from_numbers(nearest, column).cast(series.dtype)

    def place(
        self, codes: Int[np.ndarray, " n"], u: Float64[np.ndarray, " n"]
    ) -> Float64[np.ndarray, " n"]:
        """Positions from u in [0, 1): uniform over the allowed parts of each code."""
        width = self.high - self.low
        ends = np.cumsum(width)
        first = np.searchsorted(self.code, codes)
        before = (ends - width)[first]
        at = before + u * self.weight[codes]
        last = np.searchsorted(self.code, codes, side="right") - 1
        piece = np.clip(np.searchsorted(ends, at, side="right"), first, last)
        inside = np.clip(at - (ends - width)[piece], 0.0, width[piece])
        return np.minimum(self.low[piece] + inside, 1.0 - 2.0**-53)


def pieces_of(coded: CodedColumn, allowed: Allowed) -> Pieces:
    """Which parts of a column's codes a condition allows.

    Raises:
        ConditionError: none that the training rows had.
    """
    codec = coded.codec
    if isinstance(codec, NumericCodec):
        parts = [p for r in allowed.ranges for p in _range(codec, r)]
    elif isinstance(codec, LevelCodec):
        parts = _levels(codec, allowed)
    else:
        raise TypeError(f"column {codec.column.name!r} has values, not codes")
    if allowed.missing:
        n = len(coded.column.missing)
        parts += [(coded.first_missing + k, 0.0, 1.0) for k in range(n)]
    parts.sort()
    code, low, high = (
        (np.array(column) for column in zip(*parts, strict=True)) if parts else ([], [], [])
    )
    weight = np.bincount(code, np.subtract(high, low), len(coded.counts)) if parts else np.zeros(1)
    first = coded.first_missing
    numbers = bool(allowed.ranges) and np.any(np.less(code, first))
    if numbers and allowed.missing and not weight[:first].any():
        refuse_point_or_gap(allowed)
    if parts and not weight.any():  # single points of a density
        weight = np.bincount(code, minlength=len(coded.counts)).clip(max=1).astype(np.float64)
    found = Pieces(allowed, weight, np.asarray(code, np.int64), np.asarray(low), np.asarray(high))
    if not (parts and (weight * (coded.counts > 0)).any()):
        raise ConditionError(
            f"{allowed.text!r} must allow a value that the training rows of the model had, or one "
            f"between such values, and allows none of column {codec.column.name!r}"
            f"{_reach(codec)}; mend it."
        )
    return found


def refuse_point_or_gap(allowed: Allowed) -> NoReturn:
    """Refuse single values of a density together with missing ones, which have probability.

    Raises:
        ConditionError: that is what it is for.
    """
    raise ConditionError(
        f"{allowed.text!r} must ask for a range of column {allowed.column.name!r}, for single "
        "values of it or for missing ones, and asks for two of these; beside missing ones a single "
        "value of a density has probability 0, so leave one out."
    )


def _reach(codec: NumericCodec | LevelCodec) -> str:
    """From where to where a model draws the numbers of a column, and in which steps."""
    if not isinstance(codec, NumericCodec) or not codec.bins.n_codes:
        return ""
    codes = np.repeat(np.arange(codec.bins.n_codes), 2)
    u = np.tile([0.0, 1.0 - 2.0**-53], codec.bins.n_codes)
    values = codec.decode(codes, u).sort()
    shown = values.dt.to_string("polars") if values.dtype == pl.Duration else values
    step = codec.column.step if codec.bins.on_grid else None
    steps = f" in steps of {step_in_words(step, values.dtype)}" if step and step > 1 else ""
    return f", whose values are {shown[0]} to {shown[-1]}{steps}"


def _range(codec: NumericCodec, bounds: Range) -> list[tuple[int, float, float]]:
    """The parts of atoms and bins that lie within the bounds, both included."""
    bins: Bins = codec.bins
    codes = np.arange(bins.n_codes)
    low, high = bounds

    def first(fails: bool) -> tuple[np.ndarray, np.ndarray]:
        """Ends (a, b) of an interval around where a bound begins, or ceases, to hold."""
        a, b = np.zeros(len(codes)), np.ones(len(codes))
        holds = _above(codec, codes, a, high) if fails else ~_below(codec, codes, a, low)
        b[holds] = 0.0
        for _ in range(BISECTIONS):
            middle = (a + b) / 2
            holds = (
                _above(codec, codes, middle, high) if fails else ~_below(codec, codes, middle, low)
            )
            a, b = np.where(holds, a, middle), np.where(holds, middle, b)
        return a, b

    _, start = first(False) if low is not None else (None, np.zeros(len(codes)))
    end, beyond = first(True) if high is not None else (np.ones(len(codes)), np.ones(len(codes)))
    end = np.where(beyond >= 1.0, 1.0, end)
    keep = end > start
    if low == high and low is not None and not bins.on_grid:
        # One value of a density has no width, but for rounding, and may itself lie between those
        # that neighbouring positions stand for; an atom has all of its code.
        whole = (start == 0.0) & (end == 1.0)
        end = np.where(whole, end, start)
        keep = whole | ((beyond > start) & (start < 1.0)) | ((start > 0.0) & (start < 1.0))
    return [(int(k), float(start[k]), float(max(end[k], start[k]))) for k in np.flatnonzero(keep)]


def _below(codec: NumericCodec, codes: np.ndarray, u: np.ndarray, bound: Any) -> np.ndarray:
    return codec.physical(codes, np.minimum(u, 1.0 - 2.0**-53)) < bound


def _above(codec: NumericCodec, codes: np.ndarray, u: np.ndarray, bound: Any) -> np.ndarray:
    return codec.physical(codes, np.minimum(u, 1.0 - 2.0**-53)) > bound


def _levels(codec: LevelCodec, allowed: Allowed) -> list[tuple[int, float, float]]:
    order, before = codec.line()
    place = np.empty(len(order))
    place[order] = before
    return [
        (int(codec.code_of[k]), float(place[k]), float(place[k] + codec.share[k]))
        for k in sorted(allowed.levels)
    ]
