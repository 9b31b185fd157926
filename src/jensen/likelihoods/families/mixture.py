"""p(x|z) of numbers: a mixture of another family."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.beta import Beta
from jensen.likelihoods.families.facts import Facts, at_least, n_shared, spread
from jensen.likelihoods.families.gamma import Gamma
from jensen.likelihoods.families.laplace import Laplace
from jensen.likelihoods.families.log_normal import LogNormal
from jensen.likelihoods.families.negative_binomial import NegativeBinomial
from jensen.likelihoods.families.normal import Normal
from jensen.likelihoods.families.poisson import Poisson
from jensen.likelihoods.families.student_t import StudentT

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
