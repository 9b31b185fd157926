"""Draws of p(z, x | condition): weighted ones, and chains that set out from them."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jensen.bounds.ais import FIRST_STEP, TARGET
from jensen.conditionals import (
    Evidence,
    Guide,
    Particles,
    Walked,
    effective,
    particles,
    quick_jit,
    walk_on,
)
from jensen.estimator.draw import take
from jensen.latent_model import LatentModel

MOST = 4_096
"""Draws that a row is chosen from, at most."""
AT_ONCE = 4_096
"""Draws of one call of the compiled program."""
PILOT, LONG_PILOT = AT_ONCE, 16 * AT_ONCE
"""Draws by which a condition is judged."""
WALKS = 64
"""Rows that walk at once, and pilot chains."""
TUNINGS, TUNING = 6, 2.0
"""Times that the step size is mended after a walk, and by how much for each share of its moves
that is accepted too often: each share accepted less is about half a share of log size."""
WALK_KEY = MOST + AT_ONCE
"""Of a row's chain: what no draw and no pilot draw has."""
NO_ROW = 2**32 - 1
"""Stands for a row in the key of pilot chains."""


@quick_jit
def draws(
    key: Key[Array, ""],
    row: Array,
    draw: Array,
    model: LatentModel,
    guide: Any,
    evidence: Evidence,
) -> Particles:
    """A weighted draw of each number of each row. The one program of all."""

    def one(i: Array, k: Array) -> Particles:
        own = jax.random.fold_in(jax.random.fold_in(key, i), k)
        return jax.tree.map(lambda a: a[0], particles(own, model, guide, evidence, 1))

    return jax.vmap(one)(row, draw)


@dataclass(frozen=True)
class Pilot:
    """What draws say of a condition.

    Attributes:
        log_p: estimate of log p(condition), nats.
        log_p_error: its standard error.
        share: effective share of the draws.
        guide: that they were drawn with.
        n: how many there were.
        parts: the draws.
    """

    log_p: float
    log_p_error: float
    share: float
    guide: Guide | None
    n: int
    parts: tuple[Particles, ...]

    @classmethod
    def of(
        cls,
        key: Key[Array, ""],
        model: LatentModel,
        guide: Guide | None,
        evidence: Evidence,
        n: int,
    ) -> "Pilot":
        """Of n draws, a multiple of AT_ONCE."""
        draw = np.arange(MOST, MOST + AT_ONCE, dtype=np.uint32)  # numbers that no row's draws have
        rows = np.arange(n // AT_ONCE, dtype=np.uint32)
        parts = tuple(draws(key, np.full_like(draw, i), draw, model, guide, evidence) for i in rows)
        log_w = np.concatenate([np.asarray(part.log_w, np.float64) for part in parts])
        most = log_w.max()
        if not np.isfinite(most):
            return cls(-np.inf, np.inf, 0.0, guide, n, parts)
        w = np.exp(log_w - most)
        share = w.sum() ** 2 / (w**2).sum() / n
        error = w.std() / w.mean() / np.sqrt(n)
        return cls(float(most + np.log(w.mean())), float(error), float(share), guide, n, parts)


@dataclass(frozen=True)
class Walker:
    """How rows are walked on, each by a chain that sets out from its own weighted draw.

    Attributes:
        guide: that proposes.
        size, mass: of the steps, found by pilot chains and the same for all rows.
        ess: effective number of the states that a chain goes through.
    """

    guide: Guide
    size: Float[np.ndarray, ""]
    mass: Float[np.ndarray, " l"]
    ess: float

    @classmethod
    def of(
        cls, key: Key[Array, ""], model: LatentModel, guide: Guide, evidence: Evidence, pilot: Pilot
    ) -> "Walker":
        """Tuned by chains that set out from draws of a pilot, picked by their weights."""
        drawn = jax.tree.map(lambda *parts: np.concatenate(parts), *pilot.parts)
        own = jax.random.fold_in(jax.random.fold_in(key, NO_ROW), WALK_KEY)
        pkey, key = jax.random.split(own)
        first = np.asarray(jax.random.categorical(pkey, jnp.asarray(drawn.log_w), shape=(WALKS,)))
        state, rows = take((drawn.z, drawn.x), first), np.arange(WALKS, dtype=np.uint32)
        size = np.asarray(FIRST_STEP * drawn.z.shape[1] ** -0.25, np.float32)
        mass = drawn.z.var(0) + 1e-4

        def chains(part: Any) -> Any:
            return _chains(part, rows, state, size, mass, model, guide, evidence)

        *parts, last = jax.random.split(key, TUNINGS + 1)
        for part in parts:
            states, accepted = chains(part)
            state = jax.tree.map(lambda a: a[:, -1], states)
            size = size * np.exp(TUNING * (np.mean(accepted) - TARGET), dtype=np.float32)
        (z, x), accepted = chains(last)
        ess = effective(Walked(z, x, jnp.mean(accepted)))
        return cls(guide, size, mass, float(ess) / WALKS)

    def walk(
        self,
        key: Key[Array, ""],
        model: LatentModel,
        evidence: Evidence,
        first: int,
        start: Particles,
    ) -> Any:
        """Where the chains of rows first, first + 1, ... end: x, of the shape of `start.x`."""
        last, done = first + len(start.z) - 1, list[Any]()
        for block in range(first - first % WALKS, last + 1, WALKS):
            # every row has its place in its block, whatever other rows are asked for
            rows = np.arange(block, block + WALKS)
            asked = np.flatnonzero((rows >= first) & (rows <= last))
            rows = np.clip(rows, first, last)
            state, i = take((start.z, start.x), rows - first), rows.astype(np.uint32)
            (_, x), _ = _chains(key, i, state, self.size, self.mass, model, self.guide, evidence)
            done.append(jax.tree.map(lambda a, asked=asked: np.asarray(a[:, -1])[asked], x))
        return jax.tree.map(lambda *parts: np.concatenate(parts), *done)


@quick_jit
def _chains(
    key: Key[Array, ""],
    row: Array,
    start: Any,
    size: Any,
    mass: Array,
    model: LatentModel,
    guide: Any,
    evidence: Evidence,
) -> Any:
    """A chain for each row: its states, and how many of its moves were accepted."""

    def one(i: Array, start: Any) -> Any:
        own = jax.random.fold_in(jax.random.fold_in(key, i), WALK_KEY)
        return walk_on(own, model, guide, evidence, start, size, mass)

    return jax.vmap(one)(row, start)
