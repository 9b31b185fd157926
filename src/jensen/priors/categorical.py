"""p(z = e_k) = pi_k: one of latent_dim classes."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.distributions import OneHotCategorical, RelaxedOneHotCategorical

LOGITS_RANGE = (-5.0, 5.0)
"""Further apart, entries of a relaxed z would round to 0."""


class CategoricalPrior(eqx.Module):
    """One of latent_dim classes, with learned logits, or all alike without any.

    Attributes:
        logits: shape (latent_dim,), or None for equal probabilities.
        latent_dim: how many classes.
        temperature: of the relaxed distribution over the simplex; None for unit vectors.
    """

    logits: Float[Array, " k"] | None
    latent_dim: int = eqx.field(static=True)
    temperature: float | None = eqx.field(static=True, default=None)

    def distribution(self) -> OneHotCategorical | RelaxedOneHotCategorical:
        """p(z)."""
        logits = jnp.zeros(self.latent_dim) if self.logits is None else self.logits
        if self.temperature is None:
            return OneHotCategorical(logits)
        return RelaxedOneHotCategorical(jnp.clip(logits, *LOGITS_RANGE), self.temperature)

    def log_prob(self, z: Float[Array, " k"]) -> Float[Array, ""]:
        """log p(z), nats."""
        return self.distribution().log_prob(z)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " k"]:
        """One z."""
        return self.distribution().sample(key)


def logits_of(learned: bool, latent_dim: int) -> Float[Array, " k"] | None:
    """Equal probabilities to start from, or None where they stay equal."""
    return jnp.zeros(latent_dim) if learned else None


@dataclass(frozen=True)
class Categorical:
    """p(z = e_k) = pi_k: with it the model is a mixture of latent_dim components.

    Args:
        learned: whether the probabilities are learned, or all 1 / latent_dim.
    """

    learned: bool = True

    support = "one_hot"
    least_dim = 2

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> CategoricalPrior:
        """z a unit vector with one 1, shape (latent_dim,)."""
        return CategoricalPrior(logits_of(self.learned, latent_dim), latent_dim)


@dataclass(frozen=True)
class RelaxedCategorical:
    """z near a corner of the simplex (Maddison et al. 2017, arXiv 1611.00712, eq. 10).

    Args:
        temperature: from 0.4 to 10; small ones are nearer to one class.
        learned: whether the logits are learned, or all equal.
    """

    temperature: float = 0.5
    learned: bool = True

    support = "simplex"
    least_dim = 2

    def __post_init__(self):
        if not 0.4 <= self.temperature <= 10.0:
            raise ValueError(f"temperature must be from 0.4 to 10, and is {self.temperature}.")

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> CategoricalPrior:
        """z positive with sum one, shape (latent_dim,)."""
        return CategoricalPrior(logits_of(self.learned, latent_dim), latent_dim, self.temperature)
