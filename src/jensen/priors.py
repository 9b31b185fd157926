"""p(z): the prescribed distribution of the latent vector."""

import jax.numpy as jnp
import numpyro.distributions as dist


def standard_normal(latent_dim: int) -> dist.Distribution:
    """z ~ N(0, I), shape (latent_dim,)."""
    return dist.Normal(jnp.zeros(latent_dim), jnp.ones(latent_dim)).to_event(1)


PRIORS = {"normal": standard_normal}
"""Priors by the name that `VAE(prior=...)` takes."""
