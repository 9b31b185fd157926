"""The schema as a page of plain text: what each column was taken to be, and why."""

import polars as pl

from jensen.data.column import LEVEL_KINDS, Column
from jensen.data.columns import from_numbers, levels_of
from jensen.data.dtypes import dtype_of, ticks_per_second
from jensen.data.identifiers import IdentifierForm
from jensen.data.schema import Schema
from jensen.data.table import Table
from jensen.data.text_forms import write_column

_SHOWN = 8


def card(schema: Schema, table: Table | None = None) -> str:
    """A readable card per column: its kind, what decided, its values, its gaps.

    Args:
        schema: what to show.
        table: the rows it was inferred from, to show how much is missing and how often
            categories occur.
    """
    rows = f", {table.n_rows:,} rows" if table is not None else ""
    head = f"{len(schema)} columns{rows}"
    dropped = f"; dropped: {', '.join(schema.dropped)}" if schema.dropped else ""
    parts = [head + dropped, *(_column(c, schema, table) for c in schema.columns)]
    return "\n\n".join(parts) + "\n"


def _column(column: Column, schema: Schema, table: Table | None) -> str:
    lines = [f"{column.name}: {column.kind}" + (f" ({column.reason})" if column.reason else "")]
    lines += [f"  {line}" for line in _values(column, schema, table)]
    if column.likelihood is not None:
        lines.append(f"  likelihood: {column.likelihood}")
    if column.missing:
        ignored = ", ignored" if column.ignore_missing else ""
        lines.append(f"  missing: {_missing(column, table)}{ignored}")
    lines.append(f"  type: {column.dtype}")
    return "\n".join(lines)


def _values(column: Column, schema: Schema, table: Table | None) -> list[str]:
    if column.kind == "identifier" and column.form:
        form = IdentifierForm.model_validate_json(column.form)
        return [f"fresh keys: {form.words()}"]
    if column.kind == "text":
        return [f"cannot be modelled: --drop {column.name} or --column {column.name}=categorical"]
    if column.kind in LEVEL_KINDS:
        return _levels(column, table)
    lines: list[str] = []
    if column.minimum is not None and column.maximum is not None:
        low, high = _written([column.minimum, column.maximum], column, schema)
        lines.append(f"range: {low} to {high}{_grid(column)}")
    if column.atoms:
        shown = ", ".join(f"{a:g}" for a in column.atoms[:_SHOWN])
        more = f" and {len(column.atoms) - _SHOWN} more" if len(column.atoms) > _SHOWN else ""
        lines.append(f"exact values with a probability of their own: {shown}{more}")
    return lines


def _written(bounds: list[int | float], column: Column, schema: Schema) -> list[str]:
    numbers = pl.Series(bounds, dtype=pl.Float64 if _is_full(column) else pl.Int64).to_numpy()
    text = write_column(from_numbers(numbers, column), schema.origin.forms.get(column.name))
    return text.to_list()


def _is_full(column: Column) -> bool:
    return column.kind == "continuous" and column.decimals is None


def _grid(column: Column) -> str:
    if column.kind == "continuous":
        places = column.decimals
        return ", full precision" if places is None else f", {places} decimals"
    per_second = ticks_per_second(dtype_of(column.dtype))
    step = column.step or 1
    if per_second is not None:
        return f", in steps of {step / per_second:g} s"
    return f", in steps of {step}" if step > 1 else ""


def _levels(column: Column, table: Table | None) -> list[str]:
    levels = levels_of(column)
    if len(levels) == 0:
        return ["no value was observed"]
    counts: dict[object, int] = {}
    if table is not None and column.name in table.names:
        values = table.frame[column.name].cast(levels.dtype, strict=False).alias("value")
        found = values.drop_nulls().value_counts(sort=True, name="n").head(1000)
        counts = dict(found.iter_rows())
    order = levels.to_list()
    if counts and column.kind == "categorical":
        order = [*counts, *(v for v in order[: len(counts) + _SHOWN] if v not in counts)]
    shown = [f"{v} ({counts[v]:,})" if v in counts else str(v) for v in order[:_SHOWN]]
    joined = (" < " if column.kind == "ordinal" else ", ").join(shown)
    more = f" and {len(levels) - _SHOWN:,} more" if len(levels) > _SHOWN else ""
    return [f"values: {joined}{more}"]


def _missing(column: Column, table: Table | None) -> str:
    names = {"": "an empty field"}
    if table is None or column.name not in table.marks:
        return ", ".join(names.get(k, k) for k in column.missing)
    marks, known = table.marks[column.name], table.missing[column.name]
    share = [float((marks == i).mean()) for i in range(len(known))]
    return ", ".join(
        f"{names.get(k, k)} in {s:.2%} of the rows" for k, s in zip(known, share, strict=True)
    )
