"""Rows for a table of conditions: each of its lines completed, its values kept."""

from collections.abc import Callable

import numpy as np
import polars as pl

from jensen.conditionals import Guide
from jensen.conditionals.evidence import UNKNOWN
from jensen.data import Table
from jensen.data.codec import CodedColumn, only_codes
from jensen.data.columns import on_grid
from jensen.data.dtypes import dtype_of
from jensen.data.table import no_such_column, row_name
from jensen.errors import ConditionError
from jensen.estimator.filling import known_row, with_gaps
from jensen.estimator.fitted import Fitted
from jensen.estimator.gap_draws import draw_rows_with_gaps
from jensen.estimator.given import decoder_of, everything


def rows_given_table(
    fitted: Fitted,
    conditions: Table,
    guide: Callable[[], Guide | None],
    seed: int,
    k: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Table:
    """k rows for every line of a table of conditions, one line's rows after the other's.

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
    schema = fitted.codec.schema
    for name in conditions.names:
        if name not in schema.names:
            raise ConditionError(no_such_column(name, schema.names, "the model"))
    widened = _widened(fitted, conditions)
    wanted, strange = with_gaps(schema, widened)
    for name, values in strange.items():
        at = int(np.argmax(values))
        raise _unknown(conditions, name, widened.frame[name], int(np.argmax(values)))
    for coded in fitted.codec.coded:
        column = coded.column
        given = wanted.frame[column.name].drop_nulls()
        if (moved := on_grid(given, column) != given).any():
            series = wanted.frame[column.name]
            at = np.flatnonzero(series.is_not_null().to_numpy())[moved.arg_max() or 0]
            raise _unknown(conditions, column.name, series, int(at))
    x = known_row(fitted, wanted)
    allowed = everything(decoder_of(fitted).codes)
    rows = np.arange(len(wanted))
    draws = draw_rows_with_gaps(fitted, x, rows, allowed, guide, seed, k, report)
    # Of what is known the values are kept, so that any code will do.
    codes = np.where(only_codes(x)[:, None] == UNKNOWN, draws.chosen, 0)
    codes, u = (a.reshape(-1, codes.shape[-1]) for a in (codes.astype(np.int32), draws.u))
    table = fitted.codec.decode(codes, u, seed=seed)
    return _kept(table, wanted, fitted.codec.coded, np.repeat(rows, k))


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


def _kept(table: Table, wanted: Table, coded: tuple[CodedColumn, ...], line: np.ndarray) -> Table:
    """The rows with the values of their lines in place of those that were decoded."""
    frame = table.frame
    for column in coded:
        name = column.column.name
        given = wanted.frame[name][line]
        frame = frame.with_columns(pl.coalesce(given, frame[name]).alias(name))
    return Table(frame, table.missing, table.marks, table.origin, table.name)
