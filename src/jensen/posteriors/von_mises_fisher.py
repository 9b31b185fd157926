"""q(z|x) = vMF(z; loc(x), concentration(x)): a direction, and how sure it is."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.distributions import VonMisesFisher
from jensen.distributions.sphere import unit
from jensen.networks import Linear

LARGEST = 10_000.0
"""The concentration that the quadrature of the distribution reaches to."""


class VonMisesFisherHead(eqx.Module):
    """loc = v / |v|, concentration = softplus(s), (v, s) a linear map of the encoder's h."""

    out: Linear

    def __call__(self, h: Float[Array, " h"]) -> VonMisesFisher:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        y = self.out(h)
        return VonMisesFisher(unit(y[:-1]), jnp.minimum(jax.nn.softplus(y[-1]), LARGEST))


@dataclass(frozen=True)
class VonMisesFisherPosterior:
    """q(z|x) on the unit sphere (Davidson et al. 2018, arXiv 1804.00891, section 3.2)."""

    support = "sphere"
    least_dim = 2

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> VonMisesFisherHead:
        """A head before any training: near the uniform prior, whatever x."""
        return VonMisesFisherHead(Linear(width, latent_dim + 1, scale=0.3, key=key))
