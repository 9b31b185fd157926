"""Baselines, and scikit-learn's densities for tables of numbers without gaps.

marginals: each column permuted by itself. copy: the training rows as they are. kde: Gaussian
kernels, their width by Scott's rule. mixture: Gaussians, as many of 1, 2, 4, ... 32 as BIC likes
best. The last two see standardised columns, since their defaults (a width of 1 in whatever unit, a
single Gaussian) would model nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.synthesizers.frame import main

COMPONENTS = (1, 2, 4, 8, 16, 32)


def fit(method: str, table: pd.DataFrame, meta: dict, seed: int) -> tuple:
    if method in ("copy", "marginals"):
        return method, table, seed
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(table.select_dtypes("number").columns) < len(table.columns) or table.isna().any(
        axis=None
    ):
        raise ValueError(f"{method} takes numbers without gaps")
    pipeline = make_pipeline(StandardScaler())
    density = DENSITIES[method](pipeline.fit_transform(table), seed)
    return method, table, seed, pipeline, density


def mixture(x: np.ndarray, seed: int):
    from sklearn.mixture import GaussianMixture

    fits = [GaussianMixture(k, random_state=seed).fit(x) for k in COMPONENTS]
    return min(fits, key=lambda fitted: fitted.bic(x))


def kde(x: np.ndarray, seed: int):
    from sklearn.neighbors import KernelDensity

    return KernelDensity(bandwidth="scott").fit(x)


DENSITIES = {"mixture": mixture, "kde": kde}


def draw(model: tuple, n: int) -> pd.DataFrame:
    method, table, seed, *rest = model
    rng = np.random.default_rng(seed)
    if method == "marginals":
        mixed = {name: table[name].to_numpy()[rng.permutation(len(table))] for name in table}
        return pd.DataFrame(mixed).head(n)
    if method == "copy":
        return table.head(n)
    pipeline, density = rest
    x = density.sample(n, random_state=seed) if method == "kde" else density.sample(n)[0]
    return pd.DataFrame(pipeline.inverse_transform(x), columns=table.columns)


if __name__ == "__main__":
    main("scikit-learn", fit, draw)
