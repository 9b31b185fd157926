"""Rows known in part, where values are new, single, never seen, or do not go together."""

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import jensen
from jensen.data import read_table
from jensen.errors import ConditionError, DrawWarning, TableError

RNG = np.random.default_rng(0)
A = RNG.normal(size=400)
TABLE = pl.DataFrame(
    {
        "a": A,
        "b": A + RNG.normal(size=400, scale=0.3),
        "never": pl.Series([None] * 400, dtype=pl.Float64),
        "side": np.where(A < 0, "left", "right"),
        "same": np.where(A < 0, "left", "right"),
        "no level": pl.Series([None] * 400, dtype=pl.String),
    }
)


@pytest.fixture(scope="module")
def vae():
    return jensen.VAE(steps=400, width=16, learning_rate=5e-3).fit(TABLE)


def test_columns_that_were_never_seen_stay_empty_and_others_are_filled(vae):
    rows = TABLE.head(20).with_columns(b=pl.Series([None] * 10 + TABLE["b"][10:20].to_list()))
    with pytest.warns(DrawWarning, match="what is missing of 'never', 'no level', .* left empty"):
        found = vae.impute(rows, 2)
    assert found.left == ("never", "no level")
    for table in (found.table.frame, *(copy.frame for copy in found.copies)):
        assert table["b"].null_count() == 0
        assert table["never"].null_count() == table["no level"].null_count() == 20
        assert table["b"][10:].equals(TABLE["b"][10:20])
    assert set(found.cells()["column"]) == {"b"}


def test_gaps_of_identifiers_are_named():
    keys = [None if k % 7 == 0 else f"K{k:05d}" for k in range(400)]
    vae = jensen.VAE(steps=5, width=16).fit(
        TABLE.select("a", "b").with_columns(key=pl.Series(keys))
    )
    rows = pl.DataFrame({"a": [1.0, None], "b": [None, 0.5], "key": ["K1", None]})
    with pytest.warns(DrawWarning, match="missing of 'key', an identifier or never observed: left"):
        found = vae.impute(rows)
    assert found.left == ("key",)
    assert found.table.frame.drop("key").null_count().sum_horizontal().item() == 0
    assert found.table.frame["key"].to_list() == ["K1", None]
    assert vae.sample(5)["key"].str.contains(r"^K\d{5}$").all()


@pytest.mark.filterwarnings("ignore::jensen.errors.DrawWarning")
def test_a_copy_is_the_same_however_many_are_drawn(vae):
    rows = TABLE.head(20).with_columns(b=None, side=None).cast(TABLE.schema)
    few, many = (vae.impute(rows, n).copies for n in (2, 5))
    for one, other in zip(few, many, strict=False):
        assert one.frame.equals(other.frame)
    assert not many[0].frame.equals(many[1].frame)


def test_a_table_without_any_value_is_refused():
    empty = pl.DataFrame({"a": pl.Series([None] * 20, dtype=pl.Float64), "b": [None] * 20})
    with pytest.raises(TableError, match="must have an observed value, and all 20 rows"):
        jensen.VAE(steps=5).fit(empty)


def test_values_beyond_those_of_the_training_rows_are_kept(vae):
    beyond = [100.0, -50.0, float(A.max()), float(np.sort(A)[200])]
    rows = vae.sample_given_table(pl.DataFrame({"a": beyond}), 2)
    assert rows["a"].to_list() == [v for v in beyond for _ in range(2)]
    assert rows["b"].null_count() == 0


def test_every_value_of_a_density_can_be_asked_for(vae):
    values = np.sort(A)[[40, 120, 200, 280, 360]]
    for value in values:
        rows = vae.sample(30, given={"a": value})
        assert (rows["a"] == value).all()
    some = vae.sample(60, given={"a": set(values[1:3].tolist())})
    assert set(some["a"]) == set(values[1:3].tolist())


def test_a_single_value_counts_with_its_density(vae):
    row = TABLE.filter(pl.col("a") == np.sort(A)[200])
    given = {"a": row["a"][0]}
    condition = vae.condition(given)
    log_p = condition.log_p_of(vae.fitted_.codec, vae.schema_.conform(read_table(row)))
    assert condition.is_point
    # a density per unit of a, which in a hundredth of the unit around it changes little
    near = vae.condition({"a": (given["a"] - 0.005, given["a"] + 0.005)})
    assert abs(log_p[0] - near.log_p + np.log(0.01)) < 0.5
    bound = vae.score_samples(row) - vae.score_given(row, given)
    np.testing.assert_allclose(bound, log_p, rtol=1e-6)


def test_the_model_s_own_range_is_told(vae):
    low, high = (re.escape(f"{x:.3f}"[:-1]) + r"\d*" for x in (A.min(), A.max()))
    with pytest.raises(ConditionError, match=rf"whose values are {low} to {high}; mend it"):
        vae.sample(3, given="a > 100")


def test_what_is_no_condition_is_said_to_be_none(vae):
    with pytest.raises(ConditionError, match=r"must be text such as 'age > 30'.*got 5"):
        vae.sample(3, given=5)


def test_clauses_that_avoid_each_other_are_told_of(vae):
    fine = vae.condition("side = left and same = left")
    assert not fine.improbable
    assert 0.3 < fine.log_lift < 1.0  # log 2, since one says the other
    assert 150 < fine.expected < 220
    odd = replace(fine, expected=0.01, log_lift=float(np.log(1e-3)))
    assert odd.improbable
    assert not odd.impossible
    assert replace(odd, expected=1e-4, log_lift=float(np.log(1e-5))).impossible
    assert not replace(odd, log_lift=0.0).improbable  # rare, as its clauses are
