"""One Polars series as a pandas column of a given dtype."""

import re
from typing import Any, cast

import numpy as np
import polars as pl

from jensen.data.origin import Native


def to_pandas_column(pd: Any, column: pl.Series, native: Native, nan: np.ndarray | None) -> Any:
    """The column as a pandas Series.

    Args:
        pd: the pandas module.
        column: [n], null where missing.
        native: the pandas dtype it had.
        nan: bool [n], which missing values of a column of objects are NaN.
    """
    dtype = native.dtype
    null = column.is_null().to_numpy()
    if dtype == "category":
        return _category(pd, column, native)
    if dtype.endswith("[pyarrow]"):
        return _arrow(pd, column, dtype)
    if isinstance(column.dtype, pl.Datetime | pl.Duration) and dtype != "object":
        return _times(pd, column, dtype)
    if re.match(r"^(U?Int\d+|Float\d+|boolean)$", dtype):
        filler = False if dtype == "boolean" else 0
        values = pd.array(column.fill_null(filler).to_numpy(), dtype=dtype)
        values[null] = pd.NA
        return pd.Series(values)
    if re.match(r"^(u?int\d+|float\d+|bool)$", dtype) and (not null.any() or "float" in dtype):
        return pd.Series(column.to_numpy()).astype(dtype)
    values = np.array(column.to_list(), dtype=object)
    if nan is not None:
        values[nan] = float("nan")
    return pd.Series(values, dtype=dtype if dtype.startswith(("str", "object")) else object)


def _category(pd: Any, column: pl.Series, native: Native) -> Any:
    levels = pl.Series(list(native.categories or ()), dtype=column.dtype)
    index = pl.DataFrame({"v": levels, "i": np.arange(len(levels))})
    found = column.alias("v").to_frame().join(index, on="v", how="left", maintain_order="left")
    codes = found["i"].fill_null(-1).to_numpy()
    kind = None if len(levels) else "str"
    categories = pd.Index(list(native.categories or ()), dtype=kind)
    return pd.Series(pd.Categorical.from_codes(codes, categories, ordered=native.ordered))


def _times(pd: Any, column: pl.Series, dtype: str) -> Any:
    zone = column.dtype.time_zone if isinstance(column.dtype, pl.Datetime) else None
    if zone is None:
        return pd.Series(column.to_numpy()).astype(dtype)
    plain = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    local = pd.Series(plain.to_numpy()).dt.tz_localize("UTC").dt.tz_convert(zone)
    return local.astype(dtype)


def _arrow(pd: Any, column: pl.Series, dtype: str) -> Any:
    values: Any = cast(Any, column).to_arrow()
    if dtype == "string[pyarrow]":  # which pandas would take for its own type of text
        values = values.cast("string")
        return pd.Series(values, dtype=pd.ArrowDtype(values.type))
    series = pd.Series(values, dtype=pd.ArrowDtype(values.type))
    try:
        return series.astype(dtype)
    except (TypeError, NotImplementedError, ValueError):
        return series  # a type that pandas cannot parse back, such as one with a time zone
