"""The table in memory: typed columns, and beside them which kind of missing each gap is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from jensen.data.origin import Origin
from jensen.errors import TableError

Marks = dict[str, np.ndarray]


@dataclass(frozen=True)
class Table:
    """Rows of data as typed columns.

    Attributes:
        frame: the columns in the user's order; every missing value is null (never NaN).
        missing: column -> the kinds of missing marker that occur in it, most frequent first:
            "null" and "nan" for frames, the literal text ("", "NA", "?") for text files.
            Only columns with missing values are listed.
        marks: column -> int8 [n], an index into `missing[column]`, or -1 where observed.
        origin: what the table was read from, enough to give the same kind of thing back.
        name: what messages call the table.
    """

    frame: pl.DataFrame
    missing: dict[str, tuple[str, ...]]
    marks: Marks
    origin: Origin
    name: str = field(default="the table", compare=False)

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return self.frame.columns

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return self.frame.height

    def __len__(self) -> int:
        return self.frame.height

    def take(self, rows: np.ndarray) -> "Table":
        """The rows at the given positions, int [m]; missing kinds keep their numbers."""
        marks = {name: mark[rows] for name, mark in self.marks.items()}
        return Table(self.frame[rows], self.missing, marks, self.origin, self.name)

    def head(self, n: int) -> "Table":
        """The first n rows."""
        marks = {name: mark[:n] for name, mark in self.marks.items()}
        return Table(self.frame.head(n), self.missing, marks, self.origin, self.name)

    def select(self, names: Sequence[str]) -> "Table":
        """The named columns, in the order given.

        Raises:
            TableError: a name that is not a column of the table.
        """
        for name in names:
            if name not in self.frame.columns:
                raise TableError(no_such_column(name, self.frame.columns, self.name))
        kept = [self.frame.columns.index(name) for name in names]
        return Table(
            self.frame.select(list(names)),
            {n: self.missing[n] for n in names if n in self.missing},
            {n: self.marks[n] for n in names if n in self.marks},
            self.origin.select(list(names), kept),
            self.name,
        )


def no_such_column(name: str, known: Sequence[str], where: str) -> str:
    """The sentence for a column that is not there, with the nearest that is."""
    return f"{where} must have a column {name!r}, and has none of that name; {nearest(name, known)}"


def nearest(name: str, known: Sequence[str]) -> str:
    """Advice naming the known name closest to `name`, or all of them when few."""
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    if close:
        return f"the nearest is {close[0]!r}."
    shown = ", ".join(repr(k) for k in list(known)[:12])
    return f"there are: {shown}{', ...' if len(known) > 12 else ''}."


def row_name(index: int) -> str:
    """How messages name a row: counted from 1, the header not counted."""
    return f"row {index + 1}"


def stack(tables: Sequence[Table]) -> Table:
    """The rows of several tables of the same schema, one after the other."""
    first = tables[0]
    frame = pl.concat([t.frame for t in tables])
    names = sorted({n for t in tables for n in t.marks}, key=frame.columns.index)
    gaps = {n: next(t.missing[n] for t in tables if n in t.missing) for n in names}
    marks = {n: np.concatenate([_mark(t, n) for t in tables]) for n in names}
    return Table(frame, gaps, marks, first.origin, first.name)


def with_rest(table: Table, whole: Table) -> Table:
    """The table, and in their places the columns that `whole`, of the same rows, has besides."""
    rest = [name for name in whole.names if name not in table.names]
    if not rest:
        return table
    ours, theirs = table.origin, whole.select(rest).origin
    origin = ours.model_copy(
        update={
            "forms": ours.forms | theirs.forms,
            "natives": ours.natives | theirs.natives,
            "labels": whole.origin.labels,
            "label_dtype": whole.origin.label_dtype,
            "arrow_schema": whole.origin.arrow_schema,
        }
    )
    # a frame's words for what is missing mean nothing in text, nor those of text in a frame
    marked = [n for n in rest if n in whole.marks and ours.is_text == whole.origin.is_text]
    frame = whole.frame.with_columns(table.frame)
    missing = table.missing | {n: whole.missing[n] for n in marked}
    marks = table.marks | {n: whole.marks[n] for n in marked}
    return Table(frame, missing, marks, origin, table.name)


def _mark(table: Table, name: str) -> np.ndarray:
    found = table.marks.get(name)
    return np.full(table.n_rows, -1, np.int8) if found is None else found


def gaps_of(kinds: pl.Series) -> tuple[tuple[str, ...], np.ndarray] | None:
    """Number the kinds of missing value of one column.

    Args:
        kinds: String [n], the marker of each missing value, null where observed.

    Returns:
        The kinds, most frequent first, and int8 [n] indices into them with -1 where
        observed; None when nothing is missing.

    Raises:
        TableError: more than 127 kinds.
    """
    if kinds.null_count() == len(kinds):
        return None
    counts = kinds.alias("kind").drop_nulls().value_counts(name="n")
    found = counts.sort(["n", "kind"], descending=[True, False])["kind"].to_list()
    if len(found) > 127:
        raise TableError(f"column {kinds.name!r} has more than 127 kinds of missing marker.")
    marks = np.full(len(kinds), -1, np.int8)
    for index, kind in enumerate(found):
        marks[(kinds == kind).fill_null(False).to_numpy()] = index
    return tuple(found), marks
