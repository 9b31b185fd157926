"""q(z|x) by bends of a Normal along planes: z <- z + u tanh(w.z + b), layer after layer."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.networks import Linear
from jensen.posteriors.mean_field import LOG_SCALE_RANGE

HALVINGS = 30
"""Of the interval that holds the root by which a layer is run backwards."""


class Bend(eqx.Module):
    """z + u' tanh(w.z + b), u' = u + (m(w.u) - w.u) w / |w|^2, so that w.u' > -1.

    m(a) = softplus(a + log(e - 1)) - 1 has m(0) = 0, so that u = 0 is the identity. One layer,
    or all of them with a first axis.
    """

    w: Float[Array, "*layers l"]
    u: Float[Array, "*layers l"]
    b: Float[Array, "*layers"]

    def along(self) -> tuple[Float[Array, " l"], Float[Array, ""]]:
        """u' and w.u'."""
        along = self.w @ self.u
        above = jax.nn.softplus(along + jnp.log(jnp.e - 1.0)) - 1.0
        u = self.u + (above - along) / jnp.maximum(self.w @ self.w, 1e-12) * self.w
        return u, self.w @ u

    def forward(self, z: Float[Array, " l"]) -> tuple[Float[Array, " l"], Float[Array, ""]]:
        """The layer's output and log |det|."""
        u, along = self.along()
        t = jnp.tanh(self.w @ z + self.b)
        return z + u * t, jnp.log1p(along * (1.0 - t * t))

    def backward(self, z: Float[Array, " l"]) -> Float[Array, " l"]:
        """The layer's input: a + w.u' tanh(a) = w.z + b has one root a."""
        u, along = self.along()
        return z - u * jnp.tanh(_root(along, self.w @ z + self.b))


def _root(along: Float[Array, ""], c: Float[Array, ""]) -> Float[Array, ""]:
    """a with a + along tanh(a) = c. The last two steps are Newton's, which have its gradient."""

    def halve(_: Any, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        a = (low + high) / 2
        above = a + along * jnp.tanh(a) > c
        return jnp.where(above, low, a), jnp.where(above, a, high)

    ends = (c - jnp.abs(along), c + jnp.abs(along))
    a = jax.lax.stop_gradient(jax.lax.fori_loop(0, HALVINGS, halve, ends)[0])
    for _ in range(2):
        t = jnp.tanh(jax.lax.stop_gradient(a))
        a = jax.lax.stop_gradient(a)
        a = a - (a + along * t - c) / (1.0 + along * (1.0 - t * t))
    return a


class Bent(eqx.Module):
    """z = bends(e), e of independent Normals."""

    base: Any
    bends: Bend

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log q(z|x) of any z, nats: the layers run backwards, by root finding."""

        def step(z: Array, bend: Bend) -> tuple[Array, Array]:
            z = bend.backward(z)
            return z, bend.forward(z)[1]

        noise, log_det = jax.lax.scan(step, value, self.bends, reverse=True)
        return self.base.log_prob(noise) - jnp.sum(log_det)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """z ~ q(z|x)."""
        return self.sample_and_log_prob(key)[0]

    def sample_and_log_prob(
        self, key: Key[Array, ""]
    ) -> tuple[Float[Array, " l"], Float[Array, ""]]:
        """z ~ q(z|x) and its log q(z|x): the layers run forwards only."""
        noise = self.base.sample(key)
        z, log_det = jax.lax.scan(lambda z, bend: bend.forward(z), noise, self.bends)
        return z, self.base.log_prob(noise) - jnp.sum(log_det)


class PlanarHead(eqx.Module):
    """Independent Normals of h, then bends of h."""

    out: Linear
    bends: Linear
    layers: int = eqx.field(static=True)

    def __call__(self, h: Float[Array, " h"]) -> Bent:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        loc, log_scale = jnp.split(self.out(h), 2)
        scale = jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE))
        bends = self.bends(h).reshape(self.layers, -1)
        w, u, b = jnp.split(bends, [len(loc), 2 * len(loc)], axis=1)
        return Bent(dist.Normal(loc, scale).to_event(1), Bend(w, 0.3 * u, b[:, 0]))


@dataclass(frozen=True)
class Planar:
    """Planar flow (Rezende & Mohamed 2015, arXiv 1505.05770, eq. 10).

    Args:
        layers: at least 1.
    """

    layers: int = 4

    def __post_init__(self):
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, and is {self.layers}.")

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> PlanarHead:
        """A head before any training: near the prior, whatever x."""
        okey, bkey = jax.random.split(key)
        out = Linear(width, 2 * latent_dim, scale=0.3, key=okey)
        bends = Linear(width, self.layers * (2 * latent_dim + 1), key=bkey)
        return PlanarHead(out, bends, self.layers)
