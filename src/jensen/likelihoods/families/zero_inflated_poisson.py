"""p(x|z) of counts with more zeros than Poisson."""

from dataclasses import dataclass

import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, rate


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
