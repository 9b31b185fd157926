"""q(z|x) = q(z_L|x) prod_l q(z_l | z_{l+1}, x): down the layers of the prior."""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Key

from jensen.distributions import Chain
from jensen.networks import Linear

LOG_SCALE_RANGE = (-7.0, 3.0)


class LadderStep(eqx.Module):
    """A layer of q: what x says of it times what the prior says of it, given the layer above.

        scale^-2 = scale_x^-2 + scale_p^-2
        loc = scale^2 (loc_x scale_x^-2 + loc_p scale_p^-2)

    At the top x alone speaks, as in the source.

    Attributes:
        prior: has `step(layer, above)`, a Normal.
        loc, scale: what x says of every layer, shape (layers, k).

    Source: Sonderby et al. 2016, arXiv 1602.02282, eq. 18 and 19.
    """

    prior: Any
    loc: Float[Array, "layers k"]
    scale: Float[Array, "layers k"]

    def __call__(self, layer: int, above: Float[Array, " k"] | None) -> dist.Distribution:
        """q(z_l | z_{l+1}, x), shape (k,)."""
        loc, scale = self.loc[layer], self.scale[layer]
        if above is not None:
            p = self.prior.step(layer, above).base_dist
            of_x, of_p = scale**-2, p.scale**-2
            loc = (loc * of_x + p.loc * of_p) / (of_x + of_p)
            scale = (of_x + of_p) ** -0.5
        return dist.Normal(loc, scale).to_event(1)


class GivenLadder(eqx.Module):
    """The head of a ladder that knows its prior: h -> `Chain`."""

    out: Linear
    prior: Any

    def __call__(self, h: Float[Array, " h"]) -> Chain:
        """q(z|x), shape (latent_dim,), given the encoder's h."""
        n = self.prior.layers
        loc, log_scale = (part.reshape(n, -1) for part in jnp.split(self.out(h), 2))
        scale = jnp.exp(jnp.clip(log_scale, *LOG_SCALE_RANGE))
        return Chain(LadderStep(self.prior, loc, scale), n)


class LadderHead(eqx.Module):
    """What x says of every layer; `given` a prior with layers it is a head of q(z|x)."""

    out: Linear

    def given(self, prior: Any) -> GivenLadder:
        """The same, going down this prior."""
        return GivenLadder(self.out, prior)


@dataclass(frozen=True)
class Ladder:
    """q(z|x) down the layers of prior 'hierarchy' (Sonderby et al. 2016, arXiv 1602.02282)."""

    needs_prior = "hierarchy"

    def build(self, width: int, latent_dim: int, *, key: Key[Array, ""]) -> LadderHead:
        """A head before any training: near the prior, whatever x."""
        return LadderHead(Linear(width, 2 * latent_dim, scale=0.3, key=key))
