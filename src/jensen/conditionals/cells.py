"""-log p(x_j | x_others): how much each cell of a row surprises, given all the others."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jensen.conditionals.cell_terms import is_independent, log_p_codes, proposal, value_terms
from jensen.conditionals.evidence import UNKNOWN, Evidence
from jensen.conditionals.guide import Guide
from jensen.conditionals.particles import draw_z
from jensen.data.codec import Row, only_codes
from jensen.latent_model import LatentModel
from jensen.likelihoods import Codes, Mixed, draw_code


class Surprise(NamedTuple):
    """What is known of the cells of a row, each of shape (d,).

    Attributes:
        nats: estimates of -log p(x_j | x_others), over codes and standardised values; NaN where
            x_j is no part of x.
        standard_error: of `nats`.
        ess: effective number of the draws that p(x_others) rests on.
    """

    nats: Float[Array, "*n d"] | np.ndarray
    standard_error: Float[Array, "*n d"] | np.ndarray
    ess: Float[Array, "*n d"] | np.ndarray


def surprise(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide | None,
    x: Any,
    n: int,
) -> Surprise:
    """-log p(x) / p(x_others) of every cell, numerator and denominator from the same n draws.

    p(x_others) = sum_c p(x with c at j), estimated as A + B, where A = p(z) p(x|z) / r(z) is the
    term of the code that was observed, an estimate of p(x); and B that of another code, drawn
    from what the guide and the decoder say of it, over its probability. Of a column with values,
    where those are drawn one after another, p(x_others) is B alone, with any code and value.

    Args:
        key: for all draws.
        model: with a decoder of codes, autoregressive or independent, or one of values too.
        guide: None draws z from the prior, and other codes and values from the decoder.
        x: codes of the row, or a `Row`.
        n: draws for each cell, at least 2.
    """
    decoder = model.likelihood
    codes: Codes = decoder.codes
    observed = codes.observed(only_codes(x))
    evidence, nothing = _known(codes, x), _nothing(codes, x)
    known = blind = None
    if guide is not None:
        known, blind = guide.vectors(codes, evidence), guide.vectors(codes, nothing)

    def cell(terms: Any, at: tuple[Array, ...]) -> Surprise:
        e = None
        if known is not None and blind is not None:
            places = jnp.stack(at)
            e = known.at[places].set(blind[places])

        def draw(key: Key[Array, ""]) -> tuple[Array, Array]:
            return terms(key, model, guide, x, at, e)

        keys = jax.random.split(jax.random.fold_in(key, at[0]), n)
        return _ratio(*jax.vmap(draw)(keys))

    value_codes = decoder.of_values.values.code if isinstance(decoder, Mixed) else ()
    plain = jnp.array([j for j in range(codes.shape[0]) if j not in value_codes], jnp.int32)
    found = Surprise(*(jnp.zeros(codes.shape[0]) for _ in range(3)))
    if len(plain):
        some = jax.lax.map(lambda j: cell(_terms, (j,)), plain)
        found = jax.tree.map(lambda out, a: out.at[plain].set(a), found, some)
    if value_codes:
        at, place = jnp.array(value_codes), codes.shape[0] + jnp.arange(len(value_codes))
        some = jax.lax.map(lambda both: cell(value_terms, both), (at, place))
        found = jax.tree.map(lambda out, a: out.at[at].set(a), found, some)
    return Surprise(*(jnp.where(observed, value, jnp.nan) for value in found))


def _nothing(codes: Codes, x: Any) -> Evidence:
    return Evidence.nothing(codes, len(x.values) if isinstance(x, Row) else 0)


def _known(codes: Codes, x: Any) -> Evidence:
    """Evidence of all of a row that is part of x."""
    seen, allowed = codes.observed(only_codes(x)), _nothing(codes, x).allowed
    known = jnp.where(seen, only_codes(x), UNKNOWN)
    return Evidence.of_row(Row(known, x.values) if isinstance(x, Row) else known, allowed)


def _terms(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide | None,
    x: Any,
    at: tuple[Array, ...],
    e: Float[Array, "n h"] | None,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Logs of one draw's estimates of p(x) and of p(x_others)."""
    (j,) = at
    zkey, ckey = jax.random.split(key)
    decoder, codes = model.likelihood, only_codes(x)
    z, log_w = draw_z(zkey, model, guide, e)
    p_x = decoder(z)
    log_a = log_w + jnp.asarray(p_x.log_prob(x))
    log_p = log_p_codes(decoder, z, codes, j)
    if is_independent(decoder):  # the others know nothing of j, given z
        return log_a, log_a - log_p[codes[j]]
    places = jnp.arange(len(log_p))
    others = (places < jnp.array(decoder.codes.n_modelled)[j]) & (places != codes[j])
    s = proposal(decoder.codes, guide, e, z, j, log_p, others)
    code = draw_code(jnp.where(others, s, -1e9), jax.random.uniform(ckey))
    other = codes.at[j].set(code)
    log_b = jnp.asarray(p_x.log_prob(Row(other, x.values) if isinstance(x, Row) else other))
    log_b = jnp.where(jnp.any(others), log_w + log_b - s[code], -jnp.inf)
    return log_a, jnp.logaddexp(log_a, log_b)


def _ratio(log_a: Float[Array, " n"], log_t: Float[Array, " n"]) -> Surprise:
    """log of sum t over sum a, its error by the delta method, and the effective number of the t."""
    n = len(log_a)
    a, t = jax.nn.softmax(log_a) * n, jax.nn.softmax(log_t) * n
    error = jnp.sqrt(jnp.sum((a - t) ** 2) / (n * (n - 1.0)))
    nats = jax.nn.logsumexp(log_t) - jax.nn.logsumexp(log_a)
    return Surprise(nats, error, n**2 / jnp.sum(t**2))
