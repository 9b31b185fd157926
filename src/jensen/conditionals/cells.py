"""-log p(x_j | x_others): how much each cell of a row surprises, given all the others."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from jensen.conditionals.evidence import UNKNOWN, Evidence
from jensen.conditionals.guide import Guide
from jensen.conditionals.particles import OWN, draw_z
from jensen.latent_model import LatentModel
from jensen.likelihoods import Autoregressive, Codes, Independent, draw_code
from jensen.networks import rms_norm


class Surprise(NamedTuple):
    """What is known of the cells of a row, each of shape (d,).

    Attributes:
        nats: estimates of -log p(x_j | x_others), over codes; NaN where x_j is no part of x.
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
    x: Int[Array, " d"],
    n: int,
) -> Surprise:
    """-log p(x) / p(x_others) of every cell, numerator and denominator from the same n draws.

    p(x_others) = sum_c p(x with c at j), estimated as A + B, where A = p(z) p(x|z) / r(z) is the
    term of the code that was observed, an estimate of p(x); and B that of another code, drawn
    from what the guide and the decoder say of it, over its probability.

    Args:
        key: for all draws.
        model: with a decoder of codes, autoregressive or independent.
        guide: None draws z from the prior, and other codes from the decoder.
        x: codes of the row.
        n: draws for each cell, at least 2.
    """
    codes: Codes = model.likelihood.codes
    d, _ = codes.shape
    observed = codes.observed(x)
    nothing = Evidence.nothing(codes)
    evidence = Evidence(jnp.where(observed, x, UNKNOWN), nothing.allowed)
    known = blind = None
    if guide is not None:
        known, blind = guide.vectors(codes, evidence), guide.vectors(codes, nothing)

    def cell(j: Array) -> Surprise:
        e = None
        if known is not None and blind is not None:
            e = known.at[j].set(blind[j])

        def draw(key: Key[Array, ""]) -> tuple[Array, Array]:
            return _terms(key, model, guide, x, j, e)

        keys = jax.random.split(jax.random.fold_in(key, j), n)
        return _ratio(*jax.vmap(draw)(keys))

    found: Surprise = jax.lax.map(cell, jnp.arange(d))
    return Surprise(*(jnp.where(observed, value, jnp.nan) for value in found))


def _terms(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide | None,
    x: Int[Array, " d"],
    j: Array,
    e: Float[Array, "d h"] | None,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Logs of one draw's estimates of p(x) and of p(x_others)."""
    zkey, ckey = jax.random.split(key)
    decoder = model.likelihood
    z, log_w = draw_z(zkey, model, guide, e)
    p_x = decoder(z)
    log_a = log_w + jnp.asarray(p_x.log_prob(x))
    log_p = _column(decoder, z, x, j)
    if isinstance(decoder, Independent):  # the others know nothing of j, given z
        return log_a, log_a - log_p[x[j]]
    places = jnp.arange(len(log_p))
    others = (places < jnp.array(decoder.codes.n_modelled)[j]) & (places != x[j])
    s = jax.nn.log_softmax(jnp.where(others, log_p, -1e9))
    if guide is not None and e is not None:
        head = jax.tree.map(lambda a: a[j], guide.head.outputs(decoder.codes))
        r = head.logits(guide.hidden(jnp.sum(e, 0), z))
        r = jax.nn.log_softmax(jnp.where(others, r, -1e9))
        s = jnp.logaddexp(jnp.log(OWN) + s, jnp.log1p(-OWN) + r)
    code = draw_code(jnp.where(others, s, -1e9), jax.random.uniform(ckey))
    log_b = log_w + jnp.asarray(p_x.log_prob(x.at[j].set(code))) - s[code]
    log_b = jnp.where(jnp.any(others), log_b, -jnp.inf)
    return log_a, jnp.logaddexp(log_a, log_b)


def _column(
    decoder: Autoregressive | Independent, z: Float[Array, " l"], x: Int[Array, " d"], j: Array
) -> Float[Array, " c"]:
    """log p(x_j | x_<j, z) of every code of column j."""
    codes = decoder.codes
    h = decoder.latent(z)
    if isinstance(decoder, Autoregressive):
        table = decoder.embedding.table(codes)
        e = jnp.einsum("dc,dch->dh", jax.nn.one_hot(x, codes.shape[1]), table)
        e = jnp.where(codes.observed(x)[:, None], e, decoder.hidden)
        h = h + jnp.where(jnp.arange(len(x)) < j, 1.0, 0.0) @ e + decoder.column[j]
    outputs = jax.tree.map(lambda a: a[j], decoder.head.outputs(codes))
    log_p = jax.nn.log_softmax(outputs.logits(rms_norm(decoder.trunk(h))))
    seen = jnp.asarray(codes.seen)[j]
    rest, floor = jnp.asarray(codes.log_rest)[j], jnp.asarray(codes.log_floor)[j]
    return jnp.where(seen, log_p + rest, floor)


def _ratio(log_a: Float[Array, " n"], log_t: Float[Array, " n"]) -> Surprise:
    """log of sum t over sum a, its error by the delta method, and the effective number of the t."""
    n = len(log_a)
    a, t = jax.nn.softmax(log_a) * n, jax.nn.softmax(log_t) * n
    error = jnp.sqrt(jnp.sum((a - t) ** 2) / (n * (n - 1.0)))
    nats = jax.nn.logsumexp(log_t) - jax.nn.logsumexp(log_a)
    return Surprise(nats, error, n**2 / jnp.sum(t**2))
