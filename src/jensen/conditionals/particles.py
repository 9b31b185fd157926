"""Weighted draws of p(z, x | evidence): z, then column after column, each under the evidence.

A particle is drawn from r(z|E) prod_j s_j(x_j). The decoder's own p(x_j | x_<j, z) knows nothing
of the evidence of later columns; the guide does, and is asked twice, with that evidence and
without it. What the evidence changes, changes the decoder's own:

    s_j  ~  p(x_j | x_<j, z)  r(x_j | x_<j, z, E) / r(x_j | x_<j, z)

Where the guide is wrong in both, the error cancels. The weight of a particle, p(z) p(x|z) over the
density it was drawn from, is an unbiased estimate of p(E).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Int, Key

from jensen.conditionals.draw_values import draw_values
from jensen.conditionals.evidence import Evidence
from jensen.conditionals.guide import Guide
from jensen.data.codec import Row, only_codes
from jensen.latent_model import LatentModel
from jensen.likelihoods import Autoregressive, Codes, Independent, Mixed, draw_code
from jensen.networks import rms_norm

OWN = 0.1
"""Share of the decoder's own p(x_j | x_<j, z), and of p(z), in what is drawn from."""
MOST_CHANGE = 6.0
"""Nats by which the guide may change the decoder's own at most."""
SMALLEST = 2.0**-23
"""How near a random number may come to 0 and to 1, where z would be infinite."""


class Particles(NamedTuple):
    """Draws under evidence.

    Attributes:
        z: shape (n, l).
        x: codes, shape (n, d), known ones as they are; of parametric columns a `Row`.
        log_w: log-weights, nats, shape (n,); log of their mean estimates log p(E).
    """

    z: Float[Array, "*n l"]
    x: Any
    log_w: Float[Array, "*n"]


def particles(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide | None,
    evidence: Evidence,
    n: int,
) -> Particles:
    """n weighted draws of p(z, x | evidence), spread evenly over what they are drawn from.

    Each draw by itself is as any other, so weights estimate p(E) without bias; together they
    leave less to chance: for each column, and each entry of z, there is one in every n-th part.

    Args:
        key: for all of them.
        model: with a decoder of codes, autoregressive or independent, or one of values too.
        guide: None draws z from the prior, and every column from the decoder.
        evidence: of one row.
        n: at least 1.

    Source: Latin hypercube sampling, McKay, Beckman & Conover 1979, Technometrics 21.
    """
    skey, key = jax.random.split(key)
    of_z = 0 if guide is None else 1 + guide.latent_dim
    u = strata(skey, n, model.likelihood.codes.shape[0] + of_z)

    def one(key: Key[Array, ""], u: Array) -> Particles:
        return _particle(key, u, model, guide, evidence)

    return jax.vmap(one)(jax.random.split(key, n), u)


def strata(key: Key[Array, ""], n: int, m: int) -> Float[Array, "n m"]:
    """Numbers in (0, 1): of each of m kinds one in every n-th part, in an order of its own."""
    if n == 1:  # nothing to order, and a sort takes long to compile
        return jax.random.uniform(key, (1, m), minval=SMALLEST, maxval=1.0 - SMALLEST)

    def of_kind(key: Key[Array, ""]) -> Array:
        okey, ukey = jax.random.split(key)
        u = jax.random.uniform(ukey, (n,), minval=SMALLEST, maxval=1.0)
        place = jax.random.permutation(okey, n).astype(u.dtype)
        return (place + u) / n

    return jnp.minimum(jax.vmap(of_kind, out_axes=1)(jax.random.split(key, m)), 1.0 - SMALLEST)


def chosen(u: Float64[np.ndarray, "*m n"], log_w: Float[np.ndarray, "*m n"]) -> np.ndarray:
    """Which of n weighted draws: where a Metropolis chain that they are proposed to, in turn, ends.

    It moves from draw i to j with probability min(1, w_j / w_i). A draw picked by its weight is off
    by about 1 / (effective number of draws); the chain, at the same cost, by a power of n.

    Args:
        u: uniform in [0, 1), one for each proposal; the first is not used.
        log_w: log-weights.

    Source: independence sampler, Tierney 1994, Annals of Statistics 22, section 2.3.3.
    """
    log_u = np.log1p(-u)
    at, log_w_at = np.zeros(log_w.shape[:-1], np.int64), log_w[..., 0]
    for i in range(1, log_w.shape[-1]):
        # from a draw of no weight any other is as good or better
        moves = log_u[..., i] + log_w_at <= log_w[..., i]
        at, log_w_at = np.where(moves, i, at), np.where(moves, log_w[..., i], log_w_at)
    return at


def _particle(
    key: Key[Array, ""],
    u: Float[Array, " m"],
    model: LatentModel,
    guide: Guide | None,
    evidence: Evidence,
) -> Particles:
    """One draw; u are numbers for its codes, then for z."""
    zkey, xkey = jax.random.split(key)
    codes: Codes = model.likelihood.codes
    d, _ = codes.shape
    e = None if guide is None else guide.vectors(codes, evidence)
    z, log_w = draw_z(zkey, model, guide, e, u=u[d:])
    x, log_w_x = draw_x(xkey, model.likelihood, guide, evidence, z, e, u=u[:d])
    return Particles(z, x, log_w + log_w_x)


def draw_z(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide | None,
    e: Float[Array, "n h"] | None,
    instead: Float[Array, " l"] | None = None,
    u: Float[Array, " l1"] | None = None,
) -> tuple[Float[Array, " l"], Float[Array, ""]]:
    """z from a mixture of r(z|E) and p(z), and log p(z) over its density.

    Args:
        key: for the draw.
        model: of z.
        guide: None draws from the prior.
        e: what the guide's vectors say of every column.
        instead: a z to weigh as if it had been drawn; None draws.
        u: numbers in (0, 1) to draw r(z|E) with: one for the choice of it, one for each entry.
    """
    p = model.p_z()
    if guide is None or e is None:
        return p.sample(key) if instead is None else instead, jnp.zeros(())
    r = guide.r_z(jnp.sum(e, 0))
    pkey, ukey = jax.random.split(key)
    if u is None:
        u = strata(ukey, 1, 1 + guide.latent_dim)[0]
    of_r = r.base_dist.icdf(u[1:])
    z = jnp.where(u[0] < OWN, p.sample(pkey), of_r) if instead is None else instead
    log_p = p.log_prob(z)
    log_s = jnp.logaddexp(jnp.log(OWN) + log_p, jnp.log1p(-OWN) + jnp.asarray(r.log_prob(z)))
    return z, log_p - log_s


def draw_x(
    key: Key[Array, ""],
    decoder: Autoregressive | Independent | Mixed,
    guide: Guide | None,
    evidence: Evidence,
    z: Float[Array, " l"],
    e: Float[Array, "n h"] | None,
    instead: Any = None,
    u: Float[Array, " d"] | None = None,
) -> tuple[Any, Float[Array, ""]]:
    """The codes in their order, then the values, and log of p(x|z) over what they came from.

    Args:
        key: for the draws.
        decoder: of codes, or of codes and values.
        guide: None draws every column from the decoder.
        evidence: of the row.
        z: of the row.
        e: what the guide's vectors say of every code and value.
        instead: a row to weigh as if it had been drawn; None draws.
        u: numbers in (0, 1) to draw the codes with; None draws them.
    """
    codes_only = None if instead is None else only_codes(instead)
    if not isinstance(decoder, Mixed):
        return _draw_codes(key, decoder, guide, evidence, z, e, codes_only, u)
    ckey, vkey = jax.random.split(key)
    codes, log_w = _draw_codes(ckey, decoder.of_codes, guide, evidence, z, e, codes_only, u)
    values, log_w_values = draw_values(
        vkey, decoder, guide, evidence, z, codes, e, None if instead is None else instead.values
    )
    return Row(codes, values), log_w + log_w_values


def _draw_codes(
    key: Key[Array, ""],
    decoder: Autoregressive | Independent,
    guide: Guide | None,
    evidence: Evidence,
    z: Float[Array, " l"],
    e: Float[Array, "n h"] | None,
    instead: Int[Array, " d"] | None = None,
    u: Float[Array, " d"] | None = None,
) -> tuple[Int[Array, " d"], Float[Array, ""]]:
    """The codes, and the log of p(codes|z) over what they were drawn from."""
    u = jax.random.uniform(key, evidence.x.shape) if u is None else u
    own, ahead = _Own.of(decoder, z), None
    if guide is not None and e is not None and isinstance(decoder, Autoregressive):
        ahead = _Ahead.of(guide, decoder.codes, z, e)

    def step(carry: Any, column: _Column) -> tuple[Any, Any]:
        context, told = carry
        log_p = jax.nn.log_softmax(column.outputs.logits(own.hidden(context, column.own)))
        log_allowed = jnp.log(column.allowed)

        def propose() -> tuple[Any, Any]:
            s = _proposal(column, log_p + log_allowed, ahead, told)
            return s, draw_code(jnp.maximum(s, -1e9), column.u)

        if column.asked is None:
            s, drawn = propose()
        else:
            s, drawn = jax.lax.cond(column.asked, propose, lambda: (log_p, column.fixed))
        code = jnp.where(column.fixed >= 0, column.fixed, drawn)
        hit = jax.nn.one_hot(code, len(log_p))
        # what is drawn is never a code that no training row had, as in any sample
        given = jnp.where(column.seen, log_p + column.rest, column.floor)
        log_w = jnp.where(column.known, given, log_p + log_allowed - s)
        log_w = jnp.sum(jnp.where(hit > 0, log_w, 0.0))
        context = own.next(context, column.own, hit)
        told = told if ahead is None else ahead.next(told, column.ahead, hit)
        return (context, told), (code.astype(jnp.int32), log_w)

    start = (own.start, None if ahead is None else ahead.start)
    columns = _Column.all(decoder, evidence, u, instead, own, ahead)
    _, (x, log_w) = jax.lax.scan(step, start, columns)
    return x, jnp.sum(log_w)


def _proposal(
    column: "_Column", log_p: Float[Array, " c"], ahead: "_Ahead | None", told: Any
) -> Float[Array, " c"]:
    """log of what a column is drawn from, of the decoder's log p of what is allowed."""
    s = jax.nn.log_softmax(jnp.where(column.seen, log_p, -jnp.inf))
    if ahead is None:
        return s
    # one evidence for many draws: nothing is computed where it says nothing
    change = jax.lax.cond(
        column.free, jnp.zeros_like, lambda _: ahead.change(told, column.ahead), s
    )
    r = jax.nn.log_softmax(jnp.where(column.seen, log_p + change, -jnp.inf))
    both = jnp.logaddexp(jnp.log(OWN) + s, jnp.log1p(-OWN) + r)
    return jnp.where(column.free, s, both)


class _Column(NamedTuple):
    """What a step of the walk through the codes needs of one column, or of all as arrays."""

    u: Any
    outputs: Any
    seen: Any
    floor: Any
    rest: Any
    known: Any
    fixed: Any
    allowed: Any
    free: Any
    asked: Any
    own: Any
    ahead: Any

    @classmethod
    def all(
        cls,
        decoder: Any,
        evidence: Evidence,
        u: Any,
        instead: Any,
        own: "_Own",
        ahead: "_Ahead | None",
    ) -> "_Column":
        """Those of all columns."""
        codes: Codes = decoder.codes
        fixed = evidence.x if instead is None else instead
        return cls(
            u=u,
            outputs=decoder.head.outputs(codes),
            seen=jnp.asarray(codes.seen),
            floor=jnp.asarray(codes.log_floor),
            rest=jnp.asarray(codes.log_rest),
            known=evidence.known,
            fixed=fixed,
            allowed=evidence.allowed,
            free=decoder_is_free(decoder, evidence),
            asked=evidence.asked,
            own=own.columns,
            ahead=None if ahead is None else ahead.columns,
        )


def decoder_is_free(decoder: Any, evidence: Evidence) -> Any:
    """Whether nothing is known of any later column, so that a column needs no guide."""
    if isinstance(decoder, Independent):  # later columns say nothing, once z is given
        return jnp.ones(evidence.x.shape, bool)
    constrained = evidence.constrained(decoder.codes).astype(jnp.int32)
    later = jnp.cumsum(constrained[::-1])[::-1] - constrained
    if evidence.values is None:
        return later == 0
    return (later == 0) & ~jnp.any(evidence.values.known | evidence.values.constrained)


class _Own(NamedTuple):
    """What the decoder knows at each column: z, and the columns before."""

    decoder: Any
    start: Any
    columns: Any

    @classmethod
    def of(cls, decoder: Any, z: Any) -> "_Own":
        if isinstance(decoder, Independent):
            h = rms_norm(decoder.trunk(decoder.latent(z)))
            return cls(decoder, h, None)
        columns = (decoder.column, decoder.embedding.table(decoder.codes))
        return cls(decoder, decoder.latent(z), columns)

    def hidden(self, context: Any, column: Any) -> Any:
        """What the column's outputs read."""
        if column is None:
            return context
        return rms_norm(self.decoder.trunk(context + column[0]))

    def next(self, context: Any, column: Any, hit: Any) -> Any:
        """The context of the next column."""
        return context if column is None else context + hit @ column[1]


class _Ahead(NamedTuple):
    """What the guide knows at each column: z, the columns before, the evidence of all others."""

    guide: Guide
    z: Any
    start: Any
    columns: Any

    @classmethod
    def of(cls, guide: Guide, codes: Codes, z: Any, e: Any) -> "_Ahead":
        blind, d = guide.vectors(codes, guide.nothing(codes)), codes.shape[0]
        columns = (guide.head.outputs(codes), guide.embedding.table(codes), e[:d], blind[:d])
        return cls(guide, z, (jnp.sum(e, 0), jnp.sum(blind, 0)), columns)

    def change(self, told: Any, column: Any) -> Any:
        """log r with the evidence of later columns, over without it, of the column's codes."""
        full, blind = (column[0].logits(self.guide.hidden(what, self.z)) for what in told)
        change = jax.nn.log_softmax(full) - jax.nn.log_softmax(blind)
        return jnp.clip(change, -MOST_CHANGE, MOST_CHANGE)

    def next(self, told: Any, column: Any, hit: Any) -> Any:
        """What is told once the column's code is known."""
        _, table, e, blind = column
        return told[0] + hit @ table - e, told[1] + hit @ table - blind
