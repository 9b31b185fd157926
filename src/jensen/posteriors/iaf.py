"""q(z|x) by shifts and scales of each entry given the noise before it."""

from dataclasses import dataclass

import jax
from jaxtyping import Array, Key

from jensen.bijections import affine, autoregressive
from jensen.networks import Linear
from jensen.posteriors.flowed import FlowHead


@dataclass(frozen=True)
class IAF:
    """Inverse autoregressive flow (Kingma et al. 2016, arXiv 1606.04934, eq. 10).

    A draw takes one pass, and knows its log q(z|x); that of any other z takes latent_dim
    passes for each layer.

    Args:
        layers: at least 1.
    """

    layers: int = 2

    def __post_init__(self):
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, and is {self.layers}.")

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> FlowHead:
        """A head before any training: near the prior, whatever x."""
        okey, fkey = jax.random.split(key)
        flow = autoregressive(affine(), latent_dim, self.layers, condition=width, key=fkey)
        return FlowHead(Linear(width, 2 * latent_dim, scale=0.3, key=okey), flow)
