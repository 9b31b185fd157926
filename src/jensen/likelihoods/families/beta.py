"""p(x|z) of numbers in [0, 1]: a Beta."""

from dataclasses import dataclass

import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, positive


@dataclass(frozen=True)
class Beta:
    """Beta(a, b) over the open interval, both predicted."""

    domain = "unit"
    n_parameters = 2

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Logs of a and b."""
        return dist.Beta(positive(p[..., 0]), positive(p[..., 1]))
