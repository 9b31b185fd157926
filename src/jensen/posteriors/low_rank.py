"""q(z|x) = N(z; loc(x), W(x) W(x)^T + diag(scale(x)^2))."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.networks import Linear
from jensen.posteriors.correlated import CorrelatedNormal
from jensen.posteriors.mean_field import LOG_SCALE_RANGE


class LowRankNormal(eqx.Module):
    """A Normal whose covariance is diagonal but for W W^T, W of shape (latent_dim, rank)."""

    out: Linear
    latent_dim: int = eqx.field(static=True)

    def __call__(self, h: Float[Array, " h"]) -> CorrelatedNormal:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        n = self.latent_dim
        loc, log_scale, factor = jnp.split(self.out(h), [n, 2 * n])
        variance = jnp.exp(2.0 * jnp.clip(log_scale, *LOG_SCALE_RANGE))
        law = dist.LowRankMultivariateNormal(loc, factor.reshape(n, -1), variance)
        return CorrelatedNormal(law)


@dataclass(frozen=True)
class LowRank:
    """q(z|x) = N(z; loc(x), W(x) W(x)^T + diag(scale(x)^2)).

    Source: Ong, Nott & Smith 2018, arXiv 1701.03208.

    Args:
        rank: columns of W, at least 1.
    """

    rank: int = 2

    def __post_init__(self):
        if self.rank < 1:
            raise ValueError(f"rank must be at least 1, and is {self.rank}.")

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> LowRankNormal:
        """A head before any training: near the prior, whatever x."""
        out = Linear(width, (2 + self.rank) * latent_dim, scale=0.3, key=key)
        return LowRankNormal(out, latent_dim)
