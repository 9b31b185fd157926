"""Mixtures of diagonal Normals."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key


def normal_log_probs(
    value: Float[Array, " l"], loc: Float[Array, "k l"], scale: Float[Array, "k l"]
) -> Float[Array, " k"]:
    """log N(value; loc_k, diag(scale_k)^2) of every k, nats.

    Summed entry after entry, and the gradient computed anew rather than stored: a batch of rows
    at 500 places in 40 dimensions takes a twentieth of the time of all at once, on a CPU.
    """

    @jax.checkpoint
    def square(v: Array, m: Array, inverse: Array) -> Array:
        t = (v - m) * inverse
        return t * t

    def add(total: Array, entry: tuple[Array, Array, Array]) -> tuple[Array, None]:
        return total + square(*entry), None

    columns = (value, loc.T, (1.0 / scale).T)
    squares, _ = jax.lax.scan(add, jnp.zeros_like(loc[:, 0]), columns)
    constant = 0.5 * loc.shape[1] * jnp.log(2.0 * jnp.pi)
    return -0.5 * squares - jnp.sum(jnp.log(scale), 1) - constant


class NormalMixture(eqx.Module):
    """sum_k pi_k prod_l N(z_l; loc_kl, scale_kl^2): logits (k,), loc and scale (k, latent_dim)."""

    logits: Float[Array, " k"]
    loc: Float[Array, "k l"]
    scale: Float[Array, "k l"]

    @property
    def mean(self) -> Float[Array, " l"]:
        """E[z]."""
        return jax.nn.softmax(self.logits) @ self.loc

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log of the density, nats."""
        log_p = normal_log_probs(value, self.loc, self.scale)
        return jax.nn.logsumexp(jax.nn.log_softmax(self.logits) + log_p)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """One draw. It has no gradient with respect to the weights; `points` has."""
        components = dist.Normal(self.loc, self.scale).to_event(1)
        weights = dist.Categorical(logits=self.logits)
        return dist.MixtureSameFamily(weights, components).sample(key)

    def points(
        self, key: Key[Array, ""], n: int
    ) -> tuple[Float[Array, "m l"], Float[Array, " m"], Float[Array, " m"]]:
        """n draws of each component, of weight pi_k / n: m = n k points z, weight, log-density.

        Which component a draw is of is summed over, not drawn, so the gradient with respect to
        the weights is exact (Morningstar et al. 2021, arXiv 2003.01687).
        """
        noise = jax.random.normal(key, (n, *self.loc.shape))
        z = self.loc[None] + self.scale[None] * noise
        weight = jnp.tile(jax.nn.softmax(self.logits) / n, n)
        z = z.reshape(-1, z.shape[-1])
        return z, weight, jax.vmap(self.log_prob)(z)
