"""What every q(z|x) of a table shares: a network that reads a row, and what it misses of it."""

import dataclasses
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.networks import Dropout, ResidualMLP, rms_norm

COLUMN_RATE = 0.15
"""Share of a row's columns that are hidden from the encoder while it is trained."""


class EncoderNoise(eqx.Module):
    """What hides units, and whole columns, from the encoder while it is trained."""

    dropout: Dropout
    key: Key[Array, ""]

    @classmethod
    def at(cls, key: Key[Array, ""], progress: Float[Array, ""]) -> "EncoderNoise":
        """Noise of one row, when a share `progress` of all steps is done."""
        dkey, ckey = jax.random.split(key)
        return cls(Dropout.at(dkey, progress), ckey)


class Encoder(eqx.Module):
    """A row x as one vector h: `embed` gives each column a vector, a network reads their sum."""

    embed: Callable[[Any], Float[Array, "d h"]]
    trunk: ResidualMLP
    noise: EncoderNoise | None = None

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "Encoder":
        """The same encoder as it is trained, for one row."""
        return dataclasses.replace(self, noise=EncoderNoise.at(key, progress))

    def __call__(self, x: Any) -> Float[Array, " h"]:
        """What a head of q(z|x) reads."""
        e = self.embed(x)
        if self.noise is not None:
            keep = jax.random.bernoulli(self.noise.key, 1.0 - COLUMN_RATE, e.shape[:1])
            e = jnp.where(keep[:, None], e, 0.0)
        return self.of_sum(jnp.sum(e, 0))

    def of_sum(self, e: Float[Array, " h"]) -> Float[Array, " h"]:
        """The same from the sum of the columns' vectors: that of a row, or one that is learned."""
        return rms_norm(self.trunk(e, None if self.noise is None else self.noise.dropout))
