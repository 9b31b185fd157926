"""q(z = e_k|x) = softmax(logits(x))_k: which class a row belongs to."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.distributions import OneHotCategorical, RelaxedOneHotCategorical
from jensen.networks import Linear

LOGITS_RANGE = (-5.0, 5.0)
"""Further apart, entries of a relaxed z would round to 0."""


class CategoricalHead(eqx.Module):
    """One of latent_dim classes, all of which a bound goes through, so it has no noise."""

    out: Linear

    def __call__(self, h: Float[Array, " h"]) -> OneHotCategorical:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        return OneHotCategorical(self.out(h))


class RelaxedCategoricalHead(eqx.Module):
    """A point near a corner of the simplex."""

    out: Linear
    temperature: float = eqx.field(static=True)

    def __call__(self, h: Float[Array, " h"]) -> RelaxedOneHotCategorical:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        return RelaxedOneHotCategorical(jnp.clip(self.out(h), *LOGITS_RANGE), self.temperature)


@dataclass(frozen=True)
class CategoricalPosterior:
    """q(z = e_k|x) for each of latent_dim classes; the bound is a sum over all of them."""

    support = "one_hot"
    least_dim = 2

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> CategoricalHead:
        """A head before any training: classes about alike, whatever x."""
        return CategoricalHead(Linear(width, latent_dim, scale=0.3, key=key))


@dataclass(frozen=True)
class RelaxedCategoricalPosterior:
    """q(z|x) on the simplex (Maddison et al. 2017, arXiv 1611.00712; Jang et al. 1611.01144).

    Args:
        temperature: from 0.4 to 10; small ones are nearer to one class.
    """

    temperature: float = 0.5

    support = "simplex"
    least_dim = 2

    def __post_init__(self):
        if not 0.4 <= self.temperature <= 10.0:
            raise ValueError(f"temperature must be from 0.4 to 10, and is {self.temperature}.")

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> RelaxedCategoricalHead:
        """A head before any training: classes about alike, whatever x."""
        out = Linear(width, latent_dim, scale=0.3, key=key)
        return RelaxedCategoricalHead(out, self.temperature)
