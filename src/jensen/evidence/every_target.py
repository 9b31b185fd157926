"""Do models learn every column from samples as they would from the data?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jensen.evidence.intervals import percentiles
from jensen.evidence.results import Measure, Prediction
from jensen.evidence.sample import CATEGORICAL, Sample
from jensen.evidence.sides import Tables
from jensen.evidence.utility import Task, predictions, scored, task

EVERY = "all"
"""As a target: each column in turn."""
MOST_ROWS, MOST_TARGETS, REPLICATES = 2_000, 30, 100
TREES = 300
"""Trees of a classifier, over all classes together."""


@dataclass(frozen=True)
class Predicted:
    """A column, which of the common test rows have it, and what was said of those.

    Attributes:
        place: test row -> its position among those with the column, -1 where it is missing.
        said: what the models were fitted to -> their predictions.
    """

    asked: Task
    place: np.ndarray
    said: dict[str, np.ndarray]

    def score(self, what: str, rows: np.ndarray) -> float:
        """On the given test rows; an R² below 0 says no more than one of 0."""
        known = self.place[rows]
        known = known[known >= 0]
        return max(0.0, scored(self.asked, self.said[what], known)) if len(known) else 0.0


def every_target(
    tables: Tables, report: Callable[[str], object]
) -> tuple[list[Measure], tuple[Prediction, ...]]:
    """Train on synthetic rows, test on real ones, for each column in turn, beside real rows.

    Up to 2,000 rows a side and 30 columns, drawn at random from more.

    Returns:
        The mean difference of scores as a figure, and each column, the worst first.
    """
    half = tables.halves.head(MOST_ROWS)
    test, mixed = half.floor, half.marginals
    if tables.held_out is not None:
        test = tables.held_out.some(MOST_ROWS, tables.rng("test rows"))
    else:  # rows of the test must not be among those of a baseline
        mixed = half.reference.permuted(tables.rng("utility marginals"))
    fits = {"real": half.reference, "synthetic": half.synthetic, "marginals": mixed}
    made: list[Predicted] = []
    for name in _targets(tables):
        report(f"Predicting {name}")
        asked = task(name, half.reference, test)
        if asked is not None:
            trees = _trees(asked, half.reference)
            said = {what: predictions(asked, rows, trees) for what, rows in fits.items()}
            made.append(Predicted(asked, _place(test, name), said))
    if not made:
        return [], ()
    rng, n = tables.rng("every target"), len(test)
    drawn = [np.arange(n), *(rng.integers(0, n, n) for _ in range(REPLICATES))]
    scores = {w: np.array([[m.score(w, rows) for m in made] for rows in drawn]) for w in fits}
    return [_gap(scores, tables, n, len(half))], _predictions(made, scores)


def _targets(tables: Tables) -> list[str]:
    names = list(tables.training.kinds)
    if len(names) <= MOST_TARGETS:
        return names
    chosen = tables.rng("targets").choice(len(names), MOST_TARGETS, replace=False)
    return [names[i] for i in np.sort(chosen)]


def _trees(asked: Task, training: Sample) -> int:
    """Boosting fits a tree for each class in every round."""
    known = training.columns[asked.target][~training.missing(asked.target)]
    classes = len(np.unique(known)) if training.kinds[asked.target] == CATEGORICAL else 1
    return int(np.clip(TREES // max(1, classes), 10, 100))


def _place(test: Sample, name: str) -> np.ndarray:
    known = ~test.missing(name)
    return np.where(known, np.cumsum(known) - 1, -1)


def _gap(scores: dict[str, np.ndarray], tables: Tables, n: int, rows: int) -> Measure:
    gaps = (scores["real"] - scores["synthetic"]).mean(axis=1)
    columns = scores["real"].shape[1]
    of = "held-out rows" if tables.held_out is not None else "the other half of the training rows"
    return Measure(
        "tstr_gap",
        "score lost by fitting to samples (mean over columns)",
        "utility",
        percentiles(float(gaps[0]), gaps[1:]),
        "lower",
        rows,
        floor=0.0,
        marginals=float((scores["real"] - scores["marginals"])[0].mean()),
        copy=0.0,
        note=f"{_which(tables, columns)}; boosted trees, tested on {n:,} of {of}; AUC, accuracy, "
        "or R² where above 0; interval: bootstrap of the test rows; a copy is the real rows "
        "themselves, so both are 0 by definition",
        source="Esteban et al. 2017, arXiv 1706.02633",
    )


def _which(tables: Tables, columns: int) -> str:
    """Which columns and rows, and what it does to the scores that there are no more."""
    every, half = len(tables.training.kinds), min(len(tables.training) // 2, len(tables.synthetic))
    of = f"{columns}" if columns == every else f"{columns} of {every}"
    if half <= MOST_ROWS:
        return f"{of} columns"
    return f"{of} columns; fitted to {MOST_ROWS:,} of {half:,} rows a side, so all scores are lower"


def _predictions(made: list[Predicted], scores: dict[str, np.ndarray]) -> tuple[Prediction, ...]:
    found: list[Prediction] = []
    for i, one in enumerate(made):
        real, synthetic = scores["real"][:, i], scores["synthetic"][:, i]
        estimate, ideal = (percentiles(float(s[0]), s[1:]) for s in (synthetic, real))
        mixed, asked = float(scores["marginals"][0, i]), one.asked
        found.append(
            Prediction(
                asked.target, asked.score, estimate, ideal.value, mixed, ideal.low, ideal.high
            )
        )
    return tuple(sorted(found, key=lambda p: p.estimate.value - p.real))
