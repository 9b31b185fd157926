"""Densities over all real numbers, for values of mean 0 and standard deviation 1."""

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
