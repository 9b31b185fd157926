"""Values inside conditions: as levels, or as physical numbers with what lies beside them."""

import math
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

from jensen.data.column import Column
from jensen.data.columns import to_numbers
from jensen.data.dtypes import dtype_of
from jensen.data.table import nearest
from jensen.errors import ConditionError


class Bound(NamedTuple):
    """A number among those that a column can have.

    Attributes:
        below, at_most: the largest number below it, and the largest not above it.
        at_least, above: the smallest not below it, and the smallest above it.
    """

    below: Any
    at_most: Any
    at_least: Any
    above: Any

    @property
    def reached(self) -> bool:
        """Whether the column can have it."""
        return self.at_most == self.at_least


def _of_ticks(x: Fraction | int) -> Bound:
    low, high = math.floor(x), math.ceil(x)
    return Bound(high - 1, low, high, low + 1)


def number_of(column: Column, value: Any, text: str) -> Bound:
    """A number of a continuous or integer column.

    Raises:
        ConditionError: it is none.
    """
    try:
        exact = Decimal(str(value).replace("_", ""))
        if not exact.is_finite():
            raise InvalidOperation
    except InvalidOperation as error:
        raise ConditionError(
            f"{text!r} must compare {column.name!r}, a column of numbers, with a number, and "
            f"{value!r} is none; mend it."
        ) from error
    if column.kind == "continuous" and column.decimals is None:
        x = float(exact)
        return Bound(math.nextafter(x, -math.inf), x, x, math.nextafter(x, math.inf))
    return _of_ticks(Fraction(exact) * 10 ** (column.decimals or 0))


_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}


def times_of(column: Column, value: Any, text: str) -> Bound:
    """A moment of a column of dates, datetimes, times of day or durations.

    Raises:
        ConditionError: it is none that can be read.
    """
    dtype = dtype_of(column.dtype)
    try:
        series = pl.Series("", [value]) if not isinstance(value, str) else _read(value, dtype)
        series = series.cast(dtype)
        if series.null_count():
            raise ValueError("no such time")
    except (ValueError, TypeError, pl.exceptions.PolarsError) as error:
        example = {"date": "2024-02-29", "datetime": "2024-02-29T12:30", "time": "12:30:00"}
        raise ConditionError(
            f"{text!r} must compare {column.name!r}, a column of kind {column.kind}, with a value "
            f"such as {example.get(column.kind, '90s, 15m, 2h or 3d')}, and {value!r} is none; "
            "mend it."
        ) from error
    return _of_ticks(int(to_numbers(series, column)[0]))


def _read(value: str, dtype: pl.DataType) -> pl.Series:
    series = pl.Series("", [value])
    if dtype == pl.Date:
        return series.str.to_date()
    if dtype == pl.Time:
        return (series if value.count(":") > 1 else series + ":00").str.to_time()
    if dtype == pl.Duration:
        number = value.rstrip("usmhd")
        seconds = float(number) * _UNITS[value[len(number) :].strip()]
        return pl.Series("", [round(seconds * 1e6)]).cast(pl.Duration("us"))
    zone = getattr(dtype, "time_zone", None)
    moment = series.str.to_datetime(time_unit="us")
    return moment if zone is None else moment.dt.replace_time_zone(zone)


def level_of(column: Column, value: Any, text: str) -> int:
    """The position of a level.

    Raises:
        ConditionError: the column never has this value; the sentence offers the nearest.
    """
    levels = list(column.levels or ())
    names = [_name(level) for level in levels]
    wanted = _name(value) if not isinstance(value, str) else value
    for known in (names, [name.lower() for name in names]):
        if wanted in known:
            return known.index(wanted)
        wanted = wanted.lower() if column.kind == "boolean" else wanted
    if dtype_of(column.dtype).is_temporal():
        ticks = [str(v) for v in plain_texts(column)]
        if wanted in ticks:
            return ticks.index(wanted)
    raise ConditionError(
        f"{text!r} must name a value that column {column.name!r} has, and it never has {wanted!r}; "
        f"{nearest(wanted, names)}"
    )


def plain_texts(column: Column) -> list[Any]:
    """Levels that are times, as text."""
    series = pl.Series("", list(column.levels or ())).cast(dtype_of(column.dtype))
    return series.cast(pl.String).to_list()


def _name(level: Any) -> str:
    if isinstance(level, bool):
        return str(level).lower()
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    return str(level)
