"""Dates that one table has as text and another as dates, in one form."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from jensen.data import Table
from jensen.data.table import row_name
from jensen.data.text_times import read_times
from jensen.errors import TableError


def in_one_form(tables: Sequence[Table]) -> list[Table]:
    """The tables with dates, times and durations that are text read as what they are.

    Files of text are read so from the start; frames and Parquet files may hold dates as text. A
    column of text is one of dates if every table has dates in it, or text that is a date
    throughout; otherwise it stays as it is.
    """
    read: list[dict[str, pl.Series]] = [{} for _ in tables]
    for name in tables[0].names:
        columns = [t.frame[name] for t in tables if name in t.names]
        if len(columns) < len(tables) or all(c.dtype != pl.String for c in columns):
            continue
        found = [_read(column) for column in columns]
        if columns[0].dtype.is_temporal():
            for table, one in zip(tables, found, strict=True):
                if one is None and table.frame[name].dtype == pl.String:
                    raise _no_date(table, name)
        if not all(one is not None for one in found) or all(_empty(c) for c in columns):
            continue
        for side, one in zip(read, found, strict=True):
            if one is not None:
                side[name] = one
    return [
        replace(table, frame=table.frame.with_columns(**side)) if side else table
        for table, side in zip(tables, read, strict=True)
    ]


def _read(column: pl.Series) -> pl.Series | None:
    """As dates or times, if it is that or can be read so; as it is where there is no value."""
    if column.dtype.is_temporal() or _empty(column):
        return column
    if column.dtype != pl.String:
        return None
    found = read_times(column)
    return None if found is None else found[0]


def _no_date(table: Table, name: str) -> TableError:
    """Of text that is not dates throughout: the first row that does not go with those before."""
    column = table.frame[name]
    good, bad = 0, len(column)  # so many rows can be read, and so many cannot
    while bad - good > 1:
        half = (good + bad) // 2
        good, bad = (good, half) if _read(column.head(half)) is None else (half, bad)
    return TableError(
        f"{table.name} must have dates or times in column {name!r}, as the training table has, and "
        f"has {column[bad - 1]!r} in {row_name(bad - 1)}; mend the value, or write the column in "
        "one form."
    )


def _empty(column: pl.Series) -> bool:
    return column.null_count() == len(column)
