"""Two methods of the package hyperimpute: its own chained search, and its MIWAE."""

import numpy as np
import pandas as pd
from hyperimpute.plugins.imputers import Imputers

from benchmarks.imputers.exchange import Filled, categories, serve
from benchmarks.imputers.numbers import Numbers


def miwae(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """One-hot categories; 128 hidden units and 10 latent dimensions, not the plugin's 1 and 1.

    The plugin fills with a mean of 10 weighted draws; the mean of as many such fills as other
    methods draw copies is less noisy. They are means, no draws, so they are no copies.
    """
    numbers = Numbers(table)
    x = pd.DataFrame(numbers.x)
    fitted = Imputers().get("miwae", random_state=seed, n_hidden=128, latent_size=10).fit(x)
    fills = [np.asarray(fitted.transform(x), float) for _ in range(copies)]
    return Filled(numbers.back(np.mean(fills, 0)))


def hyperimpute(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """Default settings; a category is the number of its level, as the package takes it."""
    words = categories(table)
    x = table.assign(**{c: table[c].cat.codes.where(table[c].notna()) for c in words})
    found = Imputers().get("hyperimpute", random_state=seed).fit_transform(x.astype(float))
    found = pd.DataFrame(np.asarray(found, float), columns=table.columns)
    for c in words:
        levels = table[c].cat.categories.to_numpy()
        code = found[c].round().clip(0, len(levels) - 1).astype(int)
        found[c] = levels[code.to_numpy()]
    return Filled(found)


if __name__ == "__main__":
    serve({"miwae": miwae, "hyperimpute": hyperimpute}, "hyperimpute")
