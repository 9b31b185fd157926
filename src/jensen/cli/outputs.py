"""Several outputs of one command: each a file of its own."""

from pathlib import Path
from typing import TYPE_CHECKING

from jensen.errors import OptionError

if TYPE_CHECKING:
    import polars as pl

    from jensen.data import Table


def table_of(lines: "pl.DataFrame") -> "Table":
    """Lines of results as a table: there may be none, and a surprise may be infinite."""
    from jensen.data import Origin, Table

    return Table(lines.fill_nan(None), {}, {}, Origin(kind="polars"))


def same_place(one: str, other: str) -> bool:
    """Whether two paths are one place, however they are spelt; a device takes any number."""
    if "-" in (one, other):
        return one == other
    place = Path(one).resolve()
    if place.exists() and not place.is_file():
        return False
    return place == Path(other).resolve()


def refuse_shared(option: str, path: str | None, *others: str | None) -> None:
    """Refuse an output that goes where another one goes: the second would replace the first.

    Raises:
        OptionError: naming the option and the place.
    """
    if path is None:
        return
    if any(other is not None and same_place(path, other) for other in others):
        where = "standard output" if path == "-" else path
        raise OptionError(
            f"{option} must be a file of its own, and {where} is written besides; rename one."
        )
