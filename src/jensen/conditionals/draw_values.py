"""Values of parametric columns, one after another, each under what is known of it.

A value that is known has its density or mass as weight. One that is constrained is chosen from
candidates: one in each cell of what is allowed, and a few draws of p(v). With a = p(v) times the
measure of the cell that v lies in, and m such draws, a candidate counts for a / (1 + m a): that
is p(v) over what candidates were drawn from (the balance heuristic of Veach & Guibas 1995). The
sum is an unbiased estimate of the mass that is allowed, and the weight. It takes what every family
has, `log_prob` and `sample`, and no candidate lies outside. A value that is weighed takes the place
of one candidate, and all others are drawn: so much it could have weighed when it was chosen.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from jensen.conditionals.chains import chain_of
from jensen.conditionals.evidence import Evidence, ValueEvidence
from jensen.conditionals.guide import Guide
from jensen.likelihoods import Mixed, ValueEmbedding, Values
from jensen.likelihoods.values import FamilyGroup

OWN = 0.25
"""Share of the decoder's own p(v) in what a value is drawn from where the guide looks ahead."""
OWN_DRAWS = 8
"""Candidates that are draws of p(v)."""


class Column(NamedTuple):
    """What a step of the walk through the values needs of one of them, or of all as arrays."""

    key: Any
    x: Any
    known: Any
    low: Any
    width: Any
    measure: Any
    instead: Any
    free: Any

    @classmethod
    def all(cls, key: Key[Array, ""], said: ValueEvidence, instead: Any, free: Any) -> "Column":
        """Those of all values."""
        keys = jax.random.split(key, len(said.x))
        parts = (said.known, said.low, said.width, said.measure)
        return cls(keys, said.x, *parts, said.x if instead is None else instead, free)


def draw_values(
    key: Key[Array, ""],
    decoder: Mixed,
    guide: Guide | None,
    evidence: Evidence,
    z: Float[Array, " l"],
    codes: Int[Array, " d"],
    e: Float[Array, "n h"] | None,
    instead: Float[Array, " v"] | None = None,
) -> tuple[Float[Array, " v"], Float[Array, ""]]:
    """The values of a row, and the log of p(values | codes, z) over what they were drawn from.

    Args:
        key: for the draws.
        decoder: of codes and values.
        guide: None draws every value from the decoder.
        evidence: of the row.
        z: of the row.
        codes: of the row.
        e: what the guide's vectors say of every code and value.
        instead: values to weigh as if they had been drawn; None draws.
    """
    net, said = decoder.of_values, evidence.values
    if said is None:
        raise TypeError("evidence of a row with values must have some of them")
    values = net.values
    seen = values.observed(codes)
    ahead = net.context is not None and guide is not None and guide.of_values is not None
    told = jnp.zeros(0)
    if ahead and guide is not None and e is not None:
        told = jnp.sum(guide.embedding(decoder.codes, codes), 0) + jnp.sum(e[len(codes) :], 0)
    start = net.start(decoder.codes, z, codes)
    carry = (start, told)
    columns = Column.all(key, said, instead, _free(values, said, seen))
    out, total = jnp.zeros_like(seen), jnp.zeros(())
    for i, group in enumerate(values.groups):
        part = jax.tree.map(lambda a, g=group: a[g.columns], columns)
        if group.joint:
            stack = jnp.broadcast_to(net.trunk(start), (len(group.indices), len(start)))
            p = net.heads[i].distribution(group, values, stack)
            drawn, log_w, _ = draw_joint(group, p, part, instead is not None)
        else:
            step = _Step(decoder, guide if ahead else None, i, z, start, instead is not None)
            carry, (drawn, log_w) = step.scan(carry, part, seen, e, len(codes))
        out, total = out.at[group.columns].set(drawn), total + jnp.sum(log_w)
    return jnp.where(seen > 0, out, 0.0), total


def _free(values: Values, said: ValueEvidence, seen: Float[Array, " v"]) -> Any:
    """Whether nothing is known of any later value, so that one needs no guide."""
    order = values.order
    known = ((said.known & (seen > 0)) | said.constrained)[order].astype(jnp.int32)
    later = jnp.cumsum(known[::-1])[::-1] - known
    return jnp.zeros(len(order), bool).at[order].set(later == 0)


class _Step(NamedTuple):
    """The walk through the values of one family."""

    decoder: Mixed
    guide: Guide | None
    family: int
    z: Any
    start: Any
    weigh: bool

    def scan(
        self, carry: Any, columns: Column, seen: Any, e: Any, n_codes: int
    ) -> tuple[Any, tuple[Any, Any]]:
        """Draw, or weigh, one value after the other; log-weights beside them."""
        net = self.decoder.of_values
        group, head = net.values.groups[self.family], net.heads[self.family]
        at = group.columns

        def one(tree: Any) -> Any:
            return jax.tree.map(lambda a: jnp.asarray(a)[:, None], tree)

        facts = one(jax.tree.map(lambda a: jnp.asarray(a)[at], net.values.facts))
        own = guided = None
        if net.context is not None:
            own = (net.context.column[at], net.context.value_embedding.weight[at][:, None])
        if self.guide is not None and self.guide.of_values is not None:
            of_values = self.guide.of_values
            guided = (
                one((of_values.heads or [])[self.family]),
                of_values.embedding.weight[at][:, None],
                e[n_codes:][at],
            )
        fixed = net.trunk(self.start) if own is None else None
        parts = (columns, one(head), facts, seen[at], own, guided)
        return jax.lax.scan(lambda c, x: self._step(group, fixed, c, x), carry, parts)

    def _step(self, group: FamilyGroup, fixed: Any, carry: Any, parts: Any) -> tuple[Any, Any]:
        (start, told), (column, head, facts, seen, own, guided) = carry, parts
        single = FamilyGroup(group.family, (0,))
        alone = Values(facts, (0,), (single,))
        h = self.decoder.of_values.trunk(start + own[0]) if fixed is None else fixed
        p, r = head.distribution(single, alone, h[None]), None
        if self.guide is not None:
            h = self.guide.hidden(told, self.z)
            r = guided[0].distribution(single, alone, h[None])
        v, log_w = draw_one(group, p, r, column, self.weigh)
        v = jnp.where(seen > 0, v, 0.0)
        log_w = jnp.where(seen > 0, log_w, 0.0)

        def vector(weight: Any) -> Any:
            return ValueEmbedding(weight)(alone, v[None], seen[None])[0]

        if own is not None:
            start = start + vector(own[1])
        if guided is not None:
            told = told + vector(guided[1]) - guided[2]
        return (start, told), (v, log_w)


def draw_one(
    group: FamilyGroup, p: Any, r: Any, column: Column, weigh: bool
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """One value and its log-weight.

    Args:
        group: the family that it is of.
        p: the decoder's, of batch shape (1,).
        r: the guide's, or None.
        column: what is known of the value.
        weigh: weigh `column.instead` as if it had been drawn.
    """
    pkey, ukey, ckey = jax.random.split(column.key, 3)
    some = bool(column.low.size)
    constrained = jnp.any(column.measure > 0) & ~column.known
    s = p
    if r is not None:  # of one family, so that one program draws from either
        own = column.free | constrained | (jax.random.uniform(ukey) < OWN)
        s = jax.tree.map(lambda a, b: jnp.where(own, a, b), p, r)
    keys = jax.random.split(pkey, 1 + OWN_DRAWS * some)
    draws = jax.vmap(s.sample)(keys)[:, 0].astype(column.x.dtype)
    x = jnp.where(column.known, column.x, column.instead if weigh else draws[0])
    log_p = _log_prob(p, x)
    log_w = jnp.zeros_like(log_p)
    if r is not None:
        log_s = jnp.logaddexp(jnp.log(OWN) + log_p, jnp.log1p(-OWN) + _log_prob(r, x))
        log_w = jnp.where(column.free, log_w, log_p - log_s)
    log_w = jnp.where(column.known, log_p, log_w)
    if not some:
        return x, log_w
    # one evidence for many draws: there are no candidates where it says nothing
    return jax.lax.cond(
        constrained,
        lambda: _candidates(ckey, group, p, column, draws[1:], weigh),
        lambda: (x, log_w),
    )


def _candidates(
    key: Key[Array, ""],
    group: FamilyGroup,
    p: Any,
    column: Column,
    draws: Float[Array, " m"],
    weigh: bool,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """A value that is allowed, chosen from candidates, and log of the mass that is."""
    ukey, ckey = jax.random.split(key)
    at = column.low + jax.random.uniform(ukey, column.low.shape) * column.width
    at = jnp.where(column.width > 0, jnp.round(at), at) if group.discrete else at
    # where only single values are allowed, no draw counts, and all of the mass is at hand
    log_m = jnp.where(jnp.any(column.width > 0), jnp.log(len(draws)), -jnp.inf)
    if weigh:
        at, draws = _with_instead(ckey, p, column, at, draws, log_m)
    low, width = column.low[None], column.width[None]
    inside = (draws[:, None] >= low) & (draws[:, None] < low + width) & (width > 0)
    measure = jnp.sum(jnp.where(inside, column.measure[None], 0.0), 1)
    x, measure = jnp.concatenate([at, draws]), jnp.concatenate([column.measure, measure])
    log_a = jax.vmap(lambda v: _log_prob(p, v))(x) + jnp.log(measure)
    log_w = log_a - jnp.logaddexp(0.0, log_m + log_a)
    log_mass = jax.nn.logsumexp(log_w)
    if weigh:
        return column.instead, log_mass
    logits = jnp.where(measure > 0, jnp.maximum(log_w, -1e9), -jnp.inf)
    return x[jax.random.categorical(ckey, logits)], log_mass


def _with_instead(
    key: Key[Array, ""], p: Any, column: Column, at: Any, draws: Any, log_m: Any
) -> tuple[Any, Any]:
    """Candidates of which one is the value that is weighed: that of its cell, or one of the draws.

    It is either as often as it was when it is one that was chosen, so that the others are as they
    were beside it.
    """
    v = column.instead
    inside = (column.measure > 0) & (v >= column.low) & (v <= column.low + column.width)
    cell = jnp.argmax(inside)
    log_a = _log_prob(p, v) + jnp.log(column.measure[cell])
    of_cell = jnp.log(jax.random.uniform(key)) <= -jnp.logaddexp(0.0, log_m + log_a)
    at, draws = (
        jnp.where(of_cell, at.at[cell].set(v), at),
        jnp.where(of_cell, draws, draws.at[0].set(v)),
    )
    return at, draws


def _log_prob(p: Any, x: Float[Array, ""]) -> Float[Array, ""]:
    """log p(x); -inf at the ends of an open domain, to which rounding can carry a value."""
    log_p = jnp.asarray(p.log_prob(x[None]))[0]
    return jnp.where(jnp.isfinite(log_p), log_p, -jnp.inf)


def draw_joint(
    group: FamilyGroup, p: Any, columns: Column, weigh: bool
) -> tuple[Float[Array, " g"], Float[Array, " g"], Int[Array, " g"]]:
    """The values of a joint family: those known first, then those constrained, then the others.

    Each has its exact distribution given those before it, so known ones cost no draws.

    Returns:
        the values, their log-weights, and the order, first to last.
    """
    constrained = jnp.any(columns.measure > 0, -1)
    rank = jnp.where(columns.known, 0, jnp.where(constrained, 1, 2))
    order = jnp.argsort(rank, stable=True)
    chain = chain_of(p, order)

    def step(carry: Any, parts: Any) -> tuple[Any, Any]:
        i, column = parts
        v, log_w = draw_one(group, chain.next(carry, i), None, column, weigh)
        return chain.add(carry, i, v), (v, log_w)

    ordered = jax.tree.map(lambda a: a[order], columns)
    _, (v, log_w) = jax.lax.scan(step, chain.start, (jnp.arange(len(order)), ordered))
    back = jnp.argsort(order)
    return v[back], log_w[back], order
