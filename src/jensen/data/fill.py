"""Values put into the gaps of a table, everything else to the letter as it was."""

import numpy as np
import polars as pl

from jensen.data.origin import TextForm
from jensen.data.table import Table
from jensen.data.text_forms import write_column


def look(table: Table, name: str, other: TextForm | None) -> TextForm:
    """How new values of a column are written: as its own are, or as `other` says where it has none
    or has them of another kind. Decimals are those of `other`: few values may have fewer."""
    own = table.origin.forms.get(name)
    other = other or TextForm()
    if own is None or own.kind != other.kind or table.frame[name].null_count() == len(table):
        return other
    return own.model_copy(update={"decimals": other.decimals, "point": other.point})


def fill(table: Table, rows: np.ndarray, values: pl.Series, form: TextForm) -> Table:
    """The table with values in some rows of one column.

    Args:
        rows: int [m], which ones.
        values: [m], of the column named as the series; its type becomes wider where it cannot
            hold them.
        form: how they are written as text.
    """
    name = values.name
    series = table.frame[name]
    text = write_column(values, form)
    dtype = _type_for(series, values)
    new = text if dtype == pl.String else values.cast(dtype)
    frame = table.frame.with_columns(_as(series, dtype, table, name).scatter(rows, new))
    marks, missing, texts = dict(table.marks), dict(table.missing), table.text
    if name in marks:
        marks[name] = marks[name].copy()
        marks[name][rows] = -1
        if (marks[name] < 0).all():
            del marks[name], missing[name]
    if texts is not None:
        texts = texts.with_columns(texts[name].fill_null("").scatter(rows, text))
    return Table(frame, missing, marks, table.origin, table.name, texts)


def _type_for(series: pl.Series, values: pl.Series) -> pl.DataType:
    """The column's own type if it holds the values, else one that holds both."""
    if series.dtype == pl.String or series.null_count() == len(series):
        return series.dtype if series.null_count() < len(series) else values.dtype
    if _related(series, values) and _same(values.cast(series.dtype, strict=False), values):
        return series.dtype
    if series.dtype.is_numeric() and values.dtype.is_numeric():
        return pl.Float64()
    return pl.String()


def _same(cast: pl.Series, values: pl.Series) -> bool:
    """Whether a cast kept every value; 2.0 is "2"."""
    if values.dtype == pl.String and cast.dtype.is_float():
        cast = cast.cast(pl.Int64, strict=False)
    return bool((cast.cast(values.dtype, strict=False) == values).fill_null(False).all())


def _related(series: pl.Series, values: pl.Series) -> bool:
    a, b = series.dtype, values.dtype
    moments = isinstance(a, pl.Datetime) and isinstance(b, pl.Date | pl.Datetime)
    numbers = a.is_numeric() and (b.is_numeric() or b == pl.String)
    return numbers or moments or type(a) is type(b)


def _as(series: pl.Series, dtype: pl.DataType, table: Table, name: str) -> pl.Series:
    if series.dtype == dtype:
        return series
    if dtype == pl.String:
        return write_column(series, table.origin.forms.get(name))
    return series.cast(dtype)
