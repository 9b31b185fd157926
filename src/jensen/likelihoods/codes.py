"""What the networks of a table share: the codes of its columns, embedded and predicted.

A column of the coded table is an integer 0..n_codes-1. Codes with a place on a line (bins,
atoms, ordered levels) enter and leave through smooth functions of that place, plus a small
part of their own; the others through a free vector each.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Float64, Int, Int64, Key
from scipy.special import eval_hermitenorm, ndtri

from jensen.networks import Dropout, normal, rms_norm, zeros

OWN_LAYER = 1_000
"""Number that sets the dropout of a column's own layer apart from the trunk's."""
N_COSINES = 24
N_HERMITE, HERMITE_SCALE = 4, 3.0
"""Polynomials of a place's normal score. With t and t^2 a head can say "normal, with this mean and
this precision", and what is linear in a number is linear in its vector. They are scaled up, and
their weights down, so that they are learned faster; in tables of many columns polynomials that
begin larger than the cosines drown what sets single codes apart."""
N_FUNCTIONS = N_COSINES + N_HERMITE
MAX_SCORE = 3.7
START = np.repeat([1.0, 1.0 / HERMITE_SCALE], [N_COSINES, N_HERMITE])[:, None]
"""Size of the weights of each function before fitting."""
FREE_SCALE = 0.02
"""Size of the free part of a code that has a place on a line, before fitting."""


@dataclass(frozen=True)
class CodeCounts:
    """One coded column: how often each code occurs among the training rows, and its place.

    Attributes:
        counts: rows per code, shape (n_codes,).
        on_line: whether a code has a place on a line, in the order of the codes.
        n_modelled: codes before this one are part of x; a row with one of the others has no
            factor for the column, and none is ever drawn. None: all are part of x.
    """

    counts: Int64[np.ndarray, " codes"]
    on_line: Bool[np.ndarray, " codes"]
    n_modelled: int | None = None


ArrayLike = Array | np.ndarray


class Codes(eqx.Module):
    """Constants of a coded table of d columns, padded to c codes; never trained.

    p(code) = floor where no training row had it (the chance that the next of n + 1 rows is
    the first of its kind), and (1 - sum of floors) softmax(logits) elsewhere.

    Attributes:
        basis: functions of the place of every code, 0 where it has none.
        seen: whether a training row has the code.
        log_marginal: log-share of every code in the training rows: where the logits start.
        log_floor: log-probability of a code that no training row has.
        log_rest: log-probability that a column's code is one of those seen.
        sizes: how many codes each column has.
        n_modelled: how many of them are part of x: the first ones.
    """

    basis: Float32[ArrayLike, "d c m"]
    seen: Bool[ArrayLike, "d c"]
    log_marginal: Float32[ArrayLike, "d c"]
    log_floor: Float32[ArrayLike, "d c"]
    log_rest: Float32[ArrayLike, " d"]
    groups: tuple["Group", ...] = eqx.field(static=True)
    sizes: tuple[int, ...] = eqx.field(static=True)
    n_modelled: tuple[int, ...] = eqx.field(static=True)

    @classmethod
    def of(cls, columns: Sequence[CodeCounts]) -> "Codes":
        """Constants from the counts of every column."""
        sizes = [len(c.counts) for c in columns]
        rows = [_constants(c, max(sizes)) for c in columns]
        pairs = zip(columns, sizes, strict=True)
        n_modelled = tuple(n if c.n_modelled is None else c.n_modelled for c, n in pairs)
        parts = (np.stack(part) for part in zip(*rows, strict=True))
        return cls(*parts, groups=group(sizes), sizes=tuple(sizes), n_modelled=n_modelled)

    @property
    def order(self) -> Int64[np.ndarray, " d"]:
        """The columns, group after group: the order of whatever is computed by groups."""
        return np.concatenate([g.columns for g in self.groups])

    @property
    def shape(self) -> tuple[int, int]:
        """Columns d and codes c of the widest column."""
        return self.seen.shape[0], self.seen.shape[1]

    @property
    def has_gaps(self) -> bool:
        """Whether a row can have columns that are missing and so no part of x."""
        return self.n_modelled != self.sizes

    def observed(self, x: Int[Array, " d"]) -> Bool[Array, " d"]:
        """Whether each column of a row is part of x."""
        return x < jnp.array(self.n_modelled)

    def log_prob(
        self, logits: Sequence[Float[Array, "_ _"]], x: Int[Array, " d"]
    ) -> Float[Array, ""]:
        """sum_j log p(x_j) over the columns' codes in nats, given their logits by groups."""
        return jnp.stack(
            [self._log_prob(g, y, x) for g, y in zip(self.groups, logits, strict=True)]
        ).sum()

    def _log_prob(
        self, group: "Group", logits: Float[Array, "g c"], x: Int[Array, " d"]
    ) -> Float[Array, ""]:
        hit = jax.nn.one_hot(x[group.columns], group.width)
        fitted = jnp.sum(logits * hit, -1) - jax.nn.logsumexp(logits, -1)
        floor, seen = group.part(self.log_floor), group.part(self.seen).astype(hit.dtype)
        log_p = jnp.where(
            jnp.sum(hit * seen, -1) > 0,
            fitted + self.log_rest[group.columns],
            jnp.sum(hit * floor, -1),
        )
        return jnp.sum(log_p)

    def log_marginals(self, x: Int[np.ndarray, "n d"]) -> Float64[np.ndarray, " n"]:
        """log of the product of the columns' marginals, nats per coded row."""
        column = np.arange(x.shape[1])
        seen, log_p, floor, rest = map(
            np.asarray, (self.seen, self.log_marginal, self.log_floor, self.log_rest)
        )
        log_p = np.where(seen[column, x], log_p[column, x] + rest, floor[column, x])
        return log_p.sum(1, dtype=np.float64)


def _constants(column: CodeCounts, width: int) -> tuple[Any, ...]:
    n_modelled = len(column.counts) if column.n_modelled is None else column.n_modelled
    known = column.counts[:n_modelled]
    n = max(int(known.sum()), 1)
    counts = np.zeros(width)
    counts[:n_modelled] = known
    unseen = known == 0
    floor = min(1.0 / (n + 1), 0.5 / max(unseen.sum(), 1))
    log_floor = np.zeros(width, np.float32)
    log_floor[: len(unseen)][unseen] = np.log(floor)
    place = np.where(column.on_line, column.counts, 0)
    middle = (np.cumsum(place) - place / 2) / max(place.sum(), 1)
    basis = np.zeros((width, N_FUNCTIONS), np.float32)
    basis[: len(middle)] = np.where(column.on_line[:, None], functions(middle), 0.0)
    log_marginal = np.log(np.maximum(counts, 0.5) / n).astype(np.float32)
    log_rest = np.float32(np.log1p(-floor * unseen.sum()))
    return basis, counts > 0, log_marginal, log_floor, log_rest


def functions(place: Float64[np.ndarray, " c"]) -> Float64[np.ndarray, "c m"]:
    """Cosines of places in [0, 1], and Hermite polynomials of their normal scores.

    The polynomials are orthonormal under the normal distribution, which the scores of rows have.
    """
    m = np.arange(1, N_COSINES + 1)
    cosines = np.cos(np.pi * m * place[:, None]) / np.sqrt(m)
    score = np.clip(ndtri(place), -MAX_SCORE, MAX_SCORE)
    hermite = [
        eval_hermitenorm(k, score) / math.sqrt(math.factorial(k)) for k in range(1, N_HERMITE + 1)
    ]
    return np.concatenate([cosines, HERMITE_SCALE * np.stack(hermite, 1)], 1)


@dataclass(frozen=True)
class Group:
    """Columns with about as many codes as each other, computed as one product of matrices."""

    indices: tuple[int, ...]
    width: int
    """Codes of the widest of them."""

    @property
    def columns(self) -> Int64[np.ndarray, " g"]:
        """Which columns they are."""
        return np.array(self.indices)

    def part(self, padded: Any) -> Any:
        """Their part, shape (g, width, ...), of something of shape (d, c, ...)."""
        return padded[self.columns, : self.width]


OVERHEAD = 128
"""What a further group costs, in codes that padding might waste instead."""


def group(sizes: Sequence[int]) -> tuple[Group, ...]:
    """Columns of these numbers of codes, grouped for the least padding.

    best[i] is the least cost of the i columns with the fewest codes; the last group of an
    optimal grouping of these is a run in that order, so trying every start finds it.
    """
    order = sorted(range(len(sizes)), key=lambda j: sizes[j])
    distinct = [i for i in range(len(order)) if i == 0 or sizes[order[i]] != sizes[order[i - 1]]]
    best: dict[int, tuple[int, list[int]]] = {0: (0, [])}
    for end in [*distinct[1:], len(order)]:
        width = sizes[order[end - 1]]
        costs = [
            (best[a][0] + width * (end - a) + OVERHEAD, [*best[a][1], a])
            for a in distinct
            if a < end
        ]
        best[end] = min(costs)
    starts = [*best[len(order)][1], len(order)]
    runs = [sorted(order[a:b]) for a, b in itertools.pairwise(starts)]
    return tuple(Group(tuple(run), max(sizes[j] for j in run)) for run in runs)


class CodeEmbedding(eqx.Module):
    """A vector for every code of every column: smooth in its place, plus a part of its own."""

    smooth: Float[Array, "d m h"]
    free: Float[Array, "d c h"]

    def __init__(self, codes: Codes, width: int, *, scale: float, key: Key[Array, ""]):
        skey, fkey = jax.random.split(key)
        d, _, m = codes.basis.shape
        on_line = np.any(np.asarray(codes.basis) != 0, axis=2, keepdims=True)
        free = scale * np.where(on_line, FREE_SCALE, 1.0)
        self.smooth = normal(skey, d, m, width, scale=scale * START)
        self.free = normal(fkey, *codes.shape, width, scale=free)

    def table(self, codes: Codes) -> Float[Array, "d c h"]:
        """The vectors of all codes."""
        return self.free + jnp.einsum("dcm,dmh->dch", codes.basis, self.smooth)

    def __call__(self, codes: Codes, x: Int[Array, " d"]) -> Float[Array, "d h"]:
        """The vectors of one row in `codes.order`, by one-hots, since a CPU scatters slowly."""
        table = self.table(codes)
        parts = [
            jnp.einsum("gc,gch->gh", jax.nn.one_hot(x[g.columns], g.width), g.part(table))
            for g in codes.groups
        ]
        return jnp.concatenate(parts)


class CodeHead(eqx.Module):
    """Logits of every column's codes: a hidden layer of the column's own, then its codes."""

    own: Float[Array, "d h k"]
    own_bias: Float[Array, "d k"]
    smooth: Float[Array, "d m k"]
    free: Float[Array, "d c k"]
    bias: Float[Array, "d c"]

    def __init__(self, codes: Codes, width: int, own_width: int, *, key: Key[Array, ""]):
        okey, skey, fkey = jax.random.split(key, 3)
        d, c, m = codes.basis.shape
        root = own_width**0.5
        self.own = normal(okey, d, width, own_width, scale=width**-0.5)
        self.own_bias = zeros(d, own_width)
        self.smooth = normal(skey, d, m, own_width, scale=0.3 / root * START)
        self.free = normal(fkey, d, c, own_width, scale=FREE_SCALE / root)
        self.bias = zeros(d, c)

    def outputs(self, codes: Codes) -> "CodeOutputs":
        """Everything that turns a hidden vector into a column's logits, one entry a column."""
        table = self.free + jnp.einsum("dcm,dmk->dck", codes.basis, self.smooth)
        table = jnp.swapaxes(table, 1, 2)
        offset = jnp.where(codes.seen, self.bias + codes.log_marginal, -1e9)
        return CodeOutputs(self.own, self.own_bias, table, offset)


class CodeOutputs(eqx.Module):
    """A head made ready: slices along the first axis serve one column at a time."""

    own: Float[Array, "*d h k"]
    own_bias: Float[Array, "*d k"]
    table: Float[Array, "*d k c"]
    offset: Float[Array, "*d c"]

    def all_logits(
        self, codes: Codes, h: Float[Array, "d h"], dropout: Dropout | None
    ) -> list[Float[Array, "_ _"]]:
        """Logits of all columns by groups, each from its own vector; codes never seen are at -1e9.

        The vectors h come in `codes.order`.
        """
        order = codes.order
        y = jnp.einsum("dh,dhk->dk", rms_norm(h), self.own[order]) + self.own_bias[order]
        y = jax.nn.gelu(y)
        y = y if dropout is None else dropout(y, OWN_LAYER)
        ends = np.cumsum([len(g.indices) for g in codes.groups])
        return [
            jnp.einsum("gk,gkc->gc", y[end - len(g.indices) : end], self.part(g).table)
            + g.part(self.offset)
            for g, end in zip(codes.groups, ends, strict=True)
        ]

    def part(self, group: Group) -> "CodeOutputs":
        """Those of one group of columns."""
        columns, table = group.columns, self.table[group.columns, :, : group.width]
        return CodeOutputs(
            self.own[columns], self.own_bias[columns], table, group.part(self.offset)
        )

    def logits(self, h: Float[Array, " h"]) -> Float[Array, " c"]:
        """Logits of the one column that these outputs were sliced for; h comes normalised."""
        return jax.nn.gelu(h @ self.own + self.own_bias) @ self.table + self.offset


def draw_code(logits: Float[Array, "*d c"], u: Float[Array, "*d"]) -> Int[Array, "*d"]:
    """The code at share u of p = softmax(logits): the inverse of the distribution function.

    First the block of codes at share u, then the code in that block: sums over all the codes
    before each code took longer than everything else in a draw.
    """
    c, n_blocks = logits.shape[-1], -(-logits.shape[-1] // BLOCK)
    p = jnp.exp(logits - jnp.max(logits, -1, keepdims=True))
    p = jnp.pad(p, [(0, 0)] * (p.ndim - 1) + [(0, n_blocks * BLOCK - c)])
    p = p.reshape(*p.shape[:-1], n_blocks, BLOCK)
    mass = jnp.sum(p, -1)
    total = _sums(mass)
    share = u * total[..., -1]
    block = jnp.minimum(jnp.sum(total <= share[..., None], -1), n_blocks - 1)
    hit = jax.nn.one_hot(block, n_blocks)
    within = _sums(jnp.einsum("...nb,...n->...b", p, hit))
    rest = share - jnp.sum((total - mass) * hit, -1)
    rest = jnp.minimum(rest, within[..., -1] * (1.0 - 1e-6))  # a code of no mass is never drawn
    return (block * BLOCK + jnp.sum(within <= rest[..., None], -1)).astype(jnp.int32)


BLOCK = 16


def _sums(p: Float[Array, "*d n"]) -> Float[Array, "*d n"]:
    """Cumulative sums, as a product of matrices."""
    return p @ jnp.triu(jnp.ones((p.shape[-1], p.shape[-1])))


class RowEmbedding(eqx.Module):
    """A coded row as one vector per column: how an encoder reads a table."""

    codes: Codes
    embedding: CodeEmbedding

    def __call__(self, x: Int[Array, " d"]) -> Float[Array, "d h"]:
        """The vectors of one row."""
        return self.embedding(self.codes, x)
