"""The mean over a batch of what is maximised for one row."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.latent_model import LatentModel

ModelAt = Callable[[Key[Array, ""]], LatentModel]
"""key -> the model under the noise it is trained with."""


@runtime_checkable
class Objective(Protocol):
    """What is maximised; see the room's docstring."""

    @property
    def is_bound(self) -> bool:
        """Whether it is a lower bound on log p(x)."""
        ...

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean over the rows of a batch."""
        ...


def each_row(
    of_row: Callable[[Key[Array, ""], LatentModel, Any], Any],
    keys: Key[Array, " b"],
    model_at: ModelAt,
    x: Any,
) -> Any:
    """of_row(key, model, row) of every row, each with noise and draws of its own."""

    def one(key: Key[Array, ""], row: Any) -> Any:
        noise_key, draw_key = jax.random.split(key)
        return of_row(draw_key, model_at(noise_key), row)

    return jax.vmap(one)(keys, x)


def mean_over_rows(
    of_row: Callable[[Key[Array, ""], LatentModel, Any], Float[Array, ""]],
    keys: Key[Array, " b"],
    model_at: ModelAt,
    x: Any,
) -> Float[Array, ""]:
    """Mean of of_row(key, model, row), each row with noise and draws of its own."""
    return jnp.mean(each_row(of_row, keys, model_at, x))


def at_least(name: str, value: int | float, least: int | float) -> None:
    """Refuse a setting that is below its range.

    Raises:
        ValueError: saying what must hold and what came.
    """
    if not least <= value < float("inf"):
        raise ValueError(f"{name} must be at least {least} and finite, and is {value!r}.")


def one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is not known.

    Raises:
        ValueError: saying what must hold and what came.
    """
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, and is {value!r}.")
