"""Surprise of single cells: -log p(x_j | the rest of the row), to find what does not belong."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
from jaxtyping import Array, Float64, Key

from jensen.conditionals import Guide, Surprise, quick_jit, surprise
from jensen.data import Table
from jensen.estimator.draw import random_key
from jensen.estimator.fitted import Fitted
from jensen.estimator.given import decoder_of_codes
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
            can be compared between columns, whatever their units are.
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


@quick_jit
def _block(
    key: Key[Array, ""], model: LatentModel, guide: Any, index: Array, x: Array, n: int
) -> Surprise:
    def row(i: Array, x: Array) -> Surprise:
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
    decoder_of_codes(fitted)
    codes, inside = np.empty((len(table), len(coded)), np.int32), np.zeros((len(table), len(coded)))
    for j, column in enumerate(coded):
        codes[:, j], inside[:, j] = column.encode(table)
    size = max(1, BLOCK_DRAWS // (n * len(coded)))
    helper, key = guide(), random_key(seed)
    parts: list[Surprise] = []
    for first in range(0, len(table), size):
        index = np.minimum(np.arange(first, first + size), len(table) - 1)
        x, rows = jnp.asarray(codes[index]), jnp.asarray(index)
        found = _block(key, fitted.model, helper, rows, x, n)
        m = min(size, len(table) - first)
        parts.append(jax.tree.map(lambda a, m=m: np.asarray(a[:m], np.float64), found))
        if report is not None:
            report(first + m, len(table))
    nats, error, _ = (np.concatenate(part) for part in zip(*parts, strict=True))
    names = tuple(column.column.name for column in coded)
    return Cells(names, nats - inside, nats, error)
