"""jensen: fit to the table with gaps, then fill it, all with default settings."""

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.imputers.exchange import Filled, categories, serve
from jensen import VAE


def jensen(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """Gaps missing at random; the median, which has the least absolute error, as best guess."""
    words = categories(table)
    rows = pl.DataFrame(
        {
            c: pl.Series(
                [None if pd.isna(v) else v for v in table[c]],
                dtype=pl.String if c in words else pl.Float64,
            )
            for c in table.columns
        }
    )
    found = VAE(missing="ignore", seed=seed).fit(rows).impute(rows, copies, point="median")
    low, high = (pd.DataFrame(index=table.index) for _ in range(2))
    for f in found.columns:
        if f.column.name not in words:
            for out, values in ((low, f.low), (high, f.high)):
                whole = np.full(len(table), np.nan)
                whole[f.rows] = values.cast(pl.Float64).to_numpy()
                out[f.column.name] = whole
    return Filled(frame(found.table.frame), [frame(c.frame) for c in found.copies], low, high)


def frame(rows: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(rows.to_dict(as_series=False))


if __name__ == "__main__":
    serve({"jensen": jensen}, "jensen")
