"""The angle between a von Mises-Fisher direction and its mean: one dimension, by quadrature."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

HALF_SPAN = 16.0
"""Standard deviations on either side of the mode beyond which there is no mass to speak of."""
NODES, CELLS, CELL_NODES, NEWTON_STEPS = 64, 64, 5, 8
RARE = 1e-6
"""A density below this share of its peak counts as this in a gradient, lest it explode."""


class Angle(eqx.Module):
    """p(a) ~ exp(-concentration (1 - cos a)) sin(a)^(dim - 2), 0 <= a <= pi.

    Nodes of the quadrature lie where the mass is and count as constants, so derivatives are
    those under the integral sign.

    Attributes:
        concentration: from 0 to 10,000.
        dim: of the space around the sphere, at least 2.
    """

    concentration: Float[Array, ""]
    dim: int = eqx.field(static=True)

    def log_total(self) -> Float[Array, ""]:
        """log of the integral of exp(-concentration (1 - cos a)) sin(a)^(dim - 2)."""
        return jax.nn.logsumexp(self._log_terms()[1])

    def mean_deficit(self) -> Float[Array, ""]:
        """E[1 - cos a], from 0 to 1."""
        a, terms = self._log_terms()
        return jnp.sum(jax.nn.softmax(terms) * _deficit(a))

    def quantile(self, u: Float[Array, ""]) -> Float[Array, ""]:
        """The angle below which there is a share u of the mass; its gradient is implicit.

        The cell that holds it comes from the masses of all cells, the place in it from Newton's
        steps. As F(a; concentration) = u, da = -dF / p(a).
        """
        fixed = jax.lax.stop_gradient(self)
        edges = jnp.linspace(*fixed.span(), CELLS + 1, dtype=u.dtype)
        mass = jax.vmap(self._mass)(edges[:-1], edges[1:])
        upto = jnp.cumsum(mass)
        i = jnp.searchsorted(jax.lax.stop_gradient(upto), u * jax.lax.stop_gradient(upto[-1]))
        i = jnp.minimum(i, CELLS - 1)
        rest = u * upto[-1] - (upto[i] - mass[i])
        a = fixed.solve(jax.lax.stop_gradient(rest), edges[i], edges[i + 1])
        surplus = self._mass(edges[i], a) - rest
        slope = jnp.maximum(fixed.relative(a), RARE)
        return a - (surplus - jax.lax.stop_gradient(surplus)) / slope

    def solve(
        self, mass: Float[Array, ""], low: Float[Array, ""], high: Float[Array, ""]
    ) -> Float[Array, ""]:
        """The angle in [low, high] with this much mass between low and it."""

        def newton(_: Any, a: Float[Array, ""]) -> Float[Array, ""]:
            slope = jnp.maximum(self.relative(a), jnp.finfo(a.dtype).tiny)
            return jnp.clip(a - (self._mass(low, a) - mass) / slope, low, high)

        share = mass / jnp.maximum(self._mass(low, high), jnp.finfo(mass.dtype).tiny)
        return jax.lax.fori_loop(0, NEWTON_STEPS, newton, low + share * (high - low))

    def relative(self, a: Float[Array, "..."]) -> Float[Array, "..."]:
        """The density at a over that at the mode."""
        peak = jax.lax.stop_gradient(self._log_density(self._mode()[0]))
        return jnp.exp(self._log_density(a) - jnp.broadcast_to(peak, a.shape))

    def span(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The range of angles that has (all but 1e-15 of) the mass."""
        mode, curvature = self._mode()
        reach = HALF_SPAN * jax.lax.rsqrt(jnp.maximum(curvature, 1e-6))
        return jnp.maximum(mode - reach, 0.0), jnp.minimum(mode + reach, jnp.pi)

    def _mode(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Where the density is largest, and minus the curvature of its logarithm there."""
        k, m = self.concentration, self.dim - 2.0
        tiny = jnp.finfo(k.dtype).tiny
        cos = 2.0 * k / jnp.maximum(m + jnp.sqrt(m * m + 4.0 * k * k), tiny)
        sin2 = jnp.maximum(1.0 - cos * cos, tiny)
        return jnp.arccos(cos), k * cos + (m / sin2 if self.dim > 2 else 0.0)

    def _log_density(self, a: Float[Array, "..."]) -> Float[Array, "..."]:
        """-concentration (1 - cos a) + (dim - 2) log sin a."""
        sine = jnp.log(jnp.maximum(jnp.sin(a), jnp.finfo(a.dtype).tiny))
        return -self.concentration * _deficit(a) + (self.dim - 2.0) * sine

    def _log_terms(self) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
        """The nodes, and the logarithm of what each adds to the integral."""
        low, high = jax.lax.stop_gradient(self.span())
        a, weight = _gauss_legendre(low, high, NODES)
        return a, self._log_density(a) + jnp.log(weight)

    def _mass(self, low: Float[Array, ""], high: Float[Array, ""]) -> Float[Array, ""]:
        """Integral of `relative` over a cell or a part of one."""
        a, weight = _gauss_legendre(low, high, CELL_NODES)
        return jnp.sum(weight * self.relative(a))


def _deficit(a: Float[Array, "..."]) -> Float[Array, "..."]:
    """1 - cos a, all its digits at small angles too."""
    return 2.0 * jnp.sin(0.5 * a) ** 2


def _gauss_legendre(
    low: Float[Array, ""], high: Float[Array, ""], n: int
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """Nodes and weights of the quadrature over [low, high]."""
    nodes, weights = (jnp.asarray(v, low.dtype) for v in np.polynomial.legendre.leggauss(n))
    half = 0.5 * (high - low)
    return low + half * (nodes + 1.0), half * weights
