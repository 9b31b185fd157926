"""What is maximised while training: the bound, with a weight on its KL that rises to one."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree
from numpyro.distributions import Distribution
from paramax import NonTrainable

from jensen.bounds import n_rows
from jensen.bounds.objectives import Objective
from jensen.latent_model import LatentModel
from jensen.likelihoods import Codes, Facts


def trainable(model: LatentModel) -> tuple[PyTree, PyTree]:
    """The weights of a model, and all the rest: its constants and its structure.

    A NumPyro distribution is prescribed, so not trained; a prior to be learned is a module. Nor
    is trained what flowjax marks as `NonTrainable`, whose gradient is zero: weight decay would
    move it all the same.
    """

    def is_constant(node: object) -> bool:
        return isinstance(node, Codes | Distribution | Facts | NonTrainable)

    free = jax.tree.map(
        lambda node: False if is_constant(node) else eqx.is_inexact_array(node),
        model,
        is_leaf=is_constant,
    )
    return eqx.partition(model, free)


def loss(
    weights: PyTree,
    rest: PyTree,
    objective: Objective,
    key: Key[Array, ""],
    x: PyTree,
    progress: Float[Array, ""],
    kl_warm_up: float,
) -> Float[Array, ""]:
    """Minus the mean objective of a batch: the one place where the sign turns."""
    model = eqx.combine(weights, rest)
    kl_weight = jnp.minimum(progress / kl_warm_up, 1.0) if kl_warm_up > 0 else jnp.ones(())
    keys = jax.random.split(key, n_rows(x))
    return -objective(keys, lambda k: model.with_noise(k, progress), x, kl_weight)
