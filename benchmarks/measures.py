"""How far a synthetic table is from a real one: pure functions, tables in, numbers out.

A table is a pandas or Polars DataFrame. ``kinds`` says which columns count and how: a plain dict
from column name to ``"numeric"`` or ``"categorical"``. Errors are percentages, 0 is perfect; scores
are percentages, 100 is perfect. Nothing here knows how the synthetic table was made.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

Kinds = dict[str, str]
Scores = dict[tuple[str, ...], float]

NUMERIC, CATEGORICAL = "numeric", "categorical"


# ---------------------------------------------------------------- columns as arrays


def numbers(table, name: str) -> np.ndarray:
    """The column as float64, missing as NaN; shape (rows,)."""
    values = np.asarray(table[name].to_numpy())
    if values.dtype == object:
        values = np.array([np.nan if v is None else v for v in values])
    return values.astype(np.float64)


def codes(name: str, *tables) -> list[np.ndarray]:
    """One integer per distinct value, shared by all tables, missing as 0; shapes (rows,)."""
    levels: dict[str, int] = {}

    def code(value) -> int:
        if value is None or value != value:  # NaN differs from itself
            return 0
        return levels.setdefault(str(value), len(levels) + 1)

    columns = [table[name].to_numpy().tolist() for table in tables]
    return [np.fromiter((code(v) for v in column), np.int64, len(column)) for column in columns]


def sample_rows(table, n: int, seed: int = 0):
    """``n`` rows drawn without replacement (all rows, in their order, when there are no more)."""
    if n >= len(table):
        return table
    return take(table, np.random.default_rng(seed).choice(len(table), n, replace=False))


def take(table, rows: np.ndarray):
    """The given rows of a pandas or Polars table."""
    return table.iloc[rows] if hasattr(table, "iloc") else table[rows]


# ---------------------------------------------------------------- column shapes


def kolmogorov_smirnov(real: np.ndarray, synthetic: np.ndarray) -> float:
    """D = max_t |F_real(t) - F_synthetic(t)| of the empirical distribution functions.

    Missing values are left out, as SDMetrics does; NaN when a side has no value.
    """
    real, synthetic = (np.sort(x[~np.isnan(x)]) for x in (real, synthetic))
    if not len(real) or not len(synthetic):
        return np.nan
    points = np.concatenate([real, synthetic])
    below_real = np.searchsorted(real, points, side="right") / len(real)
    below_synthetic = np.searchsorted(synthetic, points, side="right") / len(synthetic)
    return float(np.abs(below_real - below_synthetic).max())


def _column_distance(real, synthetic, name: str, kind: str) -> float:
    """Kolmogorov-Smirnov D of a numeric column, total variation of a categorical one."""
    if kind == NUMERIC:
        return kolmogorov_smirnov(numbers(real, name), numbers(synthetic, name))
    a, b = codes(name, real, synthetic)
    a, b = a[a > 0], b[b > 0]
    if not len(a) or not len(b):
        return np.nan
    size = int(max(a.max(), b.max())) + 1
    count_a, count_b = np.bincount(a, minlength=size) * 1.0, np.bincount(b, minlength=size)
    # SDMetrics gives a value that only the synthetic table has a real count of 1e-6.
    count_a[(count_a == 0) & (count_b > 0)] = 1e-6
    return float(np.abs(count_a / count_a.sum() - count_b / count_b.sum()).sum() / 2)


def column_scores(real, synthetic, kinds: Kinds) -> Scores:
    """1 - distance for each column; ``{(name,): score}``."""
    return {
        (name,): 1 - _column_distance(real, synthetic, name, kind) for name, kind in kinds.items()
    }


def column_error(real, synthetic, kinds: Kinds) -> float:
    """100 (1 - Column Shapes), in percent.

    Column Shapes is the mean over columns of 1 - D (Kolmogorov-Smirnov) where numeric and of
    1 - TV (total variation) where categorical, missing values left out.
    Source: SDMetrics 0.11.1, ``reports/single_table/_properties/column_shapes.py``.
    """
    return _error(column_scores(real, synthetic, kinds))


def _error(scores: Scores) -> float:
    """100 (1 - mean score); a pair without a score (a constant column) is left out."""
    return float(100 * (1 - np.nanmean(list(scores.values()))))


# ---------------------------------------------------------------- pair trends


def contingency_similarity(real: tuple, synthetic: tuple) -> float:
    """1 - TV between two joint distributions of (code, code), each side a pair of arrays."""
    width = int(max(real[1].max(), synthetic[1].max())) + 1
    a, b = (first * width + second for first, second in (real, synthetic))
    if (height := int(max(a.max(), b.max())) + 1) > 4 * (len(a) + len(b)):
        # Many levels: count the cells that occur, so that memory follows the rows.
        _, inverse = np.unique(np.concatenate([a, b]), return_inverse=True)
        a, b, height = inverse[: len(a)], inverse[len(a) :], int(inverse.max()) + 1
    p, q = (np.bincount(x, minlength=height) / len(x) for x in (a, b))
    return float(1 - np.abs(p - q).sum() / 2)


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson's correlation over the rows where both are known; NaN when one is constant."""
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = x[known], y[known]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    x, y = x - x.mean(), y - y.mean()
    return float(np.dot(x, y) / np.sqrt(np.dot(x, x) * np.dot(y, y)))


def correlation_similarity(real: tuple, synthetic: tuple) -> float:
    """1 - |rho_real - rho_synthetic| / 2; each side a pair of arrays."""
    return 1 - abs(_correlation(*real) - _correlation(*synthetic)) / 2


def _ten_bins(values: np.ndarray) -> np.ndarray:
    """Codes of ten equal bins over the column's own range, the maximum a bin of its own.

    Each table is cut on its own range, so a single outlier moves every bin: that is how the
    published figures are made, and why ``pair_error_shared_deciles`` stands beside this one.
    """
    return np.digitize(values, np.histogram_bin_edges(values[~np.isnan(values)]))


def pair_scores(real, synthetic, kinds: Kinds) -> Scores:
    """Column Pair Trends of each pair; ``{(name, name): score}``."""
    columns, cells = {}, {}
    for name, kind in kinds.items():
        if kind == NUMERIC:
            columns[name] = numbers(real, name), numbers(synthetic, name)
            cells[name] = tuple(_ten_bins(x) for x in columns[name])
        else:
            cells[name] = tuple(codes(name, real, synthetic))

    def score(a: str, b: str) -> float:
        if kinds[a] == kinds[b] == NUMERIC:
            return correlation_similarity(*zip(columns[a], columns[b], strict=True))
        return contingency_similarity(*zip(cells[a], cells[b], strict=True))

    return {(a, b): score(a, b) for a, b in combinations(kinds, 2)}


def pair_error(real, synthetic, kinds: Kinds) -> float:
    """100 (1 - Column Pair Trends), in percent.

    The mean over pairs of columns of 1 - |rho_real - rho_synthetic| / 2 for two numeric columns,
    otherwise of 1 - TV of the contingency tables, a numeric column cut into ten equal bins over
    each table's own range. Missing is a category of its own.
    Source: SDMetrics 0.11.1, ``reports/single_table/_properties/column_pair_trends.py``.
    """
    return _error(pair_scores(real, synthetic, kinds))


def _decile_codes(real: np.ndarray, synthetic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes of the cells (q_k-1, q_k] between the real column's deciles, missing as 0."""
    known = real[~np.isnan(real)]
    edges = np.unique(np.quantile(known, np.arange(1, 10) / 10)) if len(known) else known

    def cut(values: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values, side="left"))

    return cut(real), cut(synthetic)


def shared_decile_scores(real, synthetic, kinds: Kinds) -> Scores:
    """1 - TV of each pair's contingency tables at shared deciles; ``{(name, name): score}``."""
    cells = {
        name: _decile_codes(numbers(real, name), numbers(synthetic, name))
        if kind == NUMERIC
        else tuple(codes(name, real, synthetic))
        for name, kind in kinds.items()
    }
    return {
        (a, b): contingency_similarity(*zip(cells[a], cells[b], strict=True))
        for a, b in combinations(kinds, 2)
    }


def pair_error_shared_deciles(real, synthetic, kinds: Kinds) -> float:
    """100 (1 - mean over all pairs of 1 - TV), numeric columns of both cut at the real deciles.

    Cells are (q_k-1, q_k], open at both ends of the range, equal deciles merged. Two numeric
    columns are compared by their contingency table too, so dependence of any form counts.
    """
    return _error(shared_decile_scores(real, synthetic, kinds))
