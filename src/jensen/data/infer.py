"""Decide what a column is from its values, and describe it as that."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from jensen.data.column import Column, Kind
from jensen.data.describe import describe
from jensen.data.identifiers import looks_like_keys
from jensen.data.origin import Native

_NAMED_ID = re.compile(
    r"(?i)^(?:.*[\s_.\-])?(?:ids?|uuid|guid|key|pk|index|idx|identifier|rowid|rownum|row_?id)$"
)
_CAMEL_ID = re.compile(r"[a-z](?:ID|Id|UUID|Uuid|GUID|Key)$")
_TINY = 20

Decision = tuple[Kind, str]


def decide(values: pl.Series, native: Native | None) -> Decision:
    """The kind of a column, and why.

    Args:
        values: [n], typed, null where missing.
        native: the column's type in the frame it came from, where that says more.
    """
    observed = values.drop_nulls()
    distinct = observed.n_unique()
    if len(observed) == 0:
        return "constant", "every value is missing"
    if native is not None and native.ordered:
        return "ordinal", "its type is an ordered category"
    if distinct == 1:
        return "constant", "all observed values are the same"
    if native is not None and native.dtype.startswith(("category", "Categorical", "Enum")):
        return "categorical", f"its type is a category ({distinct} occur)"
    for applies, decision in _BY_TYPE:
        if applies(values.dtype):
            return decision(observed, distinct)
    raise AssertionError(values.dtype)  # unreachable: reading admits only the types above


def named_like_id(name: str) -> bool:
    """Whether a column's name says that it holds keys."""
    return bool(_NAMED_ID.match(name) or _CAMEL_ID.search(name))


def _boolean(observed: pl.Series, distinct: int) -> Decision:
    del observed, distinct
    return "boolean", "its values are true and false"


def _time(observed: pl.Series, distinct: int) -> Decision:
    kinds: dict[Any, Kind] = {pl.Date: "date", pl.Time: "time", pl.Duration: "duration"}
    kind = kinds.get(observed.dtype.base_type(), "datetime")
    return kind, f"its values are {kind}s ({distinct} distinct)"


def _float(observed: pl.Series, distinct: int) -> Decision:
    if (observed == observed.round()).all() and bool((observed.abs() < 2.0**53).all()):
        return "integer", f"all are whole numbers ({distinct} distinct), stored as floats"
    return "continuous", f"numbers with decimals ({distinct} distinct)"


def _decimal(observed: pl.Series, distinct: int) -> Decision:
    scale = observed.dtype.scale if isinstance(observed.dtype, pl.Decimal) else 0
    return "continuous", f"exact decimals with {scale} places ({distinct} distinct)"


def _integer(observed: pl.Series, distinct: int) -> Decision:
    n = len(observed)
    if int(observed.max()) > 2**63 - 1:  # pyright: ignore[reportArgumentType]
        beyond = "integers beyond 64 signed bits"
        if distinct == n:
            return "identifier", f"unique {beyond}"
        return "categorical", f"{beyond}, taken as {distinct} names"
    if distinct == n and n > 2:
        low, high = int(observed.min()), int(observed.max())  # pyright: ignore[reportArgumentType]
        consecutive = high - low + 1 == n
        if named_like_id(observed.name):
            return "identifier", f"unique whole numbers, and named {observed.name!r}"
        if consecutive and low in (0, 1) and n >= 5:
            return "identifier", f"whole numbers from {low} to {high}, each once"
        if consecutive and n >= 1000 and bool((observed.diff().drop_nulls() == 1).all()):
            return "identifier", f"whole numbers counting up by one from {low}"
    return "integer", f"whole numbers ({distinct} distinct)"


def _string(observed: pl.Series, distinct: int) -> Decision:
    n = len(observed)
    share = distinct / n
    if distinct == n and n > 2:
        named = named_like_id(observed.name)
        if named:
            return "identifier", f"unique, and named {observed.name!r}"
        if n >= 5 and looks_like_keys(observed):
            return "identifier", "unique values of one form"
    words = float(observed.str.count_matches(r"\S+").mean() or 0)  # pyright: ignore[reportArgumentType]
    length = float(observed.str.len_chars().mean() or 0)  # pyright: ignore[reportArgumentType]
    long = words >= 4 or length > 50
    if share > 0.5 and long and (n > _TINY or length > 50):
        return "text", f"{distinct} different texts of about {words:.0f} words in {n} rows"
    if share > 0.95 and n > _TINY:
        return "text", f"nearly every value differs ({distinct} in {n} rows), without a common form"
    return "categorical", f"{distinct} different values in {n} rows"


_BY_TYPE: Sequence[tuple[Callable[[pl.DataType], bool], Callable[[pl.Series, int], Decision]]] = (
    (lambda t: t == pl.Boolean, _boolean),
    (lambda t: t.is_temporal(), _time),
    (lambda t: t.is_float(), _float),
    (lambda t: t.is_integer(), _integer),
    (lambda t: t.is_decimal(), _decimal),
    (lambda t: t == pl.String, _string),
)


def infer_column(
    values: pl.Series, missing: tuple[str, ...], native: Native | None = None
) -> Column:
    """Describe a column as what its values say it is."""
    kind, reason = decide(values, native)
    levels = native.categories if native is not None and kind == "ordinal" else None
    column = describe(values, kind, reason, levels=levels)
    return column.model_copy(update={"missing": missing})
