"""Frames in: Polars, pandas, PyArrow and NumPy, each column with its type noted.

pandas and PyArrow are touched only when a user hands such a frame in, so neither is needed.
"""

import base64
import importlib
from typing import Any, cast

import narwhals as nw
import numpy as np
import polars as pl

from jensen.data.origin import Native, Origin
from jensen.data.pandas_in import pandas_column
from jensen.data.table import Marks, Table, gaps_of, row_name
from jensen.data.text_files import check_names
from jensen.data.text_times import read_times
from jensen.errors import TableError


def from_frame(source: Any, where: str) -> Table | None:
    """The table held by a Polars, pandas or PyArrow frame or a 2-d NumPy array.

    Returns:
        The table, or None when `source` is no such thing.

    Raises:
        TableError: a column type that cannot be modelled, mixed types, infinities, no rows.
    """
    if isinstance(source, np.ndarray):
        return _from_numpy(cast(np.ndarray, source), where)
    known: Any = nw.dependencies
    if known.is_pandas_dataframe(source):
        return _from_pandas(source, where)
    if known.is_pyarrow_table(source):
        return _from_arrow(source, where)
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pl.DataFrame):
        return from_polars(source, Origin(kind="polars"), where)
    return None


def from_polars(frame: pl.DataFrame, origin: Origin, where: str) -> Table:
    """Check a Polars frame, note its types, and turn NaN into null with its own mark.

    Raises:
        TableError: see `from_frame`.
    """
    check_names(frame.columns, where)
    if frame.height == 0:
        raise TableError(f"{where} must have rows, and has none ({frame.width} columns).")
    missing: dict[str, tuple[str, ...]] = {}
    marks: Marks = {}
    natives: dict[str, Native] = dict(origin.natives)
    columns: list[pl.Series] = []
    for column in frame:
        natives.setdefault(column.name, _native(column))
        values = _plain(column, where)
        kinds = _kinds(values)
        values = values.fill_nan(None) if values.dtype.is_float() else values
        check_finite(values, where)
        found = None if kinds is None else gaps_of(kinds)
        if found is not None:
            missing[column.name], marks[column.name] = found
        columns.append(values)
    kept = origin.model_copy(update={"natives": natives})
    return Table(pl.DataFrame(columns), missing, marks, kept, where)


def check_finite(values: pl.Series, where: str) -> None:
    """Refuse infinities.

    Raises:
        TableError: naming the column and the first row.
    """
    if not values.dtype.is_float():
        return
    infinite = values.is_infinite().fill_null(False)
    if infinite.any():
        at = infinite.arg_max() or 0
        raise TableError(
            f"{where} must hold finite numbers, and column {values.name!r} has {values[at]} in "
            f"{row_name(at)}; replace it by a finite number or by a missing value."
        )


def _kinds(values: pl.Series) -> pl.Series | None:
    """The marker of each missing value, "null" or "nan"; None when nothing is missing."""
    null = values.is_null()
    nan = values.is_nan().fill_null(False) if values.dtype.is_float() else None
    if not null.any() and (nan is None or not nan.any()):
        return None
    kinds = pl.Series(values.name, [None], dtype=pl.String).new_from_index(0, len(values))
    kinds = kinds.set(null, "null")
    return kinds if nan is None else kinds.set(nan, "nan")


def _native(column: pl.Series) -> Native:
    dtype = column.dtype
    if isinstance(dtype, pl.Enum):
        return Native(dtype="Enum", categories=tuple(dtype.categories.to_list()))
    return Native(dtype=str(dtype))


def _plain(column: pl.Series, where: str) -> pl.Series:
    """The column in a type the schema knows; category types become text.

    Raises:
        TableError: nested, binary, object and other types without an order or a finite set.
    """
    dtype = column.dtype
    if dtype.is_nested():
        raise TableError(
            f"{where} must have flat columns, and column {column.name!r} is nested ({dtype}); "
            "unnest or explode it into columns of its own, or drop it."
        )
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    if dtype == pl.Null:
        return column.cast(pl.String)
    if dtype == pl.Int128 or dtype == pl.UInt128:
        return _narrow(column, where)
    if dtype.is_numeric() or dtype.is_temporal() or dtype == pl.String or dtype == pl.Boolean:
        return column
    raise TableError(
        f"{where} must have columns of numbers, truth values, times or text, and column "
        f"{column.name!r} is {dtype}; convert or drop it."
    )


def _narrow(column: pl.Series, where: str) -> pl.Series:
    values = column.cast(pl.Int64, strict=False)
    if values.null_count() == column.null_count():
        return values
    at = (values.is_null() & column.is_not_null()).arg_max() or 0
    raise TableError(
        f"{where} must have integers of at most 64 bits, and column {column.name!r} has "
        f"{column[at]} in {row_name(at)}; write the column as text, or drop it."
    )


def times_in_text(frame: pl.DataFrame) -> tuple[pl.DataFrame, Origin]:
    """Read the text columns of a format without time types (NDJSON) as times where they are."""
    origin = Origin(kind="ndjson")
    forms = dict(origin.forms)
    for name, dtype in frame.schema.items():
        found = None
        if dtype == pl.String and frame[name].null_count() < frame.height:
            found = read_times(frame[name])
        if found is not None:
            frame = frame.with_columns(found[0].alias(name))
            forms[name] = found[1]
    return frame, origin.model_copy(update={"forms": forms})


def _from_numpy(array: np.ndarray, where: str) -> Table:
    if array.ndim != 2:
        raise TableError(
            f"{where} must be a 2-d array (rows, columns), and has shape {array.shape}; "
            "reshape it, for example with .reshape(-1, 1) for one column."
        )
    if array.dtype.kind not in "biufUMmT":
        raise TableError(
            f"{where} must be an array of numbers, truth values, times or text, and its dtype is "
            f"{array.dtype}; convert it, or hand in a frame with a type per column."
        )
    data = array.astype(np.float32) if array.dtype == np.float16 else array
    columns = [_numpy_column(f"x{i}", data[:, i]) for i in range(data.shape[1])]
    origin = Origin(kind="numpy", dtype=array.dtype.str)
    return from_polars(pl.DataFrame(columns), origin, where)


def _numpy_column(name: str, values: np.ndarray) -> pl.Series:
    if values.dtype.kind in "UT":
        return pl.Series(name, values.tolist(), dtype=pl.String)
    if values.dtype.kind in "Mm":
        unit = np.datetime_data(values.dtype)[0]
        fine = "ns" if unit == "ns" else "us"
        values = values.astype(f"{values.dtype.kind}8[{fine}]")
    return pl.Series(name, np.ascontiguousarray(values))


def _from_arrow(source: Any, where: str) -> Table:
    pa: Any = importlib.import_module("pyarrow")
    check_names(list(source.column_names), where)
    for column in source.schema:
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            raise TableError(
                f"{where} must have columns of numbers, truth values, times or text, and column "
                f"{column.name!r} is {column.type}; convert or drop it."
            )
    schema = base64.b64encode(source.schema.remove_metadata().serialize().to_pybytes())
    frame: pl.DataFrame = cast(Any, pl).from_arrow(source)
    return from_polars(frame, Origin(kind="pyarrow", arrow_schema=schema.decode()), where)


def _from_pandas(source: Any, where: str) -> Table:
    labels = list(source.columns)
    names = [str(label) for label in labels]
    check_names(names, where)
    if len(source) == 0:
        raise TableError(f"{where} must have rows, and has none ({len(names)} columns).")
    plain = all(isinstance(label, str) for label in labels)
    if not plain and not all(isinstance(label, str | int | float) for label in labels):
        raise TableError(
            f"{where} must have column labels of text or numbers, and has "
            f"{type(labels[0]).__name__}; join the levels into one name each."
        )
    origin = Origin(
        kind="pandas",
        labels=None if plain else tuple(labels),
        label_dtype=str(source.columns.dtype),
    )
    columns: list[pl.Series] = []
    natives: dict[str, Native] = {}
    kinds: dict[str, pl.Series] = {}
    for position, name in enumerate(names):
        read = pandas_column(source.iloc[:, position], name, where)
        columns.append(read.values)
        natives[name] = read.native
        if read.kinds is not None:
            kinds[name] = read.kinds
    table = from_polars(
        pl.DataFrame(columns), origin.model_copy(update={"natives": natives}), where
    )
    for name, found in kinds.items():
        numbered = gaps_of(found)
        if numbered is not None:
            table.missing[name], table.marks[name] = numbered
    return table
