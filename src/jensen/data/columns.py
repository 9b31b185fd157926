"""One column's values as numbers and back: exact on everything observed."""

import numpy as np
import polars as pl

from jensen.data.column import Column
from jensen.data.dtypes import dtype_of, from_ticks, plain, typed
from jensen.data.table import row_name
from jensen.errors import TableError

_FARTHEST = 2.0**62  # ticks beyond any observed one saturate here instead of wrapping round


def to_numbers(series: pl.Series, column: Column) -> np.ndarray:
    """The values as physical numbers.

    Args:
        series: [n], of the column's type.
        column: continuous, integer, date, datetime, time or duration.

    Returns:
        float64 [n] for a continuous column of full precision, nan where missing; else int64
        [n] of grid ticks, 0 where missing: value * 10**decimals, the integer itself, days, or
        the type's time unit (nanoseconds since midnight for times of day).
    """
    if column.kind == "continuous" and column.decimals is None:
        return series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if series.dtype.is_decimal():
        scaled = series.cast(pl.Decimal(38, column.decimals or 0)).cast(pl.String)
        digits = scaled.str.replace(".", "", literal=True).cast(pl.Int64, strict=False)
        return digits.fill_null(0).to_numpy()
    if series.dtype.is_float():
        values = series.cast(pl.Float64).fill_null(0.0).to_numpy()
        ticks = np.rint(values * 10.0 ** (column.decimals or 0))
        return np.clip(ticks, -_FARTHEST, _FARTHEST).astype(np.int64)
    ticks = plain(series).cast(pl.Int64).fill_null(0)
    return ticks.to_numpy() * 10 ** (column.decimals or 0)


def from_numbers(array: np.ndarray, column: Column) -> pl.Series:
    """The values whose physical numbers are given: the inverse of `to_numbers`.

    Args:
        array: [n], float64 or int64 as `to_numbers` returns.
        column: as in `to_numbers`.

    Returns:
        [n], of the column's type; decimals are the floats nearest to ticks / 10**decimals.
    """
    dtype = dtype_of(column.dtype)
    if column.kind == "continuous" and column.decimals is None:
        return pl.Series(column.name, np.asarray(array, np.float64)).fill_nan(None).cast(dtype)
    ticks = np.asarray(array)
    if dtype.is_decimal():
        return _decimals(pl.Series(column.name, ticks.astype(np.int64)), column, dtype)
    if dtype.is_float():
        return pl.Series(column.name, ticks / 10.0 ** (column.decimals or 0)).cast(dtype)
    whole = np.rint(ticks / 10 ** (column.decimals or 0)) if column.decimals else ticks
    return from_ticks(_within(pl.Series(column.name, whole.astype(np.int64)), dtype), dtype)


def on_grid(series: pl.Series, column: Column) -> pl.Series:
    """Values without gaps, those between two steps of the column moved to the nearer one."""
    if column.step in (None, 1) or (column.kind == "continuous" and column.decimals is None):
        return series
    return from_numbers(nearest_tick(to_numbers(series, column), column), column)


def off_grid(series: pl.Series, column: Column) -> np.ndarray:
    """Which values of a series, gaps among them, lie between two steps of the column, bool [n]."""
    off = np.zeros(len(series), bool)
    known = np.flatnonzero(series.is_not_null().to_numpy())
    off[known] = (on_grid(series[known], column) != series[known]).to_numpy()
    return off


def grid_of(column: Column) -> tuple[int, int]:
    """Step and origin of the grid of ticks."""
    step = int(column.step or 1)
    return step, (0 if step == 1 else int(column.minimum or 0))


def nearest_tick(ticks: np.ndarray, column: Column) -> np.ndarray:
    """The nearest ticks that are whole steps of the column from its least value, int64 [n]."""
    ticks = np.rint(ticks).astype(np.int64)
    step, base = grid_of(column)
    return ticks if step == 1 else base + step * np.rint((ticks - base) / step).astype(np.int64)


def _decimals(ticks: pl.Series, column: Column, dtype: pl.DataType) -> pl.Series:
    places = column.decimals or 0
    scaled = ticks.cast(pl.Decimal(38, places)).cast(pl.String)
    unit = 10**places
    if places:
        sign = pl.Series(np.where(ticks.to_numpy() < 0, "-", ""))
        size = ticks.abs()
        scaled = sign + (size // unit).cast(pl.String) + "."
        scaled = scaled + (size % unit).cast(pl.String).str.zfill(places)
    return scaled.alias(column.name).cast(dtype)


def _within(ticks: pl.Series, dtype: pl.DataType) -> pl.Series:
    if not dtype.is_integer():
        return ticks
    info = np.iinfo(str(dtype).lower())
    return ticks.clip(max(info.min, -(2**63)), min(info.max, 2**63 - 1))


def to_levels(series: pl.Series, column: Column) -> np.ndarray:
    """The index of each value among the column's levels.

    Args:
        series: [n], of the column's type.
        column: boolean, categorical, ordinal or constant.

    Returns:
        int32 [n]; -1 where missing.

    Raises:
        TableError: a value that is no level, with its row.
    """
    values = plain(series)
    found = level_index(values, column)
    unseen = (found < 0) & series.is_not_null().to_numpy()
    if unseen.any():
        at = int(np.argmax(unseen))
        raise TableError(
            f"column {column.name!r} must have one of its {len(column.levels or ())} known values, "
            f"and has {series[at]!r} in {row_name(at)}; drop that row, or fit on data that hold "
            "this value."
        )
    return found


def level_index(values: pl.Series, column: Column) -> np.ndarray:
    """The index of each plain value [n] among the levels, int32 [n]; -1 where there is none."""
    levels = plain(levels_of(column))
    table = pl.DataFrame({"value": levels, "index": np.arange(len(levels), dtype=np.int32)})
    asked = values.alias("value").cast(levels.dtype, strict=False).to_frame()
    joined = asked.join(table, on="value", how="left", maintain_order="left")
    return joined["index"].fill_null(-1).to_numpy()


def levels_of(column: Column) -> pl.Series:
    """The column's levels as a series of its own type."""
    return typed(list(column.levels or ()), column.name, dtype_of(column.dtype))


def from_levels(array: np.ndarray, column: Column) -> pl.Series:
    """The levels with the given indices, int [n]; null where the index is negative.

    Returns:
        [n], of the column's type.
    """
    index = pl.Series(np.asarray(array, np.int64))
    return levels_of(column).gather(index.set(index < 0, None)).alias(column.name)
