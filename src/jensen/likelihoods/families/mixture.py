"""p(x|z) of numbers: a mixture of another family."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.beta import Beta
from jensen.likelihoods.families.continuous_bernoulli import ContinuousBernoulli
from jensen.likelihoods.families.facts import Facts, at_least, n_shared, spread
from jensen.likelihoods.families.gamma import Gamma
from jensen.likelihoods.families.laplace import Laplace
from jensen.likelihoods.families.log_normal import LogNormal
from jensen.likelihoods.families.negative_binomial import NegativeBinomial
from jensen.likelihoods.families.normal import Normal
from jensen.likelihoods.families.ordinal import Ordinal
from jensen.likelihoods.families.poisson import Poisson
from jensen.likelihoods.families.student_t import StudentT
from jensen.likelihoods.families.von_mises import VonMises
from jensen.likelihoods.families.zero_inflated_negative_binomial import ZeroInflatedNegativeBinomial
from jensen.likelihoods.families.zero_inflated_poisson import ZeroInflatedPoisson

MIXED: dict[str, Any] = {
    "normal": Normal,
    "student_t": StudentT,
    "laplace": Laplace,
    "log_normal": LogNormal,
    "gamma": Gamma,
    "beta": Beta,
    "continuous_bernoulli": ContinuousBernoulli,
    "von_mises": VonMises,
    "poisson": Poisson,
    "negative_binomial": NegativeBinomial,
    "zero_inflated_poisson": ZeroInflatedPoisson,
    "zero_inflated_negative_binomial": ZeroInflatedNegativeBinomial,
    "ordinal": Ordinal,
}
"""Families that a mixture can be of: those whose first parameter says where the values are, and
von Mises, whose first two do."""
NOT_MIXED = {
    "bernoulli": "a mixture of Bernoullis of one column is a Bernoulli",
    "normal_shared": "a mixture of 'normal' has a scale for each component",
    "normal_fixed": "a mixture of 'normal' has a scale for each component",
    "discretized_logistic": "it is a mixture already, with components=...",
    "normal_full": "it is of all its columns at once",
    "multinomial": "it is of all its columns at once",
    "mixture": "a mixture of mixtures is a mixture of more components",
}
"""Why there is no mixture of the others."""


class Mixed(eqx.Module):
    """sum_c w_c f_c(x): g columns, c components of each.

    Attributes:
        logits: of the components, shape (g, c).
        parts: their distributions, of batch shape (g, c).
    """

    logits: Float[Array, "*g c"]
    parts: Any

    def log_prob(self, value: Float[Array, "*g"]) -> Float[Array, "*g"]:
        """Log-density or log-mass."""
        each = self.parts.log_prob(jnp.broadcast_to(value[..., None], self.logits.shape))
        return jax.nn.logsumexp(jax.nn.log_softmax(self.logits, -1) + each, -1)

    def sample(self, key: Key[Array, ""]) -> Float[Array, "*g"]:
        """A draw of every component, one of which is taken."""
        ckey, xkey = jax.random.split(key)
        hit = jax.nn.one_hot(jax.random.categorical(ckey, self.logits), self.logits.shape[-1]) > 0
        drawn = jnp.asarray(self.parts.sample(xkey), self.logits.dtype)
        return jnp.sum(jnp.where(hit, drawn, 0.0), -1)


@dataclass(frozen=True)
class Mixture:
    """sum_c w_c f(x; parameters_c), weights and parameters predicted (Bishop 1994).

    Args:
        family: of the components, a name of `MIXED`.
        components: at least 1.
        period: of the angles of family "von_mises", in the column's units, above 0.
    """

    family: str = "normal"
    components: int = 5
    period: float = 360.0

    def __post_init__(self) -> None:
        at_least("components", self.components, 1)
        if self.family not in MIXED:
            why = f": {NOT_MIXED[self.family]}" if self.family in NOT_MIXED else ""
            raise ValueError(
                f"family must be one of {', '.join(MIXED)}, and is {self.family!r}{why}"
            )
        VonMises(self.period)  # refuses a period that is none

    @property
    def domain(self) -> str:
        """That of the components."""
        return MIXED[self.family].domain

    @property
    def n_parameters(self) -> int:
        """A weight and the parameters of each component."""
        return self.components * (1 + MIXED[self.family].n_parameters)

    def _starts(self) -> Float[np.ndarray, "c k"]:
        """What is added to the parameters of each component, so that they start apart."""
        starts = np.zeros((self.components, MIXED[self.family].n_parameters))
        if self.family == "von_mises":
            turn = 2.0 * np.pi * np.arange(self.components) / self.components
            starts[:] = np.stack([np.cos(turn), np.sin(turn)], -1)
        else:
            starts[:, 0] = spread(self.components)
        return starts

    def n_shared(self, facts: Facts) -> int:
        """What the components share, such as degrees of freedom."""
        return n_shared(MIXED[self.family](), facts)

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> Mixed:
        """Logits of the components, then the parameters of one after the other."""
        c, base = self.components, MIXED[self.family]()
        logits, rest = p[..., :c], p[..., c:].reshape(*p.shape[:-1], c, base.n_parameters)
        rest = rest + jnp.broadcast_to(jnp.asarray(self._starts(), p.dtype), rest.shape)
        alike = jnp.broadcast_to(shared[..., None, :], (*logits.shape, shared.shape[-1]))
        columns = jax.tree.map(
            lambda a: jnp.broadcast_to(jnp.asarray(a)[..., None], logits.shape), facts
        )
        return Mixed(logits, base(rest, alike, columns))
