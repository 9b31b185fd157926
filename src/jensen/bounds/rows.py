"""Bounds of many rows: fixed blocks, so that a row's score does not depend on its company."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Key
from numpyro.distributions import Independent

from jensen.bounds.draws import closed_form_kl, draw
from jensen.bounds.elbo import Bound, elbo
from jensen.latent_model import LatentModel

BLOCK_CELLS = 16_384
MEAN_DRAWS = 32
"""Draws whose mean stands for E_q[z|x] where q has no mean in closed form."""

Rows = Any
"""An array of shape (n, ...), or a tree of such arrays: n rows x."""
RowBound = Callable[[Key[Array, ""], LatentModel, Any], Any]
"""What is known of one row: (key, model, x) -> an array, or a tree of them."""


def n_rows(x: Rows) -> int:
    """How many rows there are."""
    return len(jax.tree.leaves(x)[0])


def block_rows(n_columns: int) -> int:
    """Rows of a block: a power of two that bounds memory, whatever the width of the table."""
    return int(2 ** np.clip(np.floor(np.log2(BLOCK_CELLS / max(n_columns, 1))), 3, 10))


@eqx.filter_jit
def _block(key: Key[Array, ""], of_row: RowBound, model: LatentModel, x: Rows, first: Array) -> Any:
    index = first + jnp.arange(n_rows(x), dtype="uint32")
    keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(index)
    return jax.vmap(lambda k, row: of_row(k, model, row))(keys, x)


def over_rows(
    key: Key[Array, ""], of_row: RowBound, model: LatentModel, x: Rows, *, block: int | None = None
) -> Any:
    """`of_row` of every row, its arrays float64 with a first axis n; row i has fold_in(key, i).

    Args:
        key: for whatever a row draws.
        of_row: one function, defined once: another one is compiled anew.
        model: passed to it.
        x: the rows.
        block: rows of one call of the compiled program; None chooses by the width of a row.
    """
    n = n_rows(x)
    size = block or block_rows(sum(leaf[0].size for leaf in jax.tree.leaves(x)))
    parts = [
        _block(key, of_row, model, _rows(x, first, size), jnp.uint32(first))
        for first in range(0, n, size)
    ]
    return jax.tree.map(lambda *p: np.concatenate(p)[:n].astype(np.float64), *parts)


def _rows(x: Rows, first: int, size: int) -> Rows:
    """`size` rows from `first` on; the last row again where there are no more."""
    index = np.minimum(np.arange(first, first + size), n_rows(x) - 1)
    return jax.tree.map(lambda leaf: jnp.asarray(leaf[index]), x)


def elbo_rows(key: Key[Array, ""], model: LatentModel, x: Rows, *, n_samples: int = 1) -> Bound:
    """`elbo` of every row, each field float64 of shape (n,), in nats.

    Draw s of row i uses fold_in(fold_in(key, s), i); one program serves any number of draws.
    """
    draws = [over_rows(jax.random.fold_in(key, s), elbo, model, x) for s in range(n_samples)]
    return Bound(*np.mean(np.asarray(draws, np.float64), axis=0))


def _kl(key: Key[Array, ""], model: LatentModel, x: Any) -> Float[Array, " l"]:
    q, p = model.q_z(x), model.p_z()
    if not (isinstance(q, Independent) and isinstance(p, Independent)):
        return jnp.zeros(0)
    kl = closed_form_kl(q.base_dist, p.base_dist)
    return jnp.zeros(0) if kl is None or kl.ndim != 1 else kl


def kl_per_dimension(model: LatentModel, x: Rows) -> Float64[np.ndarray, " l"]:
    """KL(q(z_l|x) || p(z_l)) of every latent dimension, averaged over the rows, in nats.

    A dimension with (almost) none is collapsed: it carries nothing of x. Empty where the
    dimensions of q or of p depend on each other, so that the KL is no sum over them.
    """
    return over_rows(jax.random.key(0), _kl, model, x).mean(0)


def _mean(key: Key[Array, ""], model: LatentModel, x: Any) -> Float[Array, " l"]:
    q = model.q_z(x)
    try:
        return q.mean  # type: ignore[attr-defined]
    except (AttributeError, NotImplementedError):
        z, weight, _ = draw(key, q, MEAN_DRAWS)
        return jnp.tensordot(weight, z.astype(weight.dtype), 1)


def posterior_means(model: LatentModel, x: Rows) -> Float64[np.ndarray, "n l"]:
    """E_q[z|x] of every row; over draws, fixed ones, where q has no mean in closed form."""
    return over_rows(jax.random.key(0), _mean, model, x)
