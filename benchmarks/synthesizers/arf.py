"""Adversarial random forests (arfpy), which fit numbers with gaps and make none."""

from __future__ import annotations

import pandas as pd

from benchmarks.synthesizers.frame import (
    MISSING,
    categories,
    main,
    whole_numbers,
    with_times,
    without_times,
)


def fit(method: str, table: pd.DataFrame, meta: dict, seed: int) -> tuple:
    from arfpy import arf

    table = without_times(table, meta)
    words = {name: table[name].fillna(MISSING).astype("category") for name in categories(meta)}
    table = table.assign(**words)
    model = arf.arf(table, verbose=False, random_state=seed)
    model.forde()
    return model, whole_numbers(table, meta), meta


def draw(fitted: tuple, n: int) -> pd.DataFrame:
    """Its numbers are never whole; where all of the data's are, they are rounded."""
    model, whole, meta = fitted
    table = model.forge(n)
    return with_times(table.assign(**{name: table[name].round() for name in whole}), meta)


if __name__ == "__main__":
    main("arfpy", fit, draw)
