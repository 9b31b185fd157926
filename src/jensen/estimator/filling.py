"""Gaps filled: draws of p(x_missing | x_observed), their means, modes and intervals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
from jaxtyping import Array, Float64, Int64, Key

from jensen.conditionals import Evidence, Guide, particles
from jensen.conditionals.evidence import UNKNOWN
from jensen.data import Column, Schema, Table
from jensen.data.codec import CodedColumn, NumericCodec
from jensen.data.column import LEVEL_KINDS
from jensen.data.columns import from_numbers, level_index
from jensen.data.dtypes import plain
from jensen.estimator.draw import random_key
from jensen.estimator.fitted import Fitted
from jensen.estimator.given import decoder_of_codes, everything
from jensen.latent_model import LatentModel

DRAWS = 64
"""Weighted draws of each row that has a gap."""
BLOCK = 64
"""Rows of one call of the compiled program."""
LEVEL = 0.9
"""Probability that an interval holds the value."""
LOW_ESS = 4.0
"""Effective number of draws below which a row is drawn for again, with more of them."""
AGAIN = 1_024


@dataclass(frozen=True)
class Filled:
    """One column's gaps.

    Attributes:
        rows: which rows of the table have them.
        values: what was filled in, of the column's type.
        standard_error: of numbers, the standard deviation of p(value | the rest of the row); of
            others the probability that the value is another one.
        low, high: of numbers and times: an interval that holds the value with probability LEVEL,
            else null.
    """

    column: Column
    rows: Int64[np.ndarray, " m"]
    values: pl.Series
    standard_error: Float64[np.ndarray, " m"]
    low: pl.Series
    high: pl.Series


@dataclass(frozen=True)
class Imputed:
    """A table with its gaps filled, and how well each is known.

    Attributes:
        table: the rows, filled; what was observed is as it was.
        columns: the gaps of each column that has any.
        ess: effective number of draws of every row; NaN where nothing was missing.
    """

    table: Table
    columns: tuple[Filled, ...]
    ess: Float64[np.ndarray, " n"]
    copies: tuple[Table, ...] = field(default=(), repr=False)

    def cells(self) -> pl.DataFrame:
        """A line for each gap: row (from 1), column, value, standard_error, low, high, ess."""
        parts = [
            pl.DataFrame(
                {
                    "row": f.rows + 1,
                    "column": pl.repeat(f.column.name, len(f.rows), eager=True),
                    "value": f.values.cast(pl.String),
                    "standard_error": f.standard_error,
                    "low": f.low.cast(pl.String),
                    "high": f.high.cast(pl.String),
                    "ess": self.ess[f.rows],
                }
            )
            for f in self.columns
        ]
        return pl.concat(parts).sort("row", maintain_order=True) if parts else _no_cells()


def _no_cells() -> pl.DataFrame:
    texts = ("column", "value", "low", "high")
    names = ("row", "column", "value", "standard_error", "low", "high", "ess")
    return pl.DataFrame(schema={n: pl.String if n in texts else pl.Float64 for n in names})


def with_gaps(schema: Schema, table: Table) -> tuple[Table, dict[str, pl.Series]]:
    """A table as the schema has it, gaps in any column allowed, and its columns as they came.

    Values of a column of levels that the schema does not know count as gaps of the row.
    """
    columns: list[Column] = []
    frame, unseen = table.frame, dict[str, pl.Series]()
    missing, marks = dict(table.missing), dict(table.marks)
    for column in schema.columns:
        if column.name in frame.columns and column.kind in LEVEL_KINDS:
            series = frame[column.name]
            strange = (level_index(plain(series), column) < 0) & series.is_not_null().to_numpy()
            if strange.any():
                unseen[column.name] = series
                frame = frame.with_columns(series.set(pl.Series(strange), None))
                mark = marks.get(column.name, np.full(len(series), -1, np.int8))
                missing.setdefault(column.name, ("null",))
                marks[column.name] = np.where(strange, 0, mark).astype(np.int8)
        kinds = column.missing or missing.get(column.name, ())
        columns.append(column.model_copy(update={"missing": kinds}))
    whole = Table(frame, missing, marks, table.origin, table.name)
    wider = schema.model_copy(update={"columns": tuple(columns)})
    return wider.conform(whole), unseen


def known_codes(fitted: Fitted, table: Table) -> Int64[np.ndarray, "n d"]:
    """The code of every value, UNKNOWN in its gaps."""
    out = np.full((len(table), len(fitted.codec.coded)), UNKNOWN, np.int32)
    for j, coded in enumerate(fitted.codec.coded):
        series = table.frame[coded.column.name]
        seen = np.flatnonzero(series.is_not_null().to_numpy())
        if len(seen):
            out[seen, j] = coded.codec.encode(series[seen])[0]
    return out


@eqx.filter_jit
def _block(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Any,
    allowed: Array,
    index: Array,
    x: Array,
    n: int,
) -> tuple[Array, Array]:
    """n draws of each row's codes, and their weights; row i has fold_in(key, i)."""

    def row(i: Array, x: Array) -> tuple[Array, Array]:
        found = particles(jax.random.fold_in(key, i), model, guide, Evidence(x, allowed), n)
        return found.x, jax.nn.softmax(found.log_w)

    return jax.vmap(row)(index, x)


def impute(
    fitted: Fitted,
    table: Table,
    guide: Callable[[], Guide | None],
    seed: int,
    n: int = 0,
    report: Callable[[int, int], None] | None = None,
) -> Imputed:
    """The table with every gap filled by the mean or mode of p(x_missing | x_observed).

    Args:
        fitted: the model.
        table: rows with the model's columns, gaps anywhere.
        guide: gives a guide when one is needed.
        seed: of the draws.
        n: completed copies of the table to draw besides.
        report: told of the rows done and of those to do.

    Source: of the weighted draws Mattei & Frellsen 2019 (MIWAE), arXiv 1812.02633, section 3.4.
    """
    conformed, unseen = with_gaps(fitted.codec.schema, table)
    x = known_codes(fitted, conformed)
    gaps = np.array(
        [conformed.frame[c.column.name].is_null().to_numpy() for c in fitted.codec.coded]
    ).T
    rows = np.flatnonzero(gaps.any(1))
    shares = everything(decoder_of_codes(fitted).codes)
    for j, coded in enumerate(fitted.codec.coded):
        shares[j, coded.first_missing :] = 0.0  # what is filled in is a value
    draws, weights = draw_rows_with_gaps(fitted, x, rows, shares, guide, seed, report)
    ess = np.full(len(x), np.nan)
    ess[rows] = [1.0 / np.sum(w**2) for w in weights]
    filled, copies = _fill(fitted, gaps, rows, draws, weights, seed, n)
    out = _put(conformed, filled, unseen)
    others = tuple(
        _put(conformed, [_drawn(f, c) for f, c in zip(filled, copy, strict=True)], unseen)
        for copy in copies
    )
    return Imputed(out, tuple(filled), ess, others)


def draw_rows_with_gaps(
    fitted: Fitted,
    x: np.ndarray,
    rows: np.ndarray,
    shares: np.ndarray,
    guide: Callable[[], Guide | None],
    seed: int,
    report: Callable[[int, int], None] | None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Draws of some rows' codes, and their weights; more draws where few of them count.

    Args:
        fitted: the model.
        x: codes, UNKNOWN in gaps, shape (n, d).
        rows: which of them.
        shares: what a gap may be, shape (d, c).
        guide: gives a guide.
        seed: row i has its own part of it.
        report: told of the rows done and of those to do.
    """
    if not len(rows):
        return [], []
    helper, allowed, key = guide(), jnp.asarray(shares), random_key(seed)

    def drawn(index: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        at = (jnp.asarray(index), jnp.asarray(x[index]))
        found, w = _block(key, fitted.model, helper, allowed, *at, n)
        return np.asarray(found, np.int16), np.asarray(w, np.float64)

    draws: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    for first in range(0, len(rows), BLOCK):
        m = min(BLOCK, len(rows) - first)
        found, w = drawn(rows[np.minimum(np.arange(first, first + BLOCK), len(rows) - 1)], DRAWS)
        draws.extend(found[:m])
        weights.extend(w[:m])
        if report is not None:
            report(first + m, len(rows))
    poor = [i for i, w in enumerate(weights) if not 1.0 / np.sum(w**2) >= LOW_ESS]
    size = max(1, BLOCK * DRAWS // AGAIN)
    for first in range(0, len(poor), size):
        which = [poor[min(i, len(poor) - 1)] for i in range(first, first + size)]
        for i, found, w in zip(which, *drawn(rows[which], AGAIN), strict=True):
            draws[i], weights[i] = found, w
    return draws, weights


def _fill(
    fitted: Fitted,
    gaps: np.ndarray,
    rows: np.ndarray,
    draws: list[np.ndarray],
    weights: list[np.ndarray],
    seed: int,
    n: int,
) -> tuple[list[Filled], list[list[pl.Series]]]:
    """What goes into each column's gaps: the best value, and n draws."""
    place = np.full(len(gaps), -1)
    place[rows] = np.arange(len(rows))
    rng = np.random.default_rng([seed, 3])
    chosen = [rng.choice(len(w), n, p=w / w.sum()) for w in weights] if n else []
    filled: list[Filled] = []
    copies: list[list[pl.Series]] = [[] for _ in range(n)]
    for j, coded in enumerate(fitted.codec.coded):
        mine = np.flatnonzero(gaps[:, j])
        if not len(mine):
            continue
        codes = [draws[place[i]][:, j] for i in mine]
        w = [weights[place[i]] for i in mine]
        filled.append(_summary(coded, mine, codes, w))
        for copy in range(n):
            code = [c[chosen[place[i]][copy]] for i, c in zip(mine, codes, strict=True)]
            copies[copy].append(coded.codec.decode(np.array(code, np.int64), rng.random(len(code))))
    return filled, copies


def _summary(
    coded: CodedColumn, rows: np.ndarray, codes: list[np.ndarray], weights: list[np.ndarray]
) -> Filled:
    """Mean or mode of each gap, over all of its draws at once."""
    sizes = np.array([len(c) for c in codes])
    flat, w = np.concatenate(codes).astype(np.int64), np.concatenate(weights)
    row = np.repeat(np.arange(len(codes)), sizes)
    u = (np.arange(len(flat)) * 0.6180339887498949) % 1.0
    if isinstance(coded.codec, NumericCodec):
        return _of_numbers(coded, rows, coded.codec.physical(flat, u), w, row)
    values = coded.codec.decode(flat, u)
    table = pl.DataFrame({"row": row, "value": values, "w": w})
    best = (
        table.group_by("row", "value", maintain_order=True)
        .agg(pl.col("w").sum())
        .sort("row", "w", descending=[False, True], maintain_order=True)
        .group_by("row", maintain_order=True)
        .first()
    )
    nothing = pl.Series([None] * len(rows), dtype=pl.String)
    found = best["value"].cast(values.dtype)
    return Filled(coded.column, rows, found, 1.0 - best["w"].to_numpy(), nothing, nothing)


def _of_numbers(
    coded: CodedColumn, rows: np.ndarray, v: np.ndarray, w: np.ndarray, row: np.ndarray
) -> Filled:
    m = len(rows)
    origin = v[np.searchsorted(row, np.arange(m))]  # so that large whole numbers keep their digits
    offset = (v - origin[row]).astype(np.float64)
    mean = np.bincount(row, w * offset, m)
    variance = np.bincount(row, w * (offset - mean[row]) ** 2, m)
    order = np.lexsort((offset, row))
    total = np.cumsum(w[order]) - row[order]  # the weights of each row sum to one
    ends = [
        np.searchsorted(row[order] + np.clip(total, 0, 1 - 1e-12), np.arange(m) + q)
        for q in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    ]
    low, high = (offset[order][np.minimum(e, len(order) - 1)] for e in ends)
    whole = v.dtype.kind == "i"

    def series(x: np.ndarray) -> pl.Series:
        x = np.rint(x).astype(np.int64) if whole else x
        return from_numbers(origin + x, coded.column)

    scale = 10.0 ** -(coded.column.decimals or 0) if whole else 1.0
    return Filled(
        coded.column, rows, series(mean), np.sqrt(variance) * scale, series(low), series(high)
    )


def _drawn(filled: Filled, values: pl.Series) -> Filled:
    return Filled(
        filled.column, filled.rows, values, filled.standard_error, filled.low, filled.high
    )


def _put(table: Table, filled: list[Filled], unseen: dict[str, pl.Series]) -> Table:
    """The table with values in its gaps; values of unknown levels are as they came."""
    frame, marks, missing = table.frame, dict(table.marks), dict(table.missing)
    for f in filled:
        name = f.column.name
        series = frame[name]
        new = pl.Series(name, [None], dtype=series.dtype).new_from_index(0, len(series))
        new = new.scatter(f.rows, f.values.cast(series.dtype))
        series = pl.select(pl.coalesce(series, new)).to_series()
        if name in unseen:
            was = unseen[name].cast(series.dtype)
            series = pl.select(pl.coalesce(was, series)).to_series()
        frame = frame.with_columns(series.alias(name))
        marks.pop(name, None)
        missing.pop(name, None)
    return Table(frame, missing, marks, table.origin, table.name)
