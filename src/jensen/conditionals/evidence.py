"""What is known of a coded row: some codes exactly, of the others which are allowed."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from jensen.likelihoods import Codes

UNKNOWN = -1
"""Stands for a code that is not known."""


class Evidence(eqx.Module):
    """E: the codes of a row that are known, and of the others the share that is allowed.

    Attributes:
        x: codes, shape (d,); UNKNOWN where not known.
        allowed: share of the mass of each code that is allowed where it is not known, in [0, 1],
            shape (d, c); 0 for padding.
    """

    x: Int[Array, " d"]
    allowed: Float[Array, "d c"]

    @classmethod
    def nothing(cls, codes: Codes) -> "Evidence":
        """Of which nothing is known but that every code is part of x."""
        d, c = codes.shape
        modelled = jnp.arange(c)[None] < jnp.array(codes.n_modelled)[:, None]
        return cls(jnp.full(d, UNKNOWN, jnp.int32), modelled.astype(jnp.float32))

    @property
    def known(self) -> Bool[Array, " d"]:
        """Which codes are known."""
        return self.x != UNKNOWN

    def constrained(self, codes: Codes) -> Bool[Array, " d"]:
        """Which columns the evidence says anything of: not those with every seen code allowed."""
        seen = jnp.asarray(codes.seen)
        return self.known | jnp.any(seen & (self.allowed < 1.0), -1)

    def shares(self, codes: Codes) -> Float[Array, "d c"]:
        """Each column's marginal under the evidence: what a network reads of it."""
        p = jnp.where(jnp.asarray(codes.seen), jnp.exp(jnp.asarray(codes.log_marginal)), 0.0)
        p = p * self.allowed
        p = p / jnp.maximum(jnp.sum(p, -1, keepdims=True), 1e-30)
        places = jnp.arange(p.shape[1])
        exact = (places[None, :] == self.x[:, None]).astype(p.dtype)
        return jnp.where(self.known[:, None], exact, p)
