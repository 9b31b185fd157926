"""What a family may know of its columns before any training."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

ArrayLike = Array | np.ndarray
LIMIT = 15.0


class Facts(eqx.Module):
    """Moments and ends of the standardised values of g columns; constants, never trained.

    Attributes:
        mean, sd: over the training rows.
        low, high: lowest and highest value of the columns.
    """

    mean: Float[ArrayLike, "*g"]
    sd: Float[ArrayLike, "*g"]
    low: Float[ArrayLike, "*g"]
    high: Float[ArrayLike, "*g"]

    def part(self, index: Any) -> "Facts":
        """Those of some columns."""
        return Facts(self.mean[index], self.sd[index], self.low[index], self.high[index])


def positive(p: Float[Array, "*g"]) -> Float[Array, "*g"]:
    """exp(p), where p is kept within +-15 so that neither it nor its inverse overflows."""
    return jnp.exp(jnp.clip(p, -LIMIT, LIMIT))


def spread(n: int) -> Float[np.ndarray, " n"]:
    """Where the n components of a mixture start, in standard deviations."""
    return np.linspace(-1.5, 1.5, n, dtype=np.float32) if n > 1 else np.zeros(1, np.float32)


def at_least(what: str, value: int, least: int) -> None:
    """Raise ValueError where a setting is below what it must be."""
    if value < least:
        raise ValueError(f"{what} must be at least {least}, and is {value}")


def rate(p: Float[Array, "*g"], facts: Facts) -> Float[Array, "*g"]:
    """The column's mean times exp(p)."""
    return jnp.asarray(facts.mean) * positive(p)


def n_shared(family: Any, facts: Facts) -> int:
    """Numbers per column that are learned, not predicted; a family without the method has none."""
    return family.n_shared(facts) if hasattr(family, "n_shared") else 0
