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
from jaxtyping import Array, Float, Int, Key

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
    """n weighted draws of p(z, x | evidence).

    Args:
        key: for all of them.
        model: with a decoder of codes, autoregressive or independent, or one of values too.
        guide: None draws z from the prior, and every column from the decoder.
        evidence: of one row.
        n: at least 1.
    """
    return jax.vmap(lambda k: _particle(k, model, guide, evidence))(jax.random.split(key, n))


def chosen(key: Key[Array, ""], log_w: Float[Array, " n"]) -> Int[Array, ""]:
    """One of n weighted draws: where a Metropolis chain that they are proposed to, in turn, ends.

    It moves from draw i to j with probability min(1, w_j / w_i). A draw picked by its weight is off
    by about 1 / (effective number of draws); the chain, at the same cost, by a power of n.

    Source: independence sampler, Tierney 1994, Annals of Statistics 22, section 2.3.3.
    """
    u = jnp.log1p(-jax.random.uniform(key, log_w.shape))

    def step(at: Array, i: Array) -> tuple[Array, None]:
        # from a draw of no weight any other is as good or better
        return jnp.where(u[i] + log_w[at] <= log_w[i], i, at), None

    start = jnp.zeros((), jnp.int32)
    return jax.lax.scan(step, start, jnp.arange(1, len(log_w), dtype=jnp.int32))[0]


def _particle(
    key: Key[Array, ""], model: LatentModel, guide: Guide | None, evidence: Evidence
) -> Particles:
    zkey, xkey = jax.random.split(key)
    codes: Codes = model.likelihood.codes
    e = None if guide is None else guide.vectors(codes, evidence)
    z, log_w = draw_z(zkey, model, guide, e)
    x, log_w_x = draw_x(xkey, model.likelihood, guide, evidence, z, e)
    return Particles(z, x, log_w + log_w_x)


def draw_z(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide | None,
    e: Float[Array, "n h"] | None,
    instead: Float[Array, " l"] | None = None,
) -> tuple[Float[Array, " l"], Float[Array, ""]]:
    """z from a mixture of r(z|E) and p(z), and log p(z) over its density.

    Args:
        key: for the draw.
        model: of z.
        guide: None draws from the prior.
        e: what the guide's vectors say of every column.
        instead: a z to weigh as if it had been drawn; None draws.
    """
    p = model.p_z()
    if guide is None or e is None:
        return p.sample(key) if instead is None else instead, jnp.zeros(())
    r = guide.r_z(jnp.sum(e, 0))
    rkey, pkey, ukey = jax.random.split(key, 3)
    own = jax.random.uniform(ukey) < OWN
    z = jnp.where(own, p.sample(pkey), r.sample(rkey)) if instead is None else instead
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
    """
    if not isinstance(decoder, Mixed):
        return _draw_codes(key, decoder, guide, evidence, z, e, instead)
    ckey, vkey = jax.random.split(key)
    codes, log_w = _draw_codes(
        ckey, decoder.of_codes, guide, evidence, z, e,
        None if instead is None else only_codes(instead),
    )  # fmt: skip
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
) -> tuple[Int[Array, " d"], Float[Array, ""]]:
    """The codes, and the log of p(codes|z) over what they were drawn from."""
    codes = decoder.codes
    d, c = codes.shape
    outputs = decoder.head.outputs(codes)
    u = jax.random.uniform(key, (d,))
    free = decoder_is_free(decoder, evidence)
    fixed = evidence.x if instead is None else instead
    constants = (
        jnp.asarray(codes.seen),
        jnp.asarray(codes.log_floor),
        jnp.asarray(codes.log_rest),
    )
    own = _Own.of(decoder, z)
    ahead = None
    if guide is not None and e is not None and isinstance(decoder, Autoregressive):
        ahead = _Ahead.of(guide, codes, z, e)
    columns = (
        u, outputs, constants, evidence.known, fixed, evidence.allowed, free,
        own.columns, None if ahead is None else ahead.columns,
    )  # fmt: skip

    def step(carry: Any, column: Any) -> tuple[Any, Any]:
        context, told = carry
        u_j, outputs_j, constants_j, known, fixed_j, allowed, free_j, own_j, ahead_j = column
        seen, floor, rest = constants_j
        log_p = jax.nn.log_softmax(outputs_j.logits(own.hidden(context, own_j)))
        log_allowed = jnp.log(allowed)
        s = jax.nn.log_softmax(jnp.where(seen, log_p + log_allowed, -jnp.inf))
        if ahead is not None:
            at = ahead.change
            # one evidence for many draws: nothing is computed where it says nothing
            change = jax.lax.cond(free_j, jnp.zeros_like, lambda _: at(told, ahead_j), s)
            r = log_p + log_allowed + change
            r = jax.nn.log_softmax(jnp.where(seen, r, -jnp.inf))
            both = jnp.logaddexp(jnp.log(OWN) + s, jnp.log1p(-OWN) + r)
            s = jnp.where(free_j, s, both)
        drawn = draw_code(jnp.maximum(s, -1e9), u_j)
        code = jnp.where(fixed_j >= 0, fixed_j, drawn)
        hit = jax.nn.one_hot(code, c)
        # what is drawn is never a code that no training row had, as in any sample
        given = jnp.where(seen, log_p + rest, floor)
        log_w = jnp.where(known, given, log_p + log_allowed - s)
        log_w = jnp.sum(jnp.where(hit > 0, log_w, 0.0))
        context = own.next(context, own_j, hit)
        told = told if ahead is None else ahead.next(told, ahead_j, hit)
        return (context, told), (code.astype(jnp.int32), log_w)

    start = (own.start, None if ahead is None else ahead.start)
    _, (x, log_w) = jax.lax.scan(step, start, columns)
    return x, jnp.sum(log_w)


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
