"""p(x|z) of positive numbers whose logarithm is Normal."""

from dataclasses import dataclass

import numpyro.distributions as dist
from jaxtyping import Array, Float

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
