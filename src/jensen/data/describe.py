"""Describe a column as a given kind: its levels, grid, bounds, atoms; or say why it cannot be."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from jensen.data.column import LEVEL_KINDS, TIME_KINDS, Column, Kind
from jensen.data.columns import to_numbers
from jensen.data.dtypes import plain, ticks_per_second
from jensen.data.identifiers import learn
from jensen.data.table import row_name
from jensen.data.text_times import read_times
from jensen.errors import SchemaError

MAX_DECIMALS = 9
_ATOM_SHARE, _ATOM_COUNT = 0.005, 3
_TICKS_EXACT = 1e15  # 15 significant digits survive a float64


def describe(
    values: pl.Series, kind: Kind, reason: str, *, levels: Sequence[Any] | None = None
) -> Column:
    """Describe a column as `kind`.

    Args:
        values: [n], typed, null where missing.
        kind: what to take it for.
        reason: in words, why.
        levels: for an ordinal, its levels in order.

    Raises:
        SchemaError: the values do not allow it; the sentence names the first that does not.
    """
    fields: dict[str, Any] = {"name": values.name, "kind": kind, "reason": reason}
    if kind in LEVEL_KINDS:
        found = _levels(values, kind) if levels is None else _declared(values, levels)
        return Column(dtype=str(values.dtype), levels=found, **fields)
    if kind == "text":
        _must(values, values.dtype == pl.String, kind, "text")
        return Column(dtype=str(values.dtype), **fields)
    if kind == "identifier":
        _unique(values)
        form, _ = learn(values.drop_nulls())
        return Column(dtype=str(values.dtype), form=form.model_dump_json(), **fields)
    values = coerce(values, kind)
    fields["dtype"] = str(values.dtype)
    if kind == "continuous":
        return _continuous(values, fields)
    return _on_grid(values, fields)


def coerce(values: pl.Series, kind: str) -> pl.Series:
    """The values in a type that `kind` can have.

    Raises:
        SchemaError: naming the first value that cannot be.
    """
    if kind in TIME_KINDS:
        return _as_time(values, kind)
    if values.dtype == pl.String:
        values = _numbers_in_text(values, kind)
    _must(values, values.dtype.is_numeric(), kind, "numbers")
    if values.dtype == pl.UInt64:
        _refuse(values, values > 2**63 - 1, kind, "numbers of at most 63 bits")
    if kind == "integer" and values.dtype.is_float():
        _refuse(values, values != values.round(), kind, "whole numbers")
    if kind == "integer" and values.dtype.is_decimal():
        _refuse(values, values.cast(pl.Float64) % 1 != 0, kind, "whole numbers")
    return values


def _numbers_in_text(values: pl.Series, kind: str) -> pl.Series:
    dtype = pl.Int64 if kind == "integer" else pl.Float64
    numbers = values.cast(dtype, strict=False)
    _refuse(values, numbers.is_null() & values.is_not_null(), kind, "numbers")
    return numbers


def _as_time(values: pl.Series, kind: str) -> pl.Series:
    if values.dtype == pl.String and values.null_count() < len(values):
        found = read_times(values)
        values = values if found is None else found[0]
    if kind == "datetime" and values.dtype == pl.Date:
        values = values.cast(pl.Datetime("us"))
    if kind == "date" and isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is None:
        days = values.cast(pl.Date)
        if (days.cast(values.dtype) == values).all():
            values = days
    found_kind = str(values.dtype).split("(")[0].lower()
    _must(values, found_kind == kind, kind, f"{kind}s")
    return values


def _must(values: pl.Series, holds: bool, kind: str, what: str) -> None:
    if not holds:
        _refuse(values, values.is_not_null(), kind, what, dtype=str(values.dtype))


def _refuse(values: pl.Series, bad: pl.Series, kind: str, what: str, dtype: str = "") -> None:
    bad = bad.fill_null(False)
    if dtype and not bad.any():
        raise SchemaError(
            f"column {values.name!r} must hold {what} to be taken as {kind}, and every value is "
            f"missing ({dtype}); leave it to be a constant."
        )
    if bad.any():
        at = bad.arg_max() or 0
        raise SchemaError(
            f"column {values.name!r} must hold {what} to be taken as {kind}, and has "
            f"{values[at]!r}{f' ({dtype})' if dtype else ''} in {row_name(at)}; choose another "
            "kind for the column, or mend the value."
        )


def _unique(values: pl.Series) -> None:
    numeric = values.dtype.is_integer() or values.dtype == pl.String
    _must(values, numeric, "identifier", "whole numbers or text")
    repeated = ~values.is_first_distinct() & values.is_not_null()
    if repeated.any():
        at = repeated.arg_max() or 0
        first = (values == values[at]).arg_max() or 0
        raise SchemaError(
            f"column {values.name!r} must have a different value in each row to be taken as "
            f"identifier, and {values[at]!r} is in {row_name(first)} and {row_name(at)}; choose "
            "another kind for the column."
        )


def _levels(values: pl.Series, kind: str) -> tuple[Any, ...]:
    if values.dtype == pl.Boolean and kind != "constant":
        return (False, True)
    most = {"boolean": 2, "constant": 1}.get(kind)
    found = plain(values.drop_nulls().unique().sort()).to_list()
    if most is not None and len(found) > most:
        at = (values.is_first_distinct() & values.is_not_null()).arg_true()[most]
        raise SchemaError(
            f"column {values.name!r} must have at most {most} different values to be taken as "
            f"{kind}, and {values[at]!r} in {row_name(at)} is one more; choose another kind for "
            "the column."
        )
    return tuple(found)


def _declared(values: pl.Series, levels: Sequence[Any]) -> tuple[Any, ...]:
    """The declared levels in the column's own type; all that is observed must be among them."""
    if len(set(levels)) < len(levels):
        raise SchemaError(f"the levels of column {values.name!r} must differ: {list(levels)}.")
    series = pl.Series(values.name, [str(v) for v in levels], dtype=pl.String)
    if values.dtype.is_float() or values.dtype.is_integer():
        series = series.cast(values.dtype, strict=False)
    observed = plain(values)
    if values.dtype == pl.Boolean:
        series = series.str.to_lowercase() == "true"
    elif values.dtype.is_temporal():
        series = pl.Series(values.name, levels, dtype=pl.Int64)
    if series.null_count():
        at = series.is_null().arg_max() or 0
        raise SchemaError(
            f"the levels of column {values.name!r} must be {values.dtype} as its values are, and "
            f"{levels[at]!r} is not; mend the list."
        )
    outside = ~observed.is_in(series.to_list()) & observed.is_not_null()
    if outside.any():
        at = outside.arg_max() or 0
        raise SchemaError(
            f"the levels of column {values.name!r} must hold every value of the column, and "
            f"{values[at]!r} in {row_name(at)} is not among {list(levels)[:20]}; add it."
        )
    return tuple(series.to_list())


def _continuous(values: pl.Series, fields: dict[str, Any]) -> Column:
    observed = values.drop_nulls()
    decimals = decimal_places(observed)
    column = Column(decimals=decimals, atoms=atoms_of(values), **fields)
    low, high = _bounds(observed, column)
    return column.model_copy(update={"minimum": low, "maximum": high})


def _bounds(observed: pl.Series, column: Column) -> tuple[Any, Any]:
    if len(observed) == 0:
        return None, None
    ends = pl.Series(observed.name, [observed.min(), observed.max()], dtype=observed.dtype)
    low, high = to_numbers(ends, column).tolist()
    return low, high


def decimal_places(observed: pl.Series) -> int | None:
    """The fewest decimals, up to 9, that write every value [n] exactly; None for full precision."""
    if observed.dtype.is_decimal():
        scale = observed.dtype.scale if isinstance(observed.dtype, pl.Decimal) else 0
        return scale
    if observed.dtype.is_integer():
        return 0
    values = observed.to_numpy()
    for sample in (values[:64], values):  # the sample settles most columns at once
        found = _places(sample)
        if found is None:
            return None
    return found  # pyright: ignore[reportPossiblyUnboundVariable]


def _places(values: np.ndarray) -> int | None:
    wide = values.astype(np.float64)
    largest = float(np.max(np.abs(wide), initial=0.0))
    for places in range(MAX_DECIMALS + 1):
        unit = 10.0**places
        if largest * unit > _TICKS_EXACT:
            return None
        if np.array_equal((np.rint(wide * unit) / unit).astype(values.dtype), values):
            return places
    return None


def atoms_of(values: pl.Series) -> tuple[float, ...]:
    """The exact values that make up more than 0.5 % of the rows [n] and occur three times."""
    counts = values.alias("value").drop_nulls().value_counts(name="n")
    least = max(_ATOM_COUNT, int(np.floor(_ATOM_SHARE * len(values))) + 1)
    frequent = counts.filter(pl.col("n") >= least)["value"]
    return tuple(frequent.cast(pl.Float64).sort().to_list())


def _on_grid(values: pl.Series, fields: dict[str, Any]) -> Column:
    observed = values.drop_nulls()
    column = Column(**fields)
    ticks = np.unique(to_numbers(observed, column))
    low, high = (int(ticks[0]), int(ticks[-1])) if len(ticks) else (None, None)
    step = grid_step(ticks, len(observed), ticks_per_second(values.dtype))
    return column.model_copy(update={"step": step, "minimum": low, "maximum": high})


def grid_step(ticks: np.ndarray, rows: int, per_second: int | None) -> int:
    """The widest step such that every tick is the first plus a whole number of steps.

    Few distinct values share a divisor by chance, so with fewer than 16 (unless they repeat
    a hundredfold) only round steps count: powers of ten, seconds, minutes, hours, days.

    Args:
        ticks: int64 [m], distinct, sorted.
        rows: how many values they come from.
        per_second: ticks in a second, for times.
    """
    if len(ticks) < 2:
        return 1
    if len(ticks) >= 16 or rows >= 100 * len(ticks):
        gaps = np.diff(ticks.view(np.uint64))  # unsigned: the widest gap fits
        return max(int(np.gcd.reduce(gaps)), 1)
    for step in _round_steps(per_second):
        if not np.any(ticks % step):
            return step
    return 1


def _round_steps(per_second: int | None) -> list[int]:
    tens = [10**k for k in range(15, -1, -1)]
    if per_second is None:
        return tens
    wider = [per_second * s for s in (86400, 3600, 60)]
    return [*wider, *[t for t in tens if t <= per_second]]
