"""z = f(e), e ~ N(0, I), f made of scales and shifts of some entries given the others."""

from dataclasses import dataclass

from flowjax.distributions import Transformed
from jaxtyping import Array, Key

from jensen.bijections import affine, coupling
from jensen.priors.flow_prior import check_dimension, flow_prior


@dataclass(frozen=True)
class RealNVP:
    """Affine coupling layers (Dinh et al. 2017, arXiv 1605.08803, eqs. 4-5).

    Args:
        layers: at least 1.
    """

    layers: int = 6

    def __post_init__(self):
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, and is {self.layers}.")

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> Transformed:
        """Near N(0, I) before training.

        Raises:
            OptionError: latent_dim is 1.
        """
        check_dimension("realnvp", latent_dim)
        return flow_prior(coupling(affine(), latent_dim, self.layers, key=key))
