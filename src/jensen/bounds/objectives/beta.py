"""Maximise the ELBO with a weight on its KL."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Array, Float, Key

from jensen.bounds.elbo import elbo
from jensen.bounds.objectives.rows import ModelAt, at_least, mean_over_rows
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class Beta:
    """E_q[log p(x|z)] - beta KL(q(z|x) || p(z)) (Higgins et al. 2017, eq. 4).

    An objective: it counts as a bound for beta = 1 alone, when it is the ELBO.

    Args:
        beta: at least 0.
        n_samples: draws of z for each row and step, at least 1.
    """

    beta: float = 4.0
    n_samples: int = 1

    def __post_init__(self) -> None:
        at_least("beta", self.beta, 0)
        at_least("n_samples", self.n_samples, 1)

    @property
    def is_bound(self) -> bool:
        """Whether beta is 1."""
        return self.beta == 1.0

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean of reconstruction - kl_weight * beta * kl, nats."""

        def of_row(key: Key[Array, ""], model: LatentModel, row: Any) -> Float[Array, ""]:
            bound = elbo(key, model, row, n_samples=self.n_samples)
            return bound.reconstruction - kl_weight * self.beta * bound.kl

        return mean_over_rows(of_row, keys, model_at, x)
