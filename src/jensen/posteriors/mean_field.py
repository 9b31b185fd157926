"""q(z|x) = prod_l N(z_l; loc_l(x), scale_l(x)^2)."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.networks import Linear

LOG_SCALE_RANGE = (-7.0, 3.0)


class MeanFieldNormal(eqx.Module):
    """Independent Normals (Kingma & Welling 2014, arXiv 1312.6114, eq. 9)."""

    out: Linear

    def __call__(self, h: Float[Array, " h"]) -> dist.Distribution:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        loc, log_scale = jnp.split(self.out(h), 2)
        return dist.Normal(loc, jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE))).to_event(1)


@dataclass(frozen=True)
class MeanField:
    """q(z|x) = prod_l N(z_l; loc_l(x), scale_l(x)^2)."""

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> MeanFieldNormal:
        """A head before any training: near the prior, whatever x."""
        return MeanFieldNormal(Linear(width, 2 * latent_dim, scale=0.3, key=key))
