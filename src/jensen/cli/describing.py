"""`jensen schema`."""

from pathlib import Path

from jensen.cli.inputs import named, read_with_schema
from jensen.cli.requests import Columns, default_file
from jensen.cli.session import Session


def run_schema(session: Session, data: str, columns: Columns, force: bool) -> None:
    """Read, decide, show the cards, write the file to edit.

    A file at the default place may have been edited already: it is left, and the cards are
    shown all the same.
    """
    from jensen.data import card, check_output, write_text

    asked = session.output is not None
    output = session.output or default_file(data, ".schema.json")
    kept = not asked and not force and Path(output).exists()
    if not kept:
        check_output(output, force=force)
    table, schema = read_with_schema(session, data, columns)
    if not kept:
        write_text(schema.model_dump_json(indent=2) + "\n", output, force=True)
    found = {
        "rows": len(table),
        "output": None if kept else output,
        "schema": schema.model_dump(mode="json"),
        "seconds": session.times(),
    }
    session.result(found, f"{card(schema, table)}\n{_where(data, output, kept)}")


def _where(data: str, output: str, kept: bool) -> str:
    if kept:
        return f"{output} exists and is left as it is; --force replaces it, -o names another."
    if output == "-":
        return "The schema went to standard output."
    return f"Written to {output}: edit it, then jensen more {named(data)} --schema {output}"
