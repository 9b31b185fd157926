"""log p(x) >= E[log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x)], tighter as K grows."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.draws import Draws, draw
from jensen.latent_model import LatentModel


def iwae(key: Key[Array, ""], model: LatentModel, x: Any, *, n_samples: int) -> Float[Array, ""]:
    """log 1/K sum_k w_k, w_k = p(x|z_k) p(z_k) / q(z_k|x), z_k ~ q(z|x), of one row.

    Args:
        key: for the draws of z.
        model: p(z), p(x|z) and q(z|x).
        x: one row.
        n_samples: K, at least 1.

    Returns:
        nats, shape (); its mean is a lower bound on log p(x), tighter for larger K.

    Source: Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519, eq. 8.
    """
    draws, log_w = log_weights(key, model, x, n_samples)
    return jax.nn.logsumexp(log_w + jnp.log(draws.weight))


def log_weights(
    key: Key[Array, ""], model: LatentModel, x: Array, n_samples: int
) -> tuple[Draws, Float[Array, " m"]]:
    """Draws of q(z|x), and log w = log p(x|z) + log p(z) - log q(z|x) of each, in nats."""
    draws, p = draw(key, model.q_z(x), n_samples), model.p_z()
    log_joint = jax.vmap(lambda z: model.likelihood(z).log_prob(x) + p.log_prob(z))(draws.z)
    return draws, log_joint - draws.log_q
