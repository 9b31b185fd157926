"""Maximise the ELBO with its KL held at a capacity."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.elbo import elbo
from jensen.bounds.objectives.rows import ModelAt, at_least, mean_over_rows
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class Capacity:
    """E_q[log p(x|z)] - gamma |KL(q(z|x) || p(z)) - C| (Burgess et al. 2018, 1804.03599, eq. 8).

    The capacity C rises from 0 to `nats` while the KL is warmed up, and stays there. Where the
    KL has no closed form the distance is that of its estimate, which is biased upwards: use
    more draws.

    Args:
        gamma: nats lost for each nat of KL off the capacity, at least 0.
        nats: the capacity at last, nats per row, at least 0.
        n_samples: draws of z for each row and step, at least 1.
    """

    gamma: float = 10.0
    nats: float = 20.0
    n_samples: int = 1

    is_bound = False

    def __post_init__(self) -> None:
        at_least("gamma", self.gamma, 0)
        at_least("nats", self.nats, 0)
        at_least("n_samples", self.n_samples, 1)

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean of reconstruction - gamma |kl - kl_weight * nats|, nats."""

        def of_row(key: Key[Array, ""], model: LatentModel, row: Any) -> Float[Array, ""]:
            bound = elbo(key, model, row, n_samples=self.n_samples)
            return bound.reconstruction - self.gamma * jnp.abs(bound.kl - kl_weight * self.nats)

        return mean_over_rows(of_row, keys, model_at, x)
