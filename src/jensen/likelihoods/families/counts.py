"""Masses over 0, 1, 2, ..., and over 0 and 1."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.facts import Facts, positive


def rate(p: Float[Array, "*g"], facts: Facts) -> Float[Array, "*g"]:
    """The column's mean times exp(p)."""
    return jnp.asarray(facts.mean) * positive(p)


class BernoulliOf(eqx.Module):
    """sigmoid(l)^x sigmoid(-l)^(1-x) of logits l, for x that comes as a float."""

    logits: Float[Array, "*g"]

    def log_prob(self, value: Float[Array, "*g"]) -> Float[Array, "*g"]:
        """x l - log(1 + exp(l))."""
        return value * self.logits - jax.nn.softplus(self.logits)

    def sample(self, key: Key[Array, ""]) -> Float[Array, "*g"]:
        """0 or 1."""
        u = jax.random.uniform(key, self.logits.shape)
        return (u < jax.nn.sigmoid(self.logits)).astype(self.logits.dtype)


@dataclass(frozen=True)
class Bernoulli:
    """p(x = 1) = sigmoid(p_0 + l), l the logit of the column's share of ones."""

    domain = "binary"
    n_parameters = 1

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> BernoulliOf:
        """Logit."""
        start = jnp.log(facts.mean) - jnp.log1p(-facts.mean)
        return BernoulliOf(p[..., 0] + start)


@dataclass(frozen=True)
class Poisson:
    """Poisson of rate m exp(p_0), m the column's mean."""

    domain = "count"
    n_parameters = 1

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Log of the rate over the column's."""
        return dist.Poisson(rate(p[..., 0], facts))


@dataclass(frozen=True)
class NegativeBinomial:
    """Negative binomial of mean m exp(p_0) and variance mean + mean^2 exp(-p_1)
    (as in Lopez et al. 2018, doi 10.1038/s41592-018-0229-2)."""

    domain = "count"
    n_parameters = 2

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Log of the mean over the column's, and log of the concentration."""
        return dist.NegativeBinomial2(rate(p[..., 0], facts), positive(p[..., 1]))


@dataclass(frozen=True)
class ZeroInflatedPoisson:
    """0 with probability sigmoid(p_1 - 2), else Poisson of rate m exp(p_0)."""

    domain = "count"
    n_parameters = 2

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Log of the rate over the column's, and logit of the gate plus two."""
        return dist.ZeroInflatedDistribution(
            dist.Poisson(rate(p[..., 0], facts)), gate_logits=p[..., 1] - 2.0
        )


@dataclass(frozen=True)
class ZeroInflatedNegativeBinomial:
    """0 with probability sigmoid(p_2 - 2), else negative binomial
    (Lopez et al. 2018, doi 10.1038/s41592-018-0229-2)."""

    domain = "count"
    n_parameters = 3

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """As the negative binomial, and logit of the gate plus two."""
        counts = dist.NegativeBinomial2(rate(p[..., 0], facts), positive(p[..., 1]))
        return dist.ZeroInflatedDistribution(counts, gate_logits=p[..., 2] - 2.0)
