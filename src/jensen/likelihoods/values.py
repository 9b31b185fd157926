"""What the networks of a table share of its parametric columns: which there are, embedded.

A parametric column is a code, observed or a kind of missing, and a standardised number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int64, Key

from jensen.data.codec import DISCRETE, Row
from jensen.likelihoods.codes import CodeEmbedding, Codes
from jensen.likelihoods.families import Facts, is_joint
from jensen.networks import normal

N_FEATURES = 6


@dataclass(frozen=True)
class ValueColumn:
    """One parametric column.

    Attributes:
        index: of its code among the codes of a row.
        family: of its values; see `jensen.likelihoods.families`.
        mean, sd, low, high: of the standardised values of the training rows.
    """

    index: int
    family: Any
    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True)
class FamilyGroup:
    """The columns of one family, by their place among the values of a row."""

    family: Any
    indices: tuple[int, ...]

    @property
    def columns(self) -> Int64[np.ndarray, " g"]:
        """Which values they are."""
        return np.array(self.indices)

    @property
    def joint(self) -> bool:
        """Whether they have one distribution."""
        return is_joint(self.family)

    @property
    def discrete(self) -> bool:
        """Whether their values have masses."""
        return self.family.domain in DISCRETE

    @property
    def somewhere(self) -> float:
        """A value that every family of this domain takes."""
        return 1.0 if self.discrete else 0.5


class Values(eqx.Module):
    """Constants of the parametric columns of a table; never trained."""

    facts: Facts
    code: tuple[int, ...] = eqx.field(static=True)
    """Index of the code that says whether each is observed."""
    groups: tuple[FamilyGroup, ...] = eqx.field(static=True)

    @classmethod
    def of(cls, columns: Sequence[ValueColumn]) -> "Values":
        """Constants of the columns, those of one family together."""
        places: dict[Any, list[int]] = {}
        for i, column in enumerate(columns):
            places.setdefault(column.family, []).append(i)
        numbers = np.array([(c.mean, c.sd, c.low, c.high) for c in columns], np.float32)
        groups = tuple(FamilyGroup(family, tuple(where)) for family, where in places.items())
        return cls(Facts(*numbers.T), tuple(c.index for c in columns), groups)

    @property
    def order(self) -> Int64[np.ndarray, " v"]:
        """The values, family after family: the order in which a decoder takes them."""
        return np.concatenate([g.columns for g in self.groups])

    def observed(self, codes: Int[Array, " d"]) -> Float[Array, " v"]:
        """1 where a value is observed, 0 where it is missing."""
        return (codes[np.array(self.code)] == 0).astype(jnp.float32)


class ValueEmbedding(eqx.Module):
    """A vector for every value, smooth in it, and zero where it is missing."""

    weight: Float[Array, "v m h"]

    @classmethod
    def create(
        cls, n_values: int, width: int, *, scale: float, key: Key[Array, ""]
    ) -> "ValueEmbedding":
        """Before any training."""
        return cls(normal(key, n_values, N_FEATURES, width, scale=scale / N_FEATURES**0.5))

    def __call__(
        self, values: Values, v: Float[Array, " v"], observed: Float[Array, " v"]
    ) -> Float[Array, "v h"]:
        """The vectors of one row, in the order of the columns."""
        x = features((v - values.facts.mean) / values.facts.sd)
        return jnp.einsum("vm,vmh->vh", x * observed[:, None].astype(x.dtype), self.weight)


def features(t: Float[Array, "*v"]) -> Float[Array, "*v m"]:
    """Smooth functions of a number near 0; the first grows like a logarithm of its size."""
    parts = [jnp.arcsinh(t), jnp.tanh(t), jnp.tanh(2 * t), jnp.cos(t), jnp.sin(t), jnp.cos(2 * t)]
    return jnp.stack(parts, -1)


class MixedEmbedding(eqx.Module):
    """A row of codes and values as one vector for each: how an encoder reads it."""

    codes: Codes
    embedding: CodeEmbedding
    values: Values
    value_embedding: ValueEmbedding

    def __call__(self, x: Row) -> Float[Array, "_ h"]:
        """The vectors of one row: those of the codes, then those of the values."""
        seen = self.values.observed(x.codes)
        of_values = self.value_embedding(self.values, x.values, seen)
        return jnp.concatenate([self.embedding(self.codes, x.codes), of_values])
