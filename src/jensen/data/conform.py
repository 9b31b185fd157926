"""Bring another table to the columns, order, types and missing kinds of a schema."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from jensen.data.column import LEVEL_KINDS, TIME_KINDS, Column
from jensen.data.columns import level_index
from jensen.data.dtypes import dtype_of, plain
from jensen.data.origin import Origin
from jensen.data.table import Marks, Table, nearest, row_name
from jensen.data.text_forms import write_column
from jensen.data.text_times import read_times
from jensen.errors import TableError


def conform(
    table: Table,
    columns: Sequence[Column],
    origin: Origin,
    dropped: Sequence[str],
    *,
    drop_extra: bool,
) -> Table:
    """The table with exactly these columns; see `Schema.conform`."""
    wanted = [column.name for column in columns]
    for name in wanted:
        if name not in table.names:
            raise TableError(
                f"{table.name} must have the column {name!r}, as the data of the schema had, and "
                f"has not; {nearest(name, table.names)} Add or rename it."
            )
    extra = [n for n in table.names if n not in wanted and n not in dropped]
    if extra and not drop_extra:
        raise TableError(
            f"{table.name} must have only the {len(wanted)} columns of the schema, and also has "
            f"{', '.join(repr(n) for n in extra[:10])}; remove them from it."
        )
    missing: dict[str, tuple[str, ...]] = {}
    marks: Marks = {}
    series: list[pl.Series] = []
    for column in columns:
        values, mark = _column(table, column)
        series.append(values)
        if mark is not None:
            missing[column.name], marks[column.name] = column.missing, mark
    return Table(pl.DataFrame(series), missing, marks, origin, table.name)


def _column(table: Table, column: Column) -> tuple[pl.Series, np.ndarray | None]:
    values = table.frame[column.name]
    kinds = _markers(table, column.name)
    if values.dtype == pl.String and column.missing:
        literal = values.is_in(column.missing).fill_null(False)
        if literal.any() and column.dtype != "String":
            kinds = _none(values) if kinds is None else kinds
            kinds = values.zip_with(literal, kinds)
            values = values.set(literal, None)
    values = _cast(values, table, column)
    if column.kind in LEVEL_KINDS:
        _check_levels(values, table, column)
    if column.kind == "integer" and values.dtype.is_float():
        _refuse(values, values != values.round(), table, column, "whole numbers")
    if column.kind in ("integer", "continuous") and values.dtype == pl.UInt64:
        _refuse(values, values > 2**63 - 1, table, column, "numbers of at most 63 bits")
    if kinds is None:
        return values, None
    return values, _mark(kinds, table, column)


def _none(values: pl.Series) -> pl.Series:
    return pl.Series(values.name, [None], dtype=pl.String).new_from_index(0, len(values))


def _markers(table: Table, name: str) -> pl.Series | None:
    """The marker of each missing value of a column, String [n]; None when all are observed."""
    if name not in table.marks:
        return None
    index = pl.Series(table.marks[name].astype(np.int64))
    kinds = pl.Series(name, table.missing[name], dtype=pl.String)
    return kinds.gather(index.set(index < 0, None)).alias(name)


def _mark(kinds: pl.Series, table: Table, column: Column) -> np.ndarray:
    """Number the markers as the schema does; one that it does not know is its most frequent."""
    if not column.missing:
        at = kinds.is_not_null().arg_max() or 0
        raise TableError(
            f"{table.name} must have a value of {column.name!r} in every row, as the data of the "
            f"schema had, and has none in {row_name(at)}; fill it in or remove the row."
        )
    mark = np.where(kinds.is_not_null().to_numpy(), 0, -1).astype(np.int8)
    for index, kind in enumerate(column.missing):
        mark[(kinds == kind).fill_null(False).to_numpy()] = index
    return mark


def _cast(values: pl.Series, table: Table, column: Column) -> pl.Series:
    dtype = dtype_of(column.dtype)
    if values.dtype == dtype:
        return values
    if values.null_count() == len(values):
        return pl.Series(column.name, [None], dtype=dtype).new_from_index(0, len(values))
    what = _what(column, dtype)
    result = values
    if dtype == pl.String:
        result = write_column(values, table.origin.forms.get(column.name))
    elif values.dtype == pl.String and column.kind in TIME_KINDS:
        found = read_times(values)
        result = values if found is None else found[0]
        _refuse(values, pl.Series([result is values]), table, column, what)
    if dtype == pl.Boolean and values.dtype == pl.String:
        words = values.str.to_lowercase()
        _refuse(values, ~words.is_in(["true", "false"]), table, column, what)
        result = words == "true"
    _refuse(values, pl.Series([not _comparable(result.dtype, dtype)]), table, column, what)
    cast = result.cast(dtype, strict=False)
    lost = cast.is_null() & values.is_not_null()
    if dtype.is_integer() and result.dtype.is_float():
        lost = lost | (result != result.round())
    _refuse(values, lost, table, column, what)
    return cast.alias(column.name)


def _comparable(found: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether a cast between two types keeps the meaning of the values."""
    if isinstance(found, pl.Datetime) and isinstance(wanted, pl.Datetime):
        return (found.time_zone is None) == (wanted.time_zone is None)
    same_family = found.is_temporal() == wanted.is_temporal()
    return same_family and (found == pl.Boolean) == (wanted == pl.Boolean)


def _what(column: Column, dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return f"whole numbers ({dtype})"
    return f"numbers ({dtype})" if dtype.is_numeric() else f"values of type {dtype}"


def _refuse(values: pl.Series, bad: pl.Series, table: Table, column: Column, what: str) -> None:
    bad = bad.fill_null(False)
    if not bad.any():
        return
    at = (bad & values.is_not_null()).arg_max() if len(bad) > 1 else values.is_not_null().arg_max()
    at = at or 0
    raise TableError(
        f"{table.name} must have {what} in column {column.name!r} ({column.kind}), as the data of "
        f"the schema had, and has {values[at]!r} in {row_name(at)}; mend the value or remove the "
        "row."
    )


def _check_levels(values: pl.Series, table: Table, column: Column) -> None:
    unseen = (level_index(plain(values), column) < 0) & values.is_not_null().to_numpy()
    if unseen.any():
        at = int(np.argmax(unseen))
        levels = column.levels or ()
        near = nearest(str(values[at]), [str(v) for v in levels[:10_000]])
        raise TableError(
            f"{table.name} must have in column {column.name!r} only the {len(levels)} values that "
            f"the data of the schema had, and has {values[at]!r} in {row_name(at)}; {near} Mend "
            "the value or remove the row."
        )
