"""Rows for a table of conditions: each of its lines completed, its values kept."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from jaxtyping import Float64

from jensen.conditionals import Guide
from jensen.conditionals.evidence import UNKNOWN
from jensen.data import Table, exact_look
from jensen.data.codec import only_codes
from jensen.data.columns import off_grid
from jensen.data.dtypes import dtype_of
from jensen.data.table import no_such_column, row_name
from jensen.errors import ConditionError
from jensen.estimator.filling import known_row, with_gaps
from jensen.estimator.fitted import Fitted
from jensen.estimator.gap_draws import draw_rows_with_gaps
from jensen.estimator.given import decoder_of, everything


@dataclass(frozen=True)
class Completed:
    """Rows for the lines of a table of conditions, and how well each line's could be drawn.

    Attributes:
        table: k rows for every line, one line's rows after the other's.
        ess: effective number of the draws that each line's rows are chosen from; NaN where the
            line left nothing to draw.
    """

    table: Table
    ess: Float64[np.ndarray, " n"]


def rows_given_table(
    fitted: Fitted,
    conditions: Table,
    guide: Callable[[], Guide | None],
    seed: int,
    k: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Completed:
    """k rows for every line of a table of conditions; row j of a line is the same whatever k.

    Args:
        fitted: the model.
        conditions: some of the model's columns; an empty cell leaves its column free.
        guide: gives a guide.
        seed: of the draws.
        k: rows for each line, at least 1.
        report: told of the lines done and of those to do.

    Raises:
        ConditionError: an unknown column, or a value that the model never saw.
    """
    wanted = _wanted(fitted, conditions)
    x = known_row(fitted, wanted)
    free = only_codes(x) == UNKNOWN
    n, rows = len(wanted), np.flatnonzero(free.any(1))
    allowed = everything(decoder_of(fitted).codes)
    draws = draw_rows_with_gaps(fitted, x, rows, allowed, guide, seed, k, report)
    # Of what is known the values are kept, so that any code will do.
    codes, u = np.zeros((n, k, free.shape[1]), np.int32), np.zeros((n, k, free.shape[1]))
    codes[rows], u[rows] = np.where(free[rows, None], draws.chosen, 0), draws.u
    # All first rows, then all second ones: an identifier is the same whatever k, too.
    codes, u = (a.swapaxes(0, 1).reshape(k * n, -1) for a in (codes, u))
    table = fitted.codec.decode(codes, u, seed=seed)
    line = np.repeat(np.arange(n), k)
    table = table.take(np.tile(np.arange(k) * n, n) + line)
    ess = np.full(n, np.nan)
    ess[rows] = draws.ess
    return Completed(exact_look(_kept(table, wanted, line), wanted), ess)


def _wanted(fitted: Fitted, conditions: Table) -> Table:
    """The conditions as the model has them, its other columns empty."""
    schema = fitted.codec.schema
    for name in conditions.names:
        if name not in schema.names:
            raise ConditionError(no_such_column(name, schema.names, "the model"))
    widened = _widened(fitted, conditions)
    wanted, strange = with_gaps(schema, widened)
    for name, values in strange.items():
        raise _unknown(conditions, name, widened.frame[name], int(np.argmax(values)))
    for column in (coded.column for coded in fitted.codec.coded):
        series = wanted.frame[column.name]
        if (off := off_grid(series, column)).any():
            raise _unknown(conditions, column.name, series, int(np.argmax(off)))
    return wanted


def _unknown(conditions: Table, name: str, values: pl.Series, at: int) -> ConditionError:
    return ConditionError(
        f"{conditions.name} must have values that the model knows, and has {values[at]!r} of "
        f"column {name!r} in {row_name(at)}; mend it or leave it empty."
    )


def _widened(fitted: Fitted, conditions: Table) -> Table:
    """The conditions with every column of the model, those that are not there empty."""
    frame, n = conditions.frame, len(conditions)
    missing, marks = dict(conditions.missing), dict(conditions.marks)
    for column in fitted.codec.schema.columns:
        if column.name not in frame.columns:
            empty = pl.Series(column.name, [None], dtype=dtype_of(column.dtype)).new_from_index(
                0, n
            )
            frame = frame.with_columns(empty)
            missing[column.name], marks[column.name] = ("null",), np.zeros(n, np.int8)
    return Table(frame, missing, marks, conditions.origin, conditions.name)


def _kept(table: Table, wanted: Table, line: np.ndarray) -> Table:
    """The rows with the values of their lines in place of those that were decoded."""
    given = wanted.frame[line]
    frame = table.frame.with_columns(
        pl.coalesce(given[name], table.frame[name]).alias(name) for name in table.names
    )
    return replace(table, frame=frame)
