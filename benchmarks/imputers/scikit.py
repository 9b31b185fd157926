"""Baselines of scikit-learn, and MissForest built from its forests."""

import warnings

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer

from benchmarks.imputers.exchange import Filled, categories, serve
from benchmarks.imputers.numbers import Numbers

ROUNDS = 10


def mean(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """The mean of a column of numbers, the most frequent category."""
    words = categories(table)
    return Filled(
        table.fillna({c: table[c].mode()[0] if c in words else table[c].mean() for c in table})
    )


def knn(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """Five neighbours."""
    numbers = Numbers(table)
    return Filled(numbers.back(KNNImputer().fit_transform(numbers.x)))


def iterative(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """Chained Bayesian ridge regressions: a best guess, and draws."""
    numbers = Numbers(table)
    best = IterativeImputer(random_state=seed).fit_transform(numbers.x)
    drawn = (
        IterativeImputer(random_state=seed + i, sample_posterior=True, max_iter=5)
        for i in range(copies)
    )
    return Filled(numbers.back(best), [numbers.back(d.fit_transform(numbers.x)) for d in drawn])


def forest(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """MissForest (Stekhoven & Buehlmann 2012), with the settings of its authors' program.

    Columns in order of their gaps, each from all others by a forest of 100 trees, of regression or
    of classification; round after round, until numbers and categories both change by more than in
    the round before, whose values are then taken, or for 10 rounds.
    """
    words, gaps = categories(table), table.isna()
    filled = mean(table, copies, seed).best
    before = dict.fromkeys(change(filled, filled, gaps), np.inf)
    for _ in range(ROUNDS):
        after = filled.copy()
        for c in gaps.sum().sort_values(kind="stable").index:
            if not gaps[c].any() or table[c].nunique() < 2:
                continue
            options = {"max_features": "sqrt", "n_jobs": -1, "random_state": seed}
            trees = (
                RandomForestClassifier(**options)
                if c in words
                else RandomForestRegressor(min_samples_leaf=5, **options)
            )
            others = pd.get_dummies(after.drop(columns=c), dtype=float).to_numpy()
            trees.fit(others[~gaps[c]], np.asarray(table[c][~gaps[c]]))
            after.loc[gaps[c], c] = trees.predict(others[gaps[c]])
        changed = change(after, filled, gaps)
        if all(changed[kind] > before[kind] for kind in changed):
            break
        filled, before = after, changed
    return Filled(filled)


def change(after: pd.DataFrame, before: pd.DataFrame, gaps: pd.DataFrame) -> dict[str, float]:
    """By kind: squares of differences over squares of numbers; share of other categories."""
    words = categories(after)
    numbers = [c for c in after if c not in words]
    found = {}
    if numbers:
        x, y = after[numbers].to_numpy(), before[numbers].to_numpy()
        found["numbers"] = ((x - y) ** 2).sum() / (x**2).sum()
    if words:
        other = sum((after[c].astype(str) != before[c].astype(str)).sum() for c in words)
        found["categories"] = other / max(gaps[words].to_numpy().sum(), 1)
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # a chain that has not settled says so each time
    serve({"mean": mean, "knn": knn, "iterative": iterative, "forest": forest}, "scikit-learn")
