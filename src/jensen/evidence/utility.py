"""Do models learn from samples what they would learn from the data?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jensen.evidence.detection import TREES, one_thread, without_empty
from jensen.evidence.encode import TreeView
from jensen.evidence.intervals import auc, percentiles
from jensen.evidence.results import Estimate
from jensen.evidence.sample import CATEGORICAL, Sample

REPLICATES = 200
MOST_CLASSES = 50


@dataclass(frozen=True)
class Task:
    """A target column to predict, by which score, and the rows to test on."""

    target: str
    score: str
    test: Sample


def task(target: str, training: Sample, test: Sample) -> Task | None:
    """What a target asks for: AUC of two classes, accuracy of more, R² of numbers and times.

    None when the training or test rows leave nothing to predict.
    """
    if unpredictable(target, training, test) is not None:
        return None
    tested = test.take(np.flatnonzero(~test.missing(target)))
    if training.kinds[target] != CATEGORICAL:
        return Task(target, "R²", tested)
    return Task(target, "AUC" if _distinct(training, target) == 2 else "accuracy", tested)


def unpredictable(target: str, training: Sample, test: Sample) -> str | None:
    """Why a column is no target: fewer than two values, or more than 50 classes; None if it is."""
    distinct = _distinct(training, target)
    if distinct < 2:
        return "it has fewer than two different values in the training rows"
    if _distinct(test, target) < 2:
        return "it has fewer than two different values in the rows to test on"
    if training.kinds[target] == CATEGORICAL and distinct > MOST_CLASSES:
        return f"it has {distinct:,} classes, and at most {MOST_CLASSES} are predicted"
    return None


def _distinct(sample: Sample, name: str) -> int:
    return len(np.unique(sample.columns[name][~sample.missing(name)]))


def predictions(asked: Task, training: Sample, rounds: int = 100) -> np.ndarray:
    """What gradient-boosted trees fitted to `training` in so many rounds say of test rows, [n].

    Scores of the last class for an AUC, classes for an accuracy, numbers for R².
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    rows = training.take(np.flatnonzero(~training.missing(asked.target)))
    names = [name for name in rows.kinds if name != asked.target]
    view = TreeView.fit(rows.select(names), asked.test.select(names))
    x, test = without_empty(*(view.transform(s.select(names)) for s in (rows, asked.test)))
    y = rows.columns[asked.target]
    if len(np.unique(y)) < 2:
        return np.full(len(test), y[0] if len(y) else 0.0)
    options: dict[str, Any] = {
        "categorical_features": view.is_categorical, "max_iter": rounds, **TREES,
    }  # fmt: skip
    if asked.score == "R²":
        with one_thread():
            return HistGradientBoostingRegressor(**options).fit(x, y).predict(test)
    model: Any = HistGradientBoostingClassifier(**options)
    with one_thread():
        model.fit(x, y)
        if asked.score == "accuracy":
            return model.predict(test)
        last = np.max(asked.test.columns[asked.target])
        column = np.flatnonzero(model.classes_ == last)
        return model.predict_proba(test)[:, column[0]] if len(column) else np.zeros(len(test))


def scored(asked: Task, predicted: np.ndarray, rows: np.ndarray | None = None) -> float:
    """The score of predictions on the test rows, or on the given ones of them."""
    rows = np.arange(len(predicted)) if rows is None else rows
    truth, guess = asked.test.columns[asked.target][rows], predicted[rows]
    if asked.score == "accuracy":
        return float(np.mean(truth == guess))
    if asked.score == "R²":
        spread = float(np.sum((truth - truth.mean()) ** 2))
        return 1 - float(np.sum((truth - guess) ** 2)) / spread if spread else 0.0
    last = np.max(asked.test.columns[asked.target])
    positive = truth == last
    if positive.all() or not positive.any():
        return 0.5
    return auc(guess[positive], guess[~positive])


def score_interval(asked: Task, predicted: np.ndarray, rng: np.random.Generator) -> Estimate:
    """A score and its 95 % percentile bootstrap interval over the test rows."""
    n = len(predicted)
    drawn = [scored(asked, predicted, rng.integers(0, n, n)) for _ in range(REPLICATES)]
    return percentiles(scored(asked, predicted), np.array(drawn))
