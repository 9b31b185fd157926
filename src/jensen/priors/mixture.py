"""p(z) = sum_k pi_k prod_l N(z_l; loc_kl, scale_kl^2), learned."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.distributions import NormalMixture
from jensen.networks import normal


class MixturePrior(eqx.Module):
    """A mixture of diagonal Normals: logits (k,), loc and log_scale (k, latent_dim), learned."""

    logits: Float[Array, " k"]
    loc: Float[Array, "k l"]
    log_scale: Float[Array, "k l"]

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log p(z), nats."""
        return self._law.log_prob(value)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """z ~ p(z)."""
        return self._law.sample(key)

    @property
    def _law(self) -> NormalMixture:
        return NormalMixture(self.logits, self.loc, jnp.exp(self.log_scale))


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
