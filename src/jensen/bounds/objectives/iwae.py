"""Maximise log 1/K sum_k w_k."""

from dataclasses import dataclass
from typing import Any

import jax
from jaxtyping import Array, Float, Key

from jensen.bounds.gradients import weights
from jensen.bounds.objectives.rows import ModelAt, at_least, mean_over_rows, one_of
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class Iwae:
    """The importance-weighted bound (Burda et al. 2016, arXiv 1509.00519, eq. 8).

    Args:
        k: draws of z inside the logarithm, at least 1.
        gradient: "plain"; "dreg", doubly reparameterised (Tucker et al. 2019, arXiv 1810.04152,
            eq. 8), unbiased, whose signal does not drown for q as k grows; or "stl", which is
            biased for q where k > 1. The value is the same. dreg evaluates p(x|z) twice.
    """

    k: int = 5
    gradient: str = "plain"

    is_bound = True

    def __post_init__(self) -> None:
        at_least("k", self.k, 1)
        one_of("gradient", self.gradient, ("plain", "stl", "dreg"))

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean of log 1/K sum_k w_k, nats; kl_weight weighs log p(z) - log q(z|x) inside w."""

        def of_row(key: Key[Array, ""], model: LatentModel, row: Any) -> Float[Array, ""]:
            log_w, share = weights(key, model, row, self.k, kl_weight, self.gradient)
            return jax.nn.logsumexp(log_w, b=share)

        return mean_over_rows(of_row, keys, model_at, x)
