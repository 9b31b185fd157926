"""Rows as points: one encoding for distances, one for trees."""

from dataclasses import dataclass

import numpy as np

from jensen.evidence.sample import CATEGORICAL, Sample

MOST_LEVELS, MOST_ONE_HOT = 30, 1000
"""Levels of one column, and of all together, that have a coordinate of their own."""
TREE_LEVELS = 250


@dataclass(frozen=True)
class Encoder:
    """Rows as vectors in which every column varies by about 1.

    A number or a time becomes its rank among all the rows that are compared, from -√3 to √3 (mean
    0, variance 1), so that neither units nor outliers matter; a missing one is at 0 and sets an
    indicator besides. A category becomes one-hot over its most frequent levels, and one for all
    others, divided by √(1 - Σ p²).

    It is fitted to both tables together: were it fitted to one, that one's rare levels would be
    kept for being its own, and two draws of one distribution would differ.

    Attributes:
        grids: column of numbers -> its sorted values.
        levels: column of categories -> the codes with a coordinate of their own, and its scale.
        gaps: columns of numbers with an indicator.
    """

    grids: dict[str, np.ndarray]
    levels: dict[str, tuple[np.ndarray, float]]
    gaps: tuple[str, ...]

    @classmethod
    def fit(cls, *together: Sample) -> "Encoder":
        """From all the rows that will be compared, whichever table they are from."""
        first = together[0]
        grids = {}
        for name in first.numeric:
            values = np.concatenate([s.columns[name] for s in together])
            grids[name] = np.sort(values[~np.isnan(values)])
        most = int(np.clip(MOST_ONE_HOT // max(1, len(first.categorical)), 2, MOST_LEVELS))
        levels = {
            name: _frequent(np.concatenate([s.columns[name] for s in together]), most)
            for name in first.categorical
        }
        gaps = tuple(n for n in first.numeric if any(s.missing(n).any() for s in together))
        return cls(grids, levels, gaps)

    @property
    def width(self) -> int:
        """The number of coordinates."""
        one_hot = sum(len(codes) + 1 for codes, _ in self.levels.values())
        return len(self.grids) + len(self.gaps) + one_hot

    def transform(self, sample: Sample) -> np.ndarray:
        """Points, float32 [n, width]."""
        parts = [_ranks(sample.columns[n], grid)[:, None] for n, grid in self.grids.items()]
        parts += [sample.missing(n)[:, None] for n in self.gaps]
        parts += [_one_hot(sample.columns[n], *kept) for n, kept in self.levels.items()]
        if not parts:
            return np.zeros((len(sample), 1), np.float32)
        return np.concatenate([p.astype(np.float32) for p in parts], axis=1)


def _frequent(codes: np.ndarray, most: int) -> tuple[np.ndarray, float]:
    found, counts = np.unique(codes, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    shares = counts[order] / len(codes)
    spread = 1 - float(np.sum(shares**2)) - float((1 - shares.sum()) ** 2)
    return found[order], 1 / np.sqrt(spread) if spread > 1e-9 else 1.0


def _ranks(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    if not len(grid):
        return np.zeros(len(values))
    below, upto = (np.searchsorted(grid, values, side=side) for side in ("left", "right"))
    ranks = np.sqrt(3) * ((below + upto) / len(grid) - 1)
    return np.where(np.isnan(values), 0.0, ranks)


def _one_hot(codes: np.ndarray, kept: np.ndarray, scale: float) -> np.ndarray:
    order = np.argsort(kept)
    place = np.minimum(np.searchsorted(kept[order], codes), len(kept) - 1)
    column = np.where(kept[order][place] == codes, order[place], len(kept))
    return np.eye(len(kept) + 1, dtype=np.float32)[column] * np.float32(scale)


@dataclass(frozen=True)
class TreeView:
    """Rows as trees see them: numbers as they are, NaN where missing; categories as small codes.

    Attributes:
        names: of the columns, numbers first.
        codes: column of categories -> its codes by falling frequency; later ones share a code.
    """

    names: tuple[str, ...]
    codes: dict[str, np.ndarray]

    @classmethod
    def fit(cls, *together: Sample) -> "TreeView":
        """From all the rows that will be compared, whichever table they are from."""
        first = together[0]
        codes = {
            name: _by_frequency(np.concatenate([s.columns[name] for s in together]))
            for name in first.categorical
        }
        return cls((*first.numeric, *first.categorical), codes)

    @property
    def is_categorical(self) -> np.ndarray:
        """Which columns are categories, bool [p]."""
        return np.array([name in self.codes for name in self.names], dtype=bool)

    def transform(self, sample: Sample) -> np.ndarray:
        """float64 [n, p]."""
        columns = [self._column(sample, name) for name in self.names]
        return np.array(columns).reshape(len(self.names), len(sample)).T

    def _column(self, sample: Sample, name: str) -> np.ndarray:
        values = sample.columns[name]
        if sample.kinds[name] != CATEGORICAL:
            return values
        kept = self.codes[name]
        rank = np.full(max(int(kept.max()), int(values.max())) + 1, TREE_LEVELS)
        rank[kept] = np.minimum(np.arange(len(kept)), TREE_LEVELS)
        return rank[values].astype(np.float64)


def _by_frequency(codes: np.ndarray) -> np.ndarray:
    found, counts = np.unique(codes, return_counts=True)
    return found[np.argsort(-counts, kind="stable")]
