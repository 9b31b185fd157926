"""Draws of z ~ q(z|x) that bounds average over, with their weights and densities."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from numpyro.distributions import Distribution as NumPyroDistribution
from numpyro.distributions import kl_divergence

from jensen.latent_model import Distribution


class Draws(NamedTuple):
    """Points z_1 .. z_m with weights that sum to one: E_q[f(z)] ~ sum_i weight_i f(z_i).

    Attributes:
        z: shape (m, ...).
        weight: shape (m,); equal for plain draws, the probabilities where all z are enumerated.
        log_q: log q(z_i|x), shape (m,), nats.
    """

    z: Any
    weight: Float[Array, " m"]
    log_q: Float[Array, " m"]


def draw(key: Key[Array, ""], q: Distribution, n: int) -> Draws:
    """n draws of q, each of weight 1/n; or what `q.points(key, n)` takes in their place.

    A `points` of its own belongs to a q whose plain draws have no gradient (a mixture draws from
    every component) or need none (a categorical enumerates). A `sample_and_log_prob` of its
    own belongs to one that knows the density of its own draws better than that of others.
    """
    if hasattr(q, "points"):
        return Draws(*q.points(key, n))  # type: ignore[attr-defined]
    keys = jax.random.split(key, n)
    if hasattr(q, "sample_and_log_prob"):
        z, log_q = jax.vmap(q.sample_and_log_prob)(keys)  # type: ignore[attr-defined]
    else:
        z = jax.vmap(q.sample)(keys)
        log_q = jax.vmap(q.log_prob)(z)
    return Draws(z, jnp.full(n, 1.0 / n), log_q)


def closed_form_kl(q: Distribution, p: Distribution) -> Float[Array, "..."] | None:
    """KL(q || p) in nats, of the batch shape of q, where there is a formula; else None.

    Formulas are NumPyro's, or that of a method `q.kl(p)`, which may return None as well.
    """
    if hasattr(q, "kl"):
        return q.kl(p)  # type: ignore[attr-defined]
    if isinstance(q, NumPyroDistribution) and isinstance(p, NumPyroDistribution):
        try:
            return kl_divergence(q, p)
        except NotImplementedError:
            return None
    return None
