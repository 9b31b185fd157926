"""Maximise E_q[log p(x|z)] - weight MMD^2(q(z), p(z))."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.draws import closed_form_kl, draw
from jensen.bounds.objectives.rows import ModelAt, at_least, each_row
from jensen.latent_model import LatentModel

SCALES = (0.1, 0.5, 1.0, 2.0, 10.0)
"""Kernels of several widths, since no single one sees near and far differences alike."""


def kernel(a: Float[Array, "n l"], b: Float[Array, "m l"]) -> Float[Array, "n m"]:
    """Mean over c of c / (c + |a - b|^2), inverse multiquadrics, c = 2 l SCALES.

    2 l is the mean squared distance of two draws of N(0, I)
    (Tolstikhin et al. 2018, arXiv 1711.01558, section 4).
    """
    square = jnp.sum((a[:, None, :] - b[None, :, :]) ** 2, -1)
    widths = [2.0 * a.shape[1] * scale for scale in SCALES]
    return sum((c / (c + square) for c in widths), jnp.zeros_like(square)) / len(SCALES)


def squared_mmd(
    a: Float[Array, "n l"], weight: Float[Array, " n"], b: Float[Array, "m l"]
) -> Float[Array, ""]:
    """Squared maximum mean discrepancy of weighted points a, and of points b; at least 0.

    Source: Gretton et al. 2012, JMLR 13, eq. 5: the biased estimate.
    """
    other = jnp.full(len(b), 1.0 / len(b), weight.dtype)
    within = weight @ kernel(a, a) @ weight + other @ kernel(b, b) @ other
    return within - 2.0 * (weight @ kernel(a, b) @ other)


@dataclass(frozen=True)
class Mmd:
    """E_q[log p(x|z)] - kl KL(q(z|x) || p(z)) - weight MMD^2(q(z), p(z)), q(z) = mean of q(z|x).

    InfoVAE with the maximum mean discrepancy (Zhao et al. 2019, arXiv 1706.02262, eq. 6, with
    kl = 1 - alpha and weight = alpha + lambda - 1), between draws of q of a batch and as many of
    the prior. An objective: it counts as a bound for weight = 0 and kl = 1 alone.

    Args:
        weight: of the squared discrepancy, at least 0.
        kl: weight of the KL of each row, at least 0; 0 is the MMD-VAE.
        n_samples: draws of z for each row and step, at least 1.
    """

    weight: float = 10.0
    kl: float = 0.0
    n_samples: int = 1

    def __post_init__(self) -> None:
        at_least("weight", self.weight, 0)
        at_least("kl", self.kl, 0)
        at_least("n_samples", self.n_samples, 1)

    @property
    def is_bound(self) -> bool:
        """Whether it is the ELBO."""
        return self.weight == 0.0 and self.kl == 1.0

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean over the rows, nats; kl_weight weighs both distances."""
        reconstruction, kl, z, share, prior = each_row(self._terms, keys, model_at, x)
        z = z.reshape(-1, z.shape[-1])
        distance = squared_mmd(z, share.reshape(-1) / len(share), prior)
        penalty = self.kl * jnp.mean(kl) + self.weight * distance
        return jnp.mean(reconstruction) - kl_weight * penalty

    def _terms(self, key: Key[Array, ""], model: LatentModel, x: Any) -> tuple[Array, ...]:
        """Reconstruction, KL, draws of q and their shares, and a draw of p(z)."""
        q, p = model.q_z(x), model.p_z()
        q_key, p_key = jax.random.split(key)
        draws = draw(q_key, q, self.n_samples)
        log_p = jax.vmap(lambda z: model.likelihood(z).log_prob(x))(draws.z)
        kl = closed_form_kl(q, p)
        if kl is None:
            kl = jnp.sum(draws.weight * (draws.log_q - jax.vmap(p.log_prob)(draws.z)))
        return jnp.sum(draws.weight * log_p), kl, draws.z, draws.weight, p.sample(p_key)
