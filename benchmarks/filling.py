"""What a method made of a table with gaps, and how good that is, over the hidden values.

- nmae: mean over numeric columns of |filled - true| over the column's standard deviation; the
  median of the copies counts as the best guess of a method that gives none;
- accuracy: share of hidden categories that were found;
- crps: as nmae, of the completed copies against the value; of a method that draws none, its nmae;
- coverage: share of hidden numbers inside the method's 90 % interval, or between the 5 and 95 %
  quantiles of its copies.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Filled:
    """A best guess, copies if the method draws any, intervals of numbers if it has its own."""

    best: pl.DataFrame
    copies: list[pl.DataFrame] = field(default_factory=list)
    low: pl.DataFrame | None = None
    high: pl.DataFrame | None = None

    @classmethod
    def read(cls, folder: Path, seen: pl.DataFrame) -> "Filled":
        """From the files that ``benchmarks/imputers/exchange.py`` tells of."""
        frames = {
            name: pl.read_csv(file, schema_overrides=dict(seen.schema))
            for name in ("best", "low", "high", "copies")
            if (file := folder / f"{name}.csv").exists()
        }
        stacked = frames.pop("copies", None)
        copies = [] if stacked is None else list(stacked.iter_slices(len(seen)))
        return cls(
            frames.pop("best", None) if "best" in frames else middle(copies), copies, **frames
        )


def middle(copies: list[pl.DataFrame]) -> pl.DataFrame:
    """Medians of numbers and modes of categories over copies."""
    out = {}
    for c, dtype in copies[0].schema.items():
        if dtype == pl.Float64:
            out[c] = pl.Series(np.median([copy[c].to_numpy() for copy in copies], 0))
        else:
            rows = zip(*(copy[c].to_list() for copy in copies), strict=True)
            out[c] = pl.Series([max(sorted(set(row)), key=row.count) for row in rows])
    return pl.DataFrame(out)


def measured(table: pl.DataFrame, hidden: np.ndarray, filled: Filled) -> dict[str, float]:
    """The figures of the module's first lines; one that does not apply is left out."""
    nmae, crps, inside, right = [], [], [], []
    for c, gaps in zip(table.columns, hidden.T, strict=True):
        at = np.flatnonzero(gaps)
        if not len(at):
            continue
        truth, best = table[c][at], filled.best[c][at]
        if table[c].dtype != pl.Float64:
            right.append((truth == best).to_numpy())
            continue
        y, scale = truth.to_numpy(), table[c].std()
        nmae.append(np.abs(best.to_numpy() - y).mean() / scale)
        if not filled.copies:
            crps.append(nmae[-1])
            continue
        draws = np.stack([copy[c][at].to_numpy() for copy in filled.copies])
        crps.append(score(draws, y).mean() / scale)
        low, high = np.quantile(draws, (0.05, 0.95), 0)
        if filled.low is not None and filled.high is not None:
            low, high = filled.low[c][at].to_numpy(), filled.high[c][at].to_numpy()
        inside.append((low <= y) & (y <= high))
    figures = {"nmae": nmae, "crps": crps}
    out = {name: float(np.mean(v)) for name, v in figures.items() if v}
    flat = {"accuracy": right, "coverage": inside}
    return out | {name: float(np.concatenate(v).mean()) for name, v in flat.items() if v}


def score(draws: np.ndarray, y: np.ndarray) -> np.ndarray:
    """CRPS, E|X - y| - E|X - X'| / 2, the second without the pairs of a draw with itself.

    Args:
        draws: shape (m, n), m at least 2.
        y: the values, shape (n,).

    Returns:
        Shape (n,), in the unit of y; smaller is better.
    """
    m = len(draws)
    ordered = np.sort(draws, 0)
    weight = 2 * np.arange(1, m + 1) - m - 1
    spread = (weight[:, None] * ordered).sum(0) / (m * (m - 1))
    return np.abs(draws - y).mean(0) - spread
