"""q(z|x) = N(z; loc(x), L(x) L(x)^T)."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.networks import Linear
from jensen.posteriors.correlated import CorrelatedNormal
from jensen.posteriors.mean_field import LOG_SCALE_RANGE


class FullRankNormal(eqx.Module):
    """A Normal with any covariance, by its Cholesky factor L: latent_dim^2 / 2 numbers of h."""

    out: Linear
    latent_dim: int = eqx.field(static=True)

    def __call__(self, h: Float[Array, " h"]) -> CorrelatedNormal:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        n = self.latent_dim
        loc, log_scale, below = jnp.split(self.out(h), [n, 2 * n])
        diagonal = jnp.diag(jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE)))
        factor = diagonal.at[np.tril_indices(n, -1)].set(below)
        return CorrelatedNormal(dist.MultivariateNormal(loc, scale_tril=factor))


@dataclass(frozen=True)
class FullRank:
    """q(z|x) = N(z; loc(x), L(x) L(x)^T).

    Source: Kingma & Welling 2019, arXiv 1906.02691, section 2.5.1.
    """

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> FullRankNormal:
        """A head before any training: near the prior, whatever x."""
        size = 2 * latent_dim + latent_dim * (latent_dim - 1) // 2
        return FullRankNormal(Linear(width, size, scale=0.3, key=key), latent_dim)
