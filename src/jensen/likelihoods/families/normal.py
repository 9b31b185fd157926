"""p(x|z) of real numbers: Normal, its scale predicted, shared or fixed."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float

from jensen.likelihoods.families.facts import Facts, positive


@dataclass(frozen=True)
class Normal:
    """N(x; loc, scale^2), both predicted (Kingma & Welling 2014, arXiv 1312.6114, app. C.2)."""

    domain = "real"
    n_parameters = 2

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Location, and log of the scale."""
        return dist.Normal(p[..., 0], positive(p[..., 1]))


@dataclass(frozen=True)
class NormalShared:
    """N(x; loc, scale^2): loc predicted, one scale learned per column, as in probabilistic PCA
    (Tipping & Bishop 1999)."""

    domain = "real"
    n_parameters = 1

    def n_shared(self, facts: Facts) -> int:
        """Log of the scale."""
        return 1

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Location."""
        scale = jnp.broadcast_to(positive(shared[..., 0]), p.shape[:-1])
        return dist.Normal(p[..., 0], scale)


@dataclass(frozen=True)
class NormalFixed:
    """N(x; loc, scale^2): loc predicted, the scale given.

    Args:
        scale: in standard deviations of the column, above 0.
    """

    scale: float = 1.0

    domain = "real"
    n_parameters = 1

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"scale must be above 0, and is {self.scale:g}")

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> dist.Distribution:
        """Location."""
        return dist.Normal(p[..., 0], jnp.full(p.shape[:-1], self.scale))
