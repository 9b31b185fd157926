"""Columns and pairs that differ: tested, told in the verdict, and the first in every list."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from planted import KINDS, table, tables

import jensen
from jensen.cli.thresholds import parse_thresholds
from jensen.evidence import Evidence, gather, samples, telling
from jensen.evidence.column_tests import levels_p
from jensen.evidence.likeness import alike, likeness
from jensen.evidence.pair_tests import pair_p_values
from jensen.report import to_html


def two(seed: int, n: int, same: float) -> pl.DataFrame:
    """Two columns of yes and no, equal in a share of the rows, whatever that is half of each."""
    rng = np.random.default_rng(seed)
    first = rng.random(n) < 0.5
    second = np.where(rng.random(n) < same, first, ~first)
    names = np.array(["no", "yes"])
    return pl.DataFrame(
        {
            "smoker": names[first.astype(int)],
            "x": rng.normal(size=n),
            "ill": names[second.astype(int)],
        }
    )


@pytest.fixture(scope="module")
def lost() -> Evidence:
    """What two columns share is lost, and nothing else."""
    return jensen.check(two(0, 300, 0.9), two(1, 300, 0.5))


def many(n: int, seed: int) -> pl.DataFrame:
    """Numbers with ties, rare levels and skewed ones, none with another."""
    rng = np.random.default_rng(seed)
    found = {f"x{i}": rng.normal(size=n) for i in range(4)}
    found |= {f"z{i}": (rng.zipf(1.6, n) % 200).astype(str) for i in range(4)}
    found |= {f"b{i}": rng.choice(["a", "b"], n, p=[0.93, 0.07]) for i in range(3)}
    return pl.DataFrame(found | {"d": np.round(rng.exponential(2, n))})


@pytest.mark.parametrize(("n", "m"), [(150, 150), (60, 400), (400, 60)])
@pytest.mark.parametrize("make", [many, table], ids=["independent", "dependent"])
def test_no_pair_differs_in_draws_of_the_same_distribution(make, n, m):
    false = []
    for seed in range(200):
        real, other = make(n, 2 * seed), make(m, 2 * seed + 1)
        named = {
            c: "numeric" if real[c].dtype == pl.Float64 else "categorical" for c in real.columns
        }
        kinds = KINDS if make is table else named
        made = samples(kinds, real, other)
        false.append(min(pair_p_values(*made, list(combinations(kinds, 2)))))
    # at a rate of 1 %, more than 7 of 200 have a probability of 0.001
    assert sum(p <= 0.01 for p in false) <= 7


@pytest.mark.parametrize(("n", "m"), [(1_000, 1_000), (1_000, 60), (60, 1_000)])
@pytest.mark.parametrize("levels", [4, 300])
def test_levels_of_one_distribution_do_not_differ(levels, n, m):
    rng = np.random.default_rng(levels)
    p = 1 / np.arange(1, levels + 1)
    drawn = (rng.choice(levels, (400, k), p=p / p.sum()) for k in (n, m))
    found = np.array([levels_p(a, b) for a, b in zip(*drawn, strict=True)])
    assert (found <= 0.01).sum() <= 12  # of 400: 4 are expected, more than 12 in 1 of 3,000 tests
    assert (found <= 0.2).sum() <= 112


def test_rare_levels_are_looked_at_one_by_one_and_together():
    rng = np.random.default_rng(0)

    def of(n: int, rare: int) -> np.ndarray:
        return np.concatenate([rng.integers(0, 4, n - rare), np.full(rare, 4)])

    assert levels_p(of(3_000, 0), of(100, 12)) < 1e-6  # a level that the data never had
    assert levels_p(of(100, 20), of(3_000, 0)) < 1e-6  # one that was lost
    assert levels_p(of(3_000, 0), of(3_000, 19)) < 1e-4
    assert levels_p(np.arange(50), np.arange(50, 100)) == 1.0  # each occurs once
    few = rng.choice(5_000, 500, replace=False)
    assert levels_p(rng.integers(0, 5_000, 3_000), few[rng.integers(0, 500, 3_000)]) < 1e-6


def test_a_correlation_that_turned_is_told_as_one():
    rng = np.random.default_rng(0)
    frames = []
    for sign in (1, -1):
        x = rng.normal(size=400)
        frames.append(pl.DataFrame({"x": x, "y": sign * x + rng.normal(size=400)}))
    told = jensen.check(*frames).verdict
    assert "x and y (correlation 0.7" in told
    assert "in the data, -0." in told


def test_a_dependence_that_is_lost_is_in_the_verdict_though_no_classifier_and_no_column_sees_it(
    lost,
):
    assert lost.columns_differ == 0
    assert lost.pairs_differ == 1
    assert (lost.pairs[0].first, lost.pairs[0].second) == ("smoker", "ill")
    assert lost.pairs[0].differs
    assert not any(pair.differs for pair in lost.pairs[1:])
    assert "1 pair of columns differs: smoker and ill" in likeness(lost)
    assert alike(lost).grade != "good"
    assert "smoker and ill: " in str(lost)
    assert ", differs; mutual information" in str(lost)


def test_numbers_of_what_differs_are_thresholds(lost):
    limits = parse_thresholds(["pairs_differ>0", "columns_differ>0"], [])
    assert [limit.crossed(lost) is not None for limit in limits] == [True, False]


def levels(n: int, seed: int, shift: float) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    made = {f"k{i}": [f"v{v}" for v in rng.integers(0, 120, n)] for i in range(6)}
    return pl.DataFrame(made | {"x": rng.normal(shift, 1, n)})


def test_a_shifted_column_comes_before_the_noise_of_many_levels():
    kinds = {f"k{i}": "categorical" for i in range(6)} | {"x": "numeric"}
    found = gather(tables_of(kinds, levels(300, 0, 0), levels(300, 1, 0.6)))
    first = found.columns[0]
    assert first.name == "x"
    assert first.differs
    assert first.distance < max(c.distance for c in found.columns)
    assert "x" in (found.pairs[0].first, found.pairs[0].second)
    assert "1 column differs: x" in found.verdict
    assert alike(found).grade != "good"
    assert "**Columns that differ**\n\n- x: 0." in found.to_markdown()
    assert ", differs</p>" in to_html(found)


def tables_of(kinds, *frames):
    from jensen.evidence import Tables

    made = samples(kinds, *frames)
    return Tables(made[0], made[1], None, 0)


def test_columns_without_values_come_last_and_a_lost_one_first():
    frames = [table(100, seed).select("age", "job", "city") for seed in (0, 1)]
    gone = {f"n{i}": pl.lit(None, dtype=pl.Float64) for i in range(8)}
    real = frames[0].with_columns(**gone)
    shifted = frames[1].with_columns(pl.col("age") + 30, city=pl.lit("A"), **gone)
    kinds = dict.fromkeys(real.columns, "numeric") | {"job": "categorical", "city": "categorical"}
    found = gather(tables_of(kinds, real, shifted))
    assert {c.name for c in found.columns[:2]} == {"age", "city"}
    assert all(c.distance is None for c in found.columns[3:])
    assert "Farthest columns" in str(found)
    lost = gather(tables_of(kinds, real, shifted.with_columns(age=pl.lit(None, dtype=pl.Float64))))
    assert lost.columns[0].name == "age"
    assert "age: no value in the samples, differs; missing in 0 % of the data, 100 %" in str(lost)
    assert "No value in the samples." in to_html(lost)


def test_an_interval_above_a_half_is_not_called_blindness():
    found = gather(tables(table(120, 0), table(120, 1)))
    above = SimpleNamespace(value=0.58, low=0.51, high=0.65)
    for p, words in ((0.5, "cannot"), (0.001, "no classifier")):
        measures = tuple(
            SimpleNamespace(**{**vars(m), "estimate": above, "p_value": 1.0})
            if m.name == "c2st_auc"
            else SimpleNamespace(**{**vars(m), "p_value": p if m.name == "mmd" else 1.0})
            if m.p_value is not None
            else m
            for m in found.measures
        )
        told = likeness(
            SimpleNamespace(measures=measures, columns=(), pairs=(), pairs_differ=0)  # pyright: ignore
        )
        assert words not in told
        assert "a classifier comes near" in told


NAMES = ["<b>x</b>", "a|b", "new\nline", "k `c` *s*", "# head", "esc\x1b[31m", "_em_ [a](b) &lt;"]


def test_names_are_text_in_markdown_and_one_line_in_the_terminal():
    rng = np.random.default_rng(0)
    real, other = (pl.DataFrame({n: rng.normal(size=80) for n in NAMES}) for _ in "ab")
    found = jensen.check(real, other.select(pl.all() + 3), target="new\nline")
    page = found.to_markdown()
    for raw in ("<b>", "`c`", "*s*", "- # head", " _em_", "[a](b)", "\x1b"):
        assert raw not in page.replace("\\" + raw, ""), raw
    assert "\\<b>x\\</b>" in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {8}
    text = str(found)
    assert "\x1b" not in text
    assert "\nline" not in text
    assert "new\\nline: " in text
    assert telling.markdown_text("capital_gain > 3") == "capital_gain > 3"


def test_a_dependence_of_three_columns_that_is_lost_names_them():
    rng = np.random.default_rng(0)
    frames = []
    for kept in (True, False):
        a, b, d = rng.normal(size=(3, 1_500))
        sign = np.sign(a * b) if kept else rng.choice([-1.0, 1.0], 1_500)
        frames.append(
            pl.DataFrame({"a": a, "b": b, "c": sign * np.abs(rng.normal(size=1_500)), "d": d})
        )
    found = jensen.check(*frames)
    assert found.columns_differ == found.pairs_differ == 0
    (note,) = found.notes
    told = note.partition(" by ")[2]
    assert {"a", "b", "c"} == set(
        told.partition(" samples by ")[2].partition(" together")[0].split(", ")
    )
