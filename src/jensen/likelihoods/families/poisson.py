"""p(x|z) of counts: Poisson."""

from dataclasses import dataclass

import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, rate


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
