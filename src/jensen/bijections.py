"""Invertible networks R^n -> R^n that know their log-determinant, as flowjax builds them.

A layer is followed by a fixed order of the entries, the same whatever the key: a model file
holds weights alone, so nothing else may depend on the key.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from flowjax.bijections import (
    AbstractBijection,
    Affine,
    Chain,
    Coupling,
    MaskedAutoregressive,
    Permute,
    RationalQuadraticSpline,
    Scan,
)
from jaxtyping import Array, Float, Key
from paramax import Parameterize
from paramax.utils import inv_softplus

NETWORK: dict[str, Any] = {"nn_width": 64, "nn_depth": 1, "nn_activation": jax.nn.gelu}
"""Of the networks that give a layer its parameters."""
INTERVAL = 5.0
"""Splines bend the line between plus and minus this, and leave it straight beyond."""
NEAR = 0.1
"""Factor on the last weights of these networks, so that a layer starts near the identity."""
MIN_SCALE = 1e-2


def affine() -> AbstractBijection:
    """loc + scale * x of a number, scale > 0.01; the identity before it is given parameters."""

    def positive(raw: Float[Array, "..."]) -> Float[Array, "..."]:
        return jax.nn.softplus(raw) + MIN_SCALE

    scale = Parameterize(positive, inv_softplus(1.0 - MIN_SCALE))
    return eqx.tree_at(lambda bijection: bijection.scale, Affine(), scale)


def spline(knots: int) -> AbstractBijection:
    """A monotone rational-quadratic spline of a number (Durkan et al. 2019, arXiv 1906.04032)."""
    return RationalQuadraticSpline(knots=knots, interval=INTERVAL)


def coupling(
    transformer: AbstractBijection,
    dim: int,
    n_layers: int,
    *,
    condition: int | None = None,
    key: Key[Array, ""],
) -> AbstractBijection:
    """Layers that transform half of x given the other half (Dinh et al. 2017, arXiv 1605.08803).

    Args:
        transformer: of one entry; its parameters come from a network.
        dim: n, at least 2; or 1, where there is a condition, which then says all.
        n_layers: at least 1.
        condition: length of a vector that the networks read as well, None for none.
        key: for the weights.
    """

    def layer(key: Key[Array, ""]) -> AbstractBijection:
        made = Coupling(
            key,
            transformer=transformer,
            untransformed_dim=dim // 2,
            dim=dim,
            cond_dim=condition,
            **NETWORK,
        )
        return _near_identity(made, lambda c: c.conditioner.layers[-1])

    return _stacked(layer, dim, n_layers, key)


def autoregressive(
    transformer: AbstractBijection,
    dim: int,
    n_layers: int,
    *,
    condition: int | None = None,
    key: Key[Array, ""],
) -> AbstractBijection:
    """Layers that transform each entry given those before it: fast forward, slow backward.

    Args: as for `coupling`. Source: Papamakarios et al. 2017, arXiv 1705.07057, section 3.
    """

    def layer(key: Key[Array, ""]) -> AbstractBijection:
        made = MaskedAutoregressive(
            key, transformer=transformer, dim=dim, cond_dim=condition, **NETWORK
        )
        return _near_identity(made, lambda m: m.masked_autoregressive_mlp.layers[-1])

    return _stacked(layer, dim, n_layers, key)


def _near_identity(layer: Any, last: Callable[[Any], Any]) -> Any:
    """The layer with the last weights of its network made small."""

    def smaller(leaf: Any) -> Any:
        return leaf * NEAR if eqx.is_inexact_array(leaf) else leaf

    return eqx.tree_at(last, layer, replace_fn=lambda linear: jax.tree.map(smaller, linear))


def _stacked(
    layer: Callable[[Key[Array, ""]], AbstractBijection],
    dim: int,
    n_layers: int,
    key: Key[Array, ""],
) -> AbstractBijection:
    """n_layers layers, each followed by an order of the entries, run by one scan."""

    def ordered(key: Key[Array, ""], order: Array) -> AbstractBijection:
        return Chain([layer(key), Permute(order)])

    orders = jnp.asarray(np.stack([_order(dim, i) for i in range(n_layers)]))
    return Scan(eqx.filter_vmap(ordered)(jax.random.split(key, n_layers), orders))


def _order(dim: int, layer: int) -> np.ndarray:
    """Backwards after every other layer, shuffled after those between; of two always backwards."""
    backwards = np.arange(dim, dtype=np.int32)[::-1]
    if dim == 2 or layer % 2 == 0:
        return backwards
    return np.random.default_rng(layer).permutation(backwards)
