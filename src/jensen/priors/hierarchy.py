"""p(z) = p(z_L) prod_l p(z_l | z_{l+1}): a latent vector in layers."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.distributions import Chain
from jensen.errors import OptionError
from jensen.networks import Linear

LOG_SCALE_RANGE = (-5.0, 2.0)


class BelowNormal(eqx.Module):
    """The layer above -> a Normal of the layer below, by a network of one hidden layer."""

    inner: Linear
    outer: Linear

    def __call__(self, above: Float[Array, " k"]) -> dist.Distribution:
        """p(z_l | z_{l+1}), shape (k,)."""
        loc, log_scale = jnp.split(self.outer(jax.nn.gelu(self.inner(above))), 2)
        return dist.Normal(loc, jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE))).to_event(1)


class HierarchicalNormal(eqx.Module):
    """p(z) = N(z_L; 0, I) prod_l N(z_l; loc(z_{l+1}), scale(z_{l+1})^2), z = (z_L, ..., z_1).

    Attributes:
        below: the networks, that of the layer under the top first.
        layer_dim: entries of every layer.
    """

    below: list[BelowNormal]
    layer_dim: int = eqx.field(static=True)

    @property
    def layers(self) -> int:
        """L."""
        return len(self.below) + 1

    def step(self, layer: int, above: Float[Array, " k"] | None) -> dist.Distribution:
        """The layer of this number, the top being 0, given the one above it."""
        if above is None:
            return dist.Normal(jnp.zeros(self.layer_dim), jnp.ones(self.layer_dim)).to_event(1)
        return self.below[layer - 1](above)

    def log_prob(self, z: Float[Array, " l"]) -> Float[Array, ""]:
        """log p(z) of all layers together, nats."""
        return Chain(self.step, self.layers).log_prob(z)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """All layers, from the top down."""
        return Chain(self.step, self.layers).sample(key)


@dataclass(frozen=True)
class Hierarchy:
    """p(z_L) prod_l p(z_l | z_{l+1}), every layer Normal (Sonderby et al. 2016, arXiv 1602.02282).

    Args:
        layers: L, at least 2; latent_dim is split among them evenly.
        width: hidden units of the network between two layers, at least 1.
    """

    layers: int = 2
    width: int = 32

    def __post_init__(self):
        if self.layers < 2:
            raise ValueError(f"layers must be at least 2, and is {self.layers}.")
        if self.width < 1:
            raise ValueError(f"width must be at least 1, and is {self.width}.")

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> HierarchicalNormal:
        """z = (z_L, ..., z_1), shape (latent_dim,).

        Raises:
            OptionError: latent_dim is no multiple of the number of layers.
        """
        n = self.layers
        if latent_dim % n:
            near = max(n, latent_dim - latent_dim % n)
            raise OptionError(
                f"latent_dim must be a multiple of the {n} layers of prior 'hierarchy', and is "
                f"{latent_dim}; choose latent_dim={near} or {near + n}, or other layers."
            )
        return HierarchicalNormal(
            [self._below(latent_dim // n, k) for k in jax.random.split(key, n - 1)], latent_dim // n
        )

    def _below(self, k: int, key: Key[Array, ""]) -> BelowNormal:
        ikey, okey = jax.random.split(key)
        outer = Linear(self.width, 2 * k, scale=0.3, key=okey)
        return BelowNormal(Linear(k, self.width, key=ikey), outer)
