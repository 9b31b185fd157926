"""p(x|z) of integers: a mixture of logistics, cut into intervals."""

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
