"""Masses over whole numbers: mixtures of discretised logistics, and ordered levels."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jensen.likelihoods.families.facts import Facts, at_least, spread


def log_mass_between(low: Float[Array, "*g"], width: Float[Array, "*g"]) -> Float[Array, "*g"]:
    """log(sigmoid(low + width) - sigmoid(low)), exact for any width > 0.

    sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b)): nothing cancels.
    """
    ends = jax.nn.log_sigmoid(low + width) + jax.nn.log_sigmoid(-low)
    return ends + jnp.log(-jnp.expm1(-width))


class LogisticMixture(eqx.Module):
    """Whole numbers: sum_c w_c (F((x + 1/2 - loc_c) / s_c) - F((x - 1/2 - loc_c) / s_c)).

    Attributes:
        low, high: ends that take the tails; None for none.
    """

    logits: Float[Array, "*g c"]
    loc: Float[Array, "*g c"]
    scale: Float[Array, "*g c"]
    low: Float[Array | np.ndarray, "*g"] | None = None
    high: Float[Array | np.ndarray, "*g"] | None = None

    def log_prob(self, value: Float[Array, "*g"]) -> Float[Array, "*g"]:
        """Log-mass of whole numbers."""
        x = value[..., None]
        width = 1.0 / self.scale
        below = (x - self.loc - 0.5) * width
        log_mass = log_mass_between(below, width)
        if self.low is not None and self.high is not None:
            first, last = x <= self.low[..., None], x >= self.high[..., None]
            log_mass = jnp.where(last, jax.nn.log_sigmoid(-below), log_mass)
            log_mass = jnp.where(first, jax.nn.log_sigmoid(below + width), log_mass)
            log_mass = jnp.where(first & last, 0.0, log_mass)
        return jax.nn.logsumexp(jax.nn.log_softmax(self.logits, -1) + log_mass, -1)

    def sample(self, key: Key[Array, ""]) -> Float[Array, "*g"]:
        """A component, a logistic number of it, rounded."""
        ckey, xkey = jax.random.split(key)
        hit = jax.nn.one_hot(jax.random.categorical(ckey, self.logits), self.logits.shape[-1])
        loc, scale = jnp.sum(hit * self.loc, -1), jnp.sum(hit * self.scale, -1)
        x = jnp.round(loc + scale * jax.random.logistic(xkey, loc.shape))
        return x if self.low is None else jnp.clip(x, self.low, self.high)


@dataclass(frozen=True)
class DiscretizedLogistic:
    """Mixture of discretised logistics (Salimans et al. 2017, arXiv 1701.05517, eq. 2).

    Args:
        components: at least 1.
        bounded: the lowest and highest value of the column take the tails, and no other value
            can be scored; else every whole number has a mass.
    """

    components: int = 5
    bounded: bool = False

    def __post_init__(self) -> None:
        at_least("components", self.components, 1)

    @property
    def domain(self) -> str:
        """Whole numbers, or those in the range of the fit."""
        return "levels" if self.bounded else "grid"

    @property
    def n_parameters(self) -> int:
        """Weights, locations and scales."""
        return 3 * self.components

    def __call__(
        self, p: Float[Array, "*g k"], shared: Float[Array, "*g s"], facts: Facts
    ) -> LogisticMixture:
        """Logits, locations and log-scales, in units of the column's standard deviation."""
        logits, loc, log_scale = jnp.split(p, 3, -1)
        offset = jnp.broadcast_to(jnp.asarray(spread(self.components), p.dtype), loc.shape)
        mean, sd = (jnp.asarray(a)[..., None] for a in (facts.mean, facts.sd))
        scale = 0.4 * sd * jnp.exp(jnp.clip(log_scale, -7.0, 7.0))
        ends = (facts.low, facts.high) if self.bounded else (None, None)
        return LogisticMixture(logits, mean + sd * (loc + offset), scale, *ends)


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
