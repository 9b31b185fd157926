"""The table and its schema, before anything heavier than a data frame is loaded."""

from typing import TYPE_CHECKING

from jensen.cli.requests import Columns
from jensen.cli.session import Session
from jensen.errors import OptionError

if TYPE_CHECKING:
    from jensen.data import Schema, Table


def read(session: Session, data: str, *, header: bool = True, keep_text: bool = False) -> "Table":
    """The table DATA."""
    with session.stage("read", f"Reading {named(data)}"):
        from jensen.data import read_table

        return read_table(data, header=header, keep_text=keep_text)


def named(path: str) -> str:
    """How a file is called in messages."""
    return "standard input" if path == "-" else path


def read_with_schema(session: Session, data: str, columns: Columns) -> tuple["Table", "Schema"]:
    """The table DATA and what its columns are: as a schema file says, or inferred."""
    overrides, levels, missing = columns.overrides(), columns.levels(), columns.gaps()
    if columns.schema is None:
        table = read(session, data, header=columns.header, keep_text=columns.keep_text)
        with session.stage("read", "Deciding what each column is"):
            from jensen.data import Schema

            return table, Schema.infer(
                table, overrides=overrides, ordinal=levels, drop=columns.drop, missing=missing
            )
    if overrides or levels or missing:
        raise OptionError(
            "--schema says what each column is, and so do --column, --ordinal and --missing; "
            f"change {columns.schema} or leave --schema out."
        )
    return _read_as(session, data, columns.schema, columns)


def _read_as(session: Session, data: str, file: str, columns: Columns) -> tuple["Table", "Schema"]:
    with session.stage("read", f"Reading {file}"):
        from jensen.data import Schema

        schema = Schema.from_json(file)
        schema = schema.without(*(name for name in columns.drop if name not in schema.dropped))
    header = columns.header and schema.origin.header
    table = read(session, data, header=header, keep_text=columns.keep_text)
    with session.stage("read", "Checking the table against the schema"):
        schema.conform(table)  # again inside the fit; here it fails before the wait for JAX
    return table, schema
