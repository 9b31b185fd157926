"""q(z|x) = sum_k pi_k(x) prod_l N(z_l; loc_kl(x), scale_kl(x)^2)."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.distributions import NormalMixture
from jensen.networks import Linear
from jensen.posteriors.mean_field import LOG_SCALE_RANGE


class MixtureHead(eqx.Module):
    """A network's h as a mixture of diagonal Normals."""

    out: Linear
    components: int = eqx.field(static=True)

    def __call__(self, h: Float[Array, " h"]) -> NormalMixture:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        logits, rest = jnp.split(self.out(h), [self.components])
        loc, log_scale = jnp.split(rest.reshape(self.components, -1), 2, axis=1)
        return NormalMixture(logits, loc, jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE)))


@dataclass(frozen=True)
class Mixture:
    """q(z|x) = sum_k pi_k(x) prod_l N(z_l; loc_kl(x), scale_kl(x)^2).

    Each draw of the bound takes a draw of every component, so its cost is that of
    `components` draws.

    Args:
        components: number of Normals, at least 1.
    """

    components: int = 3

    def __post_init__(self):
        if self.components < 1:
            raise ValueError(f"components must be at least 1, and is {self.components}.")

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> MixtureHead:
        """A head before any training: near the prior, whatever x."""
        size = self.components * (1 + 2 * latent_dim)
        return MixtureHead(Linear(width, size, scale=0.3, key=key), self.components)
