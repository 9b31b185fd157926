"""The noise floor: what two draws of the data would differ by, at the sizes of the tables."""

from collections.abc import Callable

import numpy as np

from jensen.evidence.sample import Sample

Distances = Callable[[Sample, Sample], np.ndarray]
MOST_TIMES, COST = 8, 12_000_000
"""Splits at most, and rows times items up to which one more split is worth its time."""
MOST_SHARE = 0.8
"""Of the training rows, in the part that stands for the samples."""
OVERHEAD = 3_000
"""Rows that take as long as an item that has none."""


def times_for(rows: int, items: int) -> int:
    """How many splits are affordable for so many rows and so many columns, or pairs."""
    return int(np.clip(COST // (max(1, items) * (rows + OVERHEAD)), 1, MOST_TIMES))


def parts(n: int, m: int) -> tuple[int, int]:
    """How n training rows are split to stand for n rows and m rows: in the same proportion, but
    for at most ``MOST_SHARE`` of them on the second side."""
    second = int(n * min(m / (n + m), MOST_SHARE))
    return n - second, second


def noise_floor(
    distances: Distances, training: Sample, m: int, times: int, rng: np.random.Generator
) -> np.ndarray:
    """Distances of real rows from real rows, as they would be of n training rows from m others.

    The training rows are split in two that share no row: resamples would share the levels that
    were seen, and look too much alike where most levels are rare. The parts are smaller than the
    tables, so the distances are larger. By how much is seen from parts of half their size: the
    effect of doubling both, between 1/2 and 1 (1/√2 where cells are full), is raised to the number
    of doublings that lead to a size of n and m. Sizes count by 1 / (1/n + 1/m).

    Args:
        distances: of two samples, [k], each 0 if they are alike; NaN where there is none.
        m: synthetic rows.
        times: splits, over which distances are averaged.
    """
    n = len(training)
    a, b = parts(n, m)
    whole: list[np.ndarray] = []
    half: list[np.ndarray] = []
    for _ in range(times):
        order = rng.permutation(n)
        sides = [training.take(order[:a]), training.take(order[a:])]
        whole.append(distances(*sides))
        cuts = [len(side) // 2 for side in sides]
        half.append(distances(*(s.take(slice(0, c)) for s, c in zip(sides, cuts, strict=True))))
        half.append(distances(*(s.take(slice(c, 2 * c)) for s, c in zip(sides, cuts, strict=True))))
    found, smaller = _known_mean(whole), _known_mean(half)
    known = np.nan_to_num(smaller) > 0
    doubled = np.where(known, np.nan_to_num(found) / np.where(known, smaller, 1.0), np.sqrt(0.5))
    doublings = np.log2((1 / a + 1 / b) / (1 / n + 1 / m))
    return found * np.clip(doubled, 0.5, 1.0) ** doublings


def _known_mean(rows: list[np.ndarray]) -> np.ndarray:
    """The mean over the first axis of what is known; NaN where nothing is."""
    table = np.array(rows)
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    mean = np.where(known, table, 0.0).sum(axis=0) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan)
