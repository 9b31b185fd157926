"""p(x|z) of numbers in [0, 1]: a continuous Bernoulli."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.facts import Facts

NEAR = 0.02
"""Logits nearer to 0 than this take a series, whose next term is below 1e-12."""


class ContinuousBernoulliOf(eqx.Module):
    """C(l) sigmoid(l)^x sigmoid(-l)^(1-x), x in [0, 1], of logits l of shape (g,)."""

    logits: Float[Array, "*g"]

    def log_prob(self, value: Float[Array, "*g"]) -> Float[Array, "*g"]:
        """x l - log of the integral of exp(x l), which is (exp(l) - 1) / l."""
        size = jnp.abs(self.logits)
        near = size < NEAR
        safe = jnp.where(near, 1.0, size)
        ratio = jnp.log(-jnp.expm1(-safe) / safe) + jnp.maximum(self.logits, 0.0)
        square = jnp.where(near, self.logits, 0.0) ** 2
        series = 0.5 * self.logits + square / 24.0 - square**2 / 2880.0
        return value * self.logits - jnp.where(near, series, ratio)

    def sample(self, key: Key[Array, ""]) -> Float[Array, "*g"]:
        """The inverse of the distribution function (exp(x l) - 1) / (exp(l) - 1)."""
        u, size = jax.random.uniform(key, self.logits.shape), jnp.abs(self.logits)
        near = size < NEAR
        safe = jnp.where(near, 1.0, size)
        # from the end where the density is highest, so that nothing overflows
        gap = -jnp.log1p(u * jnp.expm1(-safe)) / safe
        flat = u + 0.5 * jnp.where(near, size, 0.0) * u * (u - 1.0)
        gap = jnp.clip(jnp.where(near, flat, gap), 0.0, 1.0)
        return jnp.where(self.logits > 0, 1.0 - gap, gap)


@dataclass(frozen=True)
class ContinuousBernoulli:
    """Continuous Bernoulli over [0, 1] (Loaiza-Ganem & Cunningham 2019, arXiv 1907.06845)."""

    domain = "closed_unit"
    n_parameters = 1

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> ContinuousBernoulliOf:
        """Logit."""
        return ContinuousBernoulliOf(p[..., 0])
