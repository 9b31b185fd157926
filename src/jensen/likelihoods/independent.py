"""p(x|z) = prod_j p(x_j | z): given z, the columns know nothing of each other."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from jensen.likelihoods.codes import CodeHead, CodeOutputs, Codes, draw_code
from jensen.networks import Dropout, Linear, ResidualMLP, rms_norm

OWN_SHARE = 2
"""The columns' own layers are that much narrower than the trunk, which all of them share."""


class Independent(eqx.Module):
    """A decoder that reads z alone: all that ties the columns together passes through z."""

    codes: Codes
    latent: Linear
    trunk: ResidualMLP
    head: CodeHead
    dropout: Dropout | None = None

    @classmethod
    def create(
        cls, codes: Codes, latent_dim: int, *, width: int, n_blocks: int, key: Key[Array, ""]
    ) -> "Independent":
        """A decoder before any training."""
        lkey, tkey, hkey = jax.random.split(key, 3)
        return cls(
            codes=codes,
            latent=Linear(latent_dim, width, key=lkey),
            trunk=ResidualMLP(width, n_blocks, key=tkey),
            head=CodeHead(codes, width, max(width // OWN_SHARE, 1), key=hkey),
        )

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "Independent":
        """The same decoder as it is trained, for one row."""
        return dataclasses.replace(self, dropout=Dropout.at(key, progress))

    def __call__(self, z: Float[Array, " l"]) -> "IndependentRow":
        """p(. | z)."""
        return IndependentRow(self, self.trunk(self.latent(z), self.dropout))


class IndependentRow(eqx.Module):
    """p(x|z) of one coded row."""

    decoder: Independent
    h: Float[Array, " h"]

    def log_prob(self, x: Int[Array, " d"]) -> Float[Array, ""]:
        """log p(x|z) = sum_j log p(x_j | z) over codes, in nats."""
        net, codes = self.decoder, self.decoder.codes
        stack = jnp.broadcast_to(self.h, (codes.shape[0], *self.h.shape))
        logits = net.head.outputs(codes).all_logits(codes, stack, net.dropout)
        return codes.log_prob(logits, x)

    def sample(self, key: Key[Array, ""]) -> Int[Array, " d"]:
        """One coded row, column after column: what a column needs then stays in the cache."""
        codes, outputs = self.decoder.codes, self.decoder.head.outputs(self.decoder.codes)
        u, h = jax.random.uniform(key, codes.order.shape), rms_norm(self.h)

        def draw(column: tuple[CodeOutputs, Array]) -> Array:
            return draw_code(column[0].logits(h), column[1])

        parts = [jax.lax.map(draw, (outputs.part(g), u[g.columns])) for g in codes.groups]
        return jnp.concatenate(parts)[np.argsort(codes.order)]


@dataclasses.dataclass(frozen=True)
class IndependentColumns:
    """p(x|z) = prod_j p(x_j | z) over the codes of a table."""

    def build(
        self, codes: Codes, latent_dim: int, *, width: int, n_blocks: int, key: Key[Array, ""]
    ) -> Independent:
        """A decoder before any training."""
        return Independent.create(codes, latent_dim, width=width, n_blocks=n_blocks, key=key)
