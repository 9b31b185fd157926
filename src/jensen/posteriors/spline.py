"""q(z|x) by monotone splines of some entries given the others."""

from dataclasses import dataclass

import jax
from jaxtyping import Array, Key

from jensen.bijections import coupling, spline
from jensen.networks import Linear
from jensen.posteriors.flowed import FlowHead


@dataclass(frozen=True)
class Spline:
    """Neural spline flow, coupling layers that read h (Durkan et al. 2019, arXiv 1906.04032).

    Args:
        layers: at least 1.
        knots: of each spline, at least 2.
    """

    layers: int = 2
    knots: int = 8

    def __post_init__(self):
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, and is {self.layers}.")
        if self.knots < 2:
            raise ValueError(f"knots must be at least 2, and is {self.knots}.")

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> FlowHead:
        """A head before any training: near the prior, whatever x."""
        okey, fkey = jax.random.split(key)
        flow = coupling(spline(self.knots), latent_dim, self.layers, condition=width, key=fkey)
        return FlowHead(Linear(width, 2 * latent_dim, scale=0.3, key=okey), flow)
