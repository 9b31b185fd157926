"""A column whose values enter a family of distributions as numbers, not as bins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Float64

from jensen.data.codec.bins import Codes, Reals
from jensen.data.codec.levels import LevelCodec
from jensen.data.codec.numeric import NumericCodec
from jensen.data.column import LEVEL_KINDS, Column
from jensen.data.columns import from_levels, from_numbers, to_levels, to_numbers
from jensen.data.table import row_name
from jensen.errors import TableError


class Row(NamedTuple):
    """x of a table with parametric columns, or many such rows with a first axis n.

    Attributes:
        codes: shape (d,), integers; that of a parametric column says observed (0) or which
            kind of missing.
        values: shape (v,), the standardised values of the parametric columns; 0 where missing.
    """

    codes: Any
    values: Any


def only_codes(x: Any) -> Any:
    """The codes of x, which has values beside them or not."""
    return x.codes if isinstance(x, Row) else x


class Space(NamedTuple):
    """Where the values of a family lie.

    Attributes:
        domain: a name of `DOMAINS`.
        period: of an angle, in the column's units.
    """

    domain: str
    period: float = 0.0


class Moments(NamedTuple):
    """What the training rows say of a column's standardised values."""

    mean: float
    sd: float
    low: float
    high: float


LARGEST_INTEGER = 2**24
"""Beyond it not every integer is a float of 32 bits."""
_REALS, _INTEGERS, _BINARY = ("continuous",), ("integer",), ("boolean", "integer")


class _Domain(NamedTuple):
    words: str
    kinds: tuple[str, ...]
    holds: Callable[[Any, Any, Any], Any]
    """(values, lowest, highest) -> whether each value lies in it."""


def _anywhere(x: Any, low: Any, high: Any) -> Any:
    return x == x


def _between(x: Any, low: Any, high: Any) -> Any:
    return (x >= low) & (x <= high)


def _zero_or_one(x: Any, low: Any, high: Any) -> Any:
    return (x == 0) | (x == 1)


DOMAINS: dict[str, _Domain] = {
    "real": _Domain("real numbers", _REALS, _anywhere),
    "positive": _Domain("numbers above 0", _REALS, lambda x, low, high: x > 0),
    "unit": _Domain("numbers above 0 and below 1", _REALS, lambda x, low, high: (x > 0) & (x < 1)),
    "closed_unit": _Domain("numbers from 0 to 1", _REALS, lambda x, low, high: _between(x, 0, 1)),
    "angle": _Domain("angles within one period", _REALS, _between),
    "count": _Domain("whole numbers from 0 on", _INTEGERS, lambda x, low, high: x >= 0),
    "grid": _Domain("whole numbers", _INTEGERS, _anywhere),
    "levels": _Domain("whole numbers in the range of the fit", _INTEGERS, _between),
    "binary": _Domain("0 and 1, or false and true", _BINARY, _zero_or_one),
}
"""Domains of families: densities are for continuous columns, masses for whole numbers."""
_DOMAIN_ENDS = {
    "real": (-np.inf, np.inf),
    "positive": (0.0, np.inf),
    "unit": (0.0, 1.0),
    "closed_unit": (0.0, 1.0),
    "count": (0.0, np.inf),
    "grid": (-np.inf, np.inf),
    "binary": (0.0, 1.0),
}
"""Where the ends do not follow from the column."""
DISCRETE = ("count", "grid", "levels", "binary")
MOST_LEVELS = 256


def misfit(column: Column, space: Space) -> str | None:
    """Why a column cannot have a family of this domain, as half a sentence; None if it can."""
    words, kinds, holds = DOMAINS[space.domain]
    if column.kind not in kinds:
        measure = "a mass for each value" if space.domain in DISCRETE else "a density"
        return f"it is {column.kind}, and this family has {measure} over {words}"
    if column.kind == "boolean":
        return None
    low, high = _physical(column, column.minimum), _physical(column, column.maximum)
    if low is None or high is None:
        return "none of its values was observed"
    start = _start(column, space)
    if space.domain == "angle" and not high <= start + space.period:
        return f"its values span more than one period of {space.period:g} ({low:g} to {high:g})"
    if not (holds(low, start, high) and holds(high, start, high)):
        return f"its values go from {low:g} to {high:g}, and this family is for {words}"
    if column.kind == "integer" and max(abs(low), abs(high)) > LARGEST_INTEGER:
        return f"it holds integers beyond {LARGEST_INTEGER:,}"
    if space.domain == "levels" and high - low >= MOST_LEVELS:
        return (
            f"it spans {high - low + 1:,.0f} whole numbers, and at most {MOST_LEVELS} can be levels"
        )
    return None


@dataclass(frozen=True)
class ValueCodec:
    """Value <-> (value - loc) / scale: one code, observed, and a number beside it.

    Attributes:
        loc, scale: in the column's units; 0 and 1 where values have a mass.
        moments: of the standardised values.
        binned: the same column in bins, and how many training rows have each: its marginal.
    """

    column: Column
    space: Space
    loc: float
    scale: float
    moments: Moments
    binned: NumericCodec | LevelCodec
    counts: Codes

    @classmethod
    def fit(cls, series: pl.Series, column: Column, space: Space) -> "ValueCodec":
        """Learn location and scale from the training rows."""
        observed = series.drop_nulls()
        binned = (LevelCodec if column.kind in LEVEL_KINDS else NumericCodec).fit(series, column)
        counts = np.bincount(binned.encode(observed)[0], minlength=len(binned.on_line))
        x = _numbers(observed, column)
        loc, scale = _standard(x, column, space)
        moments = _moments((x - loc) / scale, column, space)
        codec = cls(column, space, loc, scale, moments, binned, counts)
        codec.values(series.drop_nulls())
        return codec

    @property
    def on_line(self) -> list[bool]:
        """One code, for what is observed; it has no place on a line."""
        return [False]

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest number of the family's domain, in the column's units."""
        ends = _DOMAIN_ENDS.get(self.space.domain)
        return _ends(self.column, self.space) if ends is None else ends

    def encode(self, series: pl.Series) -> tuple[Codes, Reals]:
        """Code 0, and -log(scale): what turns a density of the number into one of the value."""
        return np.zeros(len(series), np.int64), np.full(len(series), -np.log(self.scale))

    def positions(self, series: pl.Series) -> Reals:
        """The standardised values: with them, `decode` gives the values."""
        return self.values(series)

    def values(self, series: pl.Series) -> Float64[np.ndarray, " _"]:
        """The standardised values of a series without gaps.

        Raises:
            TableError: a value that the family cannot have, with its row.
        """
        x = _numbers(series, self.column)
        low, high = _ends(self.column, self.space)
        outside = ~np.asarray(DOMAINS[self.space.domain].holds(x, low, high), bool)
        if outside.any():
            at = int(np.argmax(outside))
            raise TableError(
                f"column {self.column.name!r} must hold {DOMAINS[self.space.domain].words}, since "
                f"its likelihood is {self.column.likelihood!r}, and {series[at]!r} (value in "
                f"{row_name(at)} of those observed) is none; leave that row out, or fit with "
                "another likelihood."
            )
        return (x - self.loc) / self.scale

    def decode(self, codes: Codes, u: Reals) -> pl.Series:
        """The values whose standardised numbers are u, in the column's type and decimals."""
        x = self.physical(codes, u)
        return (from_levels if self.column.kind in LEVEL_KINDS else from_numbers)(x, self.column)

    def physical(self, codes: Codes, u: Reals) -> np.ndarray:
        """The same as physical numbers, those of `to_numbers`, or as levels."""
        if self.space.domain == "angle":
            u = np.where(np.abs(u) <= np.pi, u, np.mod(u + np.pi, 2 * np.pi) - np.pi)
        x = self.loc + self.scale * u
        if self.column.kind in LEVEL_KINDS:
            return np.rint(x).astype(np.int64)
        if self.column.kind == "integer" or self.column.decimals is not None:
            return _bounded_ticks(x * 10.0 ** (self.column.decimals or 0))
        return x

    def log_marginal(self, series: pl.Series) -> Reals:
        """log-density of every value under its histogram, less what `encode` adds to it."""
        codes, log_density = self.binned.encode(series)
        share = (self.counts + 0.5) / (self.counts.sum() + 0.5 * len(self.counts))
        return np.log(share)[codes] + log_density + np.log(self.scale)


def _bounded_ticks(x: Reals) -> Codes:
    """Whole numbers that fit 64 bits, wherever a draw fell."""
    return np.clip(np.rint(x), -(2.0**62), 2.0**62).astype(np.int64)


def _numbers(series: pl.Series, column: Column) -> Reals:
    """The values in the column's units; false and true as 0 and 1."""
    if column.kind in LEVEL_KINDS:
        return to_levels(series, column).astype(np.float64)
    return to_numbers(series, column).astype(np.float64) / 10.0 ** (column.decimals or 0)


def _physical(column: Column, bound: int | float | None) -> float | None:
    return None if bound is None else float(bound) / 10.0 ** (column.decimals or 0)


def _start(column: Column, space: Space) -> float:
    """Lowest value; of angles, where their period starts: at 0, or half a period below it."""
    low = _physical(column, column.minimum) or 0.0
    if space.domain != "angle":
        return low
    return 0.0 if low >= 0 else -space.period / 2


def _ends(column: Column, space: Space) -> tuple[float, float]:
    start = _start(column, space)
    if space.domain == "angle":
        return start, start + space.period
    return start, _physical(column, column.maximum) or 0.0


def _standard(x: Reals, column: Column, space: Space) -> tuple[float, float]:
    """Location and scale that bring the values near 0 and 1 in the family's domain."""
    if space.domain == "angle":
        return _start(column, space) + space.period / 2, space.period / (2 * np.pi)
    if space.domain == "real" and len(x):
        sd = float(np.std(x))
        return float(np.mean(x)), sd if sd > 1e-12 * float(np.max(np.abs(x))) else 1.0
    if space.domain == "positive" and len(x) and (x > 0).all():
        return 0.0, float(np.exp(np.mean(np.log(x))))
    return 0.0, 1.0


def _moments(v: Reals, column: Column, space: Space) -> Moments:
    low, high = _ends(column, space)
    if space.domain == "angle" or not len(v):
        return Moments(0.0, 1.0, low, high)
    mean, sd = float(np.mean(v)), float(np.std(v))
    if space.domain == "binary":
        mean = (mean * len(v) + 0.5) / (len(v) + 1)
    if space.domain == "count":
        mean = max(mean, 0.5 / len(v))
    return Moments(mean, sd if sd > 1e-6 else 1.0, low, high)
