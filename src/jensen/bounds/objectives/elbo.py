"""Maximise E_q[log p(x|z)] - w KL(q(z|x) || p(z))."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Array, Float, Key

from jensen.bounds.elbo import elbo
from jensen.bounds.objectives.rows import ModelAt, mean_over_rows
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class Elbo:
    """The evidence lower bound (Kingma & Welling 2014, arXiv 1312.6114, eq. 7).

    Args:
        n_samples: draws of z for each row and step, at least 1.
    """

    n_samples: int = 1

    is_bound = True

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean of reconstruction - kl_weight * kl, nats."""

        def of_row(key: Key[Array, ""], model: LatentModel, row: Any) -> Float[Array, ""]:
            bound = elbo(key, model, row, n_samples=self.n_samples)
            return bound.reconstruction - kl_weight * bound.kl

        return mean_over_rows(of_row, keys, model_at, x)
