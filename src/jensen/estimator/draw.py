"""Rows of the endless sample that belongs to a model and a seed."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Key

from jensen.data import Table, stack
from jensen.data.codec import only_codes
from jensen.estimator.fitted import Fitted
from jensen.latent_model import LatentModel, sample_block

BLOCK_CELLS = 65_536
DECODED_ROWS = 32_768
"""Rows whose codes become values at once: many, since each call costs as much as a thousand."""


def random_key(seed: int) -> Key[Array, ""]:
    """The one place where a seed becomes a key."""
    return jax.random.key(seed)


def block_size(n_columns: int) -> int:
    """Rows of a block of the sample: it depends on the model alone, never on what is asked for."""
    return int(2 ** np.clip(np.floor(np.log2(BLOCK_CELLS / n_columns)), 5, 12))


def draw_rows(
    fitted: Fitted, seed: int, start: int, stop: int, report: Callable[[int], None] | None = None
) -> Table:
    """Rows start .. stop - 1 of the sample of a seed.

    Blocks are aligned to multiples of their size, so every row is computed by the same
    program at the same place whatever else is asked for, and comes out the same to the bit.
    """
    key = random_key(seed)
    spans = [(a, min(a + DECODED_ROWS, stop)) for a in range(start, stop, DECODED_ROWS)]
    tables: list[Table] = []
    ahead = _draw_span(key, fitted, *spans[0])
    for i, (begin, end) in enumerate(spans):
        drawn = ahead
        if end < stop:  # while these rows become values, the next ones are drawn
            ahead = _draw_span(key, fitted, *spans[i + 1])
        x, bits = jax.tree.map(lambda *parts: np.concatenate(parts), *drawn)
        size = block_size(len(fitted.codec.coded))
        rows = slice(begin % size, begin % size + end - begin)
        u = uniform(bits[rows])
        tables.append(fitted.codec.decode(take(x, rows), u, seed=seed, start=begin))
        if report is not None:
            report(end - start)
    return stack(tables) if len(tables) > 1 else tables[0]


def take(x: Any, rows: Any) -> Any:
    """Some rows of a tree of arrays."""
    return jax.tree.map(lambda leaf: leaf[rows], x)


def _draw_span(
    key: Key[Array, ""], fitted: Fitted, begin: int, end: int
) -> list[tuple[Any, Array]]:
    """The blocks that rows begin .. end - 1 lie in; not waited for."""
    size = block_size(len(fitted.codec.coded))
    return [
        sample_block(key, fitted.model, jnp.uint32(first % 2**32), size)
        for first in range(begin - begin % size, end, size)
    ]


@eqx.filter_jit
def _decode_block(
    key: Key[Array, ""], model: LatentModel, z: Float[Array, "n l"]
) -> tuple[Any, Array]:
    def draw(i: Array, z: Float[Array, " l"]) -> tuple[Any, Array]:
        xkey, ukey = jax.random.split(jax.random.fold_in(key, i))
        x = model.likelihood(z).sample(xkey)
        return x, jax.random.bits(ukey, (*only_codes(x).shape, 2), "uint32")

    return jax.vmap(draw)(jnp.arange(len(z), dtype="uint32"), z)


def draw_given(fitted: Fitted, seed: int, z: Float64[np.ndarray, "n l"]) -> Table:
    """One row x ~ p(x|z) for every latent vector."""
    x, bits = _decode_block(random_key(seed), fitted.model, jnp.asarray(z, jnp.float32))
    x = jax.tree.map(np.asarray, x)
    return fitted.codec.decode(x, uniform(np.asarray(bits)), seed=seed)


def uniform(bits: np.ndarray) -> np.ndarray:
    """Numbers in [0, 1) on a grid of 2^-53 from pairs of 32 random bits."""
    high, low = bits[..., 0].astype(np.uint64), bits[..., 1].astype(np.uint64)
    return (((high << np.uint64(32)) | low) >> np.uint64(11)).astype(np.float64) * 2.0**-53
