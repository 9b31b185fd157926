"""Gaps filled: draws of p(x_missing | x_observed), their means, modes and intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Bool, Float64, Int64

from jensen.conditionals import Guide
from jensen.conditionals.evidence import UNKNOWN
from jensen.data import Column, Schema, Table, to_native
from jensen.data.codec import CodedColumn, Row, ValueCodec
from jensen.data.codec.levels import LevelCodec
from jensen.data.column import LEVEL_KINDS
from jensen.data.columns import from_numbers, nearest_tick, on_grid
from jensen.data.conform import Strange
from jensen.data.dtypes import dtype_of, ticks_per_second
from jensen.data.fill import fill, look
from jensen.data.origin import TextForm
from jensen.data.text_forms import write_column
from jensen.errors import OptionError
from jensen.estimator.fitted import Fitted
from jensen.estimator.gap_draws import Draws, draw_rows_with_gaps
from jensen.estimator.given import decoder_of, everything

POINTS = ("mean", "median")
"""What may stand in the gap of a number."""
LEVEL = 0.9
"""Probability that an interval holds the value."""


@dataclass(frozen=True)
class Filled:
    """One column's gaps.

    Attributes:
        rows: which rows of the table have them.
        values: what was filled in, of the column's type.
        standard_error: of numbers, the standard deviation of p(value | the rest of the row); of
            others the probability that the value is another one. Of times in seconds, of dates in
            days.
        low, high: of numbers and times: an interval that holds the value with probability LEVEL,
            else null.
        form: how such values are written as text.
    """

    column: Column
    rows: Int64[np.ndarray, " m"]
    values: pl.Series
    standard_error: Float64[np.ndarray, " m"]
    low: pl.Series
    high: pl.Series
    form: TextForm = field(default_factory=TextForm)


@dataclass(frozen=True)
class Imputed:
    """A table with its gaps filled, and how well each is known.

    Attributes:
        table: the rows, filled; what was observed is as it was.
        columns: the gaps of each column that has any.
        ess: effective number of draws of every row; NaN where nothing was missing.
        walked: which rows have their draws from chains, since too few weighted ones counted.
        copies: the rows, their gaps filled with draws of p(x_missing | x_observed).
        strange: column -> the rows with a value that no row of the model has, which stays as it is
            and says nothing of the others.
        left: columns whose gaps are as they were: identifiers, and those of which the model never
            saw a value.
        like: what the rows came as.
    """

    table: Table
    columns: tuple[Filled, ...]
    ess: Float64[np.ndarray, " n"]
    walked: Bool[np.ndarray, " n"]
    copies: tuple[Table, ...] = field(default=(), repr=False)
    left: tuple[str, ...] = ()
    strange: Mapping[str, Int64[np.ndarray, " m"]] = field(default_factory=dict)
    like: Any = field(default=None, repr=False, compare=False)

    def native(self, copy: int | None = None) -> Any:
        """The rows, filled, or one of the copies, as what they came as: a pandas, Polars or PyArrow
        frame or a NumPy array; of a file a Polars frame."""
        if copy is not None and not 0 <= copy < len(self.copies):
            raise OptionError(
                f"copy must be below {len(self.copies)}, the number of copies, and is {copy}; ask "
                "for as many by impute(X, n)."
            )
        table = self.table if copy is None else self.copies[copy]
        rows = to_native(table)
        if table.origin.kind == "pandas":
            rows.index = self.like.index
        return rows

    def cells(self) -> pl.DataFrame:
        """A line for each gap: row (from 1), column, value, standard_error, low, high, ess."""
        parts = [
            pl.DataFrame(
                {
                    "row": f.rows + 1,
                    "column": pl.repeat(f.column.name, len(f.rows), eager=True),
                    "value": write_column(f.values, f.form),
                    "standard_error": f.standard_error,
                    "low": write_column(f.low, f.form),
                    "high": write_column(f.high, f.form),
                    "ess": self.ess[f.rows],
                }
            )
            for f in self.columns
        ]
        return pl.concat(parts).sort("row", maintain_order=True) if parts else _no_cells()


def _no_cells() -> pl.DataFrame:
    types = {"row": pl.Int64, **dict.fromkeys(("column", "value"), pl.String)}
    types |= {"standard_error": pl.Float64, "low": pl.String, "high": pl.String}
    return pl.DataFrame(schema={**types, "ess": pl.Float64})


def with_gaps(schema: Schema, table: Table) -> tuple[Table, Strange]:
    """A table as the schema has it, gaps in any column allowed, and what was strange to it.

    Values that no row of the schema could have, such as unknown categories, count as gaps.
    """
    columns = tuple(
        c.model_copy(update={"missing": c.missing or table.missing.get(c.name, ("null",))})
        for c in schema.columns
    )
    wider = schema.model_copy(update={"columns": columns})
    strange: Strange = {}
    return wider.conform(table, strange=strange), strange


def known_row(fitted: Fitted, table: Table) -> Any:
    """x of every row: codes, UNKNOWN in gaps, and of parametric columns values, NaN in gaps."""
    n, parametric = len(table), fitted.codec.parametric
    codes = np.full((n, len(fitted.codec.coded)), UNKNOWN, np.int32)
    values = np.full((n, len(parametric)), np.nan, np.float32)
    for j, coded in enumerate(fitted.codec.coded):
        series = table.frame[coded.column.name]
        seen = np.flatnonzero(series.is_not_null().to_numpy())
        if len(seen):
            known = on_grid(series[seen], coded.column)
            codes[seen, j] = coded.codec.encode(known)[0]
            if isinstance(coded.codec, ValueCodec):
                values[seen, parametric.index(j)] = coded.codec.values(known)
    return Row(codes, values) if parametric else codes


def impute(
    fitted: Fitted,
    table: Table,
    guide: Callable[[], Guide | None],
    seed: int,
    n: int = 0,
    point: str = "mean",
    report: Callable[[int, int], None] | None = None,
) -> Imputed:
    """The table with every gap filled by the mean, median or mode of p(x_missing | x_observed).

    Args:
        fitted: the model.
        table: rows with the model's columns, gaps anywhere.
        guide: gives a guide when one is needed.
        seed: of the draws.
        n: completed copies of the table to draw besides.
        point: one of POINTS, for numbers and times; categories have their mode.
        report: told of the rows done and of those to do.

    Source: of the weighted draws Mattei & Frellsen 2019 (MIWAE), arXiv 1812.02633, section 3.4.
    """
    conformed, strange = with_gaps(fitted.codec.schema, table)
    x = known_row(fitted, conformed)
    gaps = np.array(
        [conformed.frame[c.column.name].is_null().to_numpy() for c in fitted.codec.coded]
    ).T
    for j, coded in enumerate(fitted.codec.coded):
        gaps[strange.get(coded.column.name, np.zeros(len(gaps), bool)), j] = False
    empty = np.array([not c.counts[: c.first_missing].any() for c in fitted.codec.coded])
    left = tuple(
        c.column.name
        for c, never, some in zip(
            fitted.codec.coded, empty, np.atleast_1d(gaps.any(axis=0)), strict=True
        )
        if never and some
    )
    keys = [c.name for c in fitted.codec.schema.columns if c.kind == "identifier"]
    left += tuple(name for name in keys if conformed.frame[name].null_count())
    gaps[:, empty] = False
    rows = np.flatnonzero(gaps.any(1))
    shares = everything(decoder_of(fitted).codes)
    for j in np.flatnonzero(~empty):
        shares[j, fitted.codec.coded[j].first_missing :] = 0.0  # what is filled in is a value
    draws = draw_rows_with_gaps(fitted, x, rows, shares, guide, seed, n, report)
    ess, walked = np.full(len(gaps), np.nan), np.zeros(len(gaps), bool)
    ess[rows], walked[rows] = draws.ess, draws.walked
    filled, copies = _fill(fitted, gaps, rows, draws, n, point)
    forms = fitted.codec.schema.origin.forms
    filled = [replace(f, form=look(table, f.column.name, forms.get(f.column.name))) for f in filled]
    out = _put(table, filled, [f.values for f in filled])
    others = tuple(_put(table, filled, copy) for copy in copies)
    odd = {name: np.flatnonzero(bad) for name, bad in strange.items()}
    return Imputed(out, tuple(filled), ess, walked, others, left, odd)


def _put(table: Table, filled: list[Filled], values: list[pl.Series]) -> Table:
    for f, new in zip(filled, values, strict=True):
        table = fill(table, f.rows, new.alias(f.column.name), f.form)
    return table


def _fill(
    fitted: Fitted, gaps: np.ndarray, rows: np.ndarray, draws: Draws, n: int, point: str
) -> tuple[list[Filled], list[list[pl.Series]]]:
    """What goes into each column's gaps: the best value, and n draws."""
    place = np.full(len(gaps), -1)
    place[rows] = np.arange(len(rows))
    filled: list[Filled] = []
    copies: list[list[pl.Series]] = [[] for _ in range(n)]
    for j, coded in enumerate(fitted.codec.coded):
        mine = np.flatnonzero(gaps[:, j])
        if not len(mine):
            continue
        at = place[mine]
        codes, w = [draws.codes[i][:, j] for i in at], [draws.weights[i] for i in at]
        values = None
        if j in fitted.codec.parametric:
            v = fitted.codec.parametric.index(j)
            values = np.concatenate([draws.values[i][:, v] for i in at]).astype(np.float64)
        filled.append(_summary(coded, mine, codes, w, point, values))
        for copy in range(n):
            code, u = draws.chosen[at, copy, j].astype(np.int64), draws.u[at, copy, j]
            copies[copy].append(coded.codec.decode(code, u))
    return filled, copies


def _summary(
    coded: CodedColumn,
    rows: np.ndarray,
    codes: list[np.ndarray],
    weights: list[np.ndarray],
    point: str,
    values: np.ndarray | None = None,
) -> Filled:
    """Mean, median or mode of each gap, over all of its draws at once.

    `values` are those of a parametric column, of all draws; else they are spread over their codes.
    """
    sizes = np.array([len(c) for c in codes])
    flat, w = np.concatenate(codes).astype(np.int64), np.concatenate(weights)
    row = np.repeat(np.arange(len(codes)), sizes)
    u = (np.arange(len(flat)) * 0.6180339887498949) % 1.0 if values is None else values
    if coded.column.kind not in LEVEL_KINDS and not isinstance(coded.codec, LevelCodec):
        return _of_numbers(coded, rows, coded.codec.physical(flat, u), w, row, point)
    levels = coded.codec.decode(flat, u)
    table = pl.DataFrame({"row": row, "value": levels, "w": w})
    best = (
        table.group_by("row", "value", maintain_order=True)
        .agg(pl.col("w").sum())
        .sort("row", "w", descending=[False, True], maintain_order=True)
        .group_by("row", maintain_order=True)
        .first()
    )
    nothing = pl.Series([None] * len(rows), dtype=pl.String)
    found = best["value"].cast(levels.dtype)
    return Filled(coded.column, rows, found, 1.0 - best["w"].to_numpy(), nothing, nothing)


def _of_numbers(
    coded: CodedColumn,
    rows: np.ndarray,
    v: np.ndarray,
    w: np.ndarray,
    row: np.ndarray,
    point: str,
) -> Filled:
    m = len(rows)
    origin = v[np.searchsorted(row, np.arange(m))]  # so that large whole numbers keep their digits
    offset = (v - origin[row]).astype(np.float64)
    mean = np.bincount(row, w * offset, m)
    variance = np.bincount(row, w * (offset - mean[row]) ** 2, m)
    order = np.lexsort((offset, row))
    low, median, high = weighted_quantiles(offset[order], w[order], row[order], m)
    whole = v.dtype.kind == "i"

    def series(x: np.ndarray) -> pl.Series:
        if not whole:
            return from_numbers(origin + x, coded.column)
        ticks = origin + np.rint(x).astype(np.int64)
        return from_numbers(nearest_tick(ticks, coded.column), coded.column)

    unit = ticks_per_second(dtype_of(coded.column.dtype)) or 10.0 ** (coded.column.decimals or 0)
    scale = 1.0 / unit if whole else 1.0
    value, error = median if point == "median" else mean, np.sqrt(variance) * scale
    return Filled(coded.column, rows, series(value), error, series(low), series(high))


def weighted_quantiles(
    v: Float64[np.ndarray, " k"],
    w: Float64[np.ndarray, " k"],
    row: Int64[np.ndarray, " k"],
    m: int,
) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
    """Of m rows' draws the lower end of an interval, the median, and its upper end.

    The interval leaves out at most half of 1 - LEVEL on either side. Where it ends at a value of
    several draws it may leave out less there, down to nothing; then the other side may leave out as
    much more, or the interval would hold the value too often: that of a number which is mostly
    zero goes from zero to its 90 % quantile, not to the 95 % one. A single draw of much weight is
    no such value: it stands for what is around it.

    Args:
        v: values, in rising order within a row.
        w: their weights, which sum to one in every row.
        row: whose draw each is, in rising order.
        m: how many rows there are.
    """
    starts = np.arange(m)
    total = np.cumsum(w) - row
    upto = np.clip(total, 0.0, 1.0 - 1e-12)  # probability of v or less
    first = np.r_[True, (np.diff(v) != 0) | (np.diff(row) != 0)]
    run = np.maximum.accumulate(np.where(first, np.arange(len(v)), 0))
    below = np.maximum(total - w, 0.0)[run]  # of less than v

    def at_most(outside: np.ndarray | float) -> np.ndarray:
        """The largest value with no more than this below it."""
        return np.searchsorted(row + below, starts + outside + 1e-9, side="right") - 1

    def at_least(inside: np.ndarray | float) -> np.ndarray:
        """The smallest value with at least this at it or below."""
        return np.minimum(np.searchsorted(row + upto, starts + inside - 1e-9), len(v) - 1)

    end = np.searchsorted(run, run, side="right") - 1  # the last draw of the same value
    shared = end > run
    low, high = at_most((1 - LEVEL) / 2), at_least((1 + LEVEL) / 2)
    high = np.where(shared[low], at_least(below[low] + LEVEL), high)
    low = np.where(shared[high], at_most(upto[end[high]] - LEVEL), low)
    return v[low], v[at_least(0.5)], v[high]
