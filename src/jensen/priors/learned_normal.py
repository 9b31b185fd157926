"""p(z) = prod_l N(z_l; loc_l, scale_l^2), learned."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key


class NormalPrior(eqx.Module):
    """Independent Normals with learned loc and scale, each of shape (latent_dim,)."""

    loc: Float[Array, " l"]
    log_scale: Float[Array, " l"]

    def given(self, posterior: Any = None) -> Any:
        """p(z) as NumPyro knows it, so that KLs have their closed form."""
        return dist.Normal(self.loc, jnp.exp(self.log_scale)).to_event(1)

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log p(z), nats."""
        return self.given().log_prob(value)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """z ~ p(z)."""
        return self.given().sample(key)


@dataclass(frozen=True)
class LearnedNormal:
    """p(z) = prod_l N(z_l; loc_l, scale_l^2), starting at N(0, I)."""

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> NormalPrior:
        """loc 0, scale 1."""
        return NormalPrior(jnp.zeros(latent_dim), jnp.zeros(latent_dim))
