"""Maximise a mixture of the ELBO and log 1/K sum_k w_k."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.gradients import weights
from jensen.bounds.objectives.rows import ModelAt, at_least, mean_over_rows
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class Ciwae:
    """beta ELBO + (1 - beta) IWAE_K of the same draws (Rainforth et al. 2018, 1802.04537).

    Args:
        beta: weight of the ELBO, from 0 to 1.
        k: draws of z, at least 1.
    """

    beta: float = 0.5
    k: int = 8

    is_bound = True

    def __post_init__(self) -> None:
        at_least("k", self.k, 1)
        if not 0.0 <= self.beta <= 1.0:
            raise ValueError(f"beta must be from 0 to 1, and is {self.beta!r}.")

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean of beta mean_k log w_k + (1 - beta) log mean_k w_k, nats."""

        def of_row(key: Key[Array, ""], model: LatentModel, row: Any) -> Float[Array, ""]:
            log_w, share = weights(key, model, row, self.k, kl_weight)
            inside = jax.nn.logsumexp(log_w, b=share)
            return self.beta * jnp.sum(share * log_w) + (1 - self.beta) * inside

        return mean_over_rows(of_row, keys, model_at, x)
