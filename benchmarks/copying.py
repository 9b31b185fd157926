"""What a nearest neighbour sees: are synthetic rows drawn to the very rows that were fitted?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from os import cpu_count

import numpy as np

from benchmarks.measures import NUMERIC, Kinds, codes, numbers

BLOCK = 2**18  # distances held at a time by each thread: 1 MB of float32, so they stay in cache
TIE = 3e-6  # distances closer than this are equal: float32 rounding of one sum is below it


@dataclass(frozen=True)
class Points:
    """Rows as coordinates: ``numeric`` (columns, rows) in training ranges, ``coded`` codes."""

    numeric: np.ndarray
    coded: np.ndarray

    def rows(self, which: slice | np.ndarray) -> Points:
        return Points(self.numeric[:, which], self.coded[:, which])

    def __len__(self) -> int:
        return self.numeric.shape[1]


def _scaled(columns: list[np.ndarray]) -> list[np.ndarray]:
    """x / (max - min of the first), missing as 0; a constant first column is left as it is."""
    known = columns[0][~np.isnan(columns[0])]
    width = float(np.ptp(known)) if len(known) else 0.0
    return [np.nan_to_num(x) / (width or 1.0) for x in columns]


def points(kinds: Kinds, training, *others) -> list[Points]:
    """Coordinates of all tables: x / range(training) where numeric, else one code per level.

    Whether a number is missing is a category of its own, so a missing one differs like a category.
    """
    tables = (training, *others)
    numeric, coded = [], []
    for name, kind in kinds.items():
        if kind != NUMERIC:
            coded.append(codes(name, *tables))
            continue
        columns = [numbers(table, name) for table in tables]
        numeric.append(_scaled(columns))
        if any(np.isnan(x).any() for x in columns):
            coded.append([np.isnan(x) for x in columns])
    return [
        Points(
            np.array([c[i] for c in numeric], np.float32).reshape(-1, len(table)),
            np.array([c[i] for c in coded], np.int32).reshape(-1, len(table)),
        )
        for i, table in enumerate(tables)
    ]


def _block_minimum(source: Points, target: Points) -> np.ndarray:
    """min over target rows of the L1 distance, for each source row; float32 (source rows,)."""
    total = np.zeros((len(source), len(target)), np.float32)
    work = np.empty_like(total)
    for x, y in zip(source.numeric, target.numeric, strict=True):
        np.abs(np.subtract(x[:, None], y, out=work), out=work)
        total += work
    unequal = np.zeros(total.shape, np.uint16)
    for x, y in zip(source.coded, target.coded, strict=True):
        unequal += x[:, None] != y
    total += np.multiply(unequal, 2, out=unequal)  # two ones of the one-hot vectors differ
    return total.min(axis=1)


def nearest_distances(source: Points, target: Points, n_jobs: int | None = None) -> np.ndarray:
    """``_block_minimum`` in blocks that bound the memory, on all cores; float32 (source rows,)."""
    step = max(1, BLOCK // len(target))
    blocks = [slice(i, i + step) for i in range(0, len(source), step)]
    with ThreadPoolExecutor(n_jobs or cpu_count()) as pool:
        minima = pool.map(lambda rows: _block_minimum(source.rows(rows), target), blocks)
        return np.concatenate(list(minima))


def _share_nearer(to_a: np.ndarray, to_b: np.ndarray, tie: float = 0.5) -> float:
    """Share of rows nearer to a than to b, each tie counted as ``tie``."""
    return float(np.mean(np.where(np.abs(to_a - to_b) < TIE, tie, to_a < to_b)))


def _equal_parts(n: int, size: int, seed: int) -> list[np.ndarray]:
    """The fewest shuffled parts of ``size`` that cover rows 0..n-1, overlapping a little."""
    order = np.random.default_rng(seed).permutation(n)
    starts = np.linspace(0, n - size, ceil(n / size)).round().astype(int)
    return [order[start : start + size] for start in starts]


def neighbours(
    training, held_out, synthetic, kinds: Kinds, *, seed: int = 0, n_jobs: int | None = None
) -> dict[str, float]:
    """Where the nearest real row of each synthetic row lies.

    ``nearer_to_training``: share of synthetic rows nearer to training than to held-out rows at
    equal sizes, ties half: 0.5 without copying. The larger side is cut into parts of the smaller
    one's size and the share averaged over them, so that every row is looked at.
    ``copying``: of N training and M held-out rows the nearest one is a training row with
    probability N / (N + M) if nothing is copied; (share - that) / (1 - that) is then 0, and 1 for
    a copy of the training table. It stands beside the first because that one gives a full copy at
    90/10 only 0.5 + 0.5 / 9: a copied row lies in one part of nine.
    ``exact_copies``: see there.

    Distance: L1 over numbers divided by their training range and one-hot categories.
    Source: DCR of TabSyn (arXiv 2310.09656), ``eval/eval_dcr.py``.
    """
    train, held, source = points(kinds, training, held_out, synthetic)
    size = min(len(train), len(held))
    to_train, to_held = (
        [
            nearest_distances(source, side.rows(part), n_jobs)
            for part in _equal_parts(len(side), size, seed)
        ]
        for side in (train, held)
    )
    expected = len(train) / (len(train) + len(held))
    nearest_train, nearest_held = np.min(to_train, axis=0), np.min(to_held, axis=0)
    overall = _share_nearer(nearest_train, nearest_held, tie=expected)
    return {
        "nearer_to_training": float(
            np.mean([_share_nearer(a, b) for a in to_train for b in to_held])
        ),
        "copying": (overall - expected) / (1 - expected),
        "exact_copies": exact_copies(training, synthetic, kinds),
    }


def _rows(table, kinds: Kinds) -> list[tuple]:
    columns = [table[name].to_numpy().tolist() for name in kinds]
    return list(zip(*[[None if v != v else v for v in column] for column in columns], strict=True))


def exact_copies(training, synthetic, kinds: Kinds) -> float:
    """Percentage of synthetic rows that equal a training row in every column."""
    known = set(_rows(training, kinds))
    return float(100 * np.mean([row in known for row in _rows(synthetic, kinds)]))


def nearer_to_training(training, held_out, synthetic, kinds: Kinds, **options) -> float:
    """The first of ``neighbours`` alone: a share, 0.5 without copying."""
    return neighbours(training, held_out, synthetic, kinds, **options)["nearer_to_training"]
