"""Are they from the same distribution? Tables in, numbers out; never a model."""

from jensen.evidence.evidence import Evidence
from jensen.evidence.gather import gather
from jensen.evidence.results import (
    ColumnFinding,
    CopiedRow,
    Copying,
    Estimate,
    Measure,
    PairFinding,
    Region,
)
from jensen.evidence.sample import Kinds, Sample, samples
from jensen.evidence.sides import LEAST_ROWS, Tables

__all__ = [
    "LEAST_ROWS",
    "ColumnFinding",
    "CopiedRow",
    "Copying",
    "Estimate",
    "Evidence",
    "Kinds",
    "Measure",
    "PairFinding",
    "Region",
    "Sample",
    "Tables",
    "gather",
    "samples",
]
