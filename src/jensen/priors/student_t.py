"""p(z) = prod_l StudentT(z_l; df, 0, 1)."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Key


@dataclass(frozen=True)
class StudentT:
    """p(z) = prod_l StudentT(z_l; df, 0, 1): prescribed; rows far from all others have a place.

    Args:
        df: degrees of freedom, above 0; the smaller, the heavier the tails.
    """

    df: float = 5.0

    def __post_init__(self):
        if not 0.0 < self.df < float("inf"):
            raise ValueError(f"df must be a number above 0, and is {self.df}.")

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> dist.Distribution:
        """z of shape (latent_dim,)."""
        df = jnp.full(latent_dim, self.df)
        return dist.StudentT(df, jnp.zeros(latent_dim), jnp.ones(latent_dim)).to_event(1)
