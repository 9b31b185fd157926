"""log p(x) >= E[log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x)], tighter as K grows."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.latent_model import LatentModel


def iwae(key: Key[Array, ""], model: LatentModel, x: Array, *, n_samples: int) -> Float[Array, ""]:
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
    q = model.posterior(x)

    def log_weight(key: Key[Array, ""]) -> Float[Array, ""]:
        z = q.sample(key)
        return model.likelihood(z).log_prob(x) + model.prior.log_prob(z) - q.log_prob(z)

    log_weights = jax.vmap(log_weight)(jax.random.split(key, n_samples))
    return jax.nn.logsumexp(log_weights) - jnp.log(n_samples)
