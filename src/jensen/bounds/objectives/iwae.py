"""Maximise log 1/K sum_k w_k, and means, mixtures and powers of it."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
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
