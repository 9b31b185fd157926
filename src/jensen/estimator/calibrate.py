"""The last step of a fit: samples whose columns have the shares of the training rows.

The bound is maximised on rows that were encoded, while samples start from the prior; where
the two differ a little, the shares of a column's codes drift by a percent or so, which the
bound hardly feels (1 % of a share is 0.0001 nats) and a user sees. The offsets of the last
layer take the drift back, as in the moment matching of exponential families, where the
maximum of the likelihood is where the model's moments equal those of the data.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Int64, Key

from jensen.bounds import elbo_rows
from jensen.data.codec import Codec, only_codes
from jensen.estimator.draw import block_size
from jensen.latent_model import LatentModel, sample_block
from jensen.training import Event, Rows

ROUNDS = (32_768, 131_072)
"""Rows drawn to measure the shares: roughly first, then finely."""
MAX_CELLS = 4_194_304
RARE = 50
"""A code of so many training rows is corrected by half of what its share asks for."""
LARGEST = 0.25
"""No offset moves by more than this in one round."""
PRICE = 0.05
"""Nats per row that the held-out bound may fall; else the model stays as it was."""
CHECK_ROWS = 4_096


def calibrate(
    key: Key[Array, ""], model: LatentModel, codec: Codec, held_out: Rows, step: int
) -> tuple[LatentModel, Event | None]:
    """The model with its marginals matched, and what to record; the same model if it costs.

    Args:
        key: for the draws.
        model: left as it is where its likelihood has no `head` with offsets of codes.
        codec: knows the counts of the training rows.
        held_out: rows that took no part in the training.
        step: when this happened, for the record.
    """
    if not hasattr(getattr(model.likelihood, "head", None), "bias"):
        return model, None
    if not any(np.count_nonzero(column.counts) > 1 for column in codec.coded):
        return model, None
    matched, first = model, 0
    enough = min(8 * int(codec.coded[0].counts.sum()), MAX_CELLS // len(codec.coded))
    for draws in ROUNDS:
        n = min(draws, enough)
        counts = _sample_counts(key, matched, codec, first, n)
        matched, first = _shift(matched, _offsets(codec, counts)), first + n
    codes = held_out.take(slice(CHECK_ROWS)).x
    before, after = (float(np.mean(elbo_rows(key, m, codes).value)) for m in (model, matched))
    change = f"the held-out bound changed by {after - before:+.4f} nats"
    if not after > before - PRICE:
        return model, Event(step, "not calibrated", f"{change}, so the shares stay as they were")
    return matched, Event(step, "calibrated", f"columns have the training rows' shares; {change}")


def _sample_counts(
    key: Key[Array, ""], model: LatentModel, codec: Codec, start: int, n: int
) -> list[Int64[np.ndarray, " codes"]]:
    """How often n sampled rows have every code of every column."""
    size = block_size(len(codec.coded))
    total = [np.zeros(len(column.counts), np.int64) for column in codec.coded]
    for first in range(start, start + n, size):
        x = np.asarray(only_codes(sample_block(key, model, jnp.uint32(first), size)[0]))
        for j, count in enumerate(total):
            count += np.bincount(x[:, j], minlength=len(count))
    return total


def _offsets(
    codec: Codec, sampled: list[Int64[np.ndarray, " codes"]]
) -> Float64[np.ndarray, "d c"]:
    """log of the training rows' share over the samples' share, less where a code is rare."""
    width = max(len(count) for count in sampled)
    out = np.zeros((len(sampled), width))
    for j, (column, count) in enumerate(zip(codec.coded, sampled, strict=True)):
        real, count = column.counts[: column.n_modelled], count[: column.n_modelled]
        ratio = np.log((real + 1) / (real.sum() + len(real)))
        ratio -= np.log((count + 1) / (count.sum() + len(count)))
        out[j, : len(real)] = np.clip(ratio, -LARGEST, LARGEST) * real / (real + RARE)
    return out


def _shift(model: LatentModel, offsets: Float64[np.ndarray, "d c"]) -> LatentModel:
    bias = model.likelihood.head.bias
    bias = bias + jnp.asarray(offsets, bias.dtype)
    return eqx.tree_at(lambda m: m.likelihood.head.bias, model, bias)
