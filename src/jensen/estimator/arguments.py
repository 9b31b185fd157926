"""What users give to a `VAE`, checked before anything is done with it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import ValidationError

from jensen.errors import OptionError
from jensen.training import TrainingConfig

TRAINING = ("steps", "batch_size", "learning_rate", "kl_warm_up", "minutes")
"""Fields of `TrainingConfig` that are arguments of a `VAE`."""
MAX_ROW = 2**32
"""Row numbers are folded into a key as 32 bits."""
MAX_SEED = 2**32 - 1
"""A key is made of the lower 32 bits of its seed: larger ones would repeat smaller ones."""


def whole(what: str, value: Any, least: int, most: int) -> int:
    """A whole number that the user gave, as an int.

    Raises:
        OptionError: it is none, or out of range.
    """
    if isinstance(value, int | np.integer) and least <= value <= most:
        return int(value)
    raise OptionError(f"{what} must be a whole number from {least} to {most}, and is {value!r}.")


def config_of(kind: Any, vae: Any, names: Sequence[str]) -> Any:
    """The settings of one kind out of a `VAE`'s parameters.

    Raises:
        OptionError: one of them is not valid.
    """
    try:
        return kind(**{name: getattr(vae, name) for name in names})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise OptionError(
            f"{where} must be valid: {first['msg']}, got {first['input']!r}."
        ) from error


def split(n: int, config: TrainingConfig, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers that train, and those held out: a tenth, at least 1 and at most 50,000.

    A single row has to serve as both.
    """
    order = np.random.default_rng([seed, 0]).permutation(n)
    m = int(np.clip(round(config.held_out * n), 1, config.max_held_out))
    return (order, order) if n == 1 else (np.sort(order[m:]), np.sort(order[:m]))
