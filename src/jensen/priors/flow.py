"""z = f(e), e ~ N(0, I), f made of splines of some entries given the others."""

from dataclasses import dataclass

from flowjax.distributions import Transformed
from jaxtyping import Array, Key

from jensen.bijections import coupling, spline
from jensen.priors.flow_prior import check_dimension, flow_prior


@dataclass(frozen=True)
class Flow:
    """A neural spline flow with coupling layers (Durkan et al. 2019, arXiv 1906.04032).

    Args:
        layers: at least 1.
        knots: of each spline, at least 2.
    """

    layers: int = 4
    knots: int = 8

    def __post_init__(self):
        if self.layers < 1:
            raise ValueError(f"layers must be at least 1, and is {self.layers}.")
        if self.knots < 2:
            raise ValueError(f"knots must be at least 2, and is {self.knots}.")

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> Transformed:
        """Near N(0, I) before training.

        Raises:
            OptionError: latent_dim is 1.
        """
        check_dimension("flow", latent_dim)
        return flow_prior(coupling(spline(self.knots), latent_dim, self.layers, key=key))
