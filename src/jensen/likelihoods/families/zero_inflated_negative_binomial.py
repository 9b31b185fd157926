"""p(x|z) of counts with more spread and more zeros than Poisson."""

from dataclasses import dataclass

import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, positive, rate


@dataclass(frozen=True)
class ZeroInflatedNegativeBinomial:
    """0 with probability sigmoid(p_2 - 2), else negative binomial
    (Lopez et al. 2018, doi 10.1038/s41592-018-0229-2)."""

    domain = "count"
    n_parameters = 3

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """As the negative binomial, and logit of the gate plus two."""
        counts = dist.NegativeBinomial2(rate(p[..., 0], facts), positive(p[..., 1]))
        return dist.ZeroInflatedDistribution(counts, gate_logits=p[..., 2] - 2.0)
