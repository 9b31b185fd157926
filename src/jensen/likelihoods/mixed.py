"""p(codes, values | z) = p(codes | z) prod_j p(value_j | codes, values before, z).

Codes come first, by the decoder that would also serve a table without values. A missing value
contributes through its code alone. Where the codes' decoder is independent, a value depends
on z alone too: on which columns are missing, and on other values, it depends through z.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jensen.data.codec import Row
from jensen.likelihoods.autoregressive import Autoregressive, ColumnNoise, columns_before
from jensen.likelihoods.codes import CodeEmbedding, CodeHead, Codes
from jensen.likelihoods.families import n_shared
from jensen.likelihoods.independent import Independent
from jensen.likelihoods.values import FamilyGroup, ValueEmbedding, Values
from jensen.networks import Dropout, Linear, ResidualMLP, normal, rms_norm, zeros


class FamilyHead(eqx.Module):
    """Parameters of one family's columns: a linear map for each, and numbers of its own."""

    weight: Float[Array, "*g h k"]
    bias: Float[Array, "*g k"]
    shared: Float[Array, "*g s"]

    @classmethod
    def create(
        cls, group: FamilyGroup, values: Values, width: int, *, key: Key[Array, ""]
    ) -> "FamilyHead":
        """A head before any training: near the column's own distribution, whatever z."""
        g, k = len(group.indices), int(group.family.n_parameters)
        s = n_shared(group.family, values.facts.part(group.columns))
        weight = normal(key, g, width, k, scale=0.3 / width**0.5)
        return cls(weight, zeros(g, k), zeros(g, s))

    def distribution(self, group: FamilyGroup, values: Values, h: Float[Array, "g h"]) -> Any:
        """p(values of the family | h), one vector h for each of its columns."""
        p = jnp.einsum("gh,ghk->gk", rms_norm(h), self.weight) + self.bias
        return group.family(p, self.shared, values.facts.part(group.columns))


class Context(eqx.Module):
    """What a value sees besides z: the codes, and the values before it."""

    code_embedding: CodeEmbedding
    value_embedding: ValueEmbedding
    column: Float[Array, "v h"]

    @classmethod
    def create(cls, codes: Codes, values: Values, width: int, *, key: Key[Array, ""]) -> "Context":
        """Before any training."""
        ckey, vkey, skey = jax.random.split(key, 3)
        v = len(values.code)
        return cls(
            CodeEmbedding(codes, width, scale=0.5, key=ckey),
            ValueEmbedding.create(v, width, scale=0.5, key=vkey),
            normal(skey, v, width, scale=0.5),
        )


class ValueDecoder(eqx.Module):
    """p(values | codes, z): a network for all columns, a head for each family."""

    values: Values
    latent: Linear
    trunk: ResidualMLP
    heads: list[FamilyHead]
    context: Context | None
    """None where the values are independent, given z."""
    noise: ColumnNoise | None = None

    @classmethod
    def create(
        cls,
        values: Values,
        codes: Codes | None,
        latent_dim: int,
        *,
        width: int,
        n_blocks: int,
        key: Key[Array, ""],
    ) -> "ValueDecoder":
        """A decoder before any training; with `codes` it sees them, and the values before."""
        lkey, tkey, hkey, ckey = jax.random.split(key, 4)
        keys = jax.random.split(hkey, len(values.groups))
        return cls(
            values=values,
            latent=Linear(latent_dim, width, key=lkey),
            trunk=ResidualMLP(width, n_blocks, key=tkey),
            heads=[
                FamilyHead.create(g, values, width, key=k)
                for g, k in zip(values.groups, keys, strict=True)
            ],
            context=None if codes is None else Context.create(codes, values, width, key=ckey),
        )

    @property
    def dropout(self) -> Dropout | None:
        """What switches units off while training."""
        return None if self.noise is None else self.noise.dropout

    def start(self, codes: Codes, z: Float[Array, " l"], row_codes: Any) -> Float[Array, " h"]:
        """What all values see: z, and the codes."""
        h = self.latent(z)
        if self.context is None:
            return h
        e = self.context.code_embedding(codes, row_codes)
        if self.noise is not None:
            key = jax.random.fold_in(self.noise.key, 1)
            keep = jax.random.bernoulli(key, 1.0 - self.noise.rate, e.shape[:1])
            e = jnp.where(keep[:, None], e, 0.0)
        return h + jnp.sum(e, 0)


@dataclasses.dataclass(frozen=True)
class MixedColumns:
    """The decoder of codes that `of_codes` builds, and one of values beside it."""

    of_codes: Any

    def build(
        self,
        codes: Codes,
        values: Values,
        latent_dim: int,
        *,
        width: int,
        n_blocks: int,
        key: Key[Array, ""],
    ) -> "Mixed":
        """A decoder before any training."""
        ckey, vkey = jax.random.split(key)
        size = {"width": width, "n_blocks": n_blocks}
        decoder = self.of_codes.build(codes, latent_dim, key=ckey, **size)
        seen = None if isinstance(decoder, Independent) else codes
        return Mixed(decoder, ValueDecoder.create(values, seen, latent_dim, key=vkey, **size))


class Mixed(eqx.Module):
    """A decoder of rows with parametric columns."""

    of_codes: Independent | Autoregressive
    of_values: ValueDecoder

    @property
    def codes(self) -> Codes:
        """Constants of the codes."""
        return self.of_codes.codes

    @property
    def head(self) -> CodeHead:
        """What predicts the codes."""
        return self.of_codes.head

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "Mixed":
        """The same decoder as it is trained, for one row."""
        ckey, vkey = jax.random.split(key)
        n = self.codes.shape[0] + len(self.of_values.values.code)
        noise = ColumnNoise.at(vkey, progress, n)
        return Mixed(
            self.of_codes.with_noise(ckey, progress),
            dataclasses.replace(self.of_values, noise=noise),
        )

    def __call__(self, z: Float[Array, " l"]) -> "MixedRow":
        """p(. | z)."""
        return MixedRow(self, z)


class MixedRow(eqx.Module):
    """p(x|z) of one row of codes and values."""

    decoder: Mixed
    z: Float[Array, " l"]

    def log_prob(self, x: Row) -> Float[Array, ""]:
        """log p(codes|z) + sum over observed values of log p(value | ...), nats."""
        net = self.decoder
        total = net.of_codes(self.z).log_prob(x.codes)
        seen = net.of_values.values.observed(x.codes)
        for group, p in self.distributions(x):
            total = total + _log_prob(group, p, x.values, seen)
        return total

    def distributions(self, x: Row) -> list[tuple[FamilyGroup, Any]]:
        """p(value_j | codes, values before it, z) of all values, family after family."""
        values = self.decoder.of_values.values
        h, first = self._hidden(x, values.observed(x.codes)), 0
        out: list[tuple[FamilyGroup, Any]] = []
        for group, head in zip(values.groups, self.decoder.of_values.heads, strict=True):
            rows = slice(first, first := first + len(group.indices))
            out.append((group, head.distribution(group, values, h[rows])))
        return out

    def _hidden(self, x: Row, seen: Float[Array, " v"]) -> Float[Array, "v h"]:
        """A vector for every value, in `values.order`."""
        net, codes = self.decoder.of_values, self.decoder.codes
        start, order = net.start(codes, self.z, x.codes), net.values.order
        if net.context is None:
            h = net.trunk(start, net.dropout)
            return jnp.broadcast_to(h, (len(order), *h.shape))
        e = net.context.value_embedding(net.values, x.values, seen)[order]
        if net.noise is not None:
            keep = jax.random.bernoulli(net.noise.key, 1.0 - net.noise.rate, order.shape)
            e = jnp.where(keep[:, None], e, 0.0)
        before = jnp.einsum("ij,jh->ih", columns_before(np.arange(len(order))), e)
        return net.trunk(before + net.context.column[order] + start[None], net.dropout)

    def sample(self, key: Key[Array, ""]) -> Row:
        """One row: its codes, then its values; those of missing ones mean nothing, and are 0."""
        ckey, vkey = jax.random.split(key)
        net = self.decoder.of_values
        codes = self.decoder.of_codes(self.z).sample(ckey)
        seen, start = net.values.observed(codes), net.start(self.decoder.codes, self.z, codes)
        drawn: list[Array] = []
        keys = jax.random.split(vkey, len(net.values.groups))
        for group, head, k in zip(net.values.groups, net.heads, keys, strict=True):
            if net.context is None:
                h = net.trunk(start)
                stack = jnp.broadcast_to(h, (len(group.indices), *h.shape))
                v = head.distribution(group, net.values, stack).sample(k)
                drawn.append(jnp.asarray(v, start.dtype))
            else:
                start, v = _one_by_one(net, net.context, group, head, start, seen, k)
                drawn.append(v)
        v = jnp.concatenate(drawn)[np.argsort(net.values.order)]
        return Row(codes, jnp.where(seen > 0, v, 0.0))


def _log_prob(
    group: FamilyGroup, p: Any, v: Float[Array, " v"], seen: Float[Array, " v"]
) -> Float[Array, ""]:
    """Sum over the observed values of a family; the others stand at a value it can have."""
    v, seen = v[group.columns], seen[group.columns]
    if group.joint:
        return p.log_prob(v)
    safe = jnp.where(seen > 0, v, group.somewhere)
    return jnp.sum(jnp.where(seen > 0, p.log_prob(safe), 0.0))


def _one_by_one(
    net: ValueDecoder,
    context: Context,
    group: FamilyGroup,
    head: FamilyHead,
    start: Float[Array, " h"],
    seen: Float[Array, " v"],
    key: Key[Array, ""],
) -> tuple[Float[Array, " h"], Float[Array, " g"]]:
    """The values of a family, each given those before it, and what the next family sees."""
    columns = group.columns
    one = FamilyGroup(group.family, (0,))

    def draw(start: Array, column: tuple[Any, ...]) -> tuple[Array, Array]:
        k, head_j, facts, place, weight, seen_j = column
        h = net.trunk(start + place)
        alone = Values(facts, (0,), (one,))
        v = jnp.asarray(head_j.distribution(one, alone, h[None]).sample(k), start.dtype)
        return start + ValueEmbedding(weight)(alone, v, seen_j)[0], v[0]

    heads = jax.tree.map(lambda a: a[:, None], head)
    facts = jax.tree.map(lambda a: jnp.asarray(a)[columns][:, None], net.values.facts)
    embedding = context.value_embedding.weight[columns][:, None]
    keys = jax.random.split(key, len(columns))
    parts = (keys, heads, facts, context.column[columns], embedding, seen[columns][:, None])
    return jax.lax.scan(draw, start, parts)
