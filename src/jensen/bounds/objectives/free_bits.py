"""Maximise the ELBO, some nats of each dimension's KL free."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.draws import closed_form_kl, draw
from jensen.bounds.objectives.factors import factors
from jensen.bounds.objectives.rows import ModelAt, at_least, each_row
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class FreeBits:
    """E_q[log p(x|z)] - sum_l max(nats, mean KL_l) (Kingma et al. 2016, arXiv 1606.04934).

    KL_l is that of dimension l, its mean taken over the batch; below `nats` it costs no more. An
    objective: it counts as a bound for nats = 0 alone, when it is the ELBO.

    Args:
        nats: that each dimension may carry for free, at least 0.
        n_samples: draws of z for each row and step, at least 1.
    """

    nats: float = 0.25
    n_samples: int = 1

    def __post_init__(self) -> None:
        at_least("nats", self.nats, 0)
        at_least("n_samples", self.n_samples, 1)

    @property
    def is_bound(self) -> bool:
        """Whether nothing is free."""
        return self.nats == 0.0

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean reconstruction - kl_weight * sum_l max(nats, mean KL_l), nats."""
        reconstruction, kl = each_row(self._terms, keys, model_at, x)
        free = jnp.maximum(jnp.mean(kl, 0), self.nats)
        return jnp.mean(reconstruction) - kl_weight * jnp.sum(free)

    def _terms(
        self, key: Key[Array, ""], model: LatentModel, x: Any
    ) -> tuple[Float[Array, ""], Float[Array, " l"]]:
        """Reconstruction, and the KL of each dimension."""
        q, p = model.q_z(x), model.p_z()
        each_q, each_p = factors("free_bits", "posterior", q), factors("free_bits", "prior", p)
        draws = draw(key, q, self.n_samples)
        log_p = jax.vmap(lambda z: model.likelihood(z).log_prob(x))(draws.z)
        kl = closed_form_kl(each_q, each_p)
        if kl is None:
            kl = jnp.mean(jax.vmap(lambda z: each_q.log_prob(z) - each_p.log_prob(z))(draws.z), 0)
        return jnp.mean(log_p), kl
