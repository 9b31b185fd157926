"""Importance weights of many draws: their mean, and how many of them it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Key

from jensen.bounds.draws import draw
from jensen.bounds.iwae import log_weights
from jensen.bounds.rows import Rows, block_rows, over_rows
from jensen.latent_model import LatentModel

CHUNK = 50
"""Draws of one call of the compiled program: what bounds memory, however many are asked for."""
LOW_SHARE, LOW_COUNT = 0.1, 2.0
"""A mean of weights is doubtful when, in the mean over rows, fewer than a tenth of them count,
or fewer than two in some row."""


class Weighted(NamedTuple):
    """log of a mean of weights, nats, and the effective number of weights in it.

    ess = (sum w)^2 / sum w^2 (Kong 1992): 1 where one weight outweighs all others, as many as
    there are where they are equal.
    """

    value: Float[Array, "..."] | np.ndarray
    ess: Float[Array, "..."] | np.ndarray


def weighted(log_w: Float[Array, " m"]) -> Weighted:
    """log 1/m sum_i exp(log_w_i), and the effective number of the m weights."""
    total = jax.nn.logsumexp(log_w)
    ess = jnp.exp(2.0 * total - jax.nn.logsumexp(2.0 * log_w))
    return Weighted(total - jnp.log(jnp.full((), log_w.size, log_w.dtype)), ess)


def doubtful(ess: np.ndarray, n: int) -> str | None:
    """What is wrong with a mean of n weights in each row, from their effective numbers."""
    mean, least, few = float(ess.mean()), float(ess.min()), int((ess < LOW_COUNT).sum())
    if n < 2 or (mean >= LOW_SHARE * n and few == 0):
        return None
    return (
        f"effective number of weights: {mean:.1f} of {n} in the mean, {least:.1f} at least, below "
        f"{LOW_COUNT:.0f} in {few} of {len(ess)} rows"
    )


@dataclass(frozen=True)
class _Sums:
    """log sum w and log sum w^2 over n draws of one row."""

    n: int

    def __call__(self, key: Key[Array, ""], model: LatentModel, x: Array) -> Float[Array, "2"]:
        draws, log_w = log_weights(key, model, x, self.n)
        log_w = log_w + jnp.log(draws.weight) + jnp.log(jnp.full((), self.n, log_w.dtype))
        return jnp.stack([jax.nn.logsumexp(log_w), jax.nn.logsumexp(2.0 * log_w)])


def iwae_rows(key: Key[Array, ""], model: LatentModel, x: Rows, *, n_samples: int) -> Weighted:
    """`iwae` of every row, float64 of shape (n,), whatever the number of draws, in little memory.

    Draws are taken 50 at a time; chunk c of row i uses fold_in(fold_in(key, c), i).

    Args:
        key: for the draws of z.
        model: p(z), p(x|z) and q(z|x).
        x: the rows.
        n_samples: K, at least 1.

    Returns:
        log 1/K sum_k w_k in nats, whose mean is a lower bound on log p(x), and the effective
        number of the K weights.
    """
    sizes = _chunks(n_samples)
    block = _block(x, max(sizes))
    sums = [
        over_rows(jax.random.fold_in(key, c), _Sums(size), model, x, block=block)
        for c, size in enumerate(sizes)
    ]
    total, squares = np.moveaxis(np.logaddexp.reduce(np.stack(sums), axis=0), -1, 0)
    return Weighted(total - np.log(n_samples), np.exp(2.0 * total - squares))


def _chunks(n: int) -> list[int]:
    """n as a sum of full chunks and a rest."""
    full, rest = divmod(n, CHUNK)
    return [CHUNK] * full + [rest] * (rest > 0)


def _block(x: Rows, size: int) -> int:
    """Rows of a block with that many draws each."""
    columns = sum(leaf[0].size for leaf in jax.tree.leaves(x))
    return block_rows(columns * size)


class _Plain(eqx.Module):
    """q with its plain draws, one like the other, whatever else it offers."""

    q: object

    def sample(self, key: Key[Array, ""]) -> Array:
        return self.q.sample(key)  # type: ignore[attr-defined]

    def log_prob(self, z: Array) -> Array:
        return self.q.log_prob(z)  # type: ignore[attr-defined]


def _log_weights(key: Key[Array, ""], model: LatentModel, x: Array) -> Float[Array, " m"]:
    draws, p = draw(key, _Plain(model.q_z(x)), CHUNK), model.p_z()
    log_joint = jax.vmap(lambda z: model.likelihood(z).log_prob(x) + p.log_prob(z))(draws.z)
    return log_joint - draws.log_q


def log_weight_rows(
    key: Key[Array, ""], model: LatentModel, x: Rows, *, n_samples: int
) -> Float64[np.ndarray, "n m"]:
    """log p(x|z) p(z) / q(z|x) of n_samples independent draws of every row, nats."""
    block = _block(x, CHUNK)
    chunks = [
        over_rows(jax.random.fold_in(key, c), _log_weights, model, x, block=block)
        for c in range(-(-n_samples // CHUNK))
    ]
    return np.concatenate(chunks, axis=1)[:, :n_samples]


def tightening(
    log_w: Float64[np.ndarray, "n m"], sizes: Sequence[int]
) -> list[Float64[np.ndarray, " n"]]:
    """Unbiased estimates of the mean IWAE_K of every row, one for each K of `sizes`, nats.

    The m weights of a row are cut into m // K groups of K: each gives one IWAE_K.

    Source: Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519, theorem 1: they rise with K.
    """
    return [_groups(log_w, size).mean(1) for size in sizes]


def _groups(log_w: Float64[np.ndarray, "n m"], size: int) -> Float64[np.ndarray, "n g"]:
    n, m = log_w.shape
    groups = log_w[:, : m // size * size].reshape(n, m // size, size)
    return np.logaddexp.reduce(groups, axis=2) - np.log(size)


def weighted_rows(log_w: Float64[np.ndarray, "n m"]) -> Weighted:
    """`weighted` of every row."""
    total = np.logaddexp.reduce(log_w, axis=1)
    ess = np.exp(2.0 * total - np.logaddexp.reduce(2.0 * log_w, axis=1))
    return Weighted(total - np.log(log_w.shape[1]), ess)


def doubling(most: int) -> tuple[int, ...]:
    """1, 2, 5, 10, 20, 50, .. up to `most`, which is the last."""
    steps = [int(f * 10**e) for e in range(len(str(most))) for f in (1, 2, 5)]
    return (*(k for k in steps if k < most), most)


__all__ = [
    "Weighted",
    "doubling",
    "doubtful",
    "iwae_rows",
    "log_weight_rows",
    "tightening",
    "weighted",
    "weighted_rows",
]
