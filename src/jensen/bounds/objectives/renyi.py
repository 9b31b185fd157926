"""Maximise 1/(1 - alpha) log 1/K sum_k w_k^(1 - alpha)."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.gradients import weights
from jensen.bounds.objectives.rows import ModelAt, at_least, mean_over_rows
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class Renyi:
    """The variational Renyi objective over K draws (Li & Turner 2016, arXiv 1602.02311, eq. 7).

    The logarithm of a power mean of the weights, of exponent 1 - alpha, which does not rise with
    alpha whatever the draws: alpha = 0 is IWAE_K, alpha = 1 the ELBO, alpha -> infinity the log of
    the smallest weight. So for alpha >= 0 it lies below IWAE_K draw by draw, and its mean below
    log p(x), with any K. For alpha < 0 it lies above IWAE_K, and above log p(x) once K is large:
    no bound.

    Args:
        alpha: any finite number.
        k: draws of z, at least 1.
    """

    alpha: float = 0.5
    k: int = 5

    def __post_init__(self) -> None:
        at_least("k", self.k, 1)
        if not isfinite(self.alpha):
            raise ValueError(f"alpha must be finite, and is {self.alpha!r}.")

    @property
    def is_bound(self) -> bool:
        """Whether alpha is at least 0."""
        return self.alpha >= 0

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean over the rows, nats."""

        def of_row(key: Key[Array, ""], model: LatentModel, row: Any) -> Float[Array, ""]:
            log_w, share = weights(key, model, row, self.k, kl_weight)
            if self.alpha == 1.0:
                return jnp.sum(share * log_w)
            power = 1.0 - self.alpha
            return jax.nn.logsumexp(power * log_w, b=share) / power

        return mean_over_rows(of_row, keys, model_at, x)
