"""log p(x) >= E_q[log p(x|z)] - KL(q(z|x) || p(z))."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.draws import closed_form_kl, draw
from jensen.latent_model import LatentModel


class Bound(NamedTuple):
    """A lower bound on log p(x) and its two terms, in nats: value == reconstruction - kl."""

    value: Float[Array, ""]
    reconstruction: Float[Array, ""]
    kl: Float[Array, ""]


def elbo(key: Key[Array, ""], model: LatentModel, x: Any, *, n_samples: int = 1) -> Bound:
    """E_q[log p(x|z)] - KL(q(z|x) || p(z)) of one row, the KL in closed form where there is one.

    Args:
        key: for the draws of z.
        model: p(z), p(x|z) and q(z|x).
        x: one row.
        n_samples: draws of z that the reconstruction is averaged over, at least 1. Where z is
            enumerated there are as many terms as values of z, and no sampling error.

    Returns:
        The bound and its terms, each of shape (), in nats; an unbiased estimate.

    Source: Kingma & Welling 2014, arXiv 1312.6114, eq. 7; without a closed form eq. 6.
    """
    q, p = model.q_z(x), model.p_z()
    draws = draw(key, q, n_samples)
    log_p = jax.vmap(lambda z: model.likelihood(z).log_prob(x))(draws.z)
    reconstruction = jnp.sum(draws.weight * log_p)
    kl = closed_form_kl(q, p)
    if kl is None:
        kl = jnp.sum(draws.weight * (draws.log_q - jax.vmap(p.log_prob)(draws.z)))
    return Bound(reconstruction - kl, reconstruction, kl)
