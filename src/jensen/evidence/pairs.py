"""How far the dependence between two columns is from the data's."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from jensen.evidence.intervals import GROUPS, grouped_counts, leave_out
from jensen.evidence.sample import CATEGORICAL, Sample
from jensen.evidence.shapes import NONE, Scores, error

Pair = tuple[str, str]
Cells = dict[str, np.ndarray]
BINS = 10
_MANY_CELLS = 4
"""Joint codes are renumbered when there could be more than so many of them per row."""


# ---------------------------------------------------------------- counting cells


@dataclass(frozen=True)
class Joint:
    """Counts of the cells of two columns, [1 + GROUPS, cells], in both tables."""

    real: np.ndarray
    synthetic: np.ndarray

    def total_variation(self) -> np.ndarray:
        """½ Σ |p_real - p_synthetic|, [1 + GROUPS]."""
        p, q = (_shares(counts) for counts in (self.real, self.synthetic))
        return np.abs(p - q).sum(axis=1) / 2


def joint(real: tuple[np.ndarray, ...], synthetic: tuple[np.ndarray, ...]) -> Joint:
    """The cells of two columns of codes from 0, each side a pair of arrays [n]."""
    width = int(max(real[1].max(), synthetic[1].max())) + 1
    a, b = (first * width + second for first, second in (real, synthetic))
    if (size := int(max(a.max(), b.max())) + 1) > _MANY_CELLS * (len(a) + len(b)):
        _, place = np.unique(np.concatenate([a, b]), return_inverse=True)
        a, b, size = place[: len(a)], place[len(a) :], int(place.max()) + 1
    return Joint(grouped_counts(a, size), grouped_counts(b, size))


def contingency_similarity(
    real: tuple[np.ndarray, ...], synthetic: tuple[np.ndarray, ...]
) -> float:
    """1 - TV between two joint distributions of (code, code), each side a pair of arrays."""
    return 1 - float(joint(real, synthetic).total_variation()[0])


def _shares(counts: np.ndarray) -> np.ndarray:
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def entropy(counts: np.ndarray) -> np.ndarray:
    """-Σ p log p in nats of counts [k, cells]; [k]."""
    p = _shares(counts)
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=1)


def normalised_mutual_information(
    joint_entropy: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """2 (H(x) + H(y) - H(x, y)) / (H(x) + H(y)), 0 when both are constant."""
    total = first + second
    shared = np.maximum(total - joint_entropy, 0.0)
    return np.where(total > 1e-12, 2 * shared / np.maximum(total, 1e-12), 0.0)


# ---------------------------------------------------------------- cells of a column


def own_range_cells(sample: Sample) -> Cells:
    """Ten equal bins over the column's own range, the maximum a bin of its own; codes as they are.

    Each table is cut on its own range, so a single outlier moves every bin: that is how the
    published figures are made, and why those at shared deciles stand beside them.
    """

    def cut(values: np.ndarray) -> np.ndarray:
        return np.digitize(values, _ten_bins(values[~np.isnan(values)]))

    return _cells(sample, {name: cut(sample.columns[name]) for name in sample.numeric})


def decile_cells(real: Sample, synthetic: Sample) -> tuple[Cells, Cells]:
    """The cells (q_k-1, q_k] between the real column's deciles, missing as 0."""
    found: tuple[Cells, Cells] = ({}, {})
    for name in real.numeric:
        values = real.columns[name]
        known = values[~np.isnan(values)]
        edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else known
        for side, sample in zip(found, (real, synthetic), strict=True):
            x = sample.columns[name]
            place = np.searchsorted(edges, x, side="left")
            side[name] = np.where(np.isnan(x), 0, 1 + place)
    return _cells(real, found[0]), _cells(synthetic, found[1])


def equal_width_cells(real: Sample, synthetic: Sample) -> tuple[Cells, Cells]:
    """Ten equal bins over the real range, 0 for what is missing or outside of it.

    A column of at most eleven distinct real values keeps its values as cells.
    Source: TabPC (arXiv 2603.23016), its published code ``src/util.py``, ``bin_dataframe``.
    """
    found: tuple[Cells, Cells] = ({}, {})
    for name in real.numeric:
        values = real.columns[name]
        known = np.unique(values[~np.isnan(values)])
        for side, sample in zip(found, (real, synthetic), strict=True):
            x = sample.columns[name]
            side[name] = _exact(x, known) if len(known) <= BINS + 1 else _equal_bins(x, known)
    return _cells(real, found[0]), _cells(synthetic, found[1])


def _exact(x: np.ndarray, known: np.ndarray) -> np.ndarray:
    if not len(known):
        return np.zeros(len(x), np.int64)
    place = np.minimum(np.searchsorted(known, x), len(known) - 1)
    return np.where(known[place] == x, place + 1, 0)


def _equal_bins(x: np.ndarray, known: np.ndarray) -> np.ndarray:
    edges = _ten_bins(known)
    place = np.clip(np.searchsorted(edges, x, side="left"), 1, len(edges) - 1)
    return np.where((x >= edges[0]) & (x <= edges[-1]), place, 0)


def _ten_bins(known: np.ndarray) -> np.ndarray:
    """Edges of equal bins; of a range in which numbers cannot tell so many apart, all its ends."""
    try:
        with np.errstate(over="raise"):
            return np.histogram_bin_edges(known, BINS)
    except (ValueError, FloatingPointError):
        return np.unique(np.linspace(known.min() / 2, known.max() / 2, BINS + 1) * 2)


def _cells(sample: Sample, numeric: Cells) -> Cells:
    return numeric | {name: sample.columns[name] for name in sample.categorical}


# ---------------------------------------------------------------- correlations


def correlations(sample: Sample) -> np.ndarray:
    """Pearson's correlation of all pairs of numbers over the rows where both are known.

    Returns [1 + GROUPS, p, p] in the order of `sample.numeric`, of all rows and without each
    tenth; NaN when a column is constant on those rows.
    """
    x = np.array([sample.columns[name] for name in sample.numeric]).reshape(-1, len(sample))
    known = ~np.isnan(x)
    x = x / np.maximum(np.abs(np.where(known, x, 0)).max(axis=1, keepdims=True), 1e-300)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    centred = np.where(known, x - np.where(known, x, 0).sum(1, keepdims=True) / count, 0.0)
    scale = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    z = centred / np.where(scale > 0, scale, 1.0)
    parts = [_moments(z[:, g::GROUPS], known[:, g::GROUPS]) for g in range(GROUPS)]
    n, s, q, c = np.moveaxis(leave_out(np.array(parts)), 1, 0)
    n = np.maximum(n, 1)
    variance = q / n - (s / n) ** 2
    spread = variance * np.swapaxes(variance, 1, 2)
    covariance = c / n - s * np.swapaxes(s, 1, 2) / n**2
    steady = (variance < 1e-12) | (np.swapaxes(variance, 1, 2) < 1e-12) | (n < 2)
    return np.where(steady, np.nan, covariance / np.sqrt(np.where(steady, 1.0, spread)))


def _moments(z: np.ndarray, known: np.ndarray) -> list[np.ndarray]:
    """Over rows where both are known: how many, Σ z_i, Σ z_i², Σ z_i z_j; each [p, p]."""
    k = known.astype(np.float64)
    return [k @ k.T, z @ k.T, z**2 @ k.T, z @ z.T]


# ---------------------------------------------------------------- the figures


@dataclass(frozen=True)
class PairDistances:
    """What is known of each pair of columns.

    Attributes:
        pairs: the pairs, k of them.
        trend: [1 + GROUPS, k], SDMetrics' score; NaN where a column is constant.
        distance: [1 + GROUPS, k], TV at the real deciles.
        nmi_real, nmi_synthetic: [1 + GROUPS, k].
        correlation: pair of numbers -> correlations in the real and in the synthetic table.
    """

    pairs: Sequence[Pair]
    trend: np.ndarray
    distance: np.ndarray
    nmi_real: np.ndarray
    nmi_synthetic: np.ndarray
    correlation: dict[Pair, tuple[float, float]]

    def pair_trends(self) -> np.ndarray:
        """The mean score over pairs, [1 + GROUPS]."""
        scored = self.trend[:, ~np.isnan(self.trend).any(axis=0)]
        return scored.mean(axis=1) if scored.shape[1] else np.ones(1 + GROUPS)

    def weighted_nmi_error(self) -> np.ndarray:
        """Σ w |NMI_real - NMI_synthetic| / Σ w with w = NMI_real + NMI_synthetic, [1 + GROUPS].

        Columns are cut as `equal_width_cells` says. Pairs that share nothing, most of a wide
        table, weigh nothing, so that a product of marginals is no longer nearly right.
        Source: TabPC (arXiv 2603.23016), its published code ``src/metrics/metrics.py``, ``MI_l1``.
        """
        weight = self.nmi_real + self.nmi_synthetic
        off = np.abs(self.nmi_real - self.nmi_synthetic)
        return (weight * off).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-12)


def pair_distances(
    real: Sample, synthetic: Sample, pairs: Sequence[Pair] | None = None
) -> PairDistances:
    """Every figure of the given pairs, or of all."""
    pairs = list(combinations(real.kinds, 2)) if pairs is None else pairs
    deciles, widths = decile_cells(real, synthetic), equal_width_cells(real, synthetic)
    alone = [_entropies(side, pairs) for side in widths]
    distance, nmi = [], ([], [])
    for a, b in pairs:
        distance.append(_joint(deciles, a, b).total_variation())
        cells = _joint(widths, a, b)
        for found, counts, h in zip(nmi, (cells.real, cells.synthetic), alone, strict=True):
            found.append(normalised_mutual_information(entropy(counts), h[a], h[b]))
    trend, correlation = trends(real, synthetic, pairs)
    return PairDistances(
        pairs, trend, _stacked(distance), _stacked(nmi[0]), _stacked(nmi[1]), correlation
    )


def decile_distances(real: Sample, other: Sample, pairs: Sequence[Pair]) -> list[float]:
    """The total variation of each pair at the real deciles, and nothing else."""
    deciles = decile_cells(real, other) if pairs else ({}, {})
    return [float(_joint(deciles, a, b).total_variation()[0]) for a, b in pairs]


def _stacked(columns: list[np.ndarray]) -> np.ndarray:
    return np.array(columns).reshape(-1, 1 + GROUPS).T


def _joint(sides: tuple[Cells, Cells], a: str, b: str) -> Joint:
    real, synthetic = ((cells[a], cells[b]) for cells in sides)
    return joint(real, synthetic)


def _entropies(cells: Cells, pairs: Sequence[Pair]) -> Cells:
    used = {name for pair in pairs for name in pair}
    return {n: entropy(grouped_counts(cells[n], int(cells[n].max()) + 1)) for n in used}


def trends(
    real: Sample, synthetic: Sample, pairs: Sequence[Pair]
) -> tuple[np.ndarray, dict[Pair, tuple[float, float]]]:
    """Column Pair Trends of each pair, [1 + GROUPS, k], and the correlations of numbers.

    1 - |rho_real - rho_synthetic| / 2 for two columns of numbers, otherwise 1 - TV of the
    contingency tables, numbers cut into ten equal bins over each table's own range. Missing is
    a category of its own.
    Source: SDMetrics 0.11.1, ``reports/single_table/_properties/column_pair_trends.py``.
    """
    rho, sigma = correlations(real), correlations(synthetic)
    place = {name: i for i, name in enumerate(real.numeric)}
    cells = (own_range_cells(real), own_range_cells(synthetic))
    scores: list[np.ndarray] = []
    found: dict[Pair, tuple[float, float]] = {}
    for a, b in pairs:
        if CATEGORICAL in (real.kinds[a], real.kinds[b]):
            scores.append(1 - _joint(cells, a, b).total_variation())
            continue
        x, y = rho[:, place[a], place[b]], sigma[:, place[a], place[b]]
        scores.append(1 - np.abs(x - y) / 2 if not np.isnan([x[0], y[0]]).any() else NONE)
        found[a, b] = float(x[0]), float(y[0])
    return _stacked(scores), found


def pair_scores(real: Sample, synthetic: Sample) -> Scores:
    """Column Pair Trends of each pair; ``{(name, name): score}``."""
    pairs = list(combinations(real.kinds, 2))
    return dict(zip(pairs, trends(real, synthetic, pairs)[0][0].tolist(), strict=True))


def pair_error(real: Sample, synthetic: Sample) -> float:
    """100 (1 - Column Pair Trends), in percent; see `trends`."""
    return error(pair_scores(real, synthetic))


def shared_decile_scores(real: Sample, synthetic: Sample) -> Scores:
    """1 - TV of each pair's contingency tables at shared deciles; ``{(name, name): score}``."""
    sides = decile_cells(real, synthetic)
    return {
        (a, b): 1 - float(_joint(sides, a, b).total_variation()[0])
        for a, b in combinations(real.kinds, 2)
    }


def pair_error_shared_deciles(real: Sample, synthetic: Sample) -> float:
    """100 (1 - mean over all pairs of 1 - TV), numeric columns of both cut at the real deciles.

    Cells are (q_k-1, q_k], open at both ends of the range, equal deciles merged. Two numeric
    columns are compared by their contingency table too, so dependence of any form counts.
    """
    return error(shared_decile_scores(real, synthetic))
