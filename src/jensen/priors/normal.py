"""p(z) = N(z; 0, I)."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Key


def standard_normal(latent_dim: int) -> dist.Distribution:
    """z ~ N(0, I), shape (latent_dim,)."""
    return dist.Normal(jnp.zeros(latent_dim), jnp.ones(latent_dim)).to_event(1)


@dataclass(frozen=True)
class StandardNormal:
    """p(z) = N(z; 0, I): prescribed, not learned."""

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> dist.Distribution:
        """z ~ N(0, I), shape (latent_dim,)."""
        return standard_normal(latent_dim)
