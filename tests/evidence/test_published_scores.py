"""The published scores against the libraries that define them: SDMetrics 0.11.1 and XGBoost.

SDMetrics cannot live beside NumPy 2. What it says of the two tables in `golden/sdmetrics` is kept
there as `answer.json`; `python -m benchmarks.verify_sdmetrics --golden` asks it anew, in an
environment of its own. Where that environment is at hand, a test asks the library itself.
"""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from benchmarks.environments import PINS, is_made
from benchmarks.verify_sdmetrics import asked
from jensen.evidence import Sample, Tables, gather, samples
from jensen.evidence.detection import xgb_score
from jensen.evidence.pairs import pair_error, pair_scores
from jensen.evidence.shapes import column_error, column_scores

GOLDEN = Path(__file__).parent / "golden" / "sdmetrics"
KINDS: dict[str, str] = json.loads((GOLDEN / "kinds.json").read_text())
ANSWER = json.loads((GOLDEN / "answer.json").read_text())
NUMBERS = [name for name, kind in KINDS.items() if kind == "numeric"]
WORDS = ["job", "city"]  # the third category, `code`, spells numbers
ROWS = 260


def frame(name: str) -> pl.DataFrame:
    text = {name: pl.String for name, kind in KINDS.items() if kind == "categorical"}
    return pl.read_csv(GOLDEN / f"{name}.csv", schema_overrides=text)


@pytest.fixture(scope="module")
def both() -> list[Sample]:
    return samples(KINDS, frame("real"), frame("changed"))


def test_the_answer_is_that_of_the_version_that_is_named():
    assert ANSWER["versions"]["sdmetrics"] == "0.11.1"
    assert "sdmetrics==0.11.1" in (PINS / "sdmetrics.txt").read_text().splitlines()


def test_column_shapes_are_those_of_sdmetrics(both):
    ours = column_scores(*both)
    assert [(name,) for name in ANSWER["columns"]] == list(ours)
    assert [*ours.values()] == pytest.approx(ANSWER["shapes"], abs=1e-9, rel=0)
    assert len({round(score, 3) for score in ANSWER["shapes"]}) == len(KINDS)  # no two alike
    assert column_error(*both) == pytest.approx(100 * (1 - ANSWER["column_shapes"]), abs=1e-9)


def test_pair_trends_are_those_of_sdmetrics(both):
    ours = pair_scores(*both)
    assert [tuple(pair) for pair in ANSWER["pairs"]] == list(ours) == [*combinations(KINDS, 2)]
    theirs = [np.nan if score is None else score for score in ANSWER["trends"]]
    assert [*ours.values()] == pytest.approx(theirs, abs=1e-9, rel=0, nan_ok=True)
    assert np.isnan(theirs).sum() == 4  # numbers with a column that stands still
    assert pair_error(*both) == pytest.approx(100 * (1 - ANSWER["pair_trends"]), abs=1e-9)


def test_the_figures_of_a_check_are_these_scores(both):
    found = gather(Tables(both[0], both[1], None, 0))
    for name in ("column_shapes", "pair_trends"):
        assert found[name].estimate.value == pytest.approx(ANSWER[name], abs=1e-9, rel=0)


@pytest.mark.skipif(
    not is_made("sdmetrics"),
    reason="`python -m benchmarks.environments sdmetrics` makes the library's own environment",
)
def test_the_library_itself_says_so():
    again = asked(GOLDEN)
    assert again["shapes"] == pytest.approx(ANSWER["shapes"], abs=1e-12, rel=0)
    for score, kept in zip(again["trends"], ANSWER["trends"], strict=True):
        assert score == (None if kept is None else pytest.approx(kept, abs=1e-12, rel=0))


# ---------------------------------------------------------------- the XGB score


def published_xgb(real: pd.DataFrame, synthetic: pd.DataFrame, seed: int) -> float:
    """By its definition: 100 (2 - 2 max(½, AUC)), the mean of 3 folds of an XGBClassifier.

    What stands for a number is a number, a missing one the mean of the real ones; words are
    one-hot, "None" where missing.
    """
    from xgboost import XGBClassifier

    tables = [real, synthetic]
    numbers = [*NUMBERS, "code"]
    means = real[numbers].mean()
    plain = [table[numbers].fillna(means) for table in tables]
    words = [table[WORDS].fillna("None") for table in tables]
    levels = {name: sorted(set(words[0][name]) | set(words[1][name])) for name in WORDS}
    hot = [
        pd.DataFrame({(name, w): side[name] == w for name in WORDS for w in levels[name]})
        for side in words
    ]
    x = np.concatenate(
        [np.column_stack([a, b]).astype(np.float32) for a, b in zip(plain, hot, strict=True)]
    )
    y = np.array([1] * len(real) + [0] * len(synthetic))
    scores: list[float] = []
    for fit, test in StratifiedKFold(3, shuffle=True, random_state=seed).split(x, y):
        model = XGBClassifier(random_state=0, n_jobs=1).fit(x[fit], y[fit])
        area = roc_auc_score(y[test], model.predict_proba(x[test])[:, 1])
        scores.append(100 * (2 - 2 * max(0.5, area)))
    return float(np.mean(scores))


@pytest.mark.parametrize("seed", [0, 7])
def test_the_xgb_score_is_that_of_its_definition(seed):
    frames = [frame("real").head(ROWS), frame("changed").head(ROWS)]
    as_read = [one.with_columns(pl.col("code").cast(pl.Float64)).to_pandas() for one in frames]
    ours = xgb_score(*samples(KINDS, *frames), seed=seed, n_jobs=1)
    theirs = published_xgb(*as_read, seed)
    assert 5 < theirs < 95  # neither lost nor sure
    assert ours == pytest.approx(theirs, abs=1e-9)
