"""Surprise of single cells: -log p(x_j | the rest of the row), to find what does not belong."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
from jaxtyping import Array, Bool, Float64, Key

from jensen.conditionals import Guide, Surprise, quick_jit, surprise
from jensen.data import Table
from jensen.data.columns import off_grid
from jensen.estimator.draw import random_key
from jensen.estimator.filling import with_gaps
from jensen.estimator.fitted import Fitted
from jensen.estimator.given import decoder_of
from jensen.latent_model import LatentModel

BLOCK_DRAWS = 4_096
"""Draws of one call of the compiled program."""


class Cells(NamedTuple):
    """What each cell has that the rest of its row did not lead to expect.

    Attributes:
        names: the columns.
        surprise: -log p(x_j | x_others), nats in the column's units, shape (n, d); NaN where a
            value is missing that is no part of x.
        of_code: -log of the probability of the value's bin or category given the others: what
            can be compared between columns, whatever their units are. Of a parametric column, as
            if its density given the bin were that of the training rows.
        standard_error: of both, from the spread of the weights.
    """

    names: tuple[str, ...]
    surprise: Float64[np.ndarray, "n d"]
    of_code: Float64[np.ndarray, "n d"]
    standard_error: Float64[np.ndarray, "n d"]

    def lines(self) -> pl.DataFrame:
        """A line for each cell: row (from 1), column, surprise, of_code, standard_error.

        The least probable code comes first.
        """
        n, d = self.surprise.shape
        table = pl.DataFrame(
            {
                "row": np.repeat(np.arange(1, n + 1), d),
                "column": pl.Series(list(self.names) * n, dtype=pl.String),
                "surprise": self.surprise.ravel(),
                "of_code": self.of_code.ravel(),
                "standard_error": self.standard_error.ravel(),
            }
        )
        known = table.filter(pl.col("of_code").is_not_nan())
        return known.sort("of_code", descending=True, maintain_order=True)

    def with_strange(self, strange: Bool[np.ndarray, "n d"]) -> "Cells":
        """With infinity where a value is none that a row can have, NaN in the rest of its row."""
        rest = np.any(strange, axis=1)[:, None] & ~strange

        def told(nats: np.ndarray, instead: float) -> np.ndarray:
            return np.where(strange, instead, np.where(rest, np.nan, nats))

        error = told(self.standard_error, np.nan)
        return Cells(self.names, told(self.surprise, np.inf), told(self.of_code, np.inf), error)


def strange_cells(fitted: Fitted, table: Table) -> tuple[Table, Bool[np.ndarray, "n d"]]:
    """Which values no row of the model can have; and the table, rows that have one replaced by
    another row, so that it conforms.

    Raises:
        TableError: every row has one.
    """
    schema, coded = fitted.codec.schema, fitted.codec.coded
    conformed, found = with_gaps(schema, table)
    strange = np.zeros((len(table), len(coded)), bool)
    for j, column in enumerate(c.column for c in coded):
        values = conformed.frame[column.name]
        strange[:, j] = off_grid(values, column) | found.get(column.name, False)
        if not column.missing:
            strange[:, j] |= values.is_null().to_numpy()
    fine = np.flatnonzero(~strange.any(axis=1))
    if not len(fine):
        return schema.conform(table), strange  # which says what is wrong
    return schema.conform(
        table.take(np.where(strange.any(1), fine[0], np.arange(len(table))))
    ), strange


@quick_jit
def _block(
    key: Key[Array, ""], model: LatentModel, guide: Any, index: Array, x: Any, n: int
) -> Surprise:
    def row(i: Array, x: Any) -> Surprise:
        return surprise(jax.random.fold_in(key, i), model, guide, x, n)

    return jax.vmap(row)(index, x)


def score_cells(
    fitted: Fitted,
    table: Table,
    guide: Callable[[], Guide | None],
    seed: int,
    n: int = 16,
    report: Callable[[int, int], None] | None = None,
) -> Cells:
    """-log p(x_j | x_others) of every cell, by importance sampling.

    Args:
        fitted: the model.
        table: rows that conform to its schema.
        guide: gives a guide.
        seed: of the draws; row i has its own.
        n: draws for each cell, at least 2.
        report: told of the rows done and of those to do.
    """
    coded = fitted.codec.coded
    decoder_of(fitted)
    inside, of_code = np.zeros((2, len(table), len(coded)))
    for j, column in enumerate(coded):
        inside[:, j] = column.encode(table)[1]
        # log p of the value in its code; of a parametric column in its bin
        of_code[:, j] = column.log_in_bin(table) - inside[:, j]
    x = fitted.codec.encode(table)
    size = max(1, BLOCK_DRAWS // (n * len(coded)))
    helper, key = guide(), random_key(seed)
    parts: list[Surprise] = []
    for first in range(0, len(table), size):
        index = np.minimum(np.arange(first, first + size), len(table) - 1)
        some = jax.tree.map(lambda a, at=index: _of_model(a[at]), x)
        found = _block(key, fitted.model, helper, jnp.asarray(index), some, n)
        m = min(size, len(table) - first)
        parts.append(jax.tree.map(lambda a, m=m: np.asarray(a[:m], np.float64), found))
        if report is not None:
            report(first + m, len(table))
    nats, error, _ = (np.concatenate(part) for part in zip(*parts, strict=True))
    names = tuple(column.column.name for column in coded)
    return Cells(names, nats - inside, nats + of_code, error)


def _of_model(a: np.ndarray) -> Array:
    """Codes or values of rows in the model's types."""
    return jnp.asarray(a, jnp.int32 if a.dtype.kind == "i" else jnp.float32)
