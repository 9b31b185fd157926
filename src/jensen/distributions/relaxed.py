"""A categorical made continuous: a point of the simplex that is near one of its corners."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

SMALLEST = 1e-30
"""An entry of z below this is read as this: its logarithm has to be finite."""


class RelaxedOneHotCategorical(eqx.Module):
    """z = softmax((logits + Gumbel noise) / temperature): the Concrete distribution.

    The density is that of the first k - 1 entries of z. With t the temperature, and in the
    logarithms y = log z, which do not round to 0 or 1 as soon as z does:

        log p(z) = log (k-1)! + (k-1) log t + sum_i (logits_i - (t + 1) y_i)
                   - k log sum_i exp(logits_i - t y_i)

    Attributes:
        logits: shape (k,), k at least 2; a common constant changes nothing.
        temperature: over 0; towards 0 z becomes one-hot. In float32 a temperature of 0.4 with
            logits within 10 of each other keeps the entries of z above `SMALLEST`, but for
            about one draw in 10^7.

    Source: Maddison, Mnih & Teh 2017, arXiv 1611.00712, eq. 10; Jang, Gu & Poole 2017,
    arXiv 1611.01144, eq. 2.
    """

    logits: Float[Array, " k"]
    temperature: float = eqx.field(static=True)

    def log_prob(self, z: Float[Array, " k"]) -> Float[Array, ""]:
        """log p(z), nats; entries of z are positive and sum to one."""
        k, t = len(self.logits), self.temperature
        y = jnp.log(jnp.maximum(z, SMALLEST))
        constant = math.lgamma(k) + (k - 1) * math.log(t)
        total = jnp.sum(self.logits - (t + 1) * y)
        return constant + total - k * jax.nn.logsumexp(self.logits - t * y)

    def sample(self, key: Key[Array, ""]) -> Float[Array, " k"]:
        """A point of the simplex, differentiable in the logits."""
        noise = jax.random.gumbel(key, self.logits.shape, self.logits.dtype)
        return jax.nn.softmax((self.logits + noise) / self.temperature)
