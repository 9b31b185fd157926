"""What a table's columns are taken to be: inferred, overridden, written, read and applied."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from jensen.data.column import KINDS, Column, Kind
from jensen.data.conform import Strange, conform
from jensen.data.describe import describe
from jensen.data.infer import infer_column
from jensen.data.origin import Origin
from jensen.data.schema_text import parse_schema
from jensen.data.table import Marks, Table, nearest, no_such_column
from jensen.errors import SchemaError, TableError

VERSION = 1

Override = str | Mapping[str, Any]
Missing = str | Mapping[str, str]


class Schema(BaseModel):
    """The columns of a table and where the table came from.

    Two models of one schema have the same base measure, so their bounds can be compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    columns: tuple[Column, ...]
    origin: Origin
    dropped: tuple[str, ...] = ()

    @classmethod
    def infer(
        cls,
        table: Table,
        *,
        overrides: Mapping[str, Override] | None = None,
        ordinal: Mapping[str, Sequence[Any]] | None = None,
        drop: Sequence[str] = (),
        missing: Missing = "model",
    ) -> "Schema":
        """Decide what each column of a table is.

        Args:
            table: as `read_table` returns it.
            overrides: column -> its kind, or a mapping of fields of `Column`; the rest is
                inferred for that kind.
            ordinal: column -> its levels in order.
            drop: columns to leave out.
            missing: "model": that a value is missing is part of x; "ignore": x is what is
                observed; or column -> one of them, the others being modelled.

        Raises:
            SchemaError: an unknown column or kind, or values that do not allow the kind asked
                for, with the first such row.
        """
        overrides, ordinal = overrides or {}, ordinal or {}
        for name in (*overrides, *ordinal, *drop):
            if name not in table.names:
                raise SchemaError(no_such_column(name, table.names, table.name))
        kept = [name for name in table.names if name not in drop]
        if not kept:
            raise SchemaError(f"{table.name} must keep at least one column, and all are dropped.")
        columns = [_column(table, n, overrides.get(n), ordinal.get(n)) for n in kept]
        columns = ignore_missing(columns, missing, table.name)
        origin = table.select(kept).origin
        return cls(columns=tuple(columns), origin=origin, dropped=tuple(drop))

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def __len__(self) -> int:
        return len(self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            SchemaError: there is none; the sentence names the nearest.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(no_such_column(name, self.names, "the schema"))

    def with_column(self, column: Column) -> "Schema":
        """The same schema with the column of that name replaced.

        Raises:
            SchemaError: there is none of that name.
        """
        self.column(column.name)
        columns = tuple(column if c.name == column.name else c for c in self.columns)
        return self.model_copy(update={"columns": columns})

    def without(self, *names: str) -> "Schema":
        """The same schema with columns dropped.

        Raises:
            SchemaError: an unknown name.
        """
        for name in names:
            self.column(name)
        kept = [i for i, n in enumerate(self.names) if n not in names]
        return self.model_copy(
            update={
                "columns": tuple(self.columns[i] for i in kept),
                "origin": self.origin.select([self.names[i] for i in kept], kept),
                "dropped": (*self.dropped, *names),
            }
        )

    def conform(
        self, table: Table, *, drop_extra: bool = False, strange: Strange | None = None
    ) -> Table:
        """The table with this schema's columns, in its order, types and missing kinds.

        Args:
            drop_extra: leave out columns that the schema has not.
            strange: a dictionary to be told, column by column, which values are of no use to it
                (bool [n]); they are gaps then, where they would else be refused.

        Raises:
            TableError: a missing or an extra column (unless `drop_extra`), a value of another
                type, an unseen category, a missing value where none was known; with the row.
        """
        return conform(
            table, self.columns, self.origin, self.dropped, drop_extra=drop_extra, strange=strange
        )

    def assemble(self, values: Mapping[str, pl.Series], marks: Marks) -> Table:
        """Build a table of this schema, for example from a model's draws.

        Args:
            values: column -> [n], of the column's type.
            marks: column -> int8 [n], index into the column's missing kinds, -1 where observed.

        Raises:
            TableError: a column without values.
        """
        columns: list[pl.Series] = []
        gaps: Marks = {}
        for column in self.columns:
            if column.name not in values:
                raise TableError(no_such_column(column.name, list(values), "the values"))
            series = values[column.name].alias(column.name)
            mark = marks.get(column.name)
            if mark is not None and bool((mark >= 0).any()):
                gaps[column.name] = mark.astype(np.int8)
                series = series.set(pl.Series(mark >= 0), None)
            columns.append(series)
        missing = {c.name: c.missing for c in self.columns if c.name in gaps}
        return Table(pl.DataFrame(columns), missing, gaps, self.origin, "the rows")

    def to_json(self, path: str | Path) -> None:
        """Write the schema as a JSON file to look at and to edit."""
        Path(path).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def from_json(cls, path: str | Path) -> "Schema":
        """Read a schema file.

        Raises:
            SchemaError: no such file, no JSON (with line and column), an unknown field (with
                the nearest known one), a value of a wrong type.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeError) as e:
            raise SchemaError(f"{path} must be a schema file, and cannot be read: {e}.") from e
        return cls.from_text(text, str(path))

    @classmethod
    def from_text(cls, text: str, where: str = "the schema") -> "Schema":
        """Read a schema from JSON text; see `from_json`."""
        return parse_schema(text, where, cls, VERSION)


def _column(
    table: Table, name: str, override: Override | None, levels: Sequence[Any] | None
) -> Column:
    values, missing = table.frame[name], table.missing.get(name, ())
    native = table.origin.natives.get(name)
    fields = {"kind": override} if isinstance(override, str) else dict(override or {})
    if levels is not None:
        fields = {"kind": "ordinal", "levels": tuple(levels), **fields}
    if not fields:
        return infer_column(values, missing, native)
    _check_fields(name, fields)
    kind = cast(Kind | None, fields.pop("kind", None))
    if kind is None:
        column = infer_column(values, missing, native)
        if "levels" in fields:
            column = describe(values, column.kind, "declared", levels=fields.pop("levels"))
    else:
        ordered = native.categories if native is not None and native.ordered else None
        declared = fields.pop("levels", ordered if kind == "ordinal" else None)
        column = describe(values, kind, "declared", levels=declared)
    fields = {"missing": missing, **fields}
    try:
        return Column.model_validate({**column.model_dump(), **fields})
    except ValidationError as e:
        problem = e.errors()[0]
        raise SchemaError(
            f"the field {'.'.join(str(p) for p in problem['loc'])!r} of column {name!r} does not "
            f"fit: {problem['msg']}."
        ) from e


def _check_fields(name: str, fields: Mapping[str, Any]) -> None:
    for field in fields:
        if field not in Column.model_fields:
            known = list(Column.model_fields)
            raise SchemaError(
                f"column {name!r} must be described by known fields, and {field!r} is none; "
                f"{nearest(field, known)}"
            )
    kind = fields.get("kind")
    if kind is not None and kind not in KINDS:
        raise SchemaError(
            f"the kind of column {name!r} must be one of {', '.join(KINDS)}, and is {kind!r}; "
            f"{nearest(str(kind), KINDS)}"
        )


def ignore_missing(columns: Sequence[Column], missing: Missing, where: str) -> list[Column]:
    """The columns, those whose missing values are to be ignored marked so.

    Raises:
        SchemaError: an unknown column or word, or a column without any observed value.
    """
    names = [column.name for column in columns]
    if missing == "model":  # what the columns say themselves stands
        missing = {}
    chosen = dict.fromkeys(names, missing) if isinstance(missing, str) else dict(missing)
    for name, word in chosen.items():
        if name not in names:
            raise SchemaError(no_such_column(name, names, where))
        if word not in ("model", "ignore"):
            raise SchemaError(
                f"missing values of column {name!r} must be model or ignore, not {word!r}."
            )
    out = [
        c.model_copy(update={"ignore_missing": chosen.get(c.name) == "ignore" or c.ignore_missing})
        for c in columns
    ]
    for column in out:
        if column.ignore_missing and column.kind == "constant" and not column.levels:
            raise SchemaError(
                f"column {column.name!r} must have an observed value when missing ones are "
                f"ignored, and has none; leave it out (--drop {column.name})."
            )
    return out


def refuse_text(schema: Schema) -> None:
    """Refuse a schema with free text, which has no likelihood here.

    Raises:
        SchemaError: naming the columns and the two remedies.
    """
    texts = [column for column in schema.columns if column.kind == "text"]
    if texts:
        first = texts[0]
        names = ", ".join(repr(column.name) for column in texts)
        raise SchemaError(
            f"every column must be of a kind that can be modelled, and {names} "
            f"{'holds' if len(texts) == 1 else 'hold'} free text ({first.reason}); leave it out "
            f"(--drop {first.name}) or take it as it is (--column {first.name}=categorical)."
        )


def refuse_nothing(table: Table) -> None:
    """Refuse a table that has no value at all, of which there is nothing to learn.

    Raises:
        TableError: naming it.
    """
    if all(table.frame[name].null_count() == len(table) for name in table.names):
        raise TableError(
            f"{table.name} must have an observed value, and all {len(table):,} rows of its "
            f"{len(table.names)} columns are missing; give rows with values."
        )
