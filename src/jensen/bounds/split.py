"""KL(q(z|x) || p(z)) over rows, split at the aggregate posterior q(z) = 1/n sum_j q(z|x_j)."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Key
from numpyro.distributions import Independent

from jensen.bounds.rows import Rows, n_rows, over_rows
from jensen.latent_model import LatentModel

BLOCK = 256
"""Rows of q(z|x_j) that are held at once."""


class KlSplit(NamedTuple):
    """The parts of the KL, one value per row, whose means are meant; nats.

    index_code + total_correlation + dimension_wise == kl, row by row.

    Attributes:
        kl: log q(z|x) - log p(z): its mean is the KL of the bound.
        index_code: log q(z|x) - log q(z): mutual information of a row's number and its z, at
            most log n.
        marginal: log q(z) - log p(z): how far all rows' z together are from the prior.
        total_correlation: log q(z) - sum_l log q(z_l): how far the dimensions of z depend on each
            other; None where q or p does not take its dimensions one by one.
        dimension_wise: sum_l log q(z_l) - log p(z_l); None likewise.
    """

    kl: Float64[np.ndarray, " n"]
    index_code: Float64[np.ndarray, " n"]
    marginal: Float64[np.ndarray, " n"]
    total_correlation: Float64[np.ndarray, " n"] | None
    dimension_wise: Float64[np.ndarray, " n"] | None


def kl_split(key: Key[Array, ""], model: LatentModel, x: Rows, *, n_samples: int = 8) -> KlSplit:
    """Mutual information, total correlation and dimension-wise KL, from draws of every row.

    Time grows with the square of the number of rows; memory does not.

    Args:
        key: for the draws of z; draw s of row i uses fold_in(fold_in(key, s), i).
        model: p(z) and q(z|x).
        x: the rows, all of which make up q(z).
        n_samples: draws of z for each row.

    Returns:
        Every part of every row, averaged over the draws. Rows share q(z): standard errors over
        rows leave out what another set of rows would make of it.

    Source: Hoffman & Johnson 2016, "ELBO surgery"; Chen et al. 2018, arXiv 1802.04942, eq. 2.
    """
    draws = [_of_draw(jax.random.fold_in(key, s), model, x) for s in range(n_samples)]
    mean = {name: np.mean([d[name] for d in draws], axis=0) for name in draws[0]}
    return KlSplit(**{name: mean.get(name) for name in KlSplit._fields})  # type: ignore[arg-type]


def _of_draw(key: Key[Array, ""], model: LatentModel, x: Rows) -> dict[str, Any]:
    z, log_q_given_x, log_p, log_p_each = over_rows(key, _draw, model, x)
    log_q, log_q_each = _aggregate(model, x, z)
    parts = {
        "kl": log_q_given_x - log_p,
        "index_code": log_q_given_x - log_q,
        "marginal": log_q - log_p,
    }
    if log_q_each.shape[1] and log_p_each.shape[1]:
        parts["total_correlation"] = log_q - log_q_each.sum(1)
        parts["dimension_wise"] = (log_q_each - log_p_each).sum(1)
    return parts


def _draw(key: Key[Array, ""], model: LatentModel, x: Any) -> tuple[Any, ...]:
    """One z of a row, log q(z|x), log p(z), and log p(z_l)."""
    q, p = model.q_z(x), model.p_z()
    z = q.sample(key)
    return z, q.log_prob(z), p.log_prob(z), _each(p, z)


def _each(d: Any, z: Float[Array, " l"]) -> Float[Array, " m"]:
    """log d(z_l) of every dimension; empty where they depend on each other."""
    if not isinstance(d, Independent):
        return jnp.zeros(0, z.dtype)
    base: Any = d.base_dist
    each = base.log_prob(z)
    return each if each.shape == z.shape else jnp.zeros(0, z.dtype)


def _aggregate(
    model: LatentModel, x: Rows, z: Float64[np.ndarray, "n l"]
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n m"]]:
    """log q(z) and log q(z_l), with q the mean over all rows of x."""
    n, size = n_rows(x), min(BLOCK, n_rows(x))
    starts = range(0, n, size)
    blocks = [jax.tree.map(lambda leaf, a=a: _padded(leaf, a, size), x) for a in starts]
    present = [jnp.asarray(np.arange(a, a + size) < n) for a in starts]
    joint, each = np.zeros(0), np.zeros((0, 0))
    for a in starts:
        some = jnp.asarray(_padded(z, a, size), jnp.result_type(float))
        parts = [_block(model, b, p, some) for b, p in zip(blocks, present, strict=True)]
        sums = [np.logaddexp.reduce(np.asarray(p, np.float64)) for p in zip(*parts, strict=True)]
        joint = np.concatenate([joint, sums[0]])
        each = np.concatenate([each, sums[1]]) if a else sums[1]
    joint, each = joint[:n], each[:n]
    return joint - np.log(n), each - np.log(n)


def _padded(leaf: Any, first: int, size: int) -> Any:
    """`size` rows from `first` on; the last row again where there are no more."""
    return leaf[np.minimum(np.arange(first, first + size), len(leaf) - 1)]


@eqx.filter_jit
def _block(model: LatentModel, x: Rows, present: Array, z: Array) -> tuple[Array, Array]:
    """log sum_j q(z_i|x_j) and log sum_j q(z_il|x_j) over the rows j that are there."""

    def given(row: Any, there: Array) -> tuple[Array, Array]:
        q = model.q_z(row)
        joint, each = jax.vmap(q.log_prob)(z), jax.vmap(lambda z: _each(q, z))(z)
        return jnp.where(there, joint, -jnp.inf), jnp.where(there, each, -jnp.inf)

    joint, each = jax.vmap(given)(x, present)
    return jax.nn.logsumexp(joint, axis=0), jax.nn.logsumexp(each, axis=0)
