"""q(z|x) as a flow of Normal draws: what iaf and spline share."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpyro.distributions as dist
from flowjax.bijections import AbstractBijection
from jaxtyping import Array, Float, Key

from jensen.networks import Linear
from jensen.posteriors.mean_field import LOG_SCALE_RANGE


class Flowed(eqx.Module):
    """z = flow(e; h), e of independent Normals: log q(z|x) = log N(e) - log |det dz/de|."""

    base: Any
    flow: AbstractBijection
    h: Float[Array, " h"]

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log q(z|x) of any z, nats: the flow run backwards."""
        noise, log_det = self.flow.inverse_and_log_det(value, self.h)
        return self.base.log_prob(noise) + log_det

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """z ~ q(z|x)."""
        return self.sample_and_log_prob(key)[0]

    def sample_and_log_prob(self, key: Key[Array, ""]) -> tuple[Float[Array, " l"], Any]:
        """z ~ q(z|x) and its log q(z|x): the flow run forwards only."""
        noise = self.base.sample(key)
        z, log_det = self.flow.transform_and_log_det(noise, self.h)
        return z, self.base.log_prob(noise) - log_det


class FlowHead(eqx.Module):
    """Independent Normals of h, then a flow that reads h as well."""

    out: Linear
    flow: AbstractBijection

    def __call__(self, h: Float[Array, " h"]) -> Flowed:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        loc, log_scale = jnp.split(self.out(h), 2)
        scale = jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE))
        return Flowed(dist.Normal(loc, scale).to_event(1), self.flow, h)
