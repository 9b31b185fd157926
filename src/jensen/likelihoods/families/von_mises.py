"""p(x|z) of angles: von Mises."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts


@dataclass(frozen=True)
class VonMises:
    """von Mises: exp(a cos x + b sin x) / (2 pi I_0), a and b predicted.

    Args:
        period: of the angles, in the column's units, above 0.
    """

    period: float = 360.0

    domain = "angle"
    n_parameters = 2

    def __post_init__(self) -> None:
        if not (np.isfinite(self.period) and self.period > 0):
            raise ValueError(f"period must be above 0, and is {self.period:g}")

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """a and b: where they are 0, the direction has no gradient, so a is never quite 0."""
        a, b = p[..., 0], p[..., 1]
        a = jnp.where(jnp.abs(a) < 1e-4, 1e-4, a)
        return dist.VonMises(jnp.arctan2(b, a), jnp.sqrt(a * a + b * b))
