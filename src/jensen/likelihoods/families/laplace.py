"""p(x|z) of real numbers: Laplace."""

from dataclasses import dataclass

import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, positive


@dataclass(frozen=True)
class Laplace:
    """Laplace: location and scale predicted; its log-density is the absolute error."""

    domain = "real"
    n_parameters = 2

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Location, and log of the scale."""
        return dist.Laplace(p[..., 0], positive(p[..., 1]))
