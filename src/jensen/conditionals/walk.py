"""A walk through p(z, x | evidence): for rows where too few weighted draws count.

Each step of a chain moves z given the whole row, along the gradient, by Hamiltonian Monte Carlo;
then renews the codes that are not known, given z, by proposals of the guide; then offers z and
codes anew. All three leave p(z, x | evidence) as it is.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jensen.bounds.ais import FIRST_STEP, JITTER, RATE, TARGET, move
from jensen.conditionals.evidence import Evidence
from jensen.conditionals.guide import Guide
from jensen.conditionals.particles import Particles, draw_x, draw_z
from jensen.conditionals.values_given_z import log_known
from jensen.latent_model import LatentModel
from jensen.likelihoods import Independent, Mixed
from jensen.networks import rms_norm

CHAINS, STEPS = 8, 32
"""Chains of a row, and steps of each that are kept; as many before them tune the step size."""
LEAPFROGS = 5


class Walked(NamedTuple):
    """Chains in p(z, x | evidence).

    Attributes:
        z: shape (chains, steps, l).
        x: codes, shape (chains, steps, d); of parametric columns a `Row`.
        accepted: share of the Hamiltonian moves that were.
    """

    z: Float[Array, "*n c s l"]
    x: Any
    accepted: Float[Array, "*n"]


def walk(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide,
    evidence: Evidence,
    start: Particles,
) -> Walked:
    """Chains that set out from some of the weighted draws of a row, picked by their weights.

    Args:
        key: for all that is random.
        model: of a real z, and with a decoder of codes.
        guide: of the model.
        evidence: of the row.
        start: weighted draws of the row.
    """
    pkey, key = jax.random.split(key)
    first = jax.random.categorical(pkey, start.log_w, shape=(CHAINS,))
    state = (start.z[first], jax.tree.map(lambda a: a[first], start.x))
    mass = jnp.var(start.z, axis=0) + 1e-4
    size = jnp.full((), FIRST_STEP * start.z.shape[1] ** -0.25, start.z.dtype)

    def step(carry: Any, i: Array) -> tuple[Any, Any]:
        (z, x), size = carry
        keys = jax.random.split(jax.random.fold_in(key, i), CHAINS)

        def one(key: Key[Array, ""], z: Any, x: Any) -> Any:
            return _step(key, model, guide, evidence, z, x, size, mass)

        z, x, accepted = jax.vmap(one)(keys, z, x)
        longer = size * jnp.exp(RATE * (jnp.mean(accepted) - TARGET))
        return ((z, x), jnp.where(i < STEPS, longer, size)), (z, x, jnp.mean(accepted))

    _, (z, x, accepted) = jax.lax.scan(step, (state, size), jnp.arange(2 * STEPS))
    z, x = jax.tree.map(lambda a: jnp.swapaxes(a[STEPS:], 0, 1), (z, x))
    return Walked(z, x, jnp.mean(accepted[STEPS:]))


def walk_on(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide,
    evidence: Evidence,
    start: tuple[Float[Array, " l"], Any],
    size: Float[Array, ""],
    mass: Float[Array, " l"],
) -> tuple[tuple[Float[Array, "s l"], Any], Float[Array, ""]]:
    """One chain of STEPS steps that sets out from a draw (z, x): its states, and the share of its
    Hamiltonian moves that were accepted.

    Args:
        key: for all that is random.
        model: of a real z, and with a decoder of codes.
        guide: of the model.
        evidence: of the row.
        start: z and x.
        size: of the steps.
        mass: variance of each entry of z, about.
    """

    def step(state: Any, i: Array) -> tuple[Any, Any]:
        own, (z, x) = jax.random.fold_in(key, i), state
        z, x, accepted = _step(own, model, guide, evidence, z, x, size, mass)
        return (z, x), ((z, x), accepted)

    _, (states, accepted) = jax.lax.scan(step, start, jnp.arange(STEPS))
    return states, jnp.mean(accepted)


def _step(
    key: Key[Array, ""],
    model: LatentModel,
    guide: Guide,
    evidence: Evidence,
    z: Any,
    x: Any,
    size: Any,
    mass: Any,
) -> tuple[Any, Any, Any]:
    """One step of one chain."""
    hkey, jkey, xkey, okey, akey, fkey = jax.random.split(key, 6)
    decoder, p = model.likelihood, model.p_z()
    e = guide.vectors(decoder.codes, evidence)
    said = evidence.values
    some = said is not None and bool(said.low.size)

    def log_f(z: Any) -> Any:
        if isinstance(decoder, Independent):
            return p.log_prob(z) + _log_evidence(decoder, z, evidence)
        if isinstance(decoder, Mixed) and isinstance(decoder.of_codes, Independent) and not some:
            # what is not known sums out, unless some values are constrained
            codes = _log_evidence(decoder.of_codes, z, evidence)
            return p.log_prob(z) + codes + log_known(decoder, z, evidence)
        return p.log_prob(z) + decoder(z).log_prob(x)

    shorter = size * jax.random.uniform(jkey, (), size.dtype, JITTER, 1.0)
    z, accepted = move(hkey, z, log_f, shorter, mass, LEAPFROGS)
    new, log_w_new = draw_x(xkey, decoder, guide, evidence, z, e)
    _, log_w = draw_x(okey, decoder, guide, evidence, z, e, instead=x)
    ukey, vkey = jax.random.split(akey)
    renewed = _accept(ukey, log_w_new - log_w)
    x, log_w = _either(renewed, (new, log_w_new), (x, log_w))
    zkey, wkey = jax.random.split(fkey)
    other_z, log_w_z = draw_z(zkey, model, guide, e)
    other_x, log_w_x = draw_x(wkey, decoder, guide, evidence, other_z, e)
    _, log_w_own = draw_z(zkey, model, guide, e, instead=z)
    fresh = _accept(vkey, log_w_z + log_w_x - log_w_own - log_w)
    z, x = _either(fresh, (other_z, other_x), (z, x))
    return z, x, accepted


def _either(first: Any, a: Any, b: Any) -> Any:
    """One of two trees of arrays."""
    return jax.tree.map(lambda a, b: jnp.where(first, a, b), a, b)


def _accept(key: Key[Array, ""], log_ratio: Any) -> Any:
    return jnp.log1p(-jax.random.uniform(key)) <= log_ratio


def _log_evidence(decoder: Independent, z: Any, evidence: Evidence) -> Any:
    """log p(evidence|z), what is not known summed out."""
    codes = decoder.codes
    h = rms_norm(decoder.trunk(decoder.latent(z)))
    logits = jax.vmap(lambda outputs: outputs.logits(h))(decoder.head.outputs(codes))
    log_p = jax.nn.log_softmax(logits, -1)
    hit = jnp.arange(codes.shape[1])[None] == evidence.x[:, None]
    share = jnp.where(evidence.known[:, None], hit.astype(log_p.dtype), evidence.allowed)
    share = jnp.where(jnp.asarray(codes.seen), share, 0.0)
    return jnp.sum(jax.nn.logsumexp(log_p, -1, b=share, where=share > 0))


def effective(walked: Walked) -> Float[np.ndarray, ""]:
    """Effective number of the states of one row's chains: the least over z and the codes.

    Source: Vehtari et al. 2021, Bayesian Analysis 16, as in BlackJAX.
    """
    from blackjax.diagnostics import effective_sample_size

    parts = [walked.z, *jax.tree.leaves(walked.x)]
    each = np.concatenate([np.asarray(part, np.float64) for part in parts], -1)
    each = each[..., each.std((0, 1)) > 0]
    found = np.asarray(effective_sample_size(jnp.asarray(each, jnp.float32)))
    least = np.nan_to_num(found, nan=1.0).min(initial=np.inf)
    return np.asarray(np.clip(least, 1.0, each.shape[0] * each.shape[1]), np.float64)
