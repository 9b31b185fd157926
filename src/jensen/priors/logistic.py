"""p(z) = prod_l Logistic(z_l; 0, 1)."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Key


@dataclass(frozen=True)
class Logistic:
    """p(z) = prod_l sigmoid(z_l) sigmoid(-z_l): prescribed; tails heavier than a Normal's."""

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> dist.Distribution:
        """z of shape (latent_dim,)."""
        return dist.Logistic(jnp.zeros(latent_dim), jnp.ones(latent_dim)).to_event(1)
