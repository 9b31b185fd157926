"""The part of the guide that reads what is known of values, and proposes others."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from jensen.conditionals.evidence import Evidence, ValueEvidence
from jensen.data.codec import Row
from jensen.likelihoods import Mixed, ValueEmbedding, Values
from jensen.likelihoods.mixed import FamilyHead
from jensen.likelihoods.values import FamilyGroup, features
from jensen.networks import normal

KNOWN_RATE, RANGE_RATE = 0.85, 0.4
"""Shares of the observed values that are known, and of the others of which a range is told."""
POINTS = 16
"""Points of a range whose features are averaged."""
LEAST = -30.0
"""Log-density below which a value teaches nothing."""


class ValueGuide(eqx.Module):
    """Vectors of what is known of values; where they are drawn one after another, r of each.

    Attributes:
        heads: a distribution of each family, as the decoder's; None where values depend on z alone
            and need no guide.
    """

    values: Values
    embedding: ValueEmbedding
    vague: Float[Array, "v h"]
    heads: list[FamilyHead] | None

    @classmethod
    def of(cls, decoder: Any, width: int, *, key: Key[Array, ""]) -> "ValueGuide | None":
        """Before any training; None if the decoder has no values."""
        if not isinstance(decoder, Mixed):
            return None
        values, keys = decoder.of_values.values, jax.random.split(key, 3)
        v, groups = len(decoder.of_values.values.code), values.groups
        heads = None
        if decoder.of_values.context is not None:
            pairs = zip(groups, jax.random.split(keys[2], len(groups)), strict=True)
            heads = [FamilyHead.create(g, values, width, key=k) for g, k in pairs]
        scale = 1 / v**0.5
        embedding = ValueEmbedding.create(v, width, scale=scale, key=keys[0])
        return cls(values, embedding, normal(keys[1], v, width, scale=scale), heads)

    def vectors(self, codes: Int[Array, " d"], said: ValueEvidence) -> Float[Array, "v h"]:
        """A vector for what is known of every value; 0 where it is known to be missing."""
        exact = self.embedding(self.values, said.x, self.values.observed(codes))
        mean = jnp.einsum("vm,vmh->vh", said.told, self.embedding.weight)
        return jnp.where(said.known[:, None], exact, mean + self.vague)

    def distributions(self, h: Float[Array, " h"]) -> list[tuple[FamilyGroup, Any]]:
        """r of every value, family after family, given a vector of what is known; or none."""
        if self.heads is None:
            return []
        pairs = zip(self.values.groups, self.heads, strict=True)
        return [
            (g, head.distribution(g, self.values, jnp.broadcast_to(h, (len(g.indices), *h.shape))))
            for g, head in pairs
        ]

    def log_r(self, h: Float[Array, " h"], evidence: Evidence, row: Row) -> Float[Array, ""]:
        """log r of the values of a row that are not known, given a vector of what is."""
        total = jnp.zeros(())
        if evidence.values is None:
            return total
        hidden = (self.values.observed(row.codes) > 0) & ~evidence.values.known
        for group, p in self.distributions(h):
            # of a missing value the moments stand in, so that no gradient is lost
            x = jnp.where(hidden, row.values, _somewhere(self.values))[group.columns]
            log_r = jnp.maximum(p.log_prob(x), LEAST)
            total = total + jnp.sum(jnp.where(hidden[group.columns], log_r, 0.0))
        return total


def _somewhere(values: Values) -> Float[np.ndarray, " v"]:
    """A value that each column's family can have."""
    out = np.zeros(len(values.code), np.float32)
    for group in values.groups:
        out[group.columns] = group.somewhere
    return out


def hide_values(key: Key[Array, ""], values: Values, evidence: Evidence, row: Row) -> Evidence:
    """Evidence that the values of a row could have left: some, and ranges that hold others."""
    v = len(values.code)
    keys = jax.random.split(key, 4)
    place = np.array(values.code)
    told = evidence.known[place]
    missing = told & (values.observed(row.codes) == 0)
    known = missing | (told & jax.random.bernoulli(keys[0], KNOWN_RATE, (v,)))
    ranged = ~known & (values.observed(row.codes) > 0)
    ranged = ranged & jax.random.bernoulli(keys[1], RANGE_RATE, (v,))
    # which is that the value is observed, whatever was hidden of its code
    codes = evidence.x.at[place].set(jnp.where(ranged, 0, evidence.x[place]))
    mean = _ranges(keys[2], values, row.values)
    x = jnp.where(known, row.values, 0.0)
    none = jnp.zeros((v, 0), x.dtype)
    said = ValueEvidence(x, known, jnp.where(ranged[:, None], mean, 0.0), none, none, none)
    return Evidence(codes, evidence.allowed, said)


def _ranges(
    key: Key[Array, ""], values: Values, x: Float[Array, " v"]
) -> Float[Array, "v {N_FEATURES}"]:
    """Features, averaged, of ranges at random that hold the values; one in three has both ends."""
    ukey, skey = jax.random.split(key)
    at = jnp.arctan((x - values.facts.mean) / values.facts.sd)
    u, side = jax.random.uniform(ukey, (2, len(x))), jax.random.randint(skey, (len(x),), 0, 3)
    end = jnp.pi / 2 - 1e-3
    low = jnp.where(side == 0, -end, at - u[0] ** 2 * (at + end))
    high = jnp.where(side == 1, end, at + u[1] ** 2 * (end - at))
    share = (jnp.arange(POINTS, dtype=x.dtype) + 0.5) / POINTS
    inside = low[:, None] + (high - low)[:, None] * share[None]
    return jnp.mean(features(jnp.tan(inside)), 1)
