"""The measures of `jensen.evidence` for pandas and Polars tables with their ``kinds``.

A table is a pandas or Polars DataFrame. ``kinds`` says which columns count and how: a plain dict
from column name to ``"numeric"`` or ``"categorical"``. Errors are percentages, 0 is perfect; scores
are percentages, 100 is perfect. The definitions are those of `jensen.evidence`.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from jensen.evidence import Sample, pairs, samples, shapes
from jensen.evidence.sample import CATEGORICAL, NUMERIC

__all__ = ["CATEGORICAL", "NUMERIC"]
Kinds = dict[str, str]
Scores = dict[tuple[str, ...], float]


def arrays(kinds: Kinds, *tables) -> list[Sample]:
    """The tables as samples with common levels."""
    return samples(kinds, *(_polars(table, kinds) for table in tables))


def _polars(table, kinds: Kinds) -> pl.DataFrame:
    return table if isinstance(table, pl.DataFrame) else pl.from_pandas(table[list(kinds)])


def sample_rows(table, n: int, seed: int = 0):
    """``n`` rows drawn without replacement (all rows, in their order, when there are no more)."""
    if n >= len(table):
        return table
    return take(table, np.random.default_rng(seed).choice(len(table), n, replace=False))


def take(table, rows: np.ndarray):
    """The given rows of a pandas or Polars table."""
    return table.iloc[rows] if hasattr(table, "iloc") else table[rows]


def column_scores(real, synthetic, kinds: Kinds) -> Scores:
    return shapes.column_scores(*arrays(kinds, real, synthetic))


def column_error(real, synthetic, kinds: Kinds) -> float:
    return shapes.column_error(*arrays(kinds, real, synthetic))


def pair_scores(real, synthetic, kinds: Kinds) -> Scores:
    return pairs.pair_scores(*arrays(kinds, real, synthetic))


def pair_error(real, synthetic, kinds: Kinds) -> float:
    return pairs.pair_error(*arrays(kinds, real, synthetic))


def shared_decile_scores(real, synthetic, kinds: Kinds) -> Scores:
    return pairs.shared_decile_scores(*arrays(kinds, real, synthetic))


def pair_error_shared_deciles(real, synthetic, kinds: Kinds) -> float:
    return pairs.pair_error_shared_deciles(*arrays(kinds, real, synthetic))
