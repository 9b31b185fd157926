"""Surprise of single cells: -log p(x_j | the rest of the row), to find what does not belong."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
from jaxtyping import Array, Float64, Key

from jensen.conditionals import Evidence, Guide, particles
from jensen.conditionals.evidence import UNKNOWN
from jensen.data import Table
from jensen.estimator.draw import random_key
from jensen.estimator.fitted import Fitted
from jensen.estimator.given import decoder_of_codes, everything
from jensen.latent_model import LatentModel

BLOCK_DRAWS = 4_096
"""Draws of one call of the compiled program."""


class Cells(NamedTuple):
    """What each cell has that the rest of its row did not lead to expect.

    Attributes:
        names: the columns.
        surprise: -log p(x_j | x_others), nats in the column's units, shape (n, d).
        standard_error: of it, from the spread of the weights, shape (n, d).
    """

    names: tuple[str, ...]
    surprise: Float64[np.ndarray, "n d"]
    standard_error: Float64[np.ndarray, "n d"]

    def lines(self) -> pl.DataFrame:
        """A line for each cell, the most surprising first; rows count from 1."""
        n, d = self.surprise.shape
        table = pl.DataFrame(
            {
                "row": np.repeat(np.arange(1, n + 1), d),
                "column": pl.Series(list(self.names) * n, dtype=pl.String),
                "surprise": self.surprise.ravel(),
                "standard_error": self.standard_error.ravel(),
            }
        )
        return table.sort("surprise", descending=True, maintain_order=True)


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
    """log p of each row, and of it without each column; and the relative errors, (b, 1 + d)."""
    d = allowed.shape[0]
    hidden = jnp.concatenate([jnp.zeros((1, d), bool), jnp.eye(d, dtype=bool)])

    def log_mean(key: Key[Array, ""], x: Array) -> tuple[Array, Array]:
        log_w = particles(key, model, guide, Evidence(x, allowed), n).log_w
        w = jnp.exp(log_w - jnp.max(log_w))
        mean = jnp.mean(w)
        return jnp.max(log_w) + jnp.log(mean), jnp.std(w) / (mean * n**0.5)

    def row(i: Array, x: Array) -> tuple[Array, Array]:
        keys = jax.random.split(jax.random.fold_in(key, i), d + 1)
        return jax.vmap(log_mean)(keys, jnp.where(hidden, UNKNOWN, x[None]))

    return jax.vmap(row)(index, x)


def score_cells(
    fitted: Fitted,
    table: Table,
    guide: Callable[[], Guide | None],
    seed: int,
    n: int = 16,
    report: Callable[[int, int], None] | None = None,
) -> Cells:
    """-log p(x_j | x_others) of every cell, log p(x_others) - log p(x), by importance sampling.

    Args:
        fitted: the model.
        table: rows that conform to its schema.
        guide: gives a guide.
        seed: of the draws; row i has its own.
        n: draws for each of a row's d + 1 probabilities, at least 2.
        report: told of the rows done and of those to do.
    """
    coded = fitted.codec.coded
    allowed = jnp.asarray(everything(decoder_of_codes(fitted).codes))
    codes, inside = np.empty((len(table), len(coded)), np.int32), np.zeros((len(table), len(coded)))
    for j, column in enumerate(coded):
        codes[:, j], inside[:, j] = column.encode(table)
    size = max(1, BLOCK_DRAWS // (n * (len(coded) + 1)))
    helper, key = guide(), random_key(seed)
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    for first in range(0, len(table), size):
        index = np.minimum(np.arange(first, first + size), len(table) - 1)
        x, rows = jnp.asarray(codes[index]), jnp.asarray(index)
        found = _block(key, fitted.model, helper, allowed, rows, x, n)
        m = min(size, len(table) - first)
        parts.append((np.asarray(found[0][:m], np.float64), np.asarray(found[1][:m], np.float64)))
        if report is not None:
            report(first + m, len(table))
    log_p, error = (np.concatenate(part) for part in zip(*parts, strict=True))
    surprise = log_p[:, 1:] - log_p[:, :1] - inside
    names = tuple(column.column.name for column in coded)
    return Cells(names, surprise, np.hypot(error[:, 1:], error[:, :1]))
