"""What a classifier sees: can it tell real rows from synthetic ones?"""

from __future__ import annotations

import numpy as np

from benchmarks.measures import NUMERIC, Kinds, numbers, sample_rows


def _as_number(value) -> float | None:
    """The number or truth value that a category spells, NaN when missing, None for a word."""
    if value is None or value != value:
        return np.nan
    text = str(value).lower()
    if text in ("true", "false"):
        return float(text == "true")
    try:
        return float(text)
    except ValueError:
        return None


def _number_column(values: np.ndarray, mean: float) -> np.ndarray:
    """One column, missing values replaced by the real column's mean."""
    return np.where(np.isnan(values), mean, values).astype(np.float32)[:, None]


def _one_hot(values: list, levels: list) -> np.ndarray:
    """One column a level; all zero for a value that is none of them."""
    place = {level: i for i, level in enumerate(levels)}
    code = np.array([place.get(value, len(levels)) for value in values])
    return np.eye(len(levels) + 1, dtype=np.float32)[code, :-1]


def _as_numbers(real, synthetic, name: str, kind: str) -> list[np.ndarray] | None:
    """Both columns as numbers when the real one holds none but numbers, else None."""
    if kind == NUMERIC:
        return [numbers(table, name) for table in (real, synthetic)]
    if None in {_as_number(v) for v in set(real[name].to_numpy().tolist())}:
        return None
    both = [[_as_number(v) for v in table[name].to_numpy().tolist()] for table in (real, synthetic)]
    return [np.array([np.nan if v is None else v for v in column]) for column in both]


def features(real, synthetic, kinds: Kinds) -> tuple[np.ndarray, np.ndarray]:
    """The classifier's view of both tables: two float32 matrices with the same columns.

    As SDMetrics' HyperTransformer sees two CSV files: numbers as they are, also those that stand
    for categories (a code 1, 2, 3), truth values as 0 and 1, a missing number as the real mean;
    then words one-hot, levels in alphabetical order, those of the synthetic table too.
    """
    plain, one_hot = [], []
    for name, kind in kinds.items():
        if (columns := _as_numbers(real, synthetic, name, kind)) is not None:
            known = columns[0][~np.isnan(columns[0])]
            mean = float(known.mean()) if len(known) else 0.0
            plain.append([_number_column(x, mean) for x in columns])
        else:
            words = [table[name].to_numpy().astype(str).tolist() for table in (real, synthetic)]
            levels = sorted(set(words[0]) | set(words[1]))
            one_hot.append([_one_hot(x, levels) for x in words])
    ordered = plain + one_hot
    return tuple(np.concatenate([pair[side] for pair in ordered], axis=1) for side in (0, 1))


def xgb_score(real, synthetic, kinds: Kinds, *, seed: int = 0, n_jobs: int | None = None) -> float:
    """Mean over 3 folds of 100 (2 - 2 max(1/2, AUC)); 100: the classifier sees no difference.

    An XGBClassifier with its defaults tells real rows (1) from synthetic ones (0) in stratified,
    shuffled 3-fold cross-validation, the larger table subsampled to the size of the smaller one.
    Encoding: numbers as they are, number-coded categories too, words one-hot (see ``features``).
    More rows make a sharper classifier: compare only figures made with equal numbers of rows. A
    copy of the real table scores 100 too, since a row and its copy confuse the classifier.
    Source: SDMetrics 0.11.1, ``single_table/detection/base.py``, with an XGBClassifier in place of
    the logistic regression, as in TabPC (arXiv 2603.23016).
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from xgboost import XGBClassifier

    n = min(len(real), len(synthetic))
    x = np.concatenate(features(sample_rows(real, n, seed), sample_rows(synthetic, n, seed), kinds))
    y = np.repeat([1, 0], n)
    scores = []
    for fit, test in StratifiedKFold(3, shuffle=True, random_state=seed).split(x, y):
        model = XGBClassifier(random_state=0, n_jobs=n_jobs).fit(x[fit], y[fit])
        auc = roc_auc_score(y[test], model.predict_proba(x[test])[:, 1])
        scores.append(100 * (2 - 2 * max(0.5, auc)))
    return float(np.mean(scores))
