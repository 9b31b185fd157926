"""p(x|z) of zeros and ones."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.facts import Facts


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
