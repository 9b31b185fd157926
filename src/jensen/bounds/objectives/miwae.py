"""Maximise the mean of several log 1/K sum_k w_k."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.gradients import weights
from jensen.bounds.objectives.rows import ModelAt, at_least, mean_over_rows
from jensen.latent_model import LatentModel


def groups(
    key: Key[Array, ""], model: LatentModel, x: Any, m: int, k: int, kl_weight: Float[Array, ""]
) -> Float[Array, " {m}"]:
    """log 1/K sum_k w_k of m independent groups of k draws, nats, shape (m,)."""

    def one(key: Key[Array, ""]) -> Float[Array, ""]:
        log_w, share = weights(key, model, x, k, kl_weight)
        return jax.nn.logsumexp(log_w, b=share)

    return jax.vmap(one)(jax.random.split(key, m))


@dataclass(frozen=True)
class Miwae:
    """1/M sum_m log 1/K sum_k w_mk (Rainforth et al. 2018, arXiv 1802.04537, eqs. 12-17).

    Args:
        m: groups of draws, at least 1.
        k: draws of a group, at least 1.
    """

    m: int = 4
    k: int = 8

    is_bound = True

    def __post_init__(self) -> None:
        at_least("m", self.m, 1)
        at_least("k", self.k, 1)

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean over the rows, nats."""

        def of_row(key: Key[Array, ""], model: LatentModel, row: Any) -> Float[Array, ""]:
            return jnp.mean(groups(key, model, row, self.m, self.k, kl_weight))

        return mean_over_rows(of_row, keys, model_at, x)
