"""p(x|z) of real numbers: one Normal of all columns, with their covariance."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, positive


@dataclass(frozen=True)
class NormalFull:
    """N(x; loc, L L^T) over all columns of the family at once: loc predicted, L learned."""

    domain = "real"
    n_parameters = 1
    joint = True

    def n_shared(self, facts: Facts) -> int:
        """A row of L for every column."""
        return facts.mean.shape[0]

    def __call__(
        self, p: Float[Array, "g k"], shared: Float[Array, "g s"], facts: Facts
    ) -> dist.Distribution:
        """Location; L has exp of its diagonal, so that any matrix stands for one."""
        lower = jnp.tril(shared, -1) + jnp.diag(positive(jnp.diag(shared)))
        return dist.MultivariateNormal(p[:, 0], scale_tril=lower)
