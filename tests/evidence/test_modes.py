"""Regions of missing values, of large numbers and near times, and how they are put in words."""

import numpy as np
import polars as pl
import pytest

from jensen.evidence import Tables, samples
from jensen.evidence.gather import modes
from jensen.evidence.spelling import round_between


def told(kind: str, real: np.ndarray | list, synthetic: np.ndarray | list) -> list[str]:
    """The rules about a column x, beside a column that is alike in both tables."""
    rng = np.random.default_rng(0)
    frames = [
        pl.DataFrame({"x": x, "y": rng.normal(size=len(x))}, nan_to_null=True)
        for x in (real, synthetic)
    ]
    made = samples({"x": kind, "y": "numeric"}, *frames)
    return [region.rule for region in modes(Tables(*made, None, 0))]


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_a_share_of_missing_values_that_is_lost_is_told_first(shift):
    rng = np.random.default_rng(1)
    real, synthetic = rng.normal(size=(2, 2000))
    real[rng.random(2000) < 0.4] = np.nan
    synthetic[rng.random(2000) < 0.1] = np.nan
    rules = told("numeric", real, synthetic + shift)
    assert rules[0] == "x is missing"
    # every range of numbers has more rows now, and none is told for that alone
    assert any(rule.startswith("x > ") for rule in rules) == (shift > 0)
    assert not any("x is not missing" in rule for rule in rules)
    assert not any("missing" in rule and ("x >" in rule or "x ≤" in rule) for rule in rules)


def test_numbers_and_times_are_cut_where_they_differ():
    rng = np.random.default_rng(1)
    real, synthetic = 1_700_000_000 + rng.integers(0, 100, (2, 600))
    synthetic = synthetic[synthetic < 1_700_000_050]
    assert told("numeric", real, synthetic)[0] == "x > 1,700,000,049"
    assert told("time", real, synthetic)[0] == "x > 2023-11-14 22:14:09"
    real, synthetic = rng.integers(0, 86_400, (2, 2_000)).astype(float)
    kept = synthetic[synthetic < 13.5 * 3_600]
    assert told("time of day", real, kept)[0].startswith("x > 13:")
    assert told("duration", real, kept)[0].startswith("x > 13h")


@pytest.mark.filterwarnings("error")
def test_numbers_of_any_size():
    real, synthetic = np.random.default_rng(1).normal(size=(2, 600))
    for scale in (1e300, 1e-300):
        rules = told("numeric", scale * real, scale * synthetic[synthetic < 0.5])
        assert rules[0].startswith("x > 5e" if scale > 1 else "x > ")


def test_a_level_goes_without_the_words_that_it_implies():
    rng = np.random.default_rng(1)
    real = list(rng.choice(["", "a", "3"], 1000))
    synthetic = list(rng.choice(["a", "3"], 1000))
    holes = [None if rng.random() < 0.3 else level for level in real]
    rules = told("categorical", holes, synthetic)
    assert 'x = ""' in rules
    assert "x is missing" in rules
    assert not any("x is missing and x" in r or "x ≠ 3 and x is missing" in r for r in rules)


def test_what_few_levels_are_left_is_told_by_their_names():
    """A tree leaves rare levels, or the gaps, at the end of a row of "is it not"."""
    rng = np.random.default_rng(1)
    real = rng.choice([None, "a", "b", "c", "d"], 4000, p=[0.1, 0.3, 0.3, 0.15, 0.15]).tolist()
    y = rng.normal(size=4000)
    lost = np.array([x in (None, "d") for x in real]) & (y > 0.5)
    frame = pl.DataFrame({"x": real, "y": y})
    kept = frame.filter(pl.Series(~lost))
    kinds = {"x": "categorical", "y": "numeric"}
    found = modes(Tables(*samples(kinds, frame, kept), None, 0))
    rules = [region.rule for region in found]
    assert not any(rule.count("≠") > 1 for rule in rules)
    assert any("x in {missing, d}" in r or "x = d" in r or "x is missing" in r for r in rules)


def test_thresholds_between_whole_numbers_are_whole():
    assert round_between(3.0, 4.0, "numeric") == 3
    assert round_between(1e308, 1.7e308, "numeric") == 1e308
    assert round_between(0.34, 0.36, "numeric") == 0.35
