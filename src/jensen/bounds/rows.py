"""Bounds of many rows: fixed blocks, so that a row's score does not depend on its company."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Int, Key
from numpyro.distributions import kl_divergence

from jensen.bounds.elbo import Bound, elbo
from jensen.latent_model import LatentModel

BLOCK_CELLS = 16_384


def block_rows(n_columns: int) -> int:
    """Rows of a block: a power of two that bounds memory, whatever the width of the table."""
    return int(2 ** np.clip(np.floor(np.log2(BLOCK_CELLS / max(n_columns, 1))), 3, 10))


@eqx.filter_jit
def _elbo_block(key: Key[Array, ""], model: LatentModel, x: Array, first: Array) -> Bound:
    keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(
        first + jnp.arange(len(x), dtype="uint32")
    )
    return jax.vmap(lambda k, row: elbo(k, model, row))(keys, x)


def elbo_rows(
    key: Key[Array, ""], model: LatentModel, x: Int[np.ndarray, "n d"], *, n_samples: int = 1
) -> Bound:
    """`elbo` of every row, each field float64 of shape (n,), in nats.

    Draw s of row i uses fold_in(fold_in(key, s), i); one program serves any number of draws.
    """
    size = block_rows(x.shape[1])
    draws: list[list[np.ndarray]] = []
    for s in range(n_samples):
        draw_key = jax.random.fold_in(key, s)
        parts = [
            _elbo_block(draw_key, model, _block(x, first, size), jnp.uint32(first))
            for first in range(0, len(x), size)
        ]
        draws.append([np.concatenate(field)[: len(x)] for field in zip(*parts, strict=True)])
    return Bound(*np.mean(np.asarray(draws, np.float64), axis=0))


def _block(x: Int[np.ndarray, "n d"], first: int, size: int) -> Int[Array, "size d"]:
    """`size` rows from `first` on; the last row again where there are no more."""
    return jnp.asarray(x[np.minimum(np.arange(first, first + size), len(x) - 1)])


@eqx.filter_jit
def _kl_block(model: LatentModel, x: Array) -> Float[Array, "b l"]:
    p = model.prior.base_dist
    return jax.vmap(lambda row: kl_divergence(model.posterior(row).base_dist, p))(x)


def kl_per_dimension(model: LatentModel, x: Int[np.ndarray, "n d"]) -> Float64[np.ndarray, " l"]:
    """KL(q(z_l|x) || p(z_l)) of every latent dimension, averaged over the rows, in nats.

    A dimension with (almost) none is collapsed: it carries nothing of x.
    """
    size = block_rows(x.shape[1])
    total = sum(
        np.asarray(_kl_block(model, _block(x, a, size)), np.float64)[: len(x) - a].sum(0)
        for a in range(0, len(x), size)
    )
    return np.asarray(total / len(x))


@eqx.filter_jit
def _mean_block(model: LatentModel, x: Array) -> Float[Array, "b l"]:
    return jax.vmap(lambda row: model.posterior(row).mean)(x)


def posterior_means(model: LatentModel, x: Int[np.ndarray, "n d"]) -> Float64[np.ndarray, "n l"]:
    """E_q[z|x] of every row."""
    size = block_rows(x.shape[1])
    blocks = [_mean_block(model, _block(x, a, size)) for a in range(0, len(x), size)]
    return np.concatenate([np.asarray(b, np.float64) for b in blocks])[: len(x)]
