"""What is maximised while training: the bound, with a weight on its KL that rises to one."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from jensen.bounds import n_rows
from jensen.bounds.objectives import Objective


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
