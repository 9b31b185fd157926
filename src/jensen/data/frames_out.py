"""Frames out: the same kind of object that came in, with the same types."""

import base64
import importlib
from typing import Any, cast

import numpy as np
import polars as pl

from jensen.data.origin import Native
from jensen.data.pandas_out import to_pandas_column
from jensen.data.table import Table
from jensen.data.text_lines import nan_where_marked


def to_native(table: Table) -> Any:
    """The table as the kind of object it was read from.

    Returns:
        A pandas, Polars or PyArrow frame or a NumPy array, with the same column types and kinds
        of missing value; for what came from a file, a Polars frame.
    """
    if table.origin.kind == "pandas":
        return _to_pandas(table)
    if table.origin.kind == "pyarrow":
        return _to_arrow(table)
    if table.origin.kind == "numpy":
        return _to_numpy(table)
    return to_polars(table)


def to_polars(table: Table) -> pl.DataFrame:
    """The table as a Polars frame, category types and NaN as they were."""
    frame = nan_where_marked(table)
    columns = [_category(c, table.origin.natives.get(c.name)) for c in frame]
    return pl.DataFrame(columns)


def _category(column: pl.Series, native: Native | None) -> pl.Series:
    if native is None or column.dtype != pl.String:
        return column
    if native.dtype == "Enum" and native.categories is not None:
        return column.cast(pl.Enum([str(c) for c in native.categories]))
    if native.dtype.startswith("Categorical") or native.dtype == "category":
        return column.cast(pl.Categorical())
    if native.dtype == "Null" and column.null_count() == len(column):
        return column.cast(pl.Null)
    return column


def _to_numpy(table: Table) -> np.ndarray:
    dtype = np.dtype(table.origin.dtype or "float64")
    frame = nan_where_marked(table)
    if dtype.kind in "UT":
        rows = [column.to_list() for column in frame]
        text = np.array(rows, dtype="U" if dtype.kind == "U" else dtype).T
        return text.astype(dtype) if text.dtype.itemsize <= dtype.itemsize else text
    columns = [np.asarray(column.to_numpy()).astype(dtype) for column in frame]
    return np.column_stack(columns)


def _to_arrow(table: Table) -> Any:
    pa: Any = importlib.import_module("pyarrow")
    frame = nan_where_marked(table)
    arrow: Any = cast(Any, frame).to_arrow()
    if table.origin.arrow_schema is None:
        return arrow
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(table.origin.arrow_schema)))
    columns: list[Any] = [arrow.column(n).cast(schema.field(n).type) for n in table.names]
    return pa.Table.from_arrays(columns, schema=pa.schema([schema.field(n) for n in table.names]))


def _to_pandas(table: Table) -> Any:
    pd: Any = importlib.import_module("pandas")
    columns: dict[int, Any] = {}
    frame = nan_where_marked(table)
    for position, column in enumerate(frame):
        native = table.origin.natives.get(column.name) or Native(dtype="object")
        nan = _nan_rows(table, column.name)
        columns[position] = to_pandas_column(pd, column, native, nan)
    result = pd.DataFrame(columns)
    labels = list(table.origin.labels or table.names)
    result.columns = pd.Index(labels, dtype=table.origin.label_dtype)
    return result


def _nan_rows(table: Table, name: str) -> np.ndarray | None:
    """Where a missing value of a column of objects was NaN and not None; bool [n]."""
    kinds = table.missing.get(name, ())
    if "nan" not in kinds:
        return None
    return table.marks[name] == kinds.index("nan")
