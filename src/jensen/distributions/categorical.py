"""One of k classes, as a vector that is 1 at the class and 0 elsewhere."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key


class OneHotCategorical(eqx.Module):
    """p(z = e_k) = exp(logits_k) / sum_j exp(logits_j), e_k the k-th unit vector.

    Attributes:
        logits: shape (k,), any finite numbers.
    """

    logits: Float[Array, " k"]

    def log_prob(self, z: Float[Array, " k"]) -> Float[Array, ""]:
        """log p(z) of a unit vector z, nats."""
        return jnp.sum(z * jax.nn.log_softmax(self.logits))

    def sample(self, key: Key[Array, ""]) -> Float[Array, " k"]:
        """A unit vector; it has no gradient, which is why bounds take `points` instead."""
        return self.values()[jax.random.categorical(key, self.logits)]

    @property
    def mean(self) -> Float[Array, " k"]:
        """E[z]: the probabilities of the classes."""
        return jax.nn.softmax(self.logits)

    def values(self) -> Float[Array, "k k"]:
        """All values of z, one in each row."""
        return jnp.eye(len(self.logits), dtype=self.logits.dtype)

    def points(
        self, key: Key[Array, ""], n: int
    ) -> tuple[Float[Array, "k k"], Float[Array, " k"], Float[Array, " k"]]:
        """All values of z, their probabilities and the logarithms of these: E[f(z)] is exact.

        A probability below the smallest normal number counts as that number, in weight and
        density alike, so that log(weight) and the ratio of the two stay finite.

        Args:
            key, n: not used, since nothing is drawn.
        """
        weight = jnp.maximum(self.mean, jnp.finfo(self.logits.dtype).tiny)
        return self.values(), weight, jnp.log(weight)

    def kl(self, p: Any) -> Float[Array, ""]:
        """KL(self || p) = sum_k q_k (log q_k - log p(e_k)) for any p over unit vectors, nats."""
        log_ratio = jax.nn.log_softmax(self.logits) - jax.vmap(p.log_prob)(self.values())
        return jnp.sum(self.mean * log_ratio)
