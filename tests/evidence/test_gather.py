"""A whole check: its record, its JSON, its words, and tables that are hard to check."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from planted import points, table, tables
from published_schema import schema
from pydantic import TypeAdapter

import jensen
from jensen.errors import OptionError, TableError
from jensen.estimator import checking
from jensen.evidence import Evidence, Tables, gather, likeness, samples, telling
from jensen.evidence.fidelity import fidelity
from jensen.evidence.gather import utility
from jensen.evidence.neighbours import equal_rows
from jensen.evidence.spelling import round_between, spelt, spelt_ends
from jensen.report import to_html

REAL, FRESH, HELD_OUT = table(400, 0), table(400, 1), table(200, 2)


@pytest.fixture(scope="module")
def found() -> Evidence:
    return gather(tables(REAL, FRESH, HELD_OUT), target="job", left_out={"id": "keys"})


def test_json_is_the_whole_record(found):
    told = json.loads(found.to_json())
    assert told.keys() == set(schema()["required"])
    assert told.pop("verdict") == found.verdict
    assert TypeAdapter(Evidence).validate_json(json.dumps(told)) == found


def test_every_figure_has_an_interval_and_baselines(found):
    assert found.names == [
        "c2st_auc", "c2st_logistic_auc", "mmd", "energy", "sliced_wasserstein", "alpha_precision",
        "beta_recall", "density", "coverage", "column_shapes", "missing_gap", "pair_trends",
        "pair_distance", "wnmi_error", "tstr", "exact_copies", "near_copies", "nndr", "dcr_share",
        "membership_auc",
    ]  # fmt: skip
    for m in found.measures:
        assert m.estimate.low <= m.estimate.value <= m.estimate.high, m.name
        assert None not in (m.floor, m.marginals, m.copy), m.name
        assert m.rows > 0
        assert m.note
    tested = {m.name for m in found.measures if m.p_value is not None}
    assert tested == {
        "c2st_auc", "c2st_logistic_auc", "mmd", "energy", "exact_copies", "near_copies",
        "dcr_share", "membership_auc",
    }  # fmt: skip


def test_reference_and_floor_share_no_row():
    made = tables(REAL, FRESH)
    sides = made.halves
    assert len(sides.reference) == len(sides.synthetic) == len(sides.floor) == 200
    assert (equal_rows(sides.reference, sides.floor) < 0).all()
    assert (equal_rows(made.training, sides.floor) >= 0).all()
    assert (equal_rows(made.training, sides.copy) >= 0).all()
    assert (equal_rows(made.training, sides.marginals) < 0).all()
    whole = made.resamples(10**6)
    assert len(whole.reference) == len(whole.synthetic) == len(whole.copy) == 400
    assert len(made.resamples(100)) == len(made.resamples(100).reference) == 100


def test_predicting_a_class(found):
    measure = found["tstr"]
    assert measure.title == "predicting job from samples (AUC)"
    assert measure.estimate.low > 0.7
    assert 0.7 < measure.floor < 0.97
    assert measure.marginals == pytest.approx(0.5, abs=0.15)
    assert "tested on 200 of held-out rows" in measure.note


def test_predicting_a_number_and_more_than_two_classes():
    real, fresh = table(1500, 3), table(1500, 4)
    (measure,) = utility(tables(real, fresh), "pay")
    # R² of the best predictor: 0.81 by age, and a little more by the job
    assert measure.title == "predicting pay from samples (R²)"
    assert 0.7 < measure.estimate.value < 0.9
    assert measure.floor == pytest.approx(measure.estimate.value, abs=0.05)
    assert measure.marginals < 0.05
    three = (pl.col("age") > 35).cast(pl.Int8) + (pl.col("age") > 45).cast(pl.Int8)
    real, fresh = (f.select("age", city=three.cast(pl.String)) for f in (real, fresh))
    (measure,) = utility(tables(real, fresh), "city")
    assert measure.title == "predicting city from samples (accuracy)"
    assert measure.estimate.value > 0.95
    assert measure.marginals < 0.5


def test_same_seed_same_evidence_and_figures_do_not_depend_on_each_other(found):
    again = gather(tables(REAL, FRESH, HELD_OUT), left_out={"id": "keys"})
    assert again.measures == tuple(m for m in found.measures if m.name != "tstr")
    assert again.regions == found.regions
    other = gather(tables(REAL, FRESH, HELD_OUT, seed=1))
    assert other["c2st_auc"] != found["c2st_auc"]


def test_progress_is_told(found):
    said: list[str] = []
    gather(tables(REAL, FRESH), report=said.append)
    assert said[0].startswith("Asking")
    assert said[-1] == "Looking for missing modes"


def test_it_is_told_in_words_as_a_table_and_as_pages(found):
    assert found.verdict.startswith("A classifier cannot tell the samples from the data (AUC 0.")
    assert "There is no sign of copying (error rate 1.0 %)" in found.verdict
    text = str(found)
    assert text.splitlines()[0].startswith("A classifier cannot tell")
    for m in found.measures:
        assert f"  {m.title}  " in text
    assert "left out: id (keys)" in text
    assert max(map(len, text.split("Farthest")[0].splitlines())) <= 110
    page = found.to_markdown()
    assert page.startswith("### Are they from the same distribution?\n\n- A classifier")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {8}
    assert rows[1] == "| --- |" + " --: |" * 6  # without it there is no table
    assert not any("\\" in line for line in rows)  # these figures need no escape
    drawn = telling.html(found)
    assert drawn.count("<table>") == drawn.count("</table>") == 1


@pytest.mark.parametrize(
    ("auc", "p", "words"),
    [
        (0.52, 0.2, "cannot tell"), (0.53, 0.001, "barely"), (0.6, 0.001, "a little"),
        (0.7, 0.001, "often"), (0.95, 0.001, "easily told"),
    ],
)  # fmt: skip
def test_verdicts_on_likeness(found, auc, p, words):
    from dataclasses import replace

    first = replace(
        found["c2st_auc"], estimate=replace(found["c2st_auc"].estimate, value=auc), p_value=p
    )
    assert words in replace(found, measures=(first, *found.measures[1:])).verdict


def told_of(found: Evidence, **p_values: float) -> Evidence:
    """The evidence with other p-values of likeness, 1 where not said."""
    from dataclasses import replace

    measures = tuple(
        replace(m, p_value=p_values.get(m.name, 1.0)) if m.name in likeness.LIKENESS else m
        for m in found.measures
    )
    return replace(found, measures=measures)


@pytest.mark.parametrize(("name", "called"), likeness.LIKENESS.items())
def test_a_difference_that_one_test_sees_is_no_likeness_and_the_test_is_named(found, name, called):
    told = told_of(found, **{name: 0.002})
    assert likeness.alike(told).seen_by == (called,)
    assert f"seen by {called}; p = 0.008 over 4 tests" in told.verdict
    assert "cannot tell" not in told.verdict
    # Holm's method: the smallest of four counts four times, the next three times
    assert likeness.alike(told_of(found, **{name: 0.003})).seen_by == ()
    both = likeness.alike(told_of(found, c2st_auc=0.0025, energy=0.0033))
    assert both.seen_by == ("boosted trees", "the energy distance")


def test_small_tables_that_only_distances_tell_apart_are_not_called_alike():
    # 100 rows are few for trees
    verdicts = []
    for seed in range(3):
        real, other = points(100, 2 * seed, 3), points(100, 2 * seed + 1, 3).select(pl.all() + 0.8)
        made = samples(dict.fromkeys("abc", "numeric"), real, other)
        rows = fidelity(Tables(made[0], made[1], None, 0), str)
        verdicts.append(
            likeness.likeness(SimpleNamespace(measures=rows, columns=(), pairs=(), pairs_differ=0))
        )
    assert not any("cannot tell" in v for v in verdicts), verdicts


def test_a_classifier_that_is_misled_by_copies_is_no_praise():
    found = gather(tables(REAL, REAL))
    assert found["c2st_auc"].estimate.high < 0.48
    assert found.verdict.startswith("A classifier takes samples for data, as if rows were in both")
    assert "There are copies of training rows" in found.verdict


def test_names_of_figures(found):
    assert found["mmd"].title == "MMD², Gaussian kernel"
    with pytest.raises(KeyError):
        found["nothing"]


def test_numbers_in_words():
    shown = [telling.number(v) for v in (0.0, 0.5, 0.01234, 0.0001, 12.345, 123456.0)]
    assert shown == ["0", "0.500", "0.0123", "1e-4", "12.35", "1.23e+05"]
    assert [spelt(v, "numeric") for v in (99000.0, 0.35, 0.0, 1e-7)] == [
        "99,000",
        "0.35",
        "0",
        "1e-07",
    ]
    assert spelt(86400.0 * 366, "time") == "1971-01-02"
    assert [spelt(v, "time of day") for v in (-0.5, 50_700.0, 50_701.0, 86_400.5)] == [
        "00:00:00",
        "14:05",
        "14:05:01",
        "23:59:59",
    ]
    assert [spelt(v, "duration") for v in (0.0, 4_214.0, -90_000.5, 0.25)] == [
        "0s",
        "1h 10m 14s",
        "-1d 1h 0.5s",
        "0.25s",
    ]
    assert spelt_ends([-1800.0, 1800.0, 5400.0], "duration") == ["0s", "1h", "2h"]
    assert spelt_ends([0.5 * 86_400, 1.5 * 86_400], "time") == ["1970-01-02", "1970-01-03"]
    assert spelt_ends([5_400.0], "time of day") == ["01:30"]
    assert spelt_ends([60.0, 120.0], "time") == ["1970-01-01 00:01", "1970-01-01 00:02"]
    assert round_between(98765.0, 99999.0, "numeric") == 99000.0
    assert round_between(3.0, np.inf, "numeric") == 3.0
    assert round_between(86400.0 + 5, 86400 * 2.5, "time") == 86400.0 * 2


# ---------------------------------------------------------------- jensen.check


def test_check_takes_frames_of_any_library_and_says_the_same():
    frames = [f.select("age", "pay", "job") for f in (REAL, FRESH)]
    first = jensen.check(*frames)
    assert first == jensen.check(*(f.to_pandas() for f in frames))
    assert first == jensen.check(frames[0].to_arrow(), frames[1].to_pandas())
    assert first.rows == {"training": 400, "synthetic": 400}
    assert "held-out rows only copies" in first.copying.why


def test_check_leaves_keys_and_free_text_out_and_ignores_other_columns():
    keys = REAL.with_columns(id=pl.int_range(400), pay=pl.col("pay").round(1))
    found = jensen.check(keys, FRESH.with_columns(more=pl.lit(1), id=pl.lit(0)))
    assert found.columns_left_out == {"id": checking.LEFT_OUT["identifier"]}
    assert {c.name for c in found.columns} == set(REAL.columns)


def test_times_of_all_kinds_and_constants():
    rng = np.random.default_rng(0)

    def make() -> pl.DataFrame:
        ticks = rng.integers(0, 10**6, 100)
        return pl.DataFrame(
            {
                "date": pl.Series(ticks % 1000).cast(pl.Date),
                "time": pl.Series(ticks * 1000).cast(pl.Time),
                "span": pl.Series(ticks).cast(pl.Duration("ms")),
                "zoned": pl.Series(ticks * 1000).cast(pl.Datetime("ms", "UTC")),
                "one": [1] * 100,
                "none": pl.Series([None] * 100, dtype=pl.Float64),
                "word": ["same"] * 100,
                "yes": ticks % 2 == 0,
            }
        )

    found = jensen.check(make(), make(), make(), target="yes")
    assert json.loads(found.to_json())["rows"]["held_out"] == 100
    kinds = {c.name: c.kind for c in found.columns}
    assert (kinds["date"], kinds["span"], kinds["one"], kinds["yes"]) == (
        "time", "duration", "numeric", "categorical",
    )  # fmt: skip
    assert found["tstr"].title == "predicting yes from samples (AUC)"
    assert next(c.distance for c in found.columns if c.name == "none") is None


def test_a_single_column_and_the_fewest_rows():
    rng = np.random.default_rng(0)
    found = jensen.check(rng.normal(size=(40, 1)), rng.normal(size=(40, 1)))
    assert "pair_trends" not in found.names
    assert found.pairs == ()


def test_many_columns_and_many_levels():
    rng = np.random.default_rng(0)

    def wide() -> pd.DataFrame:
        numbers = {f"n{i}": np.where(rng.random(80) < 0.2, np.nan, rng.normal(size=80))
                   for i in range(50)}  # fmt: skip
        words = {f"c{i}": [f"w{v}" for v in rng.integers(0, 60, 80)] for i in range(30)}
        return pd.DataFrame(numbers | words)

    found = jensen.check(wide(), wide())
    assert found["pair_trends"].note.startswith("2,000 of 3,160 pairs, drawn at random; ")
    assert abs(found["c2st_auc"].estimate.value - 0.5) < 0.25


def test_a_target_with_many_classes_or_a_constant_one_is_not_predicted():
    many = pl.Series([f"v{i % 60}" for i in range(400)])
    frame = REAL.select("age", "pay").with_columns(one=pl.lit("x"), many=many)
    for target, why in (
        ("one", "fewer than two different"),
        ("many", "60 classes, and at most 50"),
    ):
        with pytest.raises(OptionError, match=why):
            jensen.check(frame, frame, target=target)
    found = jensen.check(frame.select("age", "one"), frame.select("age", "one"), target="all")
    assert found.notes[0].startswith("one is not predicted: it has fewer than two")
    assert f"note: {found.notes[0]}" in str(found)
    assert "- Note: one is not predicted" in found.to_markdown()
    assert "Note: one is not predicted" in to_html(found)


ERRORS = [
    (lambda: (REAL.head(39), FRESH), TableError, "the training table must have at least 40 rows"),
    (lambda: (REAL, FRESH.head(39)), TableError, "the synthetic table must have at least 40 rows"),
    (lambda: (REAL, FRESH, HELD_OUT.head(3)), TableError, "the held-out table must have at least"),
    (lambda: (REAL, FRESH.rename({"age": "agee"})), TableError, "the nearest is 'agee'"),
    (lambda: (REAL, FRESH.with_columns(age=pl.lit("old"))), TableError,
     "the synthetic table must have numbers in column 'age', as the training table has, and has "
     "'old'"),
    (lambda: (REAL, FRESH.with_columns(seen=pl.lit("x"))), TableError, "dates or times in column"),
    (lambda: (REAL, FRESH.with_columns(age=pl.col("seen"))), TableError, "numbers in column 'age'"),
    (lambda: (REAL, FRESH, None, None, "jobs"), OptionError, "the nearest is 'job'"),
    (lambda: (REAL, FRESH, None, 3), OptionError, "model must be a fitted VAE or the path"),
    (lambda: (REAL, FRESH, None, None, ["job"]), OptionError, "must be the name of one column"),
    (lambda: (REAL, FRESH, None, None, None, -1), OptionError, "seed must be a whole number"),
    (lambda: (pl.DataFrame({"id": range(50)}),) * 2, TableError, "only keys and free text"),
    (lambda: (3, FRESH), TableError, "a table must be a path"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "kind", "message"), ERRORS, ids=[e[2][:30] for e in ERRORS])
def test_what_cannot_be_checked_says_why(arguments, kind, message):
    with pytest.raises(kind) as caught:
        jensen.check(*arguments())
    assert message in str(caught.value)


def test_held_out_rows_that_were_fitted_are_told_of():
    rng = np.random.default_rng(0)
    real, fresh = rng.normal(size=(300, 3)), rng.normal(size=(100, 3))
    some = np.concatenate([real[:20], fresh[:80]])
    told = jensen.check(real, real[:200], holdout=some).notes
    assert "20 of the 100 held-out rows equal a training row" in told[0]
    assert not jensen.check(real, real[:200], holdout=fresh).notes
    codes = [rng.integers(0, 3, (n, 3)).astype(float) for n in (300, 200, 100)]
    assert not jensen.check(codes[0], codes[1], holdout=codes[2]).notes


def test_samples_that_are_held_out_rows_or_repeat_each_other_are_told_of():
    rng = np.random.default_rng(0)
    real, fresh = rng.normal(size=(300, 3)), rng.normal(size=(100, 3))
    told = jensen.check(real, fresh, holdout=fresh).notes
    assert "100 of the 100 samples equal a held-out row, of the 300 training rows 0" in told[0]
    told = jensen.check(real, fresh[np.arange(200) % 100]).notes
    assert "100 of the 200 samples repeat another sample, of the 300 training rows 0" in told[0]
    codes = [rng.integers(0, 3, (n, 3)).astype(float) for n in (300, 200)]
    assert not jensen.check(*codes).notes


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_numbers_near_the_largest_and_of_a_narrow_range():
    rng = np.random.default_rng(0)
    real, fresh = rng.normal(size=(200, 2)), rng.normal(size=(200, 2))
    fresh[:12, 0] = 1.797e308
    found = jensen.check(real, fresh)
    assert found.copying.verdict == "no sign of copying"
    assert all(np.isfinite(m.estimate.value) for m in found.measures)
    for frame in (real, fresh):
        frame[:, 0] = np.where(rng.random(200) < 0.5, 0.3, 0.1 + 0.2)
    assert jensen.check(real, fresh).columns


def test_a_word_among_dates_is_refused_with_its_row():
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 4, 9), eager=True)
    text = days.dt.to_string("%Y-%m-%d")
    bad = text.set(pl.Series(np.arange(100) == 76), "31/31/2021")
    frames = [pl.DataFrame({"t": t, "x": np.arange(100.0)}) for t in (days, text, bad)]
    assert jensen.check(*frames[:2]).columns
    with pytest.raises(TableError, match="'31/31/2021' in row 77"):
        jensen.check(frames[0], frames[2])
