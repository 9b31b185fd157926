"""q(z|x): where in latent space a row is likely to have come from."""

import dataclasses
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Int, Key

from jensen.networks import Dropout, Linear, ResidualMLP, rms_norm

COLUMN_RATE = 0.15
"""Share of a row's columns that are hidden from the encoder while it is trained."""
LOG_SCALE_RANGE = (-7.0, 3.0)


class EncoderNoise(eqx.Module):
    """What hides units, and whole columns, from the encoder while it is trained."""

    dropout: Dropout
    key: Key[Array, ""]

    @classmethod
    def at(cls, key: Key[Array, ""], progress: Float[Array, ""]) -> "EncoderNoise":
        """Noise of one row, when a share `progress` of all steps is done."""
        dkey, ckey = jax.random.split(key)
        return cls(Dropout.at(dkey, progress), ckey)


class MeanFieldNormal(eqx.Module):
    """q(z|x) = prod_l N(z_l; loc_l(x), scale_l(x)^2) (Kingma & Welling 2014, arXiv 1312.6114).

    `embed` turns a row into one vector per column; a residual network reads their sum.
    """

    embed: Callable[[Int[Array, " d"]], Float[Array, "d h"]]
    trunk: ResidualMLP
    out: Linear
    noise: EncoderNoise | None = None

    @classmethod
    def create(
        cls,
        embed: Callable[[Int[Array, " d"]], Float[Array, "d h"]],
        latent_dim: int,
        *,
        width: int,
        n_blocks: int,
        key: Key[Array, ""],
    ) -> "MeanFieldNormal":
        """A posterior before any training: near the prior, whatever x."""
        tkey, okey = jax.random.split(key)
        return cls(
            embed=embed,
            trunk=ResidualMLP(width, n_blocks, key=tkey),
            out=Linear(width, 2 * latent_dim, scale=0.3, key=okey),
        )

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "MeanFieldNormal":
        """The same posterior as it is trained, for one row."""
        return dataclasses.replace(self, noise=EncoderNoise.at(key, progress))

    def __call__(self, x: Int[Array, " d"]) -> dist.Distribution:
        """q(. | x), a Normal over z, shape (latent_dim,)."""
        e, dropout = self.embed(x), None
        if self.noise is not None:
            keep = jax.random.bernoulli(self.noise.key, 1.0 - COLUMN_RATE, x.shape)
            e, dropout = jnp.where(keep[:, None], e, 0.0), self.noise.dropout
        h = self.trunk(jnp.sum(e, 0), dropout)
        loc, log_scale = jnp.split(self.out(rms_norm(h)), 2)
        return dist.Normal(loc, jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE))).to_event(1)


POSTERIORS = {"mean_field": MeanFieldNormal}
"""Posteriors by the name that `VAE(posterior=...)` takes."""
