"""Directions: unit vectors of R^d, with densities per unit of the sphere's surface."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.distributions.angle import Angle


def log_area(dim: int) -> float:
    """log of the surface of the unit sphere in R^dim: 2 pi^(dim/2) / Gamma(dim/2)."""
    return math.log(2.0) + 0.5 * dim * math.log(math.pi) - math.lgamma(0.5 * dim)


def unit(v: Float[Array, " d"]) -> Float[Array, " d"]:
    """v over its length; a vector of (almost) no length keeps its gradient finite."""
    tiny = jnp.finfo(v.dtype).tiny
    return v * jax.lax.rsqrt(jnp.maximum(jnp.sum(v * v), tiny))


class HypersphericalUniform(eqx.Module):
    """Every direction of R^dim alike: p(z) = 1 / area of the unit sphere.

    Attributes:
        dim: entries of z, at least 2.
    """

    dim: int = eqx.field(static=True)

    def log_prob(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        """log p(z) of a unit vector, nats; the same for all."""
        return jnp.full((), -log_area(self.dim), z.dtype)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " d"]:
        """A Normal vector over its length."""
        return unit(jax.random.normal(key, (self.dim,)))


class VonMisesFisher(eqx.Module):
    """p(z) = exp(concentration loc.z) / C: directions around loc, shape (d,), d from 2 to 64.

    z = cos(a) loc + sin(a) v: the angle a to loc has a density of one dimension, which is
    inverted by quadrature, and v is uniform among the directions at right angles to loc. So a
    draw has exact gradients in loc and concentration. (Davidson et al. reject instead, and
    reflect from a fixed direction; the distribution is the same.)

    Attributes:
        loc: the mean direction, a unit vector.
        concentration: from 0, which is the uniform distribution, to 10,000.

    Source: Davidson et al. 2018, arXiv 1804.00891, section 3.
    """

    loc: Float[Array, " d"]
    concentration: Float[Array, ""]

    @property
    def dim(self) -> int:
        """Entries of z."""
        return len(self.loc)

    @property
    def mean(self) -> Float[Array, " d"]:
        """E[z]: loc, shorter the smaller the concentration."""
        return (1.0 - self._angle.mean_deficit()) * self.loc

    @property
    def _angle(self) -> Angle:
        return Angle(self.concentration, self.dim)

    def log_prob(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        """log p(z) of a unit vector, nats per unit of surface.

        1 - loc.z is taken as |z - loc|^2 / 2, which keeps its digits where z is near loc.
        """
        deficit = 0.5 * jnp.sum((z - self.loc) ** 2)
        return -self.concentration * deficit - self._angle.log_total() - log_area(self.dim - 1)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " d"]:
        """A unit vector, differentiable in loc and concentration."""
        ukey, vkey = jax.random.split(key)
        a = self._angle.quantile(jax.random.uniform(ukey, (), self.loc.dtype))
        v = jax.random.normal(vkey, self.loc.shape, self.loc.dtype)
        for _ in range(2):  # once leaves rounding errors along loc where v was nearly parallel
            v = unit(v - jnp.sum(v * self.loc) * self.loc)
        return jnp.cos(a) * self.loc + jnp.sin(a) * v

    def kl(self, p: Any) -> Float[Array, ""] | None:
        """KL(self || uniform), nats; None for any other p.

        = log area - log C + concentration E[loc.z]

        Source: Davidson et al. 2018, arXiv 1804.00891, section 3.3; C and E by quadrature.
        """
        if not isinstance(p, HypersphericalUniform):
            return None
        deficit, log_total = self._angle.mean_deficit(), self._angle.log_total()
        log_c = log_total + log_area(self.dim - 1)
        return log_area(self.dim) - log_c - self.concentration * deficit
