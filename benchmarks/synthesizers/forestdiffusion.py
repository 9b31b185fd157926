"""ForestDiffusion: flow matching by boosted trees, which fits numbers with gaps as they are."""

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
    from ForestDiffusion import ForestDiffusionModel

    words, whole = categories(meta), whole_numbers(without_times(table, meta), meta)
    # Categories first: the library takes one-hot columns of "11" for those of "1".
    order = [*words, *(name for name in table if name not in words)]
    table = without_times(table, meta)[order]
    levels = {}
    for name in words:
        codes = table[name].fillna(MISSING).astype("category").cat
        levels[name], table[name] = codes.categories, codes.codes
    binary = [i for i, name in enumerate(order) if len(levels.get(name, ())) in (1, 2)]
    model = ForestDiffusionModel(
        table.to_numpy(float),
        bin_indexes=binary,
        cat_indexes=[i for i, name in enumerate(order) if name in levels and i not in binary],
        int_indexes=[i for i, name in enumerate(order) if name in whole],
        seed=seed,
    )
    return model, order, levels, meta


def draw(fitted: tuple, n: int) -> pd.DataFrame:
    model, order, levels, meta = fitted
    table = pd.DataFrame(model.generate(batch_size=n), columns=order)
    for name, words in levels.items():
        table[name] = words.to_numpy()[table[name].astype(int)]
    return with_times(table, meta)


if __name__ == "__main__":
    main("ForestDiffusion", fit, draw)
