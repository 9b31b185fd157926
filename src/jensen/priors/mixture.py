"""p(z) = sum_k pi_k prod_l N(z_l; loc_kl, scale_kl^2), learned."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.networks import normal


class MixturePrior(eqx.Module):
    """A mixture of diagonal Normals: logits (k,), loc and log_scale (k, latent_dim), learned."""

    logits: Float[Array, " k"]
    loc: Float[Array, "k l"]
    log_scale: Float[Array, "k l"]

    def given(self, posterior: Any = None) -> Any:
        """p(z) as NumPyro knows it."""
        components = dist.Normal(self.loc, jnp.exp(self.log_scale)).to_event(1)
        return dist.MixtureSameFamily(dist.Categorical(logits=self.logits), components)

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log p(z), nats."""
        return self.given().log_prob(value)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """z ~ p(z)."""
        return self.given().sample(key)


@dataclass(frozen=True)
class Mixture:
    """p(z) = sum_k pi_k prod_l N(z_l; loc_kl, scale_kl^2).

    Args:
        components: number of Normals, at least 1.
    """

    components: int = 16

    def __post_init__(self):
        if self.components < 1:
            raise ValueError(f"components must be at least 1, and is {self.components}.")

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> MixturePrior:
        """Equal weights; the components' places are drawn from N(0, I), so that they differ."""
        loc = normal(key, self.components, latent_dim)
        return MixturePrior(jnp.zeros(self.components), loc, jnp.zeros_like(loc))
