"""All measures of one synthetic table, the baselines that stand beside it, and the targets."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks.copying import exact_copies, neighbours
from benchmarks.datasets import Dataset, load
from benchmarks.detection import xgb_score
from benchmarks.measures import (
    column_error,
    column_scores,
    pair_error,
    pair_error_shared_deciles,
    sample_rows,
    shared_decile_scores,
)

QUICK_ROWS = 3000  # synthetic rows whose neighbours are looked for when quick
FLOOR_DRAWS = 3  # a floor is the mean over this many draws

# Figure -> (lowest, highest) allowed; what each run on these tables has to reach on two cores.
EVERYWHERE = {
    "kl": (2.0, np.inf),
    "active_units": (2, np.inf),
    "nearer_to_training": (0.48, 0.53),
}
TARGETS = {
    "adult": {
        "seconds": (0, 120),
        "peak_mb": (0, 2000),
        "column_error": (0, 0.7),
        "pair_error_shared_deciles": (0, 1.8),
        "xgb": (95, 100),
    },
    "shoppers": {
        "seconds": (0, 100),
        "column_error": (0, 1.2),
        "pair_error_shared_deciles": (0, 2.8),
        "xgb": (92, 100),
    },
    "magic": {
        "seconds": (0, 100),
        "column_error": (0, 1.0),
        "pair_error_shared_deciles": (0, 4.0),
        "xgb": (84, 100),
    },
    "default": {
        "seconds": (0, 300),
        "column_error": (0, 0.6),
        "pair_error_shared_deciles": (0, 2.2),
        "xgb": (62, 100),
    },
}


def evaluate(name: str, synthetic, quick: bool = False, n_jobs: int | None = None) -> dict:
    """Every measure of a pandas or Polars table against the data set of this name.

    ``quick`` leaves out the held-out classifier and looks at the neighbours of 3,000 rows only.
    """
    return measure(load(name), synthetic, quick=quick, n_jobs=n_jobs)


def errors(real, synthetic, data: Dataset) -> dict[str, float]:
    """The three errors of columns and pairs, in percent."""
    return {
        "column_error": column_error(real, synthetic, data.kinds),
        "pair_error": pair_error(real, synthetic, data.kinds),
        "pair_error_shared_deciles": pair_error_shared_deciles(real, synthetic, data.kinds),
    }


def measure(data: Dataset, synthetic, *, quick: bool = False, n_jobs: int | None = None) -> dict:
    """Errors against the training rows, both classifiers, the nearest neighbours."""
    synthetic, kinds = data.typed(synthetic), data.kinds
    figures = errors(data.train, synthetic, data)
    figures["xgb"] = xgb_score(data.train, synthetic, kinds, n_jobs=n_jobs)
    if not quick:
        figures["xgb_held_out"] = xgb_score(data.held_out, synthetic, kinds, n_jobs=n_jobs)
    few = sample_rows(synthetic, QUICK_ROWS) if quick else synthetic
    return figures | neighbours(data.train, data.held_out, few, kinds, n_jobs=n_jobs)


def worst(data: Dataset, synthetic, n: int = 5) -> dict[str, list]:
    """The ``n`` columns and the ``n`` pairs (shared deciles) with the largest errors, percent."""
    synthetic = data.typed(synthetic)
    tables = {
        "columns": column_scores(data.train, synthetic, data.kinds),
        "pairs": shared_decile_scores(data.train, synthetic, data.kinds),
    }
    return {
        title: [
            (" x ".join(key), 100 * (1 - score))
            for key, score in sorted(scores.items(), key=lambda item: item[1])[:n]
        ]
        for title, scores in tables.items()
    }


# ---------------------------------------------------------------- baselines


def product_of_marginals(table: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """Each column permuted by itself: the right columns, no dependence."""
    rng = np.random.default_rng(seed)
    return table.select(
        pl.Series(name, table[name].gather(rng.permutation(len(table)))) for name in table.columns
    )


def resampled(table: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """As many rows, drawn with replacement: the sampling noise of a perfect synthesizer."""
    return table[np.random.default_rng(seed).integers(0, len(table), len(table))]


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def held_out_floor(data: Dataset, n_jobs: int | None = None) -> dict[str, float]:
    """Held-out rows in the synthetic table's place, against as many training rows.

    Its classifier has as many rows as the held-out one of a synthetic table: compare with that.
    """
    rows = []
    for seed in range(FLOOR_DRAWS):
        real = sample_rows(data.train, len(data.held_out), seed)
        score = xgb_score(real, data.held_out, data.kinds, seed=seed, n_jobs=n_jobs)
        rows.append(errors(real, data.held_out, data) | {"xgb_held_out": score})
    return _mean(rows) | {"exact_copies": exact_copies(data.train, data.held_out, data.kinds)}


def unseen_floor(data: Dataset, n_jobs: int | None = None) -> dict[str, float]:
    """Half the training rows in the synthetic table's place, the other half the training table.

    Rows that were never seen have the neighbours of a synthesizer that copies nothing.
    """
    rows = []
    for seed in range(FLOOR_DRAWS):
        order = np.random.default_rng(seed).permutation(len(data.train))
        unseen, seen = (data.train[part] for part in np.array_split(order, 2))
        rows.append(neighbours(seen, data.held_out, unseen, data.kinds, n_jobs=n_jobs))
    return _mean(rows)


def baselines(data: Dataset, n_jobs: int | None = None) -> dict[str, dict[str, float]]:
    """What stands beside every synthetic table."""
    resamples = [errors(data.train, resampled(data.train, s), data) for s in range(FLOOR_DRAWS)]
    return {
        "product of marginals": measure(data, product_of_marginals(data.train), n_jobs=n_jobs),
        "copy of training": measure(data, data.train, n_jobs=n_jobs),
        "real: training resampled": _mean(resamples),
        "real: held-out, equal size": held_out_floor(data, n_jobs),
        "real: unseen half of training": unseen_floor(data, n_jobs),
    }


# ---------------------------------------------------------------- targets


def targets(name: str) -> dict[str, tuple[float, float]]:
    """Lowest and highest allowed value of each figure; empty for a table without targets."""
    return TARGETS[name] | EVERYWHERE if name in TARGETS else {}


def judge(name: str, runs: list[dict]) -> list[dict]:
    """One verdict a figure: reached when every run is within its bounds.

    A run that was timed but does not tell a figure leaves it "not reported", which is no success;
    a file measured by hand is judged by what can be measured on it.
    """
    verdicts = []
    for key, (low, high) in targets(name).items():
        values = [run[key] for run in runs if run.get(key) is not None]
        if not values and not any("seconds" in run for run in runs):
            continue
        verdict = "reached" if all(low <= value <= high for value in values) else "missed"
        verdicts.append(
            {
                "figure": key,
                "target": _bounds_text(low, high),
                "mean": float(np.mean(values)) if values else None,
                "lowest": min(values, default=None),
                "highest": max(values, default=None),
                "verdict": verdict if len(values) == len(runs) else "not reported",
            }
        )
    return verdicts


def _bounds_text(low: float, high: float) -> str:
    if low == 0:
        return f"≤ {high:g}"
    return f"≥ {low:g}" if high in (100, np.inf) else f"{low:g} to {high:g}"
