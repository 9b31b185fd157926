"""All figures of one synthetic table, and those that real rows have in its place."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks import evaluation
from benchmarks.datasets import MISSING, Dataset
from benchmarks.detection import xgb_score
from benchmarks.measures import CATEGORICAL
from jensen.evidence import LEAST_ROWS, Evidence, Tables, gather, samples

SEED = 0  # of the measures: every method meets the same halves, folds and held-out rows


def measure(data: Dataset, synthetic) -> dict[str, object]:
    """Figures of a table with the columns of ``data``.

    Returns:
        ``figures`` by name, ``intervals`` of those that have one, the ``verdict`` on copying, the
        number of ``regions`` with too few or too many rows.
    """
    synthetic = data.typed(synthetic)
    figures = evaluation.errors(data.train, synthetic, data)
    figures["xgb"] = xgb_score(data.train, synthetic, data.kinds, seed=SEED)
    figures["xgb_held_out"] = xgb_score(data.held_out, synthetic, data.kinds, seed=SEED)
    evidence = check(data, synthetic)
    figures |= {m.name: m.estimate.value for m in evidence.measures}
    figures |= {f"{m.name}_p": m.p_value for m in evidence.measures if m.p_value is not None}
    return {
        "figures": _with_gap(figures, evidence),
        "intervals": {m.name: [m.estimate.low, m.estimate.high] for m in evidence.measures},
        "verdict": evidence.copying.verdict,
        "regions": len(evidence.regions),
    }


def floor(data: Dataset) -> dict[str, object]:
    """What real rows have in the synthetic table's place.

    Errors are of the training rows resampled; the classifier's of held-out rows against as many
    training rows, and of two halves of the training rows; the rest is the floor of the evidence.
    """
    draws = range(evaluation.FLOOR_DRAWS)
    resampled = [evaluation.resampled(data.train, seed) for seed in draws]
    rows = [evaluation.errors(data.train, table, data) for table in resampled]
    figures = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    order = np.random.default_rng(SEED).permutation(len(data.train))
    halves = [data.train[part] for part in np.array_split(order, 2)]
    figures["xgb"] = xgb_score(*halves, data.kinds, seed=SEED)
    figures["xgb_held_out"] = evaluation.held_out_floor(data)["xgb_held_out"]
    evidence = check(data, resampled[0])
    figures |= {m.name: m.floor for m in evidence.measures if m.floor is not None}
    return {"figures": figures | ({"tstr_gap": 0.0} if "tstr" in figures else {})}


def check(data: Dataset, synthetic: pl.DataFrame) -> Evidence:
    """`jensen.check`, with the kinds that ``data`` tells in place of inferred ones."""
    frames = [_gaps(table, data) for table in (data.train, synthetic, data.held_out)]
    training, drawn, held_out = samples(data.kinds, *frames)
    few = len(held_out) < LEAST_ROWS
    tables = Tables(training, drawn, None if few else held_out, SEED)
    return gather(tables, target=data.target)


def _gaps(table: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """A missing category as a gap, so that it counts as one."""
    words = [name for name, kind in data.kinds.items() if kind == CATEGORICAL]
    return table.with_columns(pl.col(words).replace(MISSING, None)) if words else table


def _with_gap(figures: dict, evidence: Evidence) -> dict:
    """With ``tstr_gap``, what a model loses by learning from samples."""
    if "tstr" not in evidence.names or (real := evidence["tstr"].floor) is None:
        return figures
    return figures | {"tstr_gap": real - evidence["tstr"].estimate.value}
