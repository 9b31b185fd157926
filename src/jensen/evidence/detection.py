"""What a classifier sees: can it tell real rows from synthetic ones?"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from jensen.errors import OptionError
from jensen.evidence.encode import Encoder, TreeView
from jensen.evidence.intervals import Z, auc, auc_permutation_p, auc_variance
from jensen.evidence.results import Estimate
from jensen.evidence.sample import CATEGORICAL, Sample

FOLDS = 3
PERMUTATIONS = 999
TREES: dict[str, Any] = {"early_stopping": False, "random_state": 0}
Views = tuple[np.ndarray, np.ndarray]
Scorer = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class TwoSampleTest:
    """The AUC of a classifier on rows it was not fitted to, and a p-value of its first fold."""

    auc: Estimate
    p_value: float


def one_thread() -> AbstractContextManager[Any]:
    """No threads for trees: on a busy machine two can wait a hundred times as long as one works."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="openmp")


def without_empty(x: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns without any value in x are 0 in both: nothing can be learned of them."""
    empty = np.isnan(x).all(axis=0)
    return np.where(empty, 0.0, x), np.where(empty, 0.0, test)


def boosted_scores(real: Sample, synthetic: Sample) -> tuple[Views, Scorer]:
    """Gradient-boosted trees: scikit-learn's histogram ones, 100 iterations, categories native."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    view = TreeView.fit(real, synthetic)

    def score(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
        options: dict[str, Any] = {"categorical_features": view.is_categorical}
        model: Any = HistGradientBoostingClassifier(**options, **TREES)
        x, test = without_empty(x, test)
        with one_thread():
            return model.fit(x, y).decision_function(test)

    return (view.transform(real), view.transform(synthetic)), score


def logistic_scores(real: Sample, synthetic: Sample) -> tuple[Views, Scorer]:
    """Logistic regression on `Encoder`'s points, C = 1: what a linear look sees."""
    from sklearn.linear_model import LogisticRegression

    encoder = Encoder.fit(real, synthetic)

    def score(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
        model: Any = LogisticRegression(max_iter=200, tol=1e-3)
        return model.fit(x, y).decision_function(test)

    return (encoder.transform(real), encoder.transform(synthetic)), score


Classifier = Callable[[Sample, Sample], tuple[Views, Scorer]]


def two_sample_test(
    classifier: Classifier, real: Sample, synthetic: Sample, rng: np.random.Generator
) -> TwoSampleTest:
    """A classifier two-sample test (Lopez-Paz & Oquab 2017, arXiv 1610.06545) by AUC.

    The AUC is the mean over three folds. Its variance is that of one fold (DeLong's, averaged)
    times 1/3 + 1/2, since fits that share rows do not err independently (Nadeau & Bengio 2003,
    Machine Learning 52). The p-value permutes the labels of the first fold alone, whose rows the
    classifier has not seen: exact, while permuting all folds together would be too sure of itself
    by the same dependence.
    """
    found, (positive, negative) = _folds(classifier, real, synthetic, rng, FOLDS)
    values = [auc(*scores) for scores in found]
    variance = float(np.mean([auc_variance(*scores) for scores in found]))
    half = Z * float(np.sqrt(variance * (1 / FOLDS + 1 / (FOLDS - 1))))
    value = float(np.mean(values))
    estimate = Estimate(value, max(0.0, value - half), min(1.0, value + half))
    return TwoSampleTest(estimate, auc_permutation_p(positive, negative, rng, PERMUTATIONS))


def quick_auc(
    classifier: Classifier, real: Sample, synthetic: Sample, rng: np.random.Generator
) -> float:
    """The AUC of the first fold: what stands beside a test."""
    return auc(*_folds(classifier, real, synthetic, rng, 1)[1])


def _folds(
    classifier: Classifier, real: Sample, synthetic: Sample, rng: np.random.Generator, count: int
) -> tuple[list[Views], Views]:
    """Scores of synthetic and real rows in each of the first folds, and those of the first."""
    (a, b), score = classifier(real, synthetic)
    parts = [rng.permutation(np.arange(len(x)) % FOLDS) for x in (a, b)]
    found: list[Views] = []
    for fold in range(count):
        fits = [x[part != fold] for x, part in zip((a, b), parts, strict=True)]
        tests = [x[part == fold] for x, part in zip((a, b), parts, strict=True)]
        y = np.repeat([0, 1], [len(x) for x in fits])
        scores = score(np.concatenate(fits), y, np.concatenate(tests))
        cut = len(tests[0])
        found.append((scores[cut:], scores[:cut]))
    return found, found[0]


# ---------------------------------------------------------------- the published score


def features(real: Sample, synthetic: Sample) -> Views:
    """The published classifier's view of both tables: float32 matrices with the same columns.

    As SDMetrics' HyperTransformer sees two CSV files: numbers as they are, also those that stand
    for categories (a code 1, 2, 3), truth values as 0 and 1, a missing number as the real mean;
    then words one-hot, levels in alphabetical order, those of the synthetic table too.
    """
    plain: list[list[np.ndarray]] = []
    one_hot: list[list[np.ndarray]] = []
    for name, kind in real.kinds.items():
        sides = [s.columns[name] for s in (real, synthetic)]
        if kind == CATEGORICAL:
            numbers = _spelt_numbers(real.levels[name], sides[0])
            if numbers is None:
                one_hot.append(_words_one_hot(real.levels[name], sides))
                continue
            sides = [numbers[codes] for codes in sides]
        known = sides[0][~np.isnan(sides[0])]
        mean = float(known.mean()) if len(known) else 0.0
        plain.append([np.where(np.isnan(x), mean, x).astype(np.float32)[:, None] for x in sides])
    first, second = (np.concatenate([pair[i] for pair in plain + one_hot], axis=1) for i in (0, 1))
    return first, second


def _words_one_hot(levels: tuple[str, ...], sides: list[np.ndarray]) -> list[np.ndarray]:
    """One-hot in the order of the words, "None" where missing, without those that never occur."""
    words = np.array(["None", *levels])
    used = np.unique(np.concatenate(sides))
    used = used[np.argsort(words[used], kind="stable")]
    return [(codes[:, None] == used).astype(np.float32) for codes in sides]


def _spelt_numbers(levels: tuple[str, ...], real: np.ndarray) -> np.ndarray | None:
    """The number of each code when all real values spell numbers or truth values, else None."""
    values = [np.nan, *(_as_number(level) for level in levels)]
    if any(values[code] is None for code in np.unique(real)):
        return None
    return np.array([np.nan if v is None else v for v in values], np.float64)


def _as_number(text: str) -> float | None:
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    try:
        return float(text)
    except ValueError:
        return None


def xgb_score(
    real: Sample, synthetic: Sample, *, seed: int = 0, n_jobs: int | None = None
) -> float:
    """Mean over 3 folds of 100 (2 - 2 max(1/2, AUC)); 100: the classifier sees no difference.

    An XGBClassifier with its defaults tells real rows (1) from synthetic ones (0) in stratified,
    shuffled 3-fold cross-validation, the larger table subsampled to the size of the smaller one.
    Encoding: numbers as they are, number-coded categories too, words one-hot (see ``features``).
    More rows make a sharper classifier: compare only figures made with equal numbers of rows. A
    copy of the real table scores 100 too, since a row and its copy confuse the classifier.
    Source: SDMetrics 0.11.1, ``single_table/detection/base.py``, with an XGBClassifier in place of
    the logistic regression, as in TabPC (arXiv 2603.23016).

    Raises:
        OptionError: XGBoost is not installed.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    try:
        from xgboost import XGBClassifier
    except ImportError:
        raise OptionError(
            "the published XGB score needs XGBoost, and it is not installed; install xgboost, or "
            "look at c2st_auc, which needs no more than jensen."
        ) from None
    n = min(len(real), len(synthetic))
    x = np.concatenate(features(_few(real, n, seed), _few(synthetic, n, seed)))
    y = np.repeat([1, 0], n)
    scores: list[float] = []
    for fit, test in StratifiedKFold(3, shuffle=True, random_state=seed).split(x, y):
        model: Any = XGBClassifier(random_state=0, n_jobs=n_jobs).fit(x[fit], y[fit])
        area = float(roc_auc_score(y[test], model.predict_proba(x[test])[:, 1]))
        scores.append(100 * (2 - 2 * max(0.5, area)))
    return float(np.mean(scores))


def _few(sample: Sample, n: int, seed: int) -> Sample:
    """n rows without replacement, all in their order when there are no more."""
    if n >= len(sample):
        return sample
    return sample.take(np.random.default_rng(seed).choice(len(sample), n, replace=False))
