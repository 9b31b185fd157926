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
from jensen.data.codec import Row, only_codes
from jensen.estimator.draw import random_key, take, uniform
from jensen.estimator.fitted import Fitted
from jensen.latent_model import LatentModel

DRAWS = 64
"""Weighted draws of each row that has a gap."""
BLOCK = 64
"""Rows of one call of the compiled program."""
LOW_ESS = 4.0
"""Effective number of draws below which a row is drawn for again: with more of them, then by
chains."""
AGAIN = 1_024
WALKS = 4
"""Rows that walk at once."""


class _Found(NamedTuple):
    """Of one block of rows: draws, weights, and for every copy which draw, and random bits."""

    codes: Any
    values: Any
    weights: Any
    pick: Any
    bits: Any


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
    out = Draws(
        [np.empty((0, d), np.int16)] * m,
        [np.empty((0, 0), np.float32)] * m,
        [np.empty(0)] * m,
        np.zeros((m, copies, d), np.int16),
        np.zeros((m, copies, d)),
        np.zeros(m),
        np.zeros(m, bool),
    )
    if not m:
        return out
    helper, key, allowed = guide(), random_key(seed), jnp.asarray(shares)
    parametric = list(fitted.codec.parametric)

    def put(which: np.ndarray, n: int, size: int, of_block: Any) -> None:
        for first in range(0, len(which), size):
            at = which[np.minimum(np.arange(first, first + size), len(which) - 1)]
            i, known = jnp.asarray(rows[at]), jax.tree.map(jnp.asarray, take(x, rows[at]))
            block = of_block(key, fitted.model, helper, allowed, i, known, n, copies)
            _put(out, at, block, parametric)
            if report is not None and len(which) == m:
                report(min(first + size, m), m)

    put(np.arange(m), DRAWS, BLOCK, _weighted)
    put(np.flatnonzero(out.ess < LOW_ESS), AGAIN, max(1, BLOCK * DRAWS // AGAIN), _weighted)
    if helper is not None:
        put(np.flatnonzero(out.ess < LOW_ESS), AGAIN, WALKS, _walked)
    return out


def _put(
    out: Draws, at: np.ndarray, block: tuple[_Found, Walked | None], parametric: list[int]
) -> None:
    """Store a block's draws with their rows; those that pad the block once more."""
    found, chains = block
    codes, weights = np.asarray(found.codes, np.int16), np.asarray(found.weights, np.float64)
    pick, u = np.asarray(found.pick), uniform(np.asarray(found.bits))
    values = np.asarray(found.values)
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
    index: Array,
    x: Any,
    n: int,
    copies: int,
) -> tuple[_Found, None]:
    """n weighted draws of each row; row i has fold_in(key, i)."""

    def row(i: Array, x: Any) -> _Found:
        pkey, ckey, ukey = jax.random.split(jax.random.fold_in(key, i), 3)
        found = particles(pkey, model, guide, Evidence.of_row(x, allowed), n)
        pick = jax.vmap(lambda k: _chosen(k, found.log_w))(jax.random.split(ckey, copies))
        return _found(found.x, jax.nn.softmax(found.log_w), pick, _bits(ukey, copies, x))

    return jax.vmap(row)(index, x), None


def _chosen(key: Key[Array, ""], log_w: Array) -> Array:
    """The end of a chain that is offered the draws in an order of its own."""
    okey, ckey = jax.random.split(key)
    order = jax.random.permutation(okey, len(log_w))
    return order[chosen(ckey, log_w[order])]


def _bits(key: Key[Array, ""], copies: int, x: Any) -> Array:
    return jax.random.bits(key, (copies, *only_codes(x).shape, 2), "uint32")


def _found(x: Any, weights: Any, pick: Any, bits: Any) -> _Found:
    codes = only_codes(x)
    values = x.values if isinstance(x, Row) else jnp.zeros((len(codes), 0))
    return _Found(codes, values, weights, pick, bits)


@quick_jit
def _walked(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide,
    allowed: Array,
    index: Array,
    x: Any,
    n: int,
    copies: int,
) -> tuple[_Found, Walked]:
    """Chains of each row, which set out from n weighted draws."""

    def row(at: tuple[Array, Any]) -> tuple[_Found, Walked]:
        i, x = at
        pkey, ckey, ukey, wkey = jax.random.split(jax.random.fold_in(key, i), 4)
        said = Evidence.of_row(x, allowed)
        found = walk(wkey, model, guide, said, particles(pkey, model, guide, said, n))
        states = jax.tree.map(lambda a: a.reshape(-1, a.shape[-1]), found.x)
        n_states = len(only_codes(states))
        weights = jnp.full(n_states, 1.0 / n_states)
        pick = jax.random.randint(ckey, (copies,), 0, n_states)
        return _found(states, weights, pick, _bits(ukey, copies, x)), found

    return jax.lax.map(row, (index, x))
