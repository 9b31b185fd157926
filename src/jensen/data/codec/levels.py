"""The codes of a column of levels: one for each frequent level, one for each group of rare ones."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Float64, Int64

from jensen.data.codec.bins import Codes, Reals
from jensen.data.column import Column
from jensen.data.columns import from_levels, to_levels

MAX_OWN = 256
"""Up to so many levels each has a code of its own."""
N_FREQUENT, N_GROUPS = 192, 64
"""With more levels: so many frequent ones have their own code, the others share so many."""
PSEUDO_COUNT = 0.5
"""What a rare level counts for beyond its rows, so that one not seen has a chance."""


@dataclass(frozen=True)
class LevelCodec:
    """Level to code, with the share of its code that a level holds.

    Attributes:
        code_of: code of every level.
        share: p(level | code); one for a level with a code of its own.
    """

    column: Column
    code_of: Int64[np.ndarray, " levels"]
    share: Float64[np.ndarray, " levels"]

    @classmethod
    def fit(cls, series: pl.Series, column: Column) -> "LevelCodec":
        """Group the levels by their counts among the training rows."""
        n = len(column.levels or ())
        if n <= MAX_OWN:
            return cls(column, np.arange(n), np.ones(n))
        counts = np.bincount(to_levels(series.drop_nulls(), column), minlength=n)
        return cls(column, *_group(counts))

    @property
    def n_codes(self) -> int:
        """Number of codes."""
        return int(self.code_of.max()) + 1 if len(self.code_of) else 0

    @property
    def on_line(self) -> list[bool]:
        """Only levels declared to be in order have a place on a line."""
        return [self.column.kind == "ordinal" and self.n_codes == len(self.code_of)] * self.n_codes

    def encode(self, series: pl.Series) -> tuple[Codes, Reals]:
        """Code of every value of a series without gaps, and log p(level | code)."""
        levels = to_levels(series, self.column)
        return self.code_of[levels], np.log(self.share)[levels]

    def positions(self, series: pl.Series) -> Reals:
        """Where in its code, in [0, 1), every level lies."""
        order, before = self.line()
        place = np.empty(len(order))
        place[order] = before
        return (place + 0.5 * self.share)[to_levels(series, self.column)]

    def decode(self, codes: Codes, u: Reals) -> pl.Series:
        """Levels at the positions u of their codes."""
        order, before = self.line()
        at = np.searchsorted(self.code_of[order] + before, codes + u, side="right") - 1
        return from_levels(order[at], self.column)

    def line(self) -> tuple[Int64[np.ndarray, " levels"], Reals]:
        """Levels by code, and the share of its code that lies before each of them."""
        order = np.argsort(self.code_of, kind="stable")
        total = np.concatenate([[0.0], np.cumsum(self.share[order])])
        code = self.code_of[order]
        return order, np.minimum(total[:-1] - total[np.searchsorted(code, code)], 1.0)


def _group(counts: Codes) -> tuple[Codes, Reals]:
    """Own codes for the most frequent levels; neighbours share the others, about equally."""
    frequent = np.sort(np.argsort(-counts, kind="stable")[:N_FREQUENT])
    code_of = np.full(len(counts), -1)
    code_of[frequent] = np.arange(len(frequent))
    rare = np.flatnonzero(code_of < 0)
    weight = counts[rare] + PSEUDO_COUNT
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    _, group = np.unique(np.floor(middle * N_GROUPS), return_inverse=True)
    code_of[rare] = len(frequent) + group
    share = np.ones(len(counts))
    share[rare] = weight / np.bincount(group, weight)[group]
    return code_of, share
