"""More rows that fulfil a condition: p(x | condition), row i of (model, condition, seed)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float64

from jensen.bounds import is_real
from jensen.conditionals import Evidence, Guide, Particles, chosen, has_chain, train_guide
from jensen.conditionals.evidence import UNKNOWN, ValueEvidence
from jensen.data import Table
from jensen.data.codec import (
    Cells,
    Codec,
    Pieces,
    Region,
    Row,
    only_codes,
    pieces_of,
    region_of,
)
from jensen.data.codec.regions import CELLS
from jensen.data.conditions import Allowed
from jensen.errors import ConditionError, OptionError
from jensen.estimator.draw import random_key, take
from jensen.estimator.fitted import Fitted
from jensen.estimator.given_draws import AT_ONCE, LONG_PILOT, MOST, PILOT, Pilot, Walker, draws
from jensen.likelihoods import Autoregressive, Codes, Independent, Mixed

ENOUGH = 0.1
"""Effective share of the draws from which on no guide is trained."""
WANTED, LOW_ESS = 8.0, 6.0
"""Effective number of draws that each row is chosen from; below which rows are doubtful, so that
they are walked on."""
LEAST = 8
"""Draws that a row is chosen from, at least."""
FEW, AVOIDED = 0.1, 0.01
"""Rows expected among the training rows, and how often clauses meet for what chance would have it,
below which both say that a condition is improbable."""
GUIDE_KEY = 7


def decoder_of(fitted: Fitted) -> Any:
    """The decoder, if conditions can be put to it.

    Raises:
        OptionError: it is of another kind, or has a joint family whose conditional distributions
            are not known.
    """
    decoder = fitted.model.likelihood
    if not isinstance(decoder, Autoregressive | Independent | Mixed):
        raise OptionError(
            "conditions and gaps need a model that decodes columns, and this one has the "
            f"likelihood {fitted.model_config.likelihood!r}; fit without it."
        )
    if isinstance(decoder, Mixed):
        of_values = decoder.of_values
        for group, head in zip(of_values.values.groups, of_values.heads, strict=True):
            if group.joint and not _has_chain(decoder, group, head):
                name = fitted.codec.coded[of_values.values.code[group.indices[0]]].column.likelihood
                raise OptionError(
                    f"conditions and gaps need p of one column given the others, and the joint "
                    f"family {name!r} does not say it; fit with a family for each column."
                )
    return decoder


def _has_chain(decoder: Mixed, group: Any, head: Any) -> bool:
    h = jnp.zeros((len(group.indices), decoder.of_values.latent.weight.shape[1]))
    return has_chain(head.distribution(group, decoder.of_values.values, h))


def guide_of(fitted: Fitted) -> Guide | None:
    """A guide, trained for this model; None where z is not a vector of reals."""
    decoder = decoder_of(fitted)
    codes = decoder.codes
    row: Any = np.zeros((1, codes.shape[0]), np.int32)
    if isinstance(decoder, Mixed):
        row = Row(row, np.ones((1, len(decoder.of_values.values.code)), np.float32))
    if not is_real(fitted.model, row):
        return None
    key = jax.random.fold_in(random_key(fitted.seed), GUIDE_KEY)
    return train_guide(key, fitted.model, codes, fitted.model_config.latent_dim)


def blank_guide(fitted: Fitted) -> Guide:
    """A guide of this model before any training: what a file's weights are put into."""
    codes, latent_dim = decoder_of(fitted).codes, fitted.model_config.latent_dim
    return Guide.create(codes, latent_dim, decoder=fitted.model.likelihood, key=random_key(0))


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
        pieces: the same as parts of codes, or as values, by the columns' indices.
        evidence: the same for the model.
        log_p: estimate of the log-probability of the condition, nats; a log-density, in the
            column's units, where it asks for single values of a parametric column.
        log_p_error: its standard error.
        efficiency: effective share of the draws.
        guide: None where the model alone is good enough.
        walker: how rows are walked on; None where enough of the draws count.
        expected: how many of the training rows should fulfil it, by `log_p`.
        log_lift: `log_p` less what it were if the clauses had nothing to do with each other.
    """

    allowed: Mapping[str, Allowed]
    pieces: Mapping[int, Pieces | Region]
    evidence: Evidence
    log_p: float
    log_p_error: float
    efficiency: float
    guide: Guide | None
    walker: Walker | None
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

    def log_p_of(self, codec: Codec, table: Table) -> Float64[np.ndarray, " n"]:
        """log p(condition) of rows that fulfil it, nats: their own where one value is asked for.

        `log_p` is of codes; a clause such as mass = 4000.5 asks for one point inside a code.
        """
        out = np.full(len(table), self.log_p)
        for j, piece in self.pieces.items():
            if isinstance(piece, Pieces) and piece.is_point:
                out += codec.coded[j].encode(table)[1]
        return out

    @property
    def is_point(self) -> bool:
        """Whether a clause asks for one value of a density."""
        return any(piece.is_point for piece in self.pieces.values())

    @property
    def is_density(self) -> bool:
        """Whether `log_p` is a log-density."""
        return any(isinstance(p, Region) and p.is_point for p in self.pieces.values())

    def exact(self, table: Table) -> Table:
        """Drawn rows, every value exactly where it is allowed to be, whatever was rounded."""
        frame = table.frame
        for piece in self.pieces.values():
            name = piece.allowed.column.name
            frame = frame.with_columns(piece.settle(frame[name]).alias(name))
        return replace(table, frame=frame)

    @property
    def draws(self) -> int:
        """Draws that each row is chosen from."""
        return int(np.clip(np.ceil(WANTED / self.efficiency), LEAST, MOST))

    @property
    def ess(self) -> float:
        """Effective number of the draws, and of the states of its chain, behind each row."""
        walked = 0.0 if self.walker is None else self.walker.ess
        return self.draws * self.efficiency + walked


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
    decoder = decoder_of(fitted)
    pieces = restrict(fitted.codec, allowed)
    evidence = _evidence(fitted.codec, decoder, pieces)
    found, helper = _look(fitted, evidence, guide, report)
    unit = sum(piece.log_unit for piece in pieces.values() if isinstance(piece, Region))
    alone = _alone(fitted.codec, allowed, pieces)
    expected = float(np.exp(found.log_p) * fitted.codec.coded[0].counts.sum())
    with np.errstate(divide="ignore"):  # of a single value of a density
        lift = found.log_p - float(np.log(list(alone.values())).sum())
    condition = Condition(
        allowed, pieces, evidence, found.log_p + unit, found.log_p_error, found.share, found.guide,
        None, expected, lift,
    )  # fmt: skip
    if not condition.impossible:
        walker = _walker(fitted, evidence, found, helper, report)
        condition = replace(condition, walker=walker)
    if not condition.ess >= WANTED / 4:
        raise ConditionError(_too_rare(condition, alone, "too few to draw from"))
    if condition.impossible:
        raise ConditionError(_too_rare(condition, alone, "the training rows speak against it"))
    return condition


def _look(
    fitted: Fitted,
    evidence: Evidence,
    guide: Callable[[], Guide | None],
    report: Callable[[str], object],
) -> tuple[Pilot, Guide | None]:
    """Draws of a condition, more of them if they are needed, and a guide if one was asked for."""
    key, model = random_key(fitted.seed), fitted.model
    report("Looking for rows that fulfil the condition")
    found, helper = Pilot.of(key, model, None, evidence, PILOT), None
    if found.share < ENOUGH:
        report("Training a guide to rows that fulfil the condition")
        helper = guide()
        better = Pilot.of(key, model, helper, evidence, PILOT)
        found = better if better.share > found.share else found
    if found.share * MOST < WANTED:
        report("Looking longer")
        found = Pilot.of(key, model, found.guide, evidence, LONG_PILOT)
    return found, helper


def _walker(
    fitted: Fitted,
    evidence: Evidence,
    found: Pilot,
    guide: Guide | None,
    report: Callable[[str], object],
) -> Walker | None:
    """How rows are walked on, where few draws count, and there are some to set out from."""
    few = found.share * MOST < LOW_ESS
    if guide is None or not few or found.share * found.n < WANTED:
        return None
    report("Walking to rows that fulfil the condition")
    return Walker.of(random_key(fitted.seed), fitted.model, guide, evidence, found)


def restrict(codec: Codec, allowed: Mapping[str, Allowed]) -> dict[int, Pieces | Region]:
    """The parts of codes, or the values, that are allowed, by the columns' indices."""
    index = {column.column.name: j for j, column in enumerate(codec.coded)}
    out: dict[int, Pieces | Region] = {}
    for name, a in allowed.items():
        j = index[name]
        out[j] = (region_of if j in codec.parametric else pieces_of)(codec.coded[j], a)
    return out


def _evidence(codec: Codec, decoder: Any, pieces: Mapping[int, Pieces | Region]) -> Evidence:
    """The same for the model."""
    weights = everything(decoder.codes)
    x, cells = np.full(len(weights), UNKNOWN, np.int32), dict[int, Cells]()
    for j, piece in pieces.items():
        weights[j, : len(piece.weight)] *= piece.weight
        weights[j, len(piece.weight) :] = 0.0
        if isinstance(piece, Region):
            cells[codec.parametric.index(j)] = piece.cells
            if piece.weight[0] and not piece.weight[1:].any():
                x[j] = 0  # observed, whatever its value
    said = None
    if isinstance(decoder, Mixed):
        said = ValueEvidence.of_cells(decoder.of_values.values, cells, CELLS)
    return Evidence(jnp.asarray(x), jnp.asarray(weights), said)


def _alone(
    codec: Codec, allowed: Mapping[str, Allowed], pieces: Mapping[int, Pieces | Region]
) -> dict[str, float]:
    """Share of the training rows that fulfil each clause, by its text."""
    shares: dict[str, float] = {}
    for j, piece in pieces.items():
        counts = codec.coded[j].counts
        if isinstance(piece, Region):
            share = piece.share
        else:
            share = float((piece.weight * counts[: len(piece.weight)]).sum() / counts.sum())
        shares[allowed[codec.coded[j].column.name].text] = share
    return shares


def _too_rare(condition: Condition, alone: Mapping[str, float], why: str) -> str:
    parts = ", ".join(f"{text!r} alone has {100 * p:.2g} %" for text, p in alone.items())
    p = np.exp(min(condition.log_p, 0.0))
    chance = f"about 1 in {1 / p:,.0f}" if p > 1e-12 else "next to none"
    return (
        f"the condition must be one that rows of the model can fulfil, and {chance} does "
        f"({parts}): {why}; widen a clause."
    )


def rows_given(
    fitted: Fitted,
    condition: Condition,
    seed: int,
    start: int,
    stop: int,
    report: Callable[[int], None] | None = None,
) -> Table:
    """Rows start .. stop - 1 of the sample that belongs to a condition and a seed."""
    key, n, d = random_key(seed), condition.draws, len(fitted.codec.coded)
    size = AT_ONCE // n
    row, draw = (
        np.resize(a, AT_ONCE).astype(np.uint32) for a in np.indices((size, n)).reshape(2, -1)
    )
    done: list[tuple[Particles, np.ndarray]] = []
    for first in range(start - start % size, stop, size):
        found = draws(key, first + row, draw, fitted.model, condition.guide, condition.evidence)
        found = jax.tree.map(np.asarray, found)
        # blocks are the same whatever is asked for, so each may have numbers of its own
        rng = np.random.Generator(np.random.Philox(key=[seed, first]))
        at = chosen(rng.random((size, n)), found.log_w[: size * n].reshape(size, n))
        done.append((take(found, np.arange(size) * n + at), rng.random((size, d))))
        if report is not None:
            report(min(first + size, stop) - start)
    skip = start % size
    rows = slice(skip, skip + stop - start)
    found, u = jax.tree.map(lambda *parts: np.concatenate(parts)[rows], *done)
    x = found.x
    if condition.walker is not None:
        x = condition.walker.walk(key, fitted.model, condition.evidence, start, found)
    for j, piece in condition.pieces.items():
        if isinstance(piece, Pieces):
            u[:, j] = piece.place(only_codes(x)[:, j], u[:, j])
    return condition.exact(fitted.codec.decode(x, u, seed=seed, start=start))
