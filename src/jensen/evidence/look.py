"""Where does a classifier see the difference? Columns that it needs, and how sure it is."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from jensen.evidence.detection import TREES, one_thread, without_empty
from jensen.evidence.encode import TreeView
from jensen.evidence.intervals import auc
from jensen.evidence.portrait import Importance, Look
from jensen.evidence.portray import histogram
from jensen.evidence.sides import Sides

MOST_ROWS, TEST_CELLS, CELLS = 10_000, 120_000, 4_000_000
"""Rows a side; test rows times columns a side, so that wide tables take no longer; cells of a
matrix that is scored at once."""


PLAIN = 0.6
"""AUC from which on it is said what a classifier looks at where nothing else differs."""
NEEDED, MOST_NAMED = 0.2, 4
"""Share of the AUC above ½ that a column which is needed accounts for; names that are told."""


def look(sides: Sides, rng: np.random.Generator) -> Look:
    """Fit boosted trees to two thirds of the rows, then shuffle one column after the other.

    Source: permutation importance, Breiman 2001 (Machine Learning 45).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    few = sides.head(MOST_ROWS)
    view = TreeView.fit(few.reference, few.synthetic)
    x = [view.transform(s) for s in (few.reference, few.synthetic)]
    cut = 2 * len(few) // 3
    most = max(50, TEST_CELLS // max(1, len(view.names)))
    fit, test = (
        np.concatenate([side[rows] for side in x])
        for rows in (slice(0, cut), slice(cut, min(len(few), cut + most)))
    )
    options: dict[str, Any] = {"categorical_features": view.is_categorical}
    model: Any = HistGradientBoostingClassifier(**options, **TREES)
    fit, test = without_empty(fit, test)
    half = len(test) // 2
    with one_thread():
        model.fit(fit, np.repeat([0, 1], cut))
        scores = model.predict_proba(test)[:, 1]
        base = auc(scores[half:], scores[:half])
        drops = [
            Importance(name, round(base - auc(shuffled[half:], shuffled[:half]), 6))
            for name, shuffled in zip(view.names, _shuffled(model, test, rng), strict=True)
        ]
    drops.sort(key=lambda one: -one.drop)
    told = histogram(
        "probability of being a sample",
        {"real rows": scores[:half], "samples": scores[half:]},
        (0.0, 1.0),
    )
    return Look(round(base, 6), len(few), tuple(drops), told)


def together(found: Look) -> list[str]:
    """Which columns a classifier tells samples by, if it does so plainly and needs several."""
    if found.auc < PLAIN:
        return []
    needed = [one.name for one in found.importances if one.drop >= NEEDED * (found.auc - 0.5)]
    if len(needed) < 2:
        return []
    more = f" and {len(needed) - MOST_NAMED:,} more" if len(needed) > MOST_NAMED else ""
    return [
        "no column and no pair of columns differs by itself: boosted trees tell the samples by "
        f"{', '.join(needed[:MOST_NAMED])}{more} together (AUC {found.auc:.3f})."
    ]


def _shuffled(model: Any, test: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Scores with one column after the other shuffled; many columns in one call, which is what
    takes the time."""
    n, width = test.shape
    step = max(1, CELLS // test.size)
    for start in range(0, width, step):
        columns = range(start, min(width, start + step))
        mixed = np.tile(test, (len(columns), 1))
        for k, column in enumerate(columns):
            mixed[k * n : (k + 1) * n, column] = rng.permutation(test[:, column])
        yield from model.predict_proba(mixed)[:, 1].reshape(len(columns), n)
