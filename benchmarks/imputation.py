"""Gaps filled by jensen and by the imputers people use, on values that were hidden.

    python -m benchmarks.imputation [--data abalone,shoppers] [--patterns mcar20,mcar50,mar]
                                    [--methods jensen,mean] [--rows 4000]

Values of complete tables are hidden, at random (mcar: 20 or 50 of 100) or more often in rows
whose first number is above its median (mar: 50 against 10 of 100). Each method sees what is left
and fills the gaps of the same table. Measured over the hidden values:

- nmae: mean over numeric columns of |filled - true| over the column's standard deviation;
- accuracy: share of hidden categories that were found;
- crps: as nmae, of 20 completed copies against the value; of a method that gives one, its nmae;
- coverage: share of hidden numbers inside the 90 % interval, or the copies' 5 and 95 % quantiles.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.datasets import load

TABLES = "abalone,wine_red,magic,california_housing,shoppers,default,hypothyroid"
COPIES = 20


@dataclass(frozen=True)
class Filled:
    """What a method made of a table: its best guess, and copies if it draws any."""

    best: pl.DataFrame
    copies: list[pl.DataFrame]
    low: dict[str, np.ndarray] | None = None
    high: dict[str, np.ndarray] | None = None


def hide(table: pl.DataFrame, pattern: str, seed: int) -> np.ndarray:
    """Which cells are hidden, shape (n, d)."""
    rng = np.random.default_rng(seed)
    n, d = table.shape
    if pattern.startswith("mcar"):
        return rng.random((n, d)) < int(pattern[4:]) / 100
    at = [dtype == pl.Float64 for dtype in table.dtypes].index(True)
    first = table.to_series(at).to_numpy()
    rate = np.where(first > np.median(first), 0.5, 0.1)
    hidden = rng.random((n, d)) < rate[:, None]
    hidden[:, at] = False
    return hidden


def with_gaps(table: pl.DataFrame, hidden: np.ndarray) -> pl.DataFrame:
    """The table, null where hidden."""
    columns = zip(table.columns, hidden.T, strict=True)
    return table.with_columns(table[name].set(pl.Series(h), None) for name, h in columns)


def jensen(table: pl.DataFrame) -> Filled:
    """Fit and fill, default settings, gaps missing at random."""
    from jensen import VAE

    vae = VAE(missing="ignore").fit(table)
    found = vae.impute(table, COPIES, point="median")
    low: dict[str, np.ndarray] = {}
    high: dict[str, np.ndarray] = {}
    for f in found.columns:
        if table[f.column.name].dtype == pl.Float64:
            for out, values in ((low, f.low), (high, f.high)):
                out[f.column.name] = np.full(len(table), np.nan)
                out[f.column.name][f.rows] = values.cast(pl.Float64).to_numpy()
    return Filled(found.table.frame, [copy.frame for copy in found.copies], low, high)


class Numbers:
    """The table as standardised numbers for scikit-learn, and back; one-hot or by order."""

    def __init__(self, table: pl.DataFrame, one_hot: bool):
        self.table, self.one_hot = table, one_hot
        self.levels = {
            c: sorted(table[c].drop_nulls().unique().to_list())
            for c in table.columns
            if table[c].dtype != pl.Float64
        }
        parts = [self._encode(table[c]) for c in table.columns]
        self.ends = np.cumsum([part.shape[1] for part in parts])
        self.x = np.concatenate(parts, 1)
        self.mean, self.scale = np.nanmean(self.x, 0), np.nanstd(self.x, 0) + 1e-12
        self.x = (self.x - self.mean) / self.scale

    def _encode(self, column: pl.Series) -> np.ndarray:
        if column.name not in self.levels:
            return column.to_numpy().astype(float)[:, None]
        levels = self.levels[column.name]
        code = np.array([np.nan if v is None else levels.index(v) for v in column.to_list()])
        if not self.one_hot:
            return code[:, None]
        hot = (code[:, None] == np.arange(len(levels))).astype(float)
        hot[np.isnan(code)] = np.nan
        return hot

    def back(self, x: np.ndarray) -> pl.DataFrame:
        """The table that numbers without gaps stand for."""
        x = x * self.scale + self.mean
        out = {}
        for c, part in zip(self.table.columns, np.split(x, self.ends[:-1], 1), strict=True):
            if c not in self.levels:
                out[c] = pl.Series(part[:, 0])
                continue
            last = len(self.levels[c]) - 1
            code = part.argmax(1) if self.one_hot else np.clip(np.rint(part[:, 0]), 0, last)
            out[c] = pl.Series([self.levels[c][int(k)] for k in code])
        return pl.DataFrame(out)


def mean(table: pl.DataFrame) -> Filled:
    """The mean of a column of numbers, the most frequent category."""
    values = {
        c: table[c].mean() if table[c].dtype == pl.Float64 else table[c].drop_nulls().mode().min()
        for c in table.columns
    }
    return Filled(table.with_columns(pl.col(c).fill_null(v) for c, v in values.items()), [])


def knn(table: pl.DataFrame) -> Filled:
    """Five neighbours."""
    from sklearn.impute import KNNImputer

    numbers = Numbers(table, one_hot=True)
    return Filled(numbers.back(KNNImputer().fit_transform(numbers.x)), [])


def iterative(table: pl.DataFrame) -> Filled:
    """Chained Bayesian ridge regressions: a best guess, and draws."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    numbers = Numbers(table, one_hot=True)
    best = IterativeImputer(random_state=0).fit_transform(numbers.x)
    drawn = (
        IterativeImputer(random_state=i, sample_posterior=True, max_iter=5) for i in range(COPIES)
    )
    return Filled(numbers.back(best), [numbers.back(d.fit_transform(numbers.x)) for d in drawn])


def forest(table: pl.DataFrame) -> Filled:
    """Chained random forests of 100 trees, as MissForest has them."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    numbers = Numbers(table, one_hot=False)
    trees = RandomForestRegressor(n_estimators=100, n_jobs=-1, random_state=0)
    found = IterativeImputer(trees, max_iter=5, random_state=0).fit_transform(numbers.x)
    return Filled(numbers.back(found), [])


def miceforest(table: pl.DataFrame) -> Filled:
    """Multiple imputation by chained LightGBM with predictive mean matching."""
    import miceforest as mf

    frame = table.to_pandas()
    for c in table.columns:
        if table[c].dtype != pl.Float64:
            frame[c] = frame[c].astype("category")
    kernel = mf.ImputationKernel(frame, num_datasets=COPIES, random_state=0)
    kernel.mice(3)
    copies = []
    for i in range(COPIES):
        done = kernel.complete_data(i)
        copies.append(pl.DataFrame({c: _plain(done[c], table[c].dtype) for c in table.columns}))
    return Filled(_middle(copies), copies)


def _plain(column, dtype) -> pl.Series:
    values = column.astype(float) if dtype == pl.Float64 else column.astype(str)
    return pl.Series(values.tolist(), dtype=dtype)


def _middle(copies: list[pl.DataFrame]) -> pl.DataFrame:
    """Means of numbers and modes of categories over copies."""
    out = {}
    for c in copies[0].columns:
        if copies[0][c].dtype == pl.Float64:
            out[c] = pl.Series(np.mean([copy[c].to_numpy() for copy in copies], 0))
        else:
            rows = zip(*(copy[c].to_list() for copy in copies), strict=True)
            out[c] = pl.Series([max(set(row), key=row.count) for row in rows])
    return pl.DataFrame(out)


METHODS: dict[str, Callable[[pl.DataFrame], Filled]] = {
    "jensen": jensen,
    "mean": mean,
    "knn": knn,
    "iterative": iterative,
    "forest": forest,
    "miceforest": miceforest,
}
"""miceforest is not among the project's own needs: where it is not installed, leave it out."""


def measured(table: pl.DataFrame, hidden: np.ndarray, filled: Filled) -> dict[str, float]:
    """The figures of the module's first lines."""
    nmae, crps, inside, right = [], [], [], []
    for j, c in enumerate(table.columns):
        at = np.flatnonzero(hidden[:, j])
        if not len(at):
            continue
        truth, best = table[c][at], filled.best[c][at]
        if table[c].dtype != pl.Float64:
            right.append((truth.cast(pl.String) == best.cast(pl.String)).to_numpy())
            continue
        y, scale = truth.to_numpy(), table[c].std()
        error = np.abs(best.cast(pl.Float64).to_numpy() - y) / scale
        nmae.append(error.mean())
        if not filled.copies:
            crps.append(error.mean())
            continue
        draws = np.stack([copy[c][at].cast(pl.Float64).to_numpy() for copy in filled.copies])
        crps.append(_crps(draws, y).mean() / scale)
        if filled.low and filled.high:
            inside.append((filled.low[c][at] <= y) & (y <= filled.high[c][at]))
        else:
            low, high = np.quantile(draws, (0.05, 0.95), 0)
            inside.append((low <= y) & (y <= high))
    figures = {"nmae": nmae, "crps": crps}
    out = {name: float(np.mean(v)) for name, v in figures.items() if v}
    flat = {"accuracy": right, "coverage": inside}
    return out | {name: float(np.concatenate(v).mean()) for name, v in flat.items() if v}


def _crps(draws: np.ndarray, y: np.ndarray) -> np.ndarray:
    """E|X - y| - E|X - X'| / 2, the second without the pairs of a draw with itself."""
    m = len(draws)
    ordered = np.sort(draws, 0)
    weight = 2 * np.arange(1, m + 1) - m - 1
    spread = (weight[:, None] * ordered).sum(0) / (m * (m - 1))
    return np.abs(draws - y).mean(0) - spread


def complete(name: str, rows: int) -> pl.DataFrame:
    """Rows of a table without real gaps, the same ones for every method."""
    table = load(name).train.drop_nulls()
    return table.sample(min(rows, len(table)), seed=0)


def main() -> None:
    """Print a line for each table, pattern and method; keep all in results/imputation.json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default=TABLES)
    parser.add_argument("--patterns", default="mcar20,mcar50,mar")
    parser.add_argument("--methods", default="jensen,mean,knn,iterative,forest")
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/imputation.json"))
    options = parser.parse_args()
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    names = ("nmae", "accuracy", "crps", "coverage", "seconds")
    print("| data | pattern | method | " + " | ".join(names) + " |")
    print("|---" * (3 + len(names)) + "|")
    for name in options.data.split(","):
        table = complete(name, options.rows)
        for pattern in options.patterns.split(","):
            hidden = hide(table, pattern, 0)
            seen = with_gaps(table, hidden)
            for method in options.methods.split(","):
                start = time.perf_counter()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    filled = METHODS[method](seen)
                seconds = time.perf_counter() - start
                found = measured(table, hidden, filled) | {"seconds": seconds}
                results.setdefault(name, {}).setdefault(pattern, {})[method] = found
                cells = [f"{found[k]:.3f}" if k in found else "" for k in names]
                print("| " + " | ".join([name, pattern, method, *cells]) + " |", flush=True)
                options.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
