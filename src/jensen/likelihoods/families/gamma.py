"""p(x|z) of positive numbers: a Gamma."""

from dataclasses import dataclass

import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, positive


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
