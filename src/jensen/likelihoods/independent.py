"""p(x|z) = prod_j p(x_j | z): given z, the columns know nothing of each other."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from jensen.likelihoods.codes import CodeHead, Codes, draw_code
from jensen.networks import Dropout, Linear, ResidualMLP


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
            head=CodeHead(codes, width, key=hkey),
        )

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "Independent":
        """The same decoder as it is trained, for one row."""
        return dataclasses.replace(self, dropout=Dropout.at(key, progress))

    def __call__(self, z: Float[Array, " l"]) -> "IndependentRow":
        """p(. | z)."""
        h = self.trunk(self.latent(z), self.dropout)
        stack = jnp.broadcast_to(h, (self.codes.shape[0], *h.shape))
        return IndependentRow(
            self.codes, self.head.outputs(self.codes).all_logits(stack, self.dropout)
        )


class IndependentRow(eqx.Module):
    """p(x|z) of one coded row."""

    codes: Codes
    logits: Float[Array, "d c"]

    def log_prob(self, x: Int[Array, " d"]) -> Float[Array, ""]:
        """log p(x|z) = sum_j log p(x_j | z) over codes, in nats."""
        return jnp.sum(self.codes.log_prob(self.logits, x))

    def sample(self, key: Key[Array, ""]) -> Int[Array, " d"]:
        """One coded row, all columns at once."""
        return draw_code(self.logits, jax.random.uniform(key, self.logits.shape[:1]))
