"""Polars types as text and back, and the plain value behind a typed one."""

import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from jensen.errors import SchemaError

_PLAIN: dict[str, pl.DataType] = {
    str(t): t
    for t in (
        *(pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64()),
        *(pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.UInt64()),
        *(pl.Float32(), pl.Float64(), pl.Boolean(), pl.String(), pl.Date(), pl.Time()),
    )
}
_UNITS = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def dtype_of(text: str) -> pl.DataType:
    """The Polars type that `str` wrote as `text`.

    Raises:
        SchemaError: no such type.

    >>> dtype_of("Datetime(time_unit='us', time_zone='UTC')").time_zone
    'UTC'
    """
    if text in _PLAIN:
        return _PLAIN[text]
    fields = dict(re.findall(r"(\w+)='?([^',)]+)'?", text))
    unit: Any = fields.get("time_unit")
    if text.startswith("Datetime(") and unit in _UNITS:
        zone = fields.get("time_zone")
        return pl.Datetime(unit, None if zone == "None" else zone)
    if text.startswith("Duration(") and unit in _UNITS:
        return pl.Duration(unit)
    if text.startswith("Decimal(") and fields.get("scale", "").isdigit():
        return pl.Decimal(int(fields.get("precision", 38)), int(fields["scale"]))
    raise SchemaError(
        f"a column's dtype must be a Polars type such as 'Int64' or 'Datetime(time_unit='us', "
        f"time_zone=None)', and {text!r} is not; there are {', '.join(_PLAIN)}, Datetime, "
        "Duration and Decimal."
    )


def ticks_per_second(dtype: pl.DataType) -> int | None:
    """How many physical units one second has; None for dates and what is not a time."""
    if dtype == pl.Time:
        return _UNITS["ns"]
    if isinstance(dtype, pl.Datetime | pl.Duration):
        return _UNITS[dtype.time_unit or "us"]
    return None


def step_in_words(step: int, dtype: pl.DataType) -> str:
    """So many physical units: numbers as they are, times in the widest unit that fits.

    >>> step_in_words(60_000_000, pl.Datetime("us"))
    '1 min'
    """
    per_second = ticks_per_second(dtype)
    if per_second is None:
        return f"{step} days" if dtype == pl.Date else str(step)
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60)):
        if step % (per_second * seconds) == 0:
            return f"{step // (per_second * seconds)} {unit}"
    return f"{step / per_second:g} s"


def plain(values: pl.Series) -> pl.Series:
    """Values [n] as numbers, truth values or text: times as their ticks, decimals as text."""
    if values.dtype.is_temporal():
        return values.to_physical().cast(pl.Int64)
    return values.cast(pl.String) if values.dtype.is_decimal() else values


def typed(values: Sequence[Any], name: str, dtype: pl.DataType) -> pl.Series:
    """The series of type `dtype` whose plain values are `values`; the inverse of `plain`."""
    if dtype.is_temporal():
        return from_ticks(pl.Series(name, values, dtype=pl.Int64), dtype)
    if dtype.is_decimal():
        return pl.Series(name, values, dtype=pl.String).cast(dtype)
    return pl.Series(name, values, dtype=dtype)


def from_ticks(ticks: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Whole numbers [n] as the times they are the ticks of, or as plain numbers."""
    return ticks.cast(pl.Int32).cast(dtype) if dtype == pl.Date else ticks.cast(dtype)
