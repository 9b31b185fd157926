"""Rows as lines of delimited text, in the look of the table's origin."""

import io
from collections.abc import Iterator

import numpy as np
import polars as pl

from jensen.data.origin import Origin
from jensen.data.table import Table
from jensen.data.text_bytes import BYTE_ORDER_MARK
from jensen.data.text_forms import write_column

_ROWS_AT_ONCE = 100_000


def text_chunks(table: Table, separator: str | None = None) -> Iterator[bytes]:
    """The table as delimited text, UTF-8, a header and then up to 100,000 rows at a time.

    Args:
        table: what to write.
        separator: what to put between values; the origin's own unless given.
    """
    origin = table.origin if table.origin.is_text else Origin(kind="csv")
    between = separator or origin.separator
    blank = " " if origin.blank and between == origin.separator else ""
    if origin.mark:
        yield BYTE_ORDER_MARK
    if origin.header:
        yield _header(table.names, between, blank, origin.line_end)
    for start in range(0, table.n_rows, _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, table.n_rows))
        yield _block(table, rows, between, blank, origin.line_end)


def _header(names: list[str], between: str, blank: str, end: str) -> bytes:
    cells = [_quote(pl.Series([name]), between)[0] for name in names]
    return ((between + blank).join(cells) + end).encode()


def _block(table: Table, rows: slice, between: str, blank: str, end: str) -> bytes:
    cells: list[pl.Series] = []
    for column in table.frame:
        cells.append(_cells(table, column, rows, between))
    frame = pl.DataFrame([c.alias(f"c{i}") for i, c in enumerate(cells)])
    lines = frame.select(pl.concat_str(pl.all(), separator=between + blank))
    buffer = io.BytesIO()
    lines.write_csv(buffer, include_header=False, quote_style="never", line_terminator=end)
    return buffer.getvalue()


def _cells(table: Table, column: pl.Series, rows: slice, between: str) -> pl.Series:
    """One column of some rows as it stands between separators."""
    alone = len(table.names) == 1
    if table.text is not None:
        return _empty(_quote(table.text[column.name][rows], between), alone)
    text = write_column(column[rows], table.origin.forms.get(column.name))
    return _fill(_quote(text, between), table, column.name, rows, alone)


def _quote(text: pl.Series, between: str) -> pl.Series:
    """Text [n] with quotes where a reader would else take a value apart."""
    special = text.str.contains_any([between, '"', "\n", "\r"])
    special = special | text.str.starts_with(" ") | text.str.ends_with(" ")
    if not special.any():
        return text
    doubled = '"' + text.str.replace_all('"', '""', literal=True) + '"'
    return doubled.zip_with(special.fill_null(False), text)


def _fill(text: pl.Series, table: Table, name: str, rows: slice, alone: bool) -> pl.Series:
    """Put the missing markers where values are missing."""
    marks = table.marks.get(name)
    if marks is not None:
        for index, kind in enumerate(table.missing[name]):
            here = pl.Series(marks[rows] == index)
            text = text.set(here, _missing_text(kind, table))
    return _empty(text, alone)


def _empty(text: pl.Series, alone: bool) -> pl.Series:
    """Nothing where a value is null; alone on its line that would read as a blank line, so there
    it is quoted."""
    text = text.fill_null("")
    return text.set(text == "", '""') if alone else text


def _missing_text(kind: str, table: Table) -> str:
    """How a kind of missing value is written: itself in text, "" or "NaN" from frames."""
    if table.origin.is_text:
        return kind
    told_apart = any("nan" in kinds and "null" in kinds for kinds in table.missing.values())
    return "NaN" if kind == "nan" and told_apart else ""


def json_frame(table: Table) -> pl.DataFrame:
    """The table with times as text, for NDJSON."""
    columns: list[pl.Series] = []
    for column in table.frame:
        if column.dtype.is_temporal():
            column = write_column(column, table.origin.forms.get(column.name))
        columns.append(column.cast(pl.Float64) if column.dtype.is_decimal() else column)
    return pl.DataFrame(columns)


def nan_where_marked(table: Table) -> pl.DataFrame:
    """The frame with NaN again where a missing value was NaN."""
    columns: list[pl.Series] = []
    for column in table.frame:
        kinds = table.missing.get(column.name, ())
        if "nan" in kinds and column.dtype.is_float() and not table.origin.is_text:
            here: np.ndarray = table.marks[column.name] == kinds.index("nan")
            column = column.set(pl.Series(here), float("nan"))
        columns.append(column)
    return pl.DataFrame(columns)
