"""p(x|z) of counts that share a total: multinomial."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax.scipy.special import gammaln
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.facts import Facts, positive


class Composition(eqx.Module):
    """A total, and how it falls on g columns: p(n) n! prod_j w_j^x_j / x_j!."""

    total: dist.Distribution
    logits: Float[Array, " g"]

    def log_prob(self, value: Float[Array, " g"]) -> Float[Array, ""]:
        """Log-mass of all columns together."""
        n = jnp.sum(value)
        ways = gammaln(n + 1.0) - jnp.sum(gammaln(value + 1.0))
        of_total = jnp.asarray(self.total.log_prob(n))
        return of_total + ways + jnp.sum(value * jax.nn.log_softmax(self.logits))

    def sample(self, key: Key[Array, ""]) -> Float[Array, " g"]:
        """The total first."""
        nkey, xkey = jax.random.split(key)
        n = jnp.asarray(self.total.sample(nkey), self.logits.dtype)
        return jnp.asarray(jax.random.multinomial(xkey, n, jax.nn.softmax(self.logits)))


@dataclass(frozen=True)
class Multinomial:
    """All count columns of the family at once: a negative binomial total, then a multinomial.

    Args:
        total: "negative_binomial" or "poisson": the distribution of the row's sum.
    """

    total: str = "negative_binomial"

    domain = "count"
    n_parameters = 2
    joint = True

    def __post_init__(self) -> None:
        if self.total not in ("negative_binomial", "poisson"):
            raise ValueError(f"total must be negative_binomial or poisson, and is {self.total!r}")

    def n_shared(self, facts: Facts) -> int:
        """Log of the concentration of the total, as a mean over the columns."""
        return 1

    def __call__(
        self, p: Float[Array, "g k"], shared: Float[Array, "g s"], facts: Facts
    ) -> Composition:
        """Logits over the columns' shares, and log of the total over its mean, averaged."""
        mean = jnp.sum(facts.mean) * positive(jnp.mean(p[:, 1]))
        concentration = positive(jnp.mean(shared[:, 0]))
        poisson = self.total == "poisson"
        total = dist.Poisson(mean) if poisson else dist.NegativeBinomial2(mean, concentration)
        return Composition(total, p[:, 0] + jnp.log(facts.mean))
