"""The classifiers of `jensen.evidence` for pandas and Polars tables with their ``kinds``."""

from __future__ import annotations

import numpy as np

from benchmarks.measures import Kinds, arrays
from jensen.evidence import detection


def features(real, synthetic, kinds: Kinds) -> tuple[np.ndarray, np.ndarray]:
    return detection.features(*arrays(kinds, real, synthetic))


def xgb_score(real, synthetic, kinds: Kinds, *, seed: int = 0, n_jobs: int | None = None) -> float:
    return detection.xgb_score(*arrays(kinds, real, synthetic), seed=seed, n_jobs=n_jobs)
