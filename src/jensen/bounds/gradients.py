"""Importance weights whose value is one and whose gradient is chosen: plain, stl or dreg.

All three have the same value; they differ in what reaches the weights of q(z|x):

    plain   the gradient of log w through z and through the parameters of q's density
    stl     sticking the landing: the density of q counts as constant, so only the path through z
            is left (Roeder, Wu & Duvenaud 2017, arXiv 1703.09194)
    dreg    the path through z of draw k times its normalised weight once more
            (Tucker et al. 2019, arXiv 1810.04152, eq. 8)
"""

from typing import Any, TypeVar

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key

from jensen.bounds.draws import draw
from jensen.errors import OptionError
from jensen.latent_model import Distribution, LatentModel

Tree = TypeVar("Tree")


def without_gradient(tree: Tree) -> Tree:
    """The same module or distribution, its arrays taken as constants."""

    def stop(leaf: Any) -> Any:
        return jax.lax.stop_gradient(leaf) if eqx.is_inexact_array(leaf) else leaf

    return jax.tree.map(stop, tree)


def with_gradient_of(value: Float[Array, ""], other: Float[Array, ""]) -> Float[Array, ""]:
    """`value` itself, with the gradient of `other`."""
    return jax.lax.stop_gradient(value) + (other - jax.lax.stop_gradient(other))


def constant(q: Distribution) -> Distribution:
    """q with constant parameters.

    Raises:
        OptionError: q is no tree of arrays, so that its parameters cannot be told from it.
    """
    if not any(eqx.is_inexact_array(leaf) for leaf in jax.tree.leaves(q)):
        raise OptionError(
            "gradient stl and dreg need a q(z|x) that is a NumPyro distribution or an Equinox "
            f"module, whose arrays can be held constant; got {type(q).__name__}: "
            "use gradient=plain."
        )
    return without_gradient(q)


def weights(
    key: Key[Array, ""],
    model: LatentModel,
    x: Any,
    n: int,
    kl_weight: Float[Array, ""],
    gradient: str = "plain",
) -> tuple[Float[Array, " m"], Float[Array, " m"]]:
    """log w = log p(x|z) + kl_weight (log p(z) - log q(z|x)) of draws of q, and their shares.

    Args:
        key: for the draws of z.
        model: p(z), p(x|z) and q(z|x).
        x: one row.
        n: draws, at least 1; a q that enumerates has as many points as values.
        kl_weight: from 0 to 1.
        gradient: "plain", "stl" or "dreg"; dreg is right for log sum_k w_k alone.

    Returns:
        log w in nats, and the weights of the draws, which sum to one.
    """
    q, p = model.q_z(x), model.p_z()
    draws = draw(key, q, n)

    def log_w(z: Any, log_q: Float[Array, ""]) -> Float[Array, ""]:
        return model.likelihood(z).log_prob(x) + kl_weight * (p.log_prob(z) - log_q)

    if gradient == "plain":
        return jax.vmap(log_w)(draws.z, draws.log_q), draws.weight
    fixed_q = constant(q)
    at = jax.vmap(lambda z: log_w(z, fixed_q.log_prob(z)))
    if gradient == "stl":
        return at(draws.z), draws.weight
    _refuse_without_paths(q)
    z = jax.lax.stop_gradient(draws.z)
    # E[s_k d log q] over the parameters of q is E[d s_k] along the path of z_k, s_k the normalised
    # weight, and d s_k = (s_k - s_k^2) d log w_k: with kl_weight 1 only s_k^2 is left.
    share = 1 - kl_weight * (1 - jax.lax.stop_gradient(jax.nn.softmax(at(z))))
    return at(z + share[:, None] * (draws.z - z)), draws.weight


def _refuse_without_paths(q: Distribution) -> None:
    if hasattr(q, "points") or not getattr(q, "has_rsample", True):
        raise OptionError(
            f"gradient=dreg needs draws that are reparameterised, and {type(q).__name__} has "
            "enumerated or stratified points, or draws without a gradient: use gradient=plain."
        )
