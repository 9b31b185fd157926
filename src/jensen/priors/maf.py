"""z = f(e), e ~ N(0, I), whose inverse scales and shifts each z_l given those before it."""

from dataclasses import dataclass

from flowjax.distributions import Transformed
from jaxtyping import Array, Key

from jensen.bijections import affine, autoregressive
from jensen.priors.flow_prior import check_dimension, flow_prior


@dataclass(frozen=True)
class MAF:
    """Masked autoregressive flow (Papamakarios et al. 2017, arXiv 1705.07057, section 3).

    log p(z) takes one pass; a draw takes latent_dim passes for each layer.

    Args:
        layers: at least 1.
    """

    layers: int = 4

    def __post_init__(self):
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, and is {self.layers}.")

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> Transformed:
        """Near N(0, I) before training.

        Raises:
            OptionError: latent_dim is 1.
        """
        check_dimension("maf", latent_dim)
        return flow_prior(autoregressive(affine(), latent_dim, self.layers, key=key))
