"""One pandas column, whatever its dtype, as a Polars series; without PyArrow."""

import datetime
import decimal
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from jensen.data.origin import Native
from jensen.data.table import row_name
from jensen.errors import TableError

_OBJECTS = (
    *(bool, str, int, float, decimal.Decimal),
    *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta),
)


class PandasColumn(NamedTuple):
    """A column read: values, its pandas type, and its missing markers when told apart."""

    values: pl.Series
    native: Native
    kinds: pl.Series | None


def pandas_column(column: Any, name: str, where: str) -> PandasColumn:
    """Read one pandas column.

    Args:
        column: a pandas Series.
        name: what to call the result.
        where: what messages call the frame.

    Raises:
        TableError: complex, binary, period, interval or sparse columns; mixed objects.
    """
    dtype = column.dtype
    native = Native(dtype=str(dtype))
    kind = getattr(dtype, "kind", "O")
    extension = not isinstance(dtype, np.dtype)
    if str(dtype) == "category":
        return _category(column, name, where)
    if kind == "c" or str(dtype).startswith(("period", "interval", "Sparse")):
        raise TableError(
            f"{where} must have columns of numbers, truth values, times or text, and column "
            f"{name!r} is {dtype}; convert or drop it."
        )
    if kind == "M":
        return PandasColumn(_moments(column, name), native, None)
    if kind == "m":
        return PandasColumn(_spans(column, name), native, None)
    if extension and kind in "biuf":
        return _nullable(column, name, native)
    if kind in "biuf":
        values = column.to_numpy()
        values = values.astype(np.float32) if values.dtype == np.float16 else values
        return PandasColumn(pl.Series(name, values), native, None)
    return _objects(column, name, where, native)


def _category(column: Any, name: str, where: str) -> PandasColumn:
    categories = column.cat.categories
    values = categories.to_series().reset_index(drop=True)
    if len(values) == 0:
        values = values.astype(str)
    levels = pandas_column(values, name, where).values
    codes = pl.Series(name, column.cat.codes.to_numpy().astype(np.int64))
    codes = codes.set(codes < 0, None)
    plain = levels.dtype == pl.String or levels.dtype.is_integer() or levels.dtype.is_float()
    if not plain and levels.dtype != pl.Boolean:
        raise TableError(
            f"{where} must have categories of text, numbers or truth values, and those of column "
            f"{name!r} are {levels.dtype}; convert the column."
        )
    native = Native(
        dtype="category", categories=tuple(levels.to_list()), ordered=bool(column.cat.ordered)
    )
    return PandasColumn(levels.gather(codes).alias(name), native, None)


def _moments(column: Any, name: str) -> pl.Series:
    zone = getattr(column.dtype, "tz", None)
    if zone is not None:
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    values = _fine(column.to_numpy(dtype=None))
    series = pl.Series(name, values)
    if zone is None:
        return series
    return series.dt.replace_time_zone("UTC").dt.convert_time_zone(str(zone))


def _spans(column: Any, name: str) -> pl.Series:
    return pl.Series(name, _fine(column.to_numpy(dtype=None)))


def _fine(values: Any) -> np.ndarray:
    """Times in a unit that Polars has: seconds become milliseconds."""
    array = np.asarray(values)
    if array.dtype.kind not in "Mm":  # an Arrow-backed column comes as objects
        raise TypeError(array.dtype)
    unit = np.datetime_data(array.dtype)[0]
    return array if unit in ("ms", "us", "ns") else array.astype(f"{array.dtype.kind}8[ms]")


def _nullable(column: Any, name: str, native: Native) -> PandasColumn:
    null = column.isna().to_numpy(dtype=bool)
    dtype = getattr(column.dtype, "numpy_dtype", None) or np.dtype(column.dtype.name.lower())
    filler = False if dtype.kind == "b" else dtype.type(0)
    values = pl.Series(name, column.to_numpy(dtype=dtype, na_value=filler))
    return PandasColumn(values.set(pl.Series(null), None), native, None)


def _objects(column: Any, name: str, where: str, native: Native) -> PandasColumn:
    """A column of Python objects, all of one type."""
    values = column.tolist()
    null = column.isna().to_numpy(dtype=bool)
    kinds: pl.Series | None = None
    if null.any() and native.dtype == "object":
        words = [
            None if not gap else "nan" if isinstance(v, float) else "null"
            for v, gap in zip(values, null.tolist(), strict=True)
        ]
        kinds = pl.Series(name, words, dtype=pl.String)
    plain = [None if gap else v for v, gap in zip(values, null.tolist(), strict=True)]
    _check_one_type(plain, name, where)
    return PandasColumn(_series(plain, name), native, kinds)


def _check_one_type(values: list[Any], name: str, where: str) -> None:
    types: list[type[Any]] = [type(v) for v in values if v is not None]
    numbers = all(issubclass(t, int | float | np.number) and t is not bool for t in set(types))
    if not types or numbers:
        return
    first = types[0]
    family = next((t for t in _OBJECTS if issubclass(first, t)), None)
    if family is None:
        raise TableError(
            f"{where} must have columns of numbers, truth values, times or text, and column "
            f"{name!r} holds {first.__name__} objects; convert or drop it."
        )
    for at, value in enumerate(values):
        if value is not None and type(value) is not first:
            raise TableError(
                f"{where} must have one type in each column, and column {name!r} has "
                f"{value!r} ({type(value).__name__}) in {row_name(at)} among "
                f"{first.__name__}; make them the same type."
            )


def _series(values: list[Any], name: str) -> pl.Series:
    first = next((v for v in values if v is not None), None)
    if first is None or isinstance(first, str):
        return pl.Series(name, values, dtype=pl.String)
    if isinstance(first, int | float | np.number) and not isinstance(first, bool):
        whole = all(v is None or isinstance(v, int | np.integer) for v in values)
        return pl.Series(name, values, dtype=pl.Int64 if whole else pl.Float64, strict=False)
    return pl.Series(name, values)
