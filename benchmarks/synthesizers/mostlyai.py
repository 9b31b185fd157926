"""mostlyai-engine's TabularARGN: an autoregressive network over columns in any order."""

from __future__ import annotations

import sys

import pandas as pd

from benchmarks.synthesizers.frame import categories, main


def fit(method: str, table: pd.DataFrame, meta: dict, seed: int):
    # It has no use for pictures, and a torchvision that was built for another torch cannot load.
    sys.modules["torchvision"] = None
    from mostlyai.engine import TabularARGN

    kinds = dict.fromkeys(categories(meta), "TABULAR_CATEGORICAL")
    return TabularARGN(tgt_encoding_types=kinds, random_state=seed).fit(table)


def draw(model, n: int) -> pd.DataFrame:
    return model.sample(n_samples=n)


if __name__ == "__main__":
    main("mostlyai-engine", fit, draw)
