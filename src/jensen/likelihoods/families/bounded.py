"""Densities over positive numbers, over [0, 1], and over angles."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.facts import Facts, positive


@dataclass(frozen=True)
class LogNormal:
    """log x ~ N(loc, scale^2), both predicted."""

    domain = "positive"
    n_parameters = 2

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Location of log x, and log of its scale."""
        return dist.LogNormal(p[..., 0], positive(p[..., 1]))


@dataclass(frozen=True)
class Gamma:
    """Gamma of mean m exp(p_0), m the column's, and shape exp(p_1)."""

    domain = "positive"
    n_parameters = 2

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Log of the mean over the column's, and log of the shape."""
        shape = positive(p[..., 1])
        return dist.Gamma(shape, shape / (facts.mean * positive(p[..., 0])))


@dataclass(frozen=True)
class Beta:
    """Beta(a, b) over the open interval, both predicted."""

    domain = "unit"
    n_parameters = 2

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Logs of a and b."""
        return dist.Beta(positive(p[..., 0]), positive(p[..., 1]))


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


NEAR = 0.02
"""Logits nearer to 0 than this take a series, whose next term is below 1e-12."""


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


@dataclass(frozen=True)
class VonMises:
    """von Mises: exp(a cos x + b sin x) / (2 pi I_0), a and b predicted.

    Args:
        period: of the angles, in the column's units, above 0.
    """

    period: float = 360.0

    domain = "angle"
    n_parameters = 2

    def __post_init__(self) -> None:
        if not (np.isfinite(self.period) and self.period > 0):
            raise ValueError(f"period must be above 0, and is {self.period:g}")

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """a and b: where they are 0, the direction has no gradient, so a is never quite 0."""
        a, b = p[..., 0], p[..., 1]
        a = jnp.where(jnp.abs(a) < 1e-4, 1e-4, a)
        return dist.VonMises(jnp.arctan2(b, a), jnp.sqrt(a * a + b * b))
