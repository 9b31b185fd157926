"""What a single cell of a row could have been instead: codes and values, and how likely."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from jensen.conditionals.draw_values import OWN as OWN_VALUES
from jensen.conditionals.evidence import Evidence, ValueEvidence
from jensen.conditionals.guide import Guide
from jensen.conditionals.particles import OWN, draw_z
from jensen.conditionals.values_given_z import log_known
from jensen.data.codec import Row
from jensen.latent_model import LatentModel
from jensen.likelihoods import Autoregressive, Codes, Independent, Mixed, draw_code
from jensen.networks import rms_norm


def is_independent(decoder: Any) -> bool:
    """Whether the columns know nothing of each other, given z."""
    return isinstance(decoder.of_codes if isinstance(decoder, Mixed) else decoder, Independent)


def log_p_codes(
    decoder: Any, z: Float[Array, " l"], x: Int[Array, " d"], j: Array
) -> Float[Array, " c"]:
    """log p(x_j | x_<j, z) of every code of column j."""
    decoder = decoder.of_codes if isinstance(decoder, Mixed) else decoder
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


def proposal(
    codes: Codes,
    guide: Guide | None,
    e: Float[Array, "n h"] | None,
    z: Float[Array, " l"],
    j: Array,
    log_p: Float[Array, " c"],
    others: Bool[Array, " c"],
) -> Float[Array, " c"]:
    """Log of what another code of column j is drawn from: what decoder and guide say of it."""
    s = jax.nn.log_softmax(jnp.where(others, log_p, -1e9))
    if guide is None or e is None:
        return s
    head = jax.tree.map(lambda a: a[j], guide.head.outputs(codes))
    r = head.logits(guide.hidden(jnp.sum(e, 0), z))
    r = jax.nn.log_softmax(jnp.where(others, r, -1e9))
    return jnp.logaddexp(jnp.log(OWN) + s, jnp.log1p(-OWN) + r)


def value_terms(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide | None,
    x: Row,
    at: tuple[Array, ...],
    e: Float[Array, "n h"] | None,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Logs of one draw's estimates of p(x) and p(x_others), for a column with values.

    Args:
        key: for the draw.
        model: with a decoder of codes and values.
        guide: None draws from the decoder.
        x: the row.
        at: index of the column's code, and number of codes plus the index of its value.
        e: what the guide's vectors say of all others.
    """
    j, place = at
    i = place - len(x.codes)
    zkey, ckey, vkey = jax.random.split(key, 3)
    decoder = model.likelihood
    z, log_w = draw_z(zkey, model, guide, e)
    p_x = decoder(z)
    log_a = log_w + jnp.asarray(p_x.log_prob(x))
    log_p = log_p_codes(decoder, z, x.codes, j)
    if is_independent(decoder):
        return log_a, log_a - log_p[x.codes[j]] - _log_p_value(decoder, z, x, i)
    every = jnp.arange(len(log_p)) < jnp.array(decoder.codes.n_modelled)[j]
    s = proposal(decoder.codes, guide, e, z, j, log_p, every)
    code = draw_code(jnp.where(every, s, -1e9), jax.random.uniform(ckey))
    other = Row(x.codes.at[j].set(code), x.values)
    value, log_s = _other_value(vkey, guide, e, z, p_x.distributions(other), x.values, i)
    other = Row(other.codes, x.values.at[i].set(jnp.where(code == 0, value, 0.0)))
    log_s = s[code] + jnp.where(code == 0, log_s, 0.0)
    return log_a, log_w + jnp.asarray(p_x.log_prob(other)) - log_s


def _log_p_value(decoder: Mixed, z: Float[Array, " l"], x: Row, i: Array) -> Float[Array, ""]:
    """log p(value i | z), and the others where they have one distribution with it; 0 if missing."""

    def known(values: Float[Array, " v"]) -> Float[Array, ""]:
        said = ValueEvidence.of_values(values)
        return log_known(decoder, z, Evidence(x.codes, jnp.zeros((0, 0)), said))

    return known(x.values) - known(x.values.at[i].set(jnp.nan))


def _other_value(
    key: Key[Array, ""],
    guide: Guide | None,
    e: Float[Array, "n h"] | None,
    z: Float[Array, " l"],
    distributions: Any,
    values: Float[Array, " v"],
    i: Array,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """A draw of value i from what decoder and guide say of it, and the log of its density."""
    ukey, pkey, rkey = jax.random.split(key, 3)
    guided = None
    if guide is not None and e is not None and guide.of_values is not None:
        h = guide.hidden(jnp.sum(e, 0), z)
        guided = guide.of_values.distributions(h)
    drawn = _drawn(pkey, distributions, values)
    if guided is not None:
        own = jax.random.uniform(ukey) < OWN_VALUES
        drawn = jnp.where(own, drawn, _drawn(rkey, guided, values))
    log_s = _log_probs(distributions, drawn)
    if guided is not None:
        log_r = _log_probs(guided, drawn)
        log_s = jnp.logaddexp(jnp.log(OWN_VALUES) + log_s, jnp.log1p(-OWN_VALUES) + log_r)
    return drawn[i], log_s[i]


def _drawn(key: Key[Array, ""], distributions: Any, values: Float[Array, " v"]) -> Any:
    out = values
    for n, (group, p) in enumerate(distributions):
        x = jnp.asarray(p.sample(jax.random.fold_in(key, n)), out.dtype)
        out = out.at[group.columns].set(x)
    return out


def _log_probs(distributions: Any, x: Float[Array, " v"]) -> Any:
    out = jnp.zeros_like(x)
    for group, p in distributions:
        out = out.at[group.columns].set(p.log_prob(x[group.columns]))
    return out
