"""Bring another table to the columns, order, types and missing kinds of a schema."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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

Strange = dict[str, np.ndarray]
"""Column -> bool [n]: values that no row of the schema could have."""


def conform(
    table: Table,
    columns: Sequence[Column],
    origin: Origin,
    dropped: Sequence[str],
    *,
    drop_extra: bool,
    strange: Strange | None = None,
) -> Table:
    """The table with exactly these columns; see `Schema.conform`.

    Args:
        strange: if given, values that are of no use to a column are gaps and entered here, where
            they would else be refused.
    """
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
        reader = _Reader(table, column, strange is None)
        values, mark = _column(reader)
        if strange is not None and reader.strange.any():
            strange[column.name] = reader.strange
        series.append(values)
        if mark is not None:
            missing[column.name], marks[column.name] = column.missing, mark
    return Table(pl.DataFrame(series), missing, marks, origin, table.name)


@dataclass
class _Reader:
    """A column of a table that is read as one of a schema: what does not fit is refused, or noted.

    Attributes:
        strange: bool [n], the values that did not fit.
    """

    table: Table
    column: Column
    strict: bool
    strange: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.strange = np.zeros(len(self.table), bool)

    def refuse(self, values: pl.Series, bad: pl.Series, what: str) -> None:
        """Refuse values, or note them as strange."""
        if not self.strict:
            self.strange |= bad.fill_null(False).to_numpy()
            return
        _refuse(values, bad, self.table, self.column, what)

    def refuse_all(self, values: pl.Series, bad: bool, what: str) -> None:
        """Refuse a column as a whole."""
        _refuse(values, pl.Series([bad]), self.table, self.column, what)


def _column(reader: _Reader) -> tuple[pl.Series, np.ndarray | None]:
    table, column = reader.table, reader.column
    values = table.frame[column.name]
    kinds = _markers(table, column.name)
    if values.dtype == pl.String and column.missing:
        literal = values.is_in(column.missing).fill_null(False)
        if literal.any() and column.dtype != "String":
            kinds = _none(values) if kinds is None else kinds
            kinds = values.zip_with(literal, kinds)
            values = values.set(literal, None)
    values = _cast(values, reader)
    if column.kind in LEVEL_KINDS:
        _check_levels(values, reader)
    if column.kind == "integer" and values.dtype.is_float():
        reader.refuse(values, values != values.round(), "whole numbers")
    if column.kind in ("integer", "continuous") and values.dtype == pl.UInt64:
        reader.refuse(values, values > 2**63 - 1, "numbers of at most 63 bits")
    if not reader.strict and column.kind in ("integer", "continuous"):
        reader.strange |= _beyond_exact(values, column)
    mark = None if kinds is None else _mark(kinds, table, column)
    if reader.strange.any():
        mark = np.full(len(values), -1, np.int8) if mark is None else mark
        mark[reader.strange & (mark < 0)] = 0
        values = values.set(pl.Series(reader.strange), None)
    return values, mark


def _beyond_exact(values: pl.Series, column: Column) -> np.ndarray:
    """Numbers beyond all of the column's and so large that their steps cannot be counted."""
    if column.kind == "continuous" and column.decimals is None:
        return np.zeros(len(values), bool)
    ticks = values.cast(pl.Float64).abs() * 10.0 ** (column.decimals or 0)
    most = max(2.0**53, abs(float(column.minimum or 0)), abs(float(column.maximum or 0)))
    return (ticks > most).fill_null(False).to_numpy()


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


def _cast(values: pl.Series, reader: _Reader) -> pl.Series:
    table, column = reader.table, reader.column
    dtype = dtype_of(column.dtype)
    if values.dtype == dtype:
        return values
    if values.null_count() == len(values):
        return pl.Series(column.name, [None], dtype=dtype).new_from_index(0, len(values))
    what = _what(column, dtype)
    result = values
    if dtype == pl.String:
        result = _words(values, table, column)
    elif values.dtype == pl.String and column.kind in TIME_KINDS:
        found = read_times(values)
        result = values if found is None else found[0]
        reader.refuse_all(values, result is values, what)
    if dtype == pl.Boolean and values.dtype == pl.String:
        words = values.str.to_lowercase()
        reader.refuse(values, ~words.is_in(["true", "false"]), what)
        result = words == "true"
    reader.refuse_all(values, not _comparable(result.dtype, dtype), what)
    cast = result.cast(dtype, strict=False)
    lost = cast.is_null() & values.is_not_null()
    if dtype.is_integer() and result.dtype.is_float():
        lost = lost | (result != result.round())
    reader.refuse(values, lost, what)
    return cast.alias(column.name)


def _words(values: pl.Series, table: Table, column: Column) -> pl.Series:
    """The values as text, as the table writes them; 1.0 is 1 where only that is a level, since
    pandas has whole numbers beside gaps as floats."""
    text = write_column(values, table.origin.forms.get(column.name))
    if not values.dtype.is_float() or column.kind not in LEVEL_KINDS:
        return text
    whole = values.cast(pl.Int64, strict=False)
    bare = whole.set(whole.cast(values.dtype) != values, None).cast(pl.String)
    better = (level_index(text, column) < 0) & (level_index(bare, column) >= 0)
    return bare.zip_with(pl.Series(better), text)


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


def _check_levels(values: pl.Series, reader: _Reader) -> None:
    table, column = reader.table, reader.column
    unseen = (level_index(plain(values), column) < 0) & values.is_not_null().to_numpy()
    if not reader.strict:
        reader.strange |= unseen
    elif unseen.any():
        at = int(np.argmax(unseen))
        levels = column.levels or ()
        near = nearest(str(values[at]), [str(v) for v in levels[:10_000]])
        raise TableError(
            f"{table.name} must have in column {column.name!r} only the {len(levels)} values that "
            f"the data of the schema had, and has {values[at]!r} in {row_name(at)}; {near} Mend "
            "the value or remove the row."
        )
