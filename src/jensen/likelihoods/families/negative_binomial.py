"""p(x|z) of counts with more spread than Poisson."""

from dataclasses import dataclass

import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, positive, rate


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
