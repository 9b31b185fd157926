"""p(z) = 1/K sum_k q(z|u_k): where the posterior puts rows that were learned."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key
from numpyro.distributions import Independent, Normal

from jensen.distributions import normal_log_probs
from jensen.errors import OptionError
from jensen.networks import Conditional, normal


class Aggregate(eqx.Module):
    """1/K sum_k of(u_k), each a distribution over z."""

    u: Any
    of: Callable[[Any], Any]

    def log_prob(self, value: Float[Array, " l"]) -> Float[Array, ""]:
        """log 1/K sum_k q(z|u_k), nats."""
        if _is_mean_field(self.of(_first(self.u))):
            loc, scale = jax.vmap(lambda u: _loc_and_scale(self.of(u)))(self.u)
            log_q = normal_log_probs(value, loc, scale)
        else:
            log_q = jax.vmap(lambda u: self.of(u).log_prob(value))(self.u)
        return jax.nn.logsumexp(log_q) - jnp.log(1.0 * len(log_q))

    def sample(self, key: Key[Array, ""]) -> Float[Array, " l"]:
        """One u_k, each as likely as any other, then z ~ q(z|u_k)."""
        ukey, zkey = jax.random.split(key)
        k = jax.random.randint(ukey, (), 0, len(jax.tree.leaves(self.u)[0]))
        return self.of(jax.tree.map(lambda leaf: leaf[k], self.u)).sample(zkey)


def _first(u: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[0], u)


def _is_mean_field(q: Any) -> bool:
    return isinstance(q, Independent) and isinstance(q.base_dist, Normal)


def _loc_and_scale(q: Any) -> tuple[Array, Array]:
    return q.base_dist.loc, q.base_dist.scale


def of_x(posterior: Any, x: Any) -> Any:
    """q(z|x), for pseudo-inputs that are rows x and a posterior that is any callable."""
    return posterior(x)


def of_sum(posterior: Any, e: Float[Array, " h"]) -> Any:
    """q(z|x) of a row whose columns' vectors add up to e, read without the noise of training.

    Raises:
        OptionError: the posterior does not add up such vectors.
    """
    network = getattr(posterior, "network", None)
    if not (isinstance(posterior, Conditional) and hasattr(network, "of_sum")):
        raise OptionError(
            "the vamp prior must have a posterior that is a head on an encoder of tables, because "
            f"it is made of what that says of learned rows; it got {type(posterior).__name__}. "
            "Choose another prior, or give VampPrior pseudo-inputs x and of=of_x."
        )
    if getattr(network, "noise", None) is not None:
        network = dataclasses.replace(network, noise=None)  # type: ignore[type-var]
    return posterior.head(network.of_sum(e))  # type: ignore[union-attr]


class VampPrior(eqx.Module):
    """p(z) = 1/K sum_k q(z|u_k), with learned pseudo-inputs u_k.

    Args:
        pseudo_inputs: the u_k, shape (K, ...).
        of: (posterior, u) -> q(z|u); `of_sum`, or `of_x` where they are rows x.

    Source: Tomczak & Welling 2018, arXiv 1705.07120, eq. 9.
    """

    pseudo_inputs: Any
    of: Callable[[Any, Any], Any] = eqx.field(default=of_sum, static=True)

    def given(self, posterior: Any) -> Aggregate:
        """p(z), made of q(z|x).

        Raises:
            OptionError: its q(z|x) is of a kind that cannot be mixed.
        """
        prior = Aggregate(self.pseudo_inputs, lambda u: self.of(posterior, u))
        q = prior.of(_first(self.pseudo_inputs))
        if not (hasattr(q, "log_prob") and hasattr(q, "sample")):
            raise OptionError(
                "the vamp prior must have a posterior that knows log q(z|x) of any z, to mix it; "
                f"{type(q).__name__} does not. Choose another prior or another posterior."
            )
        return prior


@dataclass(frozen=True)
class Vamp:
    """p(z) = 1/K sum_k q(z|u_k) (Tomczak & Welling 2018, arXiv 1705.07120, eq. 9).

    Args:
        components: K, the number of pseudo-inputs, at least 1.
    """

    components: int = 64

    def __post_init__(self):
        if self.components < 1:
            raise ValueError(f"components must be at least 1, and is {self.components}.")

    def build(self, latent_dim: int, *, hidden: int, key: Key[Array, ""]) -> VampPrior:
        """Pseudo-inputs drawn from N(0, I), as large as the sum of the columns' vectors."""
        return VampPrior(normal(key, self.components, hidden))
