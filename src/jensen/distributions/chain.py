"""A vector drawn in layers, each given the one above it."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

Step = Callable[[int, Float[Array, " k"] | None], Any]
"""(layer, the layer above or None) -> distribution of the layer, shape (k,); 0 is the top."""


class Chain(eqx.Module):
    """p(z) = p(z_0) prod_i p(z_i | z_{i-1}), z the layers z_0, z_1, ... one after the other.

    Attributes:
        step: gives the distribution of a layer from the layer above it.
        layers: how many there are, all of the same length.
    """

    step: Step
    layers: int = eqx.field(static=True)

    def log_prob(self, z: Float[Array, " l"]) -> Float[Array, ""]:
        """log p(z) of all layers together, nats."""
        parts = jnp.split(z, self.layers)
        above = [None, *parts[:-1]]
        return _total([self.step(i, above[i]).log_prob(part) for i, part in enumerate(parts)])

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """One draw, from the top down."""
        return self.sample_and_log_prob(key)[0]

    def sample_and_log_prob(self, key: Key[Array, ""]) -> tuple[Float[Array, " l"], Array]:
        """One draw and its log-density, the layers gone through once."""
        parts: list[Array] = []
        terms: list[Array] = []
        for i, layer_key in enumerate(jax.random.split(key, self.layers)):
            layer = self.step(i, parts[-1] if parts else None)
            parts.append(layer.sample(layer_key))
            terms.append(layer.log_prob(parts[-1]))
        return jnp.concatenate(parts), _total(terms)


def _total(terms: list[Float[Array, ""]]) -> Float[Array, ""]:
    return jnp.sum(jnp.stack(terms))
