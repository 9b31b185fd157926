"""Maximise E_q[log p(x|z)] - w KL(q(z|x) || p(z))."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.elbo import elbo
from jensen.bounds.gradients import weights, with_gradient_of
from jensen.bounds.objectives.rows import ModelAt, at_least, mean_over_rows, one_of
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class Elbo:
    """The evidence lower bound (Kingma & Welling 2014, arXiv 1312.6114, eq. 7).

    Args:
        n_samples: draws of z for each row and step, at least 1.
        gradient: "plain", or "stl" for sticking the landing (Roeder, Wu & Duvenaud 2017,
            arXiv 1703.09194): the KL's gradient from the draws, without the score of q,
            whose mean is zero; unbiased, and without variance where q is the posterior. The
            value is the same.
    """

    n_samples: int = 1
    gradient: str = "plain"

    is_bound = True

    def __post_init__(self) -> None:
        at_least("n_samples", self.n_samples, 1)
        one_of("gradient", self.gradient, ("plain", "stl"))

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean of reconstruction - kl_weight * kl, nats."""

        def of_row(key: Key[Array, ""], model: LatentModel, row: Any) -> Float[Array, ""]:
            bound = elbo(key, model, row, n_samples=self.n_samples)
            value = bound.reconstruction - kl_weight * bound.kl
            if self.gradient == "plain":
                return value
            log_w, share = weights(key, model, row, self.n_samples, kl_weight, "stl")
            return with_gradient_of(value, jnp.sum(share * log_w))

        return mean_over_rows(of_row, keys, model_at, x)
