"""Draws of the rows of a table that have gaps: weighted ones, or chains where few of them count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float64, Int, Key

from jensen.conditionals import (
    Evidence,
    Guide,
    Walked,
    chosen,
    effective,
    particles,
    quick_jit,
    walk,
)
from jensen.conditionals.evidence import UNKNOWN
from jensen.data.codec import Row, only_codes
from jensen.estimator.draw import random_key, take
from jensen.estimator.fitted import Fitted
from jensen.latent_model import LatentModel

DRAWS = 128
"""Weighted draws of each row that has a gap."""
BLOCK = 64
"""Rows of one call of the compiled program."""
LOW_ESS = 4.0
"""Effective number of draws below which a row is drawn for again: with more of them, then by
chains."""
AGAIN = 1_024
"""A multiple of DRAWS: the same program draws as often as it takes."""
WALKS = 4
"""Rows that walk at once."""


class _Found(NamedTuple):
    """Of one block of rows: draws and their log-weights; the chains, where they come from any."""

    codes: Any
    values: Any
    log_w: Any
    chains: Walked | None = None

    @classmethod
    def of(cls, x: Any, log_w: Any, chains: Walked | None = None) -> "_Found":
        """Those of rows x, shape (..., d), or of a `Row`."""
        codes = only_codes(x)
        values = x.values if isinstance(x, Row) else jnp.zeros((*codes.shape[:-1], 0))
        return cls(codes, values, log_w, chains)


@dataclass(frozen=True)
class Draws:
    """Draws of p(x | what is known) of m rows.

    Attributes:
        codes, weights: of each row, shapes (k, d) and (k,); the weights sum to one.
        values: standardised, of parametric columns, shape (k, v).
        chosen: one draw for each copy, shape (m, copies, d).
        u: positions inside its codes, in [0, 1), or standardised values, shape (m, copies, d).
        ess: effective number of each row's draws.
        walked: which rows have them from chains.
    """

    codes: list[np.ndarray]
    values: list[np.ndarray]
    weights: list[np.ndarray]
    chosen: Int[np.ndarray, "m copies d"]
    u: Float64[np.ndarray, "m copies d"]
    ess: Float64[np.ndarray, " m"]
    walked: Bool[np.ndarray, " m"]

    @classmethod
    def room(cls, m: int, d: int, copies: int) -> "Draws":
        """Room for those of m rows of d columns."""
        return cls(
            [np.empty((0, d), np.int16)] * m,
            [np.empty((0, 0), np.float32)] * m,
            [np.empty(0)] * m,
            np.zeros((m, copies, d), np.int16),
            np.zeros((m, copies, d)),
            np.zeros(m),
            np.zeros(m, bool),
        )


def draw_rows_with_gaps(
    fitted: Fitted,
    x: Any,
    rows: np.ndarray,
    shares: np.ndarray,
    guide: Callable[[], Guide | None],
    seed: int,
    copies: int,
    report: Callable[[int, int], None] | None,
) -> Draws:
    """Draws of some rows; what row i gets depends on the model, the seed, i and x[i] alone.

    Args:
        fitted: the model.
        x: codes, UNKNOWN in gaps, shape (n, d); or a `Row` of them and of values, NaN in gaps.
        rows: which of them.
        shares: what a gap may be, shape (d, c).
        guide: gives a guide when one is needed.
        seed: of the draws.
        copies: how many draws to choose of each row.
        report: told of the rows done and of those to do.
    """
    m, d = len(rows), only_codes(x).shape[1]
    out = Draws.room(m, d, copies)
    if not m:
        return out
    helper, key, allowed = guide(), random_key(seed), jnp.asarray(shares)
    parametric = list(fitted.codec.parametric)
    gaps = only_codes(x)[rows] == UNKNOWN

    def put(which: np.ndarray, size: int, of_block: Any) -> None:
        for first in range(0, len(which), size):
            at = which[np.minimum(np.arange(first, first + size), len(which) - 1)]
            i, known = jnp.asarray(rows[at]), jax.tree.map(jnp.asarray, take(x, rows[at]))
            found = of_block(i, known, jnp.asarray(gaps[at].any(0)))
            picked = _picked(seed, rows[at], np.asarray(found.log_w), copies, d)
            _put(out, at, found, picked, parametric)
            if report is not None and len(which) == m:
                report(min(first + size, m), m)

    def weighted(parts: int) -> Any:
        """Draws of each row in so many parts, all of them by one program."""

        def of_block(i: Array, known: Any, asked: Array) -> _Found:
            def beside(a: Array) -> Array:
                return jnp.repeat(a, parts, axis=0)

            part = jnp.tile(jnp.arange(parts), len(i))
            found = _weighted(
                key, fitted.model, helper, allowed, asked, beside(i), part,
                jax.tree.map(beside, known),
            )  # fmt: skip
            return jax.tree.map(lambda a: a.reshape(len(i), parts * DRAWS, *a.shape[2:]), found)

        return of_block

    def walked(i: Array, known: Any, asked: Array) -> _Found:
        return _walked(key, fitted.model, helper, allowed, i, known)

    # rows with the same gaps stand together, so that a block asks for few columns
    put(np.lexsort(gaps.T), BLOCK, weighted(1))
    parts = max(1, AGAIN // DRAWS)
    put(np.flatnonzero(out.ess < LOW_ESS), max(1, BLOCK // parts), weighted(parts))
    if helper is not None:
        put(np.flatnonzero(out.ess < LOW_ESS), WALKS, walked)
    return out


def _put(
    out: Draws,
    at: np.ndarray,
    found: _Found,
    picked: tuple[np.ndarray, np.ndarray],
    parametric: list[int],
) -> None:
    """Store a block's draws with their rows; those that pad the block once more."""
    codes, values = np.asarray(found.codes, np.int16), np.asarray(found.values)
    log_w = np.asarray(found.log_w, np.float64)
    weights = np.exp(log_w - log_w.max(1, keepdims=True))
    weights /= weights.sum(1, keepdims=True)
    (pick, u), chains = picked, found.chains
    for k, i in enumerate(at):
        out.codes[i], out.values[i], out.weights[i] = codes[k], values[k], weights[k]
        out.chosen[i], out.u[i] = codes[k][pick[k]], u[k]
        if parametric:
            out.u[i][:, parametric] = values[k][pick[k]]
        one = None if chains is None else jax.tree.map(lambda a, k=k: np.asarray(a[k]), chains)
        out.ess[i] = 1.0 / np.sum(weights[k] ** 2) if one is None else effective(one)
        out.walked[i] = one is not None


@quick_jit
def _weighted(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Any,
    allowed: Array,
    asked: Array,
    index: Array,
    part: Array,
    x: Any,
) -> _Found:
    """DRAWS weighted draws of each row; part k of row i has a key of its own."""

    def row(i: Array, part: Array, x: Any) -> _Found:
        pkey = jax.random.fold_in(_keys(key, i)[0], part)
        found = particles(pkey, model, guide, Evidence.of_row(x, allowed, asked), DRAWS)
        return _Found.of(found.x, found.log_w)

    return jax.vmap(row)(index, part, x)


def _keys(key: Key[Array, ""], i: Array) -> Key[Array, "2"]:
    """Of row i: for weighted draws, and for chains."""
    return jax.random.split(jax.random.fold_in(key, i))


def _picked(
    seed: int, rows: np.ndarray, log_w: np.ndarray, copies: int, d: int
) -> tuple[np.ndarray, np.ndarray]:
    """For each copy of each row one of its draws, and places in its codes, (m, copies, d).

    The draws of a row are offered in an order that is new for each copy. A row's numbers are made
    copy after copy, so that a copy is the same however many there are.
    """
    m, n = log_w.shape
    numbers = np.empty((m, copies, 2 * n + d))
    for k, i in enumerate(rows):
        np.random.Generator(np.random.Philox(key=[seed, int(i)])).random(out=numbers[k])
    order, u, places = np.split(numbers, [n, 2 * n], axis=-1)
    order = np.argsort(order, -1)
    offered = np.take_along_axis(log_w[:, None], order, -1)
    at = chosen(u, offered)[..., None]
    return np.take_along_axis(order, at, -1)[..., 0], places


@quick_jit
def _walked(
    key: Key[Array, ""], model: LatentModel, guide: Any, allowed: Array, index: Array, x: Any
) -> _Found:
    """Chains of each row, which set out from AGAIN weighted draws."""

    def row(at: tuple[Array, Any]) -> _Found:
        i, x = at
        pkey, wkey = _keys(key, i)
        said = Evidence.of_row(x, allowed)
        found = walk(wkey, model, guide, said, particles(pkey, model, guide, said, AGAIN))
        states = jax.tree.map(lambda a: a.reshape(-1, a.shape[-1]), found.x)
        return _Found.of(states, jnp.zeros(len(only_codes(states))), found)

    return jax.lax.map(row, (index, x))
