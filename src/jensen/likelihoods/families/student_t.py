"""p(x|z) of real numbers with heavy tails: Student's t."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, positive


@dataclass(frozen=True)
class StudentT:
    """Student's t: location and scale predicted, degrees of freedom 5 exp(s) learned per column."""

    domain = "real"
    n_parameters = 2

    def n_shared(self, facts: Facts) -> int:
        """Log of the degrees of freedom over five."""
        return 1

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Location, and log of the scale."""
        df = jnp.broadcast_to(5.0 * positive(jnp.clip(shared[..., 0], -4.0, 6.0)), p.shape[:-1])
        return dist.StudentT(df, p[..., 0], positive(p[..., 1]))
