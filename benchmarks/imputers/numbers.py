"""A table as standardised numbers, for methods that know no categories, and back."""

import numpy as np
import pandas as pd

from benchmarks.imputers.exchange import categories


class Numbers:
    """Categories one-hot, all columns with mean 0 and variance 1.

    Attributes:
        x: the table, shape (n, number of columns and levels), nan in gaps.
    """

    def __init__(self, table: pd.DataFrame):
        self.table, self.words = table, categories(table)
        parts = [self._encode(table[c]) for c in table.columns]
        self.ends = np.cumsum([part.shape[1] for part in parts])
        raw = np.concatenate(parts, 1)
        self.mean, self.scale = np.nanmean(raw, 0), np.nanstd(raw, 0) + 1e-12
        self.x = (raw - self.mean) / self.scale

    def _encode(self, column: pd.Series) -> np.ndarray:
        if column.name not in self.words:
            return column.to_numpy(float)[:, None]
        code = column.cat.codes.to_numpy()[:, None]
        hot = (code == np.arange(len(column.cat.categories))).astype(float)
        hot[code[:, 0] < 0] = np.nan
        return hot

    def back(self, x: np.ndarray) -> pd.DataFrame:
        """The table that numbers without gaps stand for; the level whose number is largest."""
        x, out = x * self.scale + self.mean, {}
        for c, part in zip(self.table.columns, np.split(x, self.ends[:-1], 1), strict=True):
            levels = self.table[c].cat.categories if c in self.words else None
            out[c] = part[:, 0] if levels is None else levels.to_numpy()[part.argmax(1)]
        return pd.DataFrame(out)
