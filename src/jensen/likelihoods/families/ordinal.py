"""p(x|z) of ordered levels: a logistic, cut at thresholds."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.discretized_logistic import log_mass_between
from jensen.likelihoods.families.facts import Facts


class Levels(eqx.Module):
    """Whole numbers low, low + 1, ... by their logits, shape (g, levels)."""

    logits: Float[Array, "*g c"]
    low: Float[Array | np.ndarray, "*g"]

    def log_prob(self, value: Float[Array, "*g"]) -> Float[Array, "*g"]:
        """Log-mass of whole numbers."""
        index = jnp.asarray(value - self.low, jnp.int32)
        hit = jax.nn.one_hot(index, self.logits.shape[-1]) > 0
        return jnp.sum(jnp.where(hit, jax.nn.log_softmax(self.logits, -1), 0.0), -1)

    def sample(self, key: Key[Array, ""]) -> Float[Array, "*g"]:
        """One level for each."""
        index = jax.random.categorical(key, self.logits)
        return jnp.asarray(self.low) + index.astype(self.logits.dtype)


@dataclass(frozen=True)
class Ordinal:
    """p(x <= k) = sigmoid(t_k - p_0): cut points t learned per column (McCullagh 1980)."""

    domain = "levels"
    n_parameters = 1

    def n_shared(self, facts: Facts) -> int:
        """Cut points of the column with the most levels, at least one."""
        return max(int(np.max(np.asarray(facts.high) - np.asarray(facts.low))), 1)

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> Levels:
        """How far up the levels lie."""
        n = shared.shape[-1]
        step = jax.nn.softplus(shared) * (6.0 / n) + 1e-3
        cuts = jnp.cumsum(step, -1)
        used = (facts.high - facts.low)[..., None]
        index = jnp.broadcast_to(jnp.arange(n + 1, dtype=p.dtype), (*shared.shape[:-1], n + 1))
        middle = jnp.sum(jnp.where(index[..., :-1] < used, step, 0.0), -1, keepdims=True) / 2
        low = cuts - middle - p[..., :1]
        first, last = jax.nn.log_sigmoid(low[..., :1]), jax.nn.log_sigmoid(-low)
        inner = log_mass_between(low[..., :-1], step[..., 1:])
        logits = jnp.concatenate([first, inner, last[..., -1:]], -1)
        top = jnp.concatenate([jnp.zeros_like(first), last], -1)
        logits = jnp.where(index == used, top, logits)
        return Levels(jnp.where(index > used, -1e9, logits), facts.low)
