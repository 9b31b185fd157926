"""Tables as arrays: common levels, kinds of values, random numbers."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from jensen.errors import OptionError, TableError
from jensen.evidence import detection, samples
from jensen.evidence.neighbours import equal_rows
from jensen.evidence.sample import generator


def codes(*columns) -> list[list[int]]:
    frames = [pl.DataFrame({"c": c}) for c in columns]
    return [s.columns["c"].tolist() for s in samples({"c": "categorical"}, *frames)]


def test_levels_are_common_and_missing_is_0():
    a, b = samples(
        {"c": "categorical"}, pl.DataFrame({"c": ["x", None, "z"]}), pl.DataFrame({"c": ["y", "z"]})
    )
    assert a.levels == b.levels == {"c": ("x", "y", "z")}
    assert (a.columns["c"].tolist(), b.columns["c"].tolist()) == ([1, 0, 3], [2, 3])
    assert a.missing("c").tolist() == [False, True, False]


@pytest.mark.parametrize(
    "other", [["True", "False", None], ["TRUE", "false", None], [1, 0, None], [1.0, 0.0, None]]
)
def test_truth_values_are_the_same_however_they_are_spelt(other):
    assert codes([True, False, None], other) == [[2, 1, 0]] * 2


@pytest.mark.parametrize("other", [[1, 0, 7], [1.0, 0.0, 0.5]])
def test_a_number_beside_truth_values_is_a_level_of_its_own(other):
    found = codes([True, False, True], other)
    assert found[0] == [found[1][0], found[1][1], found[1][0]]
    assert found[1][2] not in found[0]


def test_whole_numbers_that_floats_cannot_tell_apart_are_no_copies():
    keys = 10**18 + np.arange(400)
    a, b = samples({"k": "numeric"}, *(pl.DataFrame({"k": k}) for k in (keys[:200], keys[200:])))
    assert (equal_rows(a, b) < 0).all()
    assert (equal_rows(a, a.take(np.arange(9, -1, -1))) == np.arange(9, -1, -1)).all()
    assert (equal_rows(a.select(["k"]), a) == np.arange(200)).all()


def test_numbers_that_are_no_seconds_of_a_year_are_refused_with_their_row():
    frame = pl.DataFrame({"t": [0.0, None, 1_643_540_820_000.0]})
    with pytest.raises(TableError, match=r"years from 1 to 9999, in column 't'.*in row 3"):
        samples({"t": "time"}, frame)
    with pytest.raises(TableError, match=r"numbers in column 't'.*'oops' \(String\) in row 2"):
        samples({"t": "numeric"}, pl.DataFrame({"t": ["1", "oops"]}))


def test_numbers_that_name_are_the_same_as_words_integers_and_floats():
    found = codes(["1", "2", None], [1, 2, None], [1.0, 2.0, float("nan")])
    assert found == [[1, 2, 0]] * 3
    assert codes(["1.5"], [1.5]) == [[1]] * 2


def test_numbers_and_times():
    frame = pl.DataFrame(
        {
            "x": [1, None],
            "day": pl.Series([1, 2]).cast(pl.Date),
            "moment": pl.Series([1500, None]).cast(pl.Datetime("ms")),
            "span": pl.Series([1500, None]).cast(pl.Duration("ms")),
            "clock": pl.Series([10**9, None]).cast(pl.Time),
        }
    )
    kinds = {"x": "numeric", "day": "time", "moment": "time", "span": "numeric", "clock": "time"}
    found = samples(kinds, frame)[0].columns
    np.testing.assert_array_equal(found["x"], [1, np.nan])
    np.testing.assert_array_equal(found["day"], [86400, 172800])
    for name, seconds in (("moment", 1.5), ("span", 1.5), ("clock", 1.0)):
        np.testing.assert_allclose(found[name], [seconds, np.nan])


@pytest.mark.parametrize(
    ("kind", "values", "part"),
    [
        ("numeric", ["1", "two"], "numbers in column 'x'"),
        ("numeric", pl.Series([1]).cast(pl.Date), "numbers in column 'x'"),
        ("time", ["soon"], "dates or times in column 'x'"),
    ],
)
def test_values_of_another_kind_are_refused(kind, values, part):
    with pytest.raises(TableError, match=part) as caught:
        samples({"x": kind}, pl.DataFrame({"x": values}), names=["more.csv"])
    assert str(caught.value).startswith("more.csv must have ")


def test_rows_are_taken_permuted_and_resampled():
    frame = pl.DataFrame({"x": np.arange(100.0), "y": np.arange(100.0)})
    sample = samples({"x": "numeric", "y": "numeric"}, frame)[0]
    rng = np.random.default_rng(0)
    some = sample.some(10, rng)
    assert len(some) == len(set(some.columns["x"])) == 10
    np.testing.assert_array_equal(some.columns["x"], some.columns["y"])
    mixed = sample.permuted(rng)
    assert sorted(mixed.columns["x"]) == frame["x"].to_list()
    assert (mixed.columns["x"] != mixed.columns["y"]).any()
    again = sample.resampled(300, rng)
    assert len(again) == 300
    np.testing.assert_array_equal(again.columns["x"], again.columns["y"])
    assert len(sample.head(7)) == 7
    assert len(sample.take(slice(90, 200))) == 10


def test_random_numbers_follow_the_seed_and_the_name():
    drawn = {(s, n): generator(s, n).random() for s in (0, 1) for n in ("mmd", "energy")}
    assert len(set(drawn.values())) == 4
    assert generator(1, "mmd").random() == drawn[1, "mmd"]


def test_importing_evidence_imports_nothing_heavy_and_no_model():
    code = (
        "import sys, jensen.evidence;"
        "heavy = {'jax', 'sklearn', 'scipy', 'xgboost', 'jensen.data', 'jensen.latent_model'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_published_score_says_what_it_needs(monkeypatch):
    frame = pl.DataFrame({"x": np.arange(50.0)})
    real, same = samples({"x": "numeric"}, frame, frame)
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(OptionError, match="install xgboost, or look at c2st_auc"):
        detection.xgb_score(real, same)
