"""q(z|x) = sum_k pi_k(x) prod_l N(z_l; loc_kl(x), scale_kl(x)^2)."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.networks import Linear
from jensen.posteriors.mean_field import LOG_SCALE_RANGE


class NormalMixture(eqx.Module):
    """sum_k pi_k prod_l N(z_l; loc_kl, scale_kl^2): logits (k,), loc and scale (k, latent_dim)."""

    logits: Float[Array, " k"]
    loc: Float[Array, "k l"]
    scale: Float[Array, "k l"]

    @property
    def law(self) -> Any:
        """The same as NumPyro knows it."""
        components = dist.Normal(self.loc, self.scale).to_event(1)
        return dist.MixtureSameFamily(dist.Categorical(logits=self.logits), components)

    @property
    def mean(self) -> Float[Array, " l"]:
        """E[z]."""
        return jax.nn.softmax(self.logits) @ self.loc

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log q(z|x), nats."""
        return self.law.log_prob(value)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """z ~ q(z|x). It has no gradient with respect to the weights; `points` has."""
        return self.law.sample(key)

    def points(
        self, key: Key[Array, ""], n: int
    ) -> tuple[Float[Array, "m l"], Float[Array, " m"], Float[Array, " m"]]:
        """n draws of every component, of weight pi_k / n: m = n k points z, weight, log q(z|x).

        Which component a draw is of is summed over, not drawn, so the gradient with respect to
        the weights is exact (Morningstar et al. 2021, arXiv 2003.01687).
        """
        noise = jax.random.normal(key, (n, *self.loc.shape))
        z = self.loc[None] + self.scale[None] * noise
        weight = jnp.tile(jax.nn.softmax(self.logits) / n, n)
        z = z.reshape(-1, z.shape[-1])
        return z, weight, jax.vmap(self.log_prob)(z)


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
