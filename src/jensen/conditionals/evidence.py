"""What is known of a row: some codes and values exactly, of the others which are allowed."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from jensen.data.codec import Cells, Row
from jensen.likelihoods import Codes, Values
from jensen.likelihoods.values import N_FEATURES, features

UNKNOWN = -1
"""Stands for a code that is not known."""


class ValueEvidence(eqx.Module):
    """Which values of a row's parametric columns are known, and what the others may be.

    Attributes:
        x: standardised values, 0 where not known.
        known: which are known.
        told: what a network reads of a value that is not known, but constrained: the mean of the
            features of what it may be; else 0.
        low, width, measure: of the cells of what it may be, see `Cells`; measure 0 pads. A value
            without cells may be anything.
    """

    x: Float[Array, " v"]
    known: Bool[Array, " v"]
    told: Float[Array, "v m"]
    low: Float[Array, "v c"]
    width: Float[Array, "v c"]
    measure: Float[Array, "v c"]

    @classmethod
    def of_values(cls, x: Float[Array, " v"]) -> "ValueEvidence":
        """Of values, NaN where they are not known and may be anything."""
        none = jnp.zeros((len(x), 0), x.dtype)
        known = ~jnp.isnan(x)
        told = jnp.zeros((len(x), N_FEATURES), x.dtype)
        return cls(jnp.where(known, x, 0.0), known, told, none, none, none)

    @classmethod
    def of_cells(cls, values: Values, cells: Mapping[int, Cells], least: int) -> "ValueEvidence":
        """Of values none of which is known, some constrained to cells.

        Args:
            values: of the model.
            cells: by the index of the value.
            least: room for so many cells at least, and else for a power of two, so that few
                programs serve all conditions.
        """
        v = len(values.code)
        c = max([least, *(2 ** int(np.ceil(np.log2(len(a.low) or 1))) for a in cells.values())])
        low, width, measure = np.zeros((3, v, c), np.float32)
        told = np.zeros((v, N_FEATURES), np.float32)
        for i, a in cells.items():
            n = len(a.low)
            low[i, :n], width[i, :n], measure[i, :n] = a.low, a.width, a.measure
            middle = (a.low + a.width / 2 - values.facts.mean[i]) / values.facts.sd[i]
            if n:
                told[i] = np.asarray(features(jnp.asarray(middle, jnp.float32))).mean(0)
        parts = [jnp.asarray(a) for a in (told, low, width, measure)]
        return cls(jnp.zeros(v), jnp.zeros(v, bool), *parts)

    @property
    def constrained(self) -> Bool[Array, " v"]:
        """Which values have cells."""
        return jnp.any(self.measure > 0, -1)


class Evidence(eqx.Module):
    """E: the codes of a row that are known, and of the others the share that is allowed.

    Attributes:
        x: codes, shape (d,); UNKNOWN where not known.
        allowed: share of the mass of each code that is allowed where it is not known, in [0, 1],
            shape (d, c); 0 for padding.
        values: of parametric columns; None where there are none.
        asked: columns whose code is not known, in this row or in one that is drawn beside it;
            None where any may be. No proposal is computed for the others.
    """

    x: Int[Array, " d"]
    allowed: Float[Array, "d c"]
    values: ValueEvidence | None = None
    asked: Bool[Array, " d"] | None = None

    @classmethod
    def nothing(cls, codes: Codes, n_values: int = 0) -> "Evidence":
        """Of which nothing is known but that every code is part of x."""
        d, c = codes.shape
        modelled = jnp.arange(c)[None] < jnp.array(codes.n_modelled)[:, None]
        of_values = ValueEvidence.of_values(jnp.full(n_values, jnp.nan)) if n_values else None
        return cls(jnp.full(d, UNKNOWN, jnp.int32), modelled.astype(jnp.float32), of_values)

    @classmethod
    def of_row(
        cls, x: Any, allowed: Float[Array, "d c"], asked: Bool[Array, " d"] | None = None
    ) -> "Evidence":
        """Of a row with gaps.

        Args:
            x: codes, UNKNOWN in gaps; or a `Row` of them and of values, NaN in gaps.
            allowed: what a gap may be.
            asked: columns with gaps, in this row or in one that is drawn beside it.
        """
        if isinstance(x, Row):
            return cls(x.codes, allowed, ValueEvidence.of_values(x.values), asked)
        return cls(x, allowed, None, asked)

    @property
    def known(self) -> Bool[Array, " d"]:
        """Which codes are known."""
        return self.x != UNKNOWN

    def constrained(self, codes: Codes) -> Bool[Array, " d"]:
        """Which columns the evidence says anything of: not those with every seen code allowed."""
        seen = jnp.asarray(codes.seen)
        return self.known | jnp.any(seen & (self.allowed < 1.0), -1)

    def shares(self, codes: Codes) -> Float[Array, "d c"]:
        """Each column's marginal under the evidence: what a network reads of it."""
        p = jnp.where(jnp.asarray(codes.seen), jnp.exp(jnp.asarray(codes.log_marginal)), 0.0)
        p = p * self.allowed
        p = p / jnp.maximum(jnp.sum(p, -1, keepdims=True), 1e-30)
        places = jnp.arange(p.shape[1])
        exact = (places[None, :] == self.x[:, None]).astype(p.dtype)
        return jnp.where(self.known[:, None], exact, p)
