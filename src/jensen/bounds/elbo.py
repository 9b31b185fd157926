"""log p(x) >= E_q[log p(x|z)] - KL(q(z|x) || p(z))."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from numpyro.distributions import kl_divergence

from jensen.latent_model import LatentModel


class Bound(NamedTuple):
    """A lower bound on log p(x) and its two terms, in nats: value == reconstruction - kl."""

    value: Float[Array, ""]
    reconstruction: Float[Array, ""]
    kl: Float[Array, ""]


def elbo(key: Key[Array, ""], model: LatentModel, x: Array, *, n_samples: int = 1) -> Bound:
    """E_q[log p(x|z)] - KL(q(z|x) || p(z)) of one row, the KL in closed form.

    Args:
        key: for the draws of z.
        model: p(z), p(x|z) and q(z|x).
        x: one row.
        n_samples: draws of z that the reconstruction is averaged over, at least 1.

    Returns:
        The bound and its terms, each of shape (), in nats; an unbiased estimate.

    Source: Kingma & Welling 2014, arXiv 1312.6114, eq. 7.
    """
    q = model.posterior(x)
    z = jax.vmap(q.sample)(jax.random.split(key, n_samples))
    reconstruction = jnp.mean(jax.vmap(lambda z: model.likelihood(z).log_prob(x))(z))
    kl = kl_divergence(q, model.prior)
    return Bound(reconstruction - kl, reconstruction, kl)
