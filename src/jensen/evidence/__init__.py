"""Are they from the same distribution? Tables in, numbers out; never a model."""

from jensen.evidence.every_target import EVERY
from jensen.evidence.evidence import Evidence
from jensen.evidence.gather import gather
from jensen.evidence.portrait import (
    Axis,
    FitPortrait,
    Histogram,
    Look,
    Marginal,
    PairGrid,
    PairTable,
    Portrait,
)
from jensen.evidence.results import (
    ColumnFinding,
    CopiedRow,
    Copying,
    Estimate,
    Measure,
    PairFinding,
    Prediction,
    Region,
)
from jensen.evidence.sample import Kinds, Sample, samples
from jensen.evidence.sides import LEAST_ROWS, Tables

__all__ = [
    "EVERY",
    "LEAST_ROWS",
    "Axis",
    "ColumnFinding",
    "CopiedRow",
    "Copying",
    "Estimate",
    "Evidence",
    "FitPortrait",
    "Histogram",
    "Kinds",
    "Look",
    "Marginal",
    "Measure",
    "PairFinding",
    "PairGrid",
    "PairTable",
    "Portrait",
    "Prediction",
    "Region",
    "Sample",
    "Tables",
    "gather",
    "samples",
]
