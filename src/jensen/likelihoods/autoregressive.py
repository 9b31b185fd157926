"""p(x|z) = prod_j p(x_j | x_1, ..., x_{j-1}, z): every column sees the ones before it."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int, Int64, Key

from jensen.likelihoods.codes import CodeEmbedding, CodeHead, Codes, draw_code
from jensen.networks import Dropout, Linear, ResidualMLP, normal, rms_norm

RATE_AT = (0.0, 0.6, 1.0)
FIRST_RATE, MIDDLE_RATE, LAST_RATE = 0.9, 0.3, 0.05
"""Rate of hidden columns when these shares of the steps are done; straight lines in between."""
MIDDLE_COLUMNS = 5.0
"""Columns hidden on average at the middle rate, at most: a wide table can spare no more."""


def columns_before(order: Int64[np.ndarray, " d"]) -> Float32[np.ndarray, "d d"]:
    """1 where a column (its row) comes after another, and so may see it."""
    return (order[None] < order[:, None]).astype(np.float32)


class ColumnNoise(eqx.Module):
    """What hides units, and whole columns, from the decoder while it is trained.

    Columns are hidden from the columns after them at a rate that falls as training goes on,
    so that z has to carry the row before the columns may help (Bowman et al. 2016,
    arXiv 1511.06349, drop words for the same reason).
    """

    dropout: Dropout
    key: Key[Array, ""]
    rate: Float[Array, ""]

    @classmethod
    def at(cls, key: Key[Array, ""], progress: Float[Array, ""], n_columns: int) -> "ColumnNoise":
        """Noise of one row, when a share `progress` of all steps is done."""
        dkey, ckey = jax.random.split(key)
        rates = jnp.array((FIRST_RATE, min(MIDDLE_RATE, MIDDLE_COLUMNS / n_columns), LAST_RATE))
        rate = jnp.interp(progress, jnp.array(RATE_AT), rates)
        return cls(Dropout.at(dkey, progress), ckey, rate)


class Autoregressive(eqx.Module):
    """A decoder that reads z and, in their order, the columns before the one at hand."""

    codes: Codes
    embedding: CodeEmbedding
    hidden: Float[Array, "d h"]
    column: Float[Array, "d h"]
    latent: Linear
    trunk: ResidualMLP
    head: CodeHead
    noise: ColumnNoise | None = None

    @classmethod
    def create(
        cls, codes: Codes, latent_dim: int, *, width: int, n_blocks: int, key: Key[Array, ""]
    ) -> "Autoregressive":
        """A decoder before any training; before any context it is near the marginals."""
        ekey, nkey, ckey, lkey, tkey, hkey = jax.random.split(key, 6)
        d, _ = codes.shape
        return cls(
            codes=codes,
            embedding=CodeEmbedding(codes, width, scale=0.5, key=ekey),
            hidden=normal(nkey, d, width, scale=0.1),
            column=normal(ckey, d, width, scale=0.5),
            latent=Linear(latent_dim, width, key=lkey),
            trunk=ResidualMLP(width, n_blocks, key=tkey),
            head=CodeHead(codes, width, width, key=hkey),
        )

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "Autoregressive":
        """The same decoder as it is trained, for one row."""
        return dataclasses.replace(self, noise=ColumnNoise.at(key, progress, self.codes.shape[0]))

    def __call__(self, z: Float[Array, " l"]) -> "AutoregressiveRow":
        """p(. | z)."""
        return AutoregressiveRow(self, z)


class AutoregressiveRow(eqx.Module):
    """p(x|z) of one coded row."""

    decoder: Autoregressive
    z: Float[Array, " l"]

    def log_prob(self, x: Int[Array, " d"]) -> Float[Array, ""]:
        """log p(x|z) = sum_j log p(x_j | x_<j, z) over codes, in nats."""
        net, noise, order = self.decoder, self.decoder.noise, self.decoder.codes.order
        e = net.embedding(net.codes, x)
        if net.codes.has_gaps:  # a column that is missing is hidden from those after it
            e = jnp.where(net.codes.observed(x)[order][:, None], e, net.hidden[order])
        if noise is not None:
            keep = jax.random.bernoulli(noise.key, 1.0 - noise.rate, x.shape)
            e = jnp.where(keep[:, None], e, net.hidden[order])
        h = (
            jnp.einsum("ij,jh->ih", columns_before(order), e)
            + net.column[order]
            + net.latent(self.z)[None]
        )
        dropout = None if noise is None else noise.dropout
        h = net.trunk(h, dropout)
        return net.codes.log_prob(net.head.outputs(net.codes).all_logits(net.codes, h, dropout), x)

    def sample(self, key: Key[Array, ""]) -> Int[Array, " d"]:
        """One coded row, drawn column after column."""
        net = self.decoder
        u = jax.random.uniform(key, (net.codes.shape[0],))
        outputs = net.head.outputs(net.codes)
        columns = (u, net.column, outputs, net.embedding.table(net.codes))

        def draw(context: Array, column: tuple[Any, ...]) -> tuple[Array, Array]:
            u_j, start, outputs_j, vectors = column
            code = draw_code(outputs_j.logits(rms_norm(net.trunk(context + start))), u_j)
            return context + vectors[code], code

        return jax.lax.scan(draw, net.latent(self.z), columns)[1]


@dataclasses.dataclass(frozen=True)
class AutoregressiveColumns:
    """p(x|z) = prod_j p(x_j | x_<j, z) over the codes of a table."""

    def build(
        self, codes: Codes, latent_dim: int, *, width: int, n_blocks: int, key: Key[Array, ""]
    ) -> Autoregressive:
        """A decoder before any training."""
        return Autoregressive.create(codes, latent_dim, width=width, n_blocks=n_blocks, key=key)
