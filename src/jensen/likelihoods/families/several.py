"""Families made of others: mixtures of one, and a multinomial of a random total."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jax.scipy.special import gammaln
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.bounded import Beta, Gamma, LogNormal
from jensen.likelihoods.families.counts import NegativeBinomial, Poisson
from jensen.likelihoods.families.facts import Facts, at_least, positive, spread
from jensen.likelihoods.families.real import Laplace, Normal, StudentT

MIXED: dict[str, Any] = {
    "normal": Normal,
    "student_t": StudentT,
    "laplace": Laplace,
    "log_normal": LogNormal,
    "gamma": Gamma,
    "beta": Beta,
    "poisson": Poisson,
    "negative_binomial": NegativeBinomial,
}
"""Families that a mixture can be of: those whose first parameter says where the values are."""


@dataclass(frozen=True)
class Mixture:
    """sum_c w_c f(x; parameters_c), weights and parameters predicted (Bishop 1994).

    Args:
        family: of the components, a name of `MIXED`.
        components: at least 1.
    """

    family: str = "normal"
    components: int = 5

    def __post_init__(self) -> None:
        at_least("components", self.components, 1)
        if self.family not in MIXED:
            raise ValueError(f"family must be one of {', '.join(MIXED)}, and is {self.family!r}")

    @property
    def domain(self) -> str:
        """That of the components."""
        return MIXED[self.family].domain

    @property
    def n_parameters(self) -> int:
        """A weight and the parameters of each component."""
        return self.components * (1 + MIXED[self.family].n_parameters)

    def n_shared(self, facts: Facts) -> int:
        """What the components share, such as degrees of freedom."""
        return n_shared(MIXED[self.family](), facts)

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Logits of the components, then the parameters of one after the other."""
        c, base = self.components, MIXED[self.family]()
        logits, rest = p[..., :c], p[..., c:].reshape(*p.shape[:-1], c, base.n_parameters)
        offset = np.zeros((c, base.n_parameters))
        offset[:, 0] = spread(c)
        rest = rest + jnp.broadcast_to(jnp.asarray(offset, p.dtype), rest.shape)
        alike = jnp.broadcast_to(shared[..., None, :], (*logits.shape, shared.shape[-1]))
        columns = jax.tree.map(
            lambda a: jnp.broadcast_to(jnp.asarray(a)[..., None], logits.shape), facts
        )
        parts = base(rest, alike, columns)
        return dist.MixtureSameFamily(dist.Categorical(logits=logits), parts)


def n_shared(family: Any, facts: Facts) -> int:
    """Numbers per column that are learned, not predicted; a family without the method has none."""
    return family.n_shared(facts) if hasattr(family, "n_shared") else 0


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
