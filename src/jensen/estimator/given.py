"""More rows that fulfil a condition: p(x | condition), row i of (model, condition, seed)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Key

from jensen.bounds import is_real
from jensen.conditionals import Evidence, Guide, chosen, particles, quick_jit, train_guide
from jensen.conditionals.evidence import UNKNOWN
from jensen.data import Table
from jensen.data.codec import Codec, Pieces, exact, pieces_of
from jensen.data.conditions import Allowed
from jensen.errors import ConditionError, OptionError
from jensen.estimator.draw import random_key, uniform
from jensen.estimator.fitted import Fitted
from jensen.latent_model import LatentModel
from jensen.likelihoods import Autoregressive, Codes, Independent

ENOUGH = 0.1
"""Effective share of the draws from which on no guide is trained."""
WANTED = 8.0
"""Effective number of draws that each row is chosen from."""
LEAST, MOST = 8, 4_096
"""Draws that a row is chosen from."""
AT_ONCE = 8_192
"""Draws of one call of the compiled program."""
PILOT, LONG_PILOT = AT_ONCE, 8 * AT_ONCE
"""Draws by which a condition is judged."""
FEW, AVOIDED = 0.1, 0.01
"""Rows expected among the training rows, and how often clauses meet for what chance would have it,
below which both say that a condition is improbable."""
GUIDE_KEY = 7


def decoder_of_codes(fitted: Fitted) -> Any:
    """The decoder, if conditions can be put to it.

    Raises:
        OptionError: it has parametric columns, or is of another kind.
    """
    decoder = fitted.model.likelihood
    if not isinstance(decoder, Autoregressive | Independent):
        raise OptionError(
            "conditions and gaps need a model whose columns are all bins or levels, and this one "
            f"has the likelihood {fitted.model_config.likelihood!r}, or columns with one of their "
            "own; fit without it."
        )
    return decoder


def guide_of(fitted: Fitted) -> Guide | None:
    """A guide, trained for this model; None where z is not a vector of reals."""
    codes = decoder_of_codes(fitted).codes
    row = np.zeros((1, codes.shape[0]), np.int32)
    if not is_real(fitted.model, row):
        return None
    key = jax.random.fold_in(random_key(fitted.seed), GUIDE_KEY)
    return train_guide(key, fitted.model, codes, fitted.model_config.latent_dim)


def everything(codes: Codes) -> np.ndarray:
    """Every code allowed, shape (d, c), but for those that no draw may have."""
    return (np.arange(codes.shape[1])[None] < np.array(codes.n_modelled)[:, None]).astype(
        np.float32
    )


@dataclass(frozen=True)
class Condition:
    """A condition made ready for a model.

    Attributes:
        allowed: what each column may be.
        pieces: the same as parts of codes, by the columns' indices.
        evidence: the same for the model.
        log_p: estimate of the log-probability of the condition, nats.
        log_p_error: its standard error.
        efficiency: effective share of the draws.
        guide: None where the model alone is good enough.
        expected: how many of the training rows should fulfil it, by `log_p`.
        log_lift: `log_p` less what it were if the clauses had nothing to do with each other.
    """

    allowed: Mapping[str, Allowed]
    pieces: Mapping[int, Pieces]
    evidence: Evidence
    log_p: float
    log_p_error: float
    efficiency: float
    guide: Guide | None
    expected: float
    log_lift: float

    @property
    def improbable(self) -> bool:
        """Whether the training rows speak against it: each clause occurs, and they avoid others."""
        return self.expected < FEW and self.log_lift < np.log(AVOIDED)

    @property
    def impossible(self) -> bool:
        """The same, to the point that rows would be what the model cannot rule out."""
        return self.expected < FEW / 100 and self.log_lift < np.log(AVOIDED) * 2

    def refuse_others(self, table: Table) -> None:
        """Refuse rows that do not fulfil it.

        Raises:
            ConditionError: naming the first such row and the clause.
        """
        for name, allowed in self.allowed.items():
            holds = allowed.holds(table.frame[name])
            if not holds.all():
                raise ConditionError(
                    f"{table.name} must have rows that fulfil {allowed.text!r} only, and row "
                    f"{int(np.argmin(holds)) + 1} does not; remove it, or leave the condition out."
                )

    def log_density(self, codec: Codec, table: Table) -> Float64[np.ndarray, " n"]:
        """What single values of densities add to log p(condition), for rows that fulfil it, nats.

        `log_p` is of codes; a clause such as mass = 4000.5 asks for one point inside a code.
        """
        out = np.zeros(len(table))
        for j, piece in self.pieces.items():
            if piece.is_point:
                out += codec.coded[j].encode(table)[1]
        return out

    @property
    def is_point(self) -> bool:
        """Whether a clause asks for one value of a density."""
        return any(piece.is_point for piece in self.pieces.values())

    def exact(self, table: Table) -> Table:
        """Drawn rows, with the very value where one of a density is asked for."""
        frame = table.frame
        for allowed, piece in zip(self.allowed.values(), self.pieces.values(), strict=True):
            name = allowed.column.name
            frame = frame.with_columns(exact(frame[name], allowed, piece))
        return replace(table, frame=frame)

    @property
    def draws(self) -> int:
        """Draws that each row is chosen from: a power of two."""
        n = 2 ** int(np.ceil(np.log2(WANTED / self.efficiency)))
        return int(np.clip(n, LEAST, MOST))

    @property
    def ess(self) -> float:
        """Effective number of the draws that each row is chosen from."""
        return self.draws * self.efficiency


def prepare(
    fitted: Fitted,
    allowed: Mapping[str, Allowed],
    guide: Callable[[], Guide | None],
    report: Callable[[str], object] = str,
) -> Condition:
    """Restrict the codes, and find out how to draw rows that fulfil the condition.

    Args:
        fitted: the model.
        allowed: what each column may be.
        guide: gives a guide when one is needed.
        report: told what is being done.

    Raises:
        ConditionError: no row fulfils it, or one in so many that none can be drawn.
    """
    decoder = decoder_of_codes(fitted)
    pieces = restrict(fitted.codec, allowed)
    weights = everything(decoder.codes)
    for j, piece in pieces.items():
        weights[j, : len(piece.weight)] *= piece.weight
        weights[j, len(piece.weight) :] = 0.0
    evidence = Evidence(jnp.full(len(weights), UNKNOWN, jnp.int32), jnp.asarray(weights))
    report("Looking for rows that fulfil the condition")
    key = random_key(fitted.seed)
    found, helper = _pilot(key, fitted.model, None, evidence, PILOT), None
    if found[2] < ENOUGH:
        report("Training a guide to rows that fulfil the condition")
        helper = guide()
        better = _pilot(key, fitted.model, helper, evidence, PILOT)
        found, helper = (better, helper) if better[2] > found[2] else (found, None)
    if found[2] * MOST < WANTED:
        report("Looking longer")
        found = _pilot(key, fitted.model, helper, evidence, LONG_PILOT)
    alone = _alone(fitted.codec, allowed, pieces)
    expected = float(np.exp(found[0]) * fitted.codec.coded[0].counts.sum())
    lift = found[0] - float(np.log(list(alone.values())).sum())
    condition = Condition(allowed, pieces, evidence, *found, helper, expected, lift)
    if not condition.ess >= WANTED / 4:
        raise ConditionError(_too_rare(condition, alone, "too few to draw from"))
    if condition.impossible:
        raise ConditionError(_too_rare(condition, alone, "the training rows speak against it"))
    return condition


def restrict(codec: Codec, allowed: Mapping[str, Allowed]) -> dict[int, Pieces]:
    """The parts of codes that are allowed, by the columns' indices."""
    index = {column.column.name: j for j, column in enumerate(codec.coded)}
    return {index[name]: pieces_of(codec.coded[index[name]], a) for name, a in allowed.items()}


def _alone(
    codec: Codec, allowed: Mapping[str, Allowed], pieces: Mapping[int, Pieces]
) -> dict[str, float]:
    """Share of the training rows that fulfil each clause, by its text."""
    shares: dict[str, float] = {}
    for j, piece in pieces.items():
        counts = codec.coded[j].counts
        fulfil = (piece.weight * counts[: len(piece.weight)]).sum()
        shares[allowed[codec.coded[j].column.name].text] = float(fulfil / counts.sum())
    return shares


def _too_rare(condition: Condition, alone: Mapping[str, float], why: str) -> str:
    parts = ", ".join(f"{text!r} alone has {100 * p:.2g} %" for text, p in alone.items())
    p = np.exp(condition.log_p)
    chance = f"about 1 in {1 / p:,.0f}" if p > 1e-12 else "next to none"
    return (
        f"the condition must be one that rows of the model can fulfil, and {chance} does "
        f"({parts}): {why}; widen a clause."
    )


@quick_jit
def _draws(
    keys: Key[Array, " m"], model: LatentModel, guide: Any, evidence: Evidence
) -> tuple[Array, Array]:
    """A weighted draw for each key: codes and log-weights. The one program of all conditions."""

    def draw(key: Key[Array, ""]) -> tuple[Array, Array]:
        found = particles(key, model, guide, evidence, 1)
        return found.x[0], found.log_w[0]

    return jax.vmap(draw)(keys)


def _pilot(
    key: Key[Array, ""], model: LatentModel, guide: Guide | None, evidence: Evidence, n: int
) -> tuple[float, float, float]:
    """Estimate of log p(evidence), its standard error, and the effective share of the draws."""
    keys = jax.random.split(key, (n // AT_ONCE, AT_ONCE))
    log_w = np.concatenate(
        [np.asarray(_draws(k, model, guide, evidence)[1], np.float64) for k in keys]
    )
    most = log_w.max()
    if not np.isfinite(most):
        return -np.inf, np.inf, 0.0
    w = np.exp(log_w - most)
    share = w.sum() ** 2 / (w**2).sum() / n
    error = w.std() / w.mean() / np.sqrt(n)
    return float(most + np.log(w.mean())), float(error), float(share)


@quick_jit
def _keys(key: Key[Array, ""], index: Array, n: int) -> tuple[Array, Array]:
    """Of each row: n keys of its draws, side by side with those of the others, and one more."""

    def row(i: Array) -> tuple[Array, Array]:
        pkey, ckey = jax.random.split(jax.random.fold_in(key, i))
        return jax.random.split(pkey, n), ckey

    keys, ckeys = jax.vmap(row)(index)
    return keys.reshape(-1), ckeys


@quick_jit
def _choose(keys: Array, x: Array, log_w: Array) -> tuple[Array, Array]:
    """One of each row's draws, by their weights; and random bits."""

    def row(key: Key[Array, ""], x: Array, log_w: Array) -> tuple[Array, Array]:
        ckey, ukey = jax.random.split(key)
        x = x[chosen(ckey, log_w)]
        return x, jax.random.bits(ukey, (*x.shape, 2), "uint32")

    n = len(keys)
    return jax.vmap(row)(keys, x.reshape(n, -1, x.shape[-1]), log_w.reshape(n, -1))


def rows_given(
    fitted: Fitted,
    condition: Condition,
    seed: int,
    start: int,
    stop: int,
    report: Callable[[int], None] | None = None,
) -> Table:
    """Rows start .. stop - 1 of the sample that belongs to a condition and a seed."""
    key, n = random_key(seed), condition.draws
    size = AT_ONCE // n
    done: list[tuple[Any, Any]] = []
    for first in range(start - start % size, stop, size):
        index = jnp.arange(first, first + size, dtype="uint32")
        keys, ckeys = _keys(key, index, n)
        x, log_w = _draws(keys, fitted.model, condition.guide, condition.evidence)
        done.append(_choose(ckeys, x, log_w))
        if report is not None:
            report(min(first + size, stop) - start)
    x, bits = (
        np.concatenate([np.asarray(part) for part in parts]) for parts in zip(*done, strict=True)
    )
    skip = start % size
    rows = slice(skip, skip + stop - start)
    x, u = x[rows], uniform(bits[rows])
    for j, piece in condition.pieces.items():
        u[:, j] = piece.place(x[:, j], u[:, j])
    return condition.exact(fitted.codec.decode(x, u, seed=seed, start=start))
