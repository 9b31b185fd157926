"""Maximise one bound for p and another for q."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.gradients import without_gradient
from jensen.bounds.objectives.miwae import groups
from jensen.bounds.objectives.rows import ModelAt, at_least, mean_over_rows
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class Piwae:
    """IWAE_MK for p, MIWAE for q, of the same draws (Rainforth et al. 2018, 1802.04537).

    Its value is that of IWAE_MK, log 1/(M K) sum_mk w_mk. The weights of q(z|x), that is all of
    the model's posterior, have the gradient of MIWAE instead.

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
            prior, likelihood, q = model.prior, model.likelihood, model.posterior
            for_p = LatentModel(prior, likelihood, without_gradient(q))
            for_q = LatentModel(without_gradient(prior), without_gradient(likelihood), q)
            of_p, of_q = (groups(key, a, row, self.m, self.k, kl_weight) for a in (for_p, for_q))
            iwae = jax.nn.logsumexp(of_p, b=1.0 / self.m)
            miwae = jnp.mean(of_q)
            return iwae + (miwae - jax.lax.stop_gradient(miwae))

        return mean_over_rows(of_row, keys, model_at, x)
