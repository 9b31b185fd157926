"""A Normal whose entries depend on one another, and its KL to one whose entries do not."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key


class CorrelatedNormal(eqx.Module):
    """N(z; loc, C), as NumPyro's Normal with a factor of C, or with a low-rank part of it."""

    law: Any

    @property
    def mean(self) -> Float[Array, " l"]:
        """E[z]."""
        return self.law.mean

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log q(z|x), nats."""
        return self.law.log_prob(value)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """z ~ q(z|x)."""
        return self.law.sample(key)

    def kl(self, p: Any) -> Float[Array, ""] | None:
        """KL(q || p) = -H(q) - E_q[log p], nats; None unless p is of independent Normals.

        E_q[log p] = log p(E[z]) - 1/2 sum_l Var(z_l) / scale_l^2.
        """
        if not (isinstance(p, dist.Independent) and isinstance(p.base_dist, dist.Normal)):
            return None
        scale: Any = p.base_dist.scale
        spread = jnp.sum(self.law.variance / scale**2)
        return 0.5 * spread - self.law.entropy() - p.log_prob(self.law.mean)
