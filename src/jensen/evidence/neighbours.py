"""Nearest rows, by the distance in which copies are looked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from os import cpu_count
from typing import NamedTuple

import numpy as np

from jensen.evidence.sample import CATEGORICAL, Sample

BLOCK = 2**18
"""Distances held at a time by each thread: 1 MB of float32, so they stay in cache."""
FAR = 1e6
"""Ranges of the training column beyond which it no longer matters how far away a number is."""
TIE = 3e-6
"""Distances closer than this are equal: float32 rounding of one sum is below it."""


@dataclass(frozen=True)
class Points:
    """Rows as coordinates: ``numeric`` (columns, rows) in training ranges, ``coded`` codes."""

    numeric: np.ndarray
    coded: np.ndarray

    def rows(self, which: slice | np.ndarray) -> "Points":
        """Only the given rows."""
        return Points(self.numeric[:, which], self.coded[:, which])

    def __len__(self) -> int:
        return self.numeric.shape[1]


class Nearest(NamedTuple):
    """Of each source row: the distance to its nearest and second nearest target row, and which
    target row is nearest; float32, float32, int64 [n]."""

    first: np.ndarray
    second: np.ndarray
    which: np.ndarray


def points(training: Sample, *others: Sample) -> list[Points]:
    """Coordinates of all samples: x / range(training) where numeric, else one code per level.

    Whether a number is missing is a category of its own, so a missing one differs like a category.
    """
    tables = (training, *others)
    numeric: list[list[np.ndarray]] = []
    coded: list[list[np.ndarray]] = []
    for name, kind in training.kinds.items():
        columns = [table.columns[name] for table in tables]
        if kind == CATEGORICAL:
            coded.append(columns)
            continue
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


def _scaled(columns: list[np.ndarray]) -> list[np.ndarray]:
    """(x - min) / (max - min) of the first, missing as 0; a constant first column only moved.

    What is `FAR` away or farther is so far away: float32 would make distances of it infinite.
    """
    known = columns[0][~np.isnan(columns[0])]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    half = high / 2 - low / 2 or 0.5  # halves, of which none is beyond the largest number
    with np.errstate(over="ignore"):
        return [np.clip(np.nan_to_num((x / 2 - low / 2) / half), -FAR, FAR) for x in columns]


def nearest(
    source: Points, target: Points, n_jobs: int | None = None, *, itself: bool = False
) -> Nearest:
    """The nearest target rows by L1 over numbers and one-hot categories, on all cores.

    Source: DCR of TabSyn (arXiv 2310.09656), ``eval/eval_dcr.py``.

    Args:
        itself: source and target are the same rows, and no row is its own neighbour.
    """
    step = max(1, BLOCK // len(target))
    starts = range(0, len(source), step)

    def block(start: int) -> Nearest:
        total = _block(source.rows(slice(start, start + step)), target)
        if itself:
            total[np.arange(len(total)), start + np.arange(len(total))] = np.inf
        return _least(total)

    with ThreadPoolExecutor(n_jobs or cpu_count()) as pool:
        parts = list(pool.map(block, starts))
    return Nearest(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _block(source: Points, target: Points) -> np.ndarray:
    """The L1 distances of all pairs; float32 [source rows, target rows]."""
    total = np.zeros((len(source), len(target)), np.float32)
    work = np.empty_like(total)
    for x, y in zip(source.numeric, target.numeric, strict=True):
        np.abs(np.subtract(x[:, None], y, out=work), out=work)
        total += work
    unequal = np.zeros(total.shape, np.uint16)
    for x, y in zip(source.coded, target.coded, strict=True):
        unequal += x[:, None] != y
    total += np.multiply(unequal, 2, out=unequal)  # two ones of the one-hot vectors differ
    return total


def _least(total: np.ndarray) -> Nearest:
    rows = np.arange(len(total))
    which = total.argmin(axis=1)
    first = total[rows, which]
    total[rows, which] = np.inf
    return Nearest(first, total.min(axis=1), which)


def equal_parts(n: int, size: int, seed: int) -> list[np.ndarray]:
    """The fewest shuffled parts of ``size`` that cover rows 0..n-1, overlapping a little."""
    order = np.random.default_rng(seed).permutation(n)
    starts = np.linspace(0, n - size, ceil(n / size)).round().astype(int)
    return [order[start : start + size] for start in starts]


def share_nearer(to_a: np.ndarray, to_b: np.ndarray, tie: float = 0.5) -> float:
    """Share of rows nearer to a than to b, each tie counted as ``tie``."""
    return float(np.mean(np.where(np.abs(to_a - to_b) < TIE, tie, to_a < to_b)))


def row_keys(sample: Sample) -> np.ndarray:
    """One value per row, equal just where rows are equal in every column; bytes [n]."""
    columns = [sample.columns[name].astype(np.float64) for name in sample.kinds]
    columns += [low.astype(np.float64) for low in sample.rest.values()]
    table = np.array(columns).reshape(-1, len(sample)).T.copy()
    table[np.isnan(table)] = np.nan  # one pattern of bits
    table += 0.0  # and one zero
    return table.view(np.dtype((np.void, table.itemsize * table.shape[1]))).ravel()


def row_codes(*tables: Sample) -> list[np.ndarray]:
    """A whole number for each row, the same just where rows are equal; int64 [n] per table."""
    keys = [row_keys(table) for table in tables]
    _, place = np.unique(np.concatenate(keys), return_inverse=True)
    return np.split(place, np.cumsum([len(k) for k in keys])[:-1])


def equal_rows(training: Sample, rows: Sample) -> np.ndarray:
    """The position of an equal training row for each row, -1 where there is none; int64 [n]."""
    known, asked = row_keys(training), row_keys(rows)
    _, place = np.unique(np.concatenate([known, asked]), return_inverse=True)
    owner = np.full(int(place.max()) + 1, -1)
    owner[place[: len(known)][::-1]] = np.arange(len(known))[::-1]
    return owner[place[len(known) :]]


def exact_copies(training: Sample, synthetic: Sample) -> float:
    """Percentage of synthetic rows that equal a training row in every column."""
    return float(100 * np.mean(equal_rows(training, synthetic) >= 0))


def copying_shares(
    training: Sample,
    held_out: Sample,
    synthetic: Sample,
    *,
    seed: int = 0,
    n_jobs: int | None = None,
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
    """
    train, held, source = points(training, held_out, synthetic)
    size = min(len(train), len(held))
    to_train, to_held = (
        [
            nearest(source, side.rows(part), n_jobs).first
            for part in equal_parts(len(side), size, seed)
        ]
        for side in (train, held)
    )
    expected = len(train) / (len(train) + len(held))
    nearest_train, nearest_held = np.min(to_train, axis=0), np.min(to_held, axis=0)
    overall = share_nearer(nearest_train, nearest_held, tie=expected)
    return {
        "nearer_to_training": float(
            np.mean([share_nearer(a, b) for a in to_train for b in to_held])
        ),
        "copying": (overall - expected) / (1 - expected),
        "exact_copies": exact_copies(training, synthetic),
    }
