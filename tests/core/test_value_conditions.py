"""Conditions, gaps and cell scores of fitted models with parametric columns."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import polars as pl
import pytest

from jensen import VAE
from jensen.errors import ConditionError, OptionError
from jensen.estimator import given
from test_value_columns import JOINT, SHORT, columns, one_of_each

FRAME, LIKELIHOODS = one_of_each(gaps=True)
OF_EACH_DOMAIN = [
    "normal", "laplace", "log_normal", "continuous_bernoulli", "von_mises", "bernoulli", "poisson",
    "ordinal", "mixture",
]  # fmt: skip
"""Those that compile quickly; `test_value_draws` has all of them."""
OF_ONE_BY_ONE = ["normal", "poisson", "log_normal"]


@pytest.fixture(scope="module")
def vae() -> VAE:
    """A family of each domain, given z alone."""
    families = {f: LIKELIHOODS[f] for f in OF_EACH_DOMAIN}
    rows = FRAME.select(*OF_EACH_DOMAIN, "kind")
    return VAE(likelihood="independent", columns=families, **SHORT).fit(rows)


@pytest.fixture(scope="module")
def one_by_one() -> VAE:
    """Three families, each value given those before it."""
    families = {f: LIKELIHOODS[f] for f in OF_ONE_BY_ONE}
    return VAE(columns=families, **SHORT).fit(FRAME.select(*OF_ONE_BY_ONE, "kind"))


def middle(family: str) -> Any:
    """A value of the column that is neither its lowest nor its highest."""
    value = FRAME[family].drop_nulls().sort().gather([30])[0]
    return float(str(np.float32(value))) if FRAME[family].dtype == pl.Float32 else value


@pytest.mark.parametrize("family", OF_EACH_DOMAIN)
def test_every_family_takes_conditions(vae: VAE, family: str):
    value = middle(family)
    equal = vae.sample(20, given={family: value})
    as_it_was = FRAME[family].drop_nulls().sort().gather([30] * 20)
    assert equal[family].equals(as_it_was)  # bit for bit
    assert equal.schema == FRAME.select(equal.columns).schema
    assert vae.sample(20, given=f"{family} is missing")[family].is_null().all()
    if family == "bernoulli":
        return
    above = vae.sample(20, given=f"{family} > {value}")[family]
    assert above.is_not_null().all()
    assert (above > as_it_was[0]).all()


def test_every_family_is_imputed(vae: VAE):
    rows = FRAME.select(vae.schema_.names).head(12)
    found = vae.impute(rows, n=2)
    for table in (found.table, *found.copies):
        assert table.frame.null_count().sum_horizontal().item() == 0
        for name in rows.columns:
            seen = rows[name].is_not_null()
            assert table.frame[name].filter(seen).equals(rows[name].filter(seen))
    assert not found.copies[0].frame.equals(found.copies[1].frame)
    cells = found.cells()
    assert len(cells) == rows.null_count().sum_horizontal().item()
    assert (found.ess[np.isfinite(found.ess)] > 8).all()
    inside = cells.filter(pl.col("low").is_not_null())
    value, low, high = (inside[c].cast(pl.Float64) for c in ("value", "low", "high"))
    assert ((low <= high) & (value >= low - (high - low))).all()
    # what a row gets does not depend on the others
    alone = vae.impute(rows.head(7), n=2)
    assert alone.copies[0].frame.equals(found.copies[0].frame.head(7))


def test_row_i_depends_on_the_condition_and_the_seed_alone(vae: VAE, one_by_one: VAE):
    text = "normal > 1000000 and poisson in {2, 3, 4}"
    for model in (vae, one_by_one):
        rows = model.sample(30, given=text, seed=3)
        assert model.sample(10, given=text, seed=3).equals(rows.head(10))
        assert not model.sample(30, given=text, seed=4).equals(rows)
        assert (rows["normal"] > 1_000_000).all()
        assert set(rows["poisson"]) <= {2, 3, 4}
        found = model.condition(text)
        plain = model.sample(3_000)
        holds = (plain["normal"] > 1_000_000) & plain["poisson"].is_in([2, 3, 4])
        share = holds.fill_null(False).mean()
        assert np.exp(found.log_p) == pytest.approx(share, abs=5 * np.sqrt(0.25 / 3_000))


def test_rows_of_which_few_draws_count_are_walked_on(one_by_one: VAE, monkeypatch: Any):
    """Row i is the same whatever is asked for, and as likely as one that was drawn."""
    text = "normal > 1000000 and poisson in {2, 3, 4} and kind = b"
    drawn = one_by_one.sample(400, given=text)
    monkeypatch.setattr(given, "ENOUGH", np.inf)
    monkeypatch.setattr(given, "LOW_ESS", np.inf)
    found = one_by_one.condition(text)
    assert found.walker is not None
    assert found.ess > 8 + given.LEAST / 8
    rows = one_by_one.sample(400, given=found)
    assert one_by_one.sample(3, given=found).equals(rows.head(3))
    assert one_by_one.sample_table(60, 70, given=found).frame.equals(rows[60:70])
    assert (rows["normal"] > 1_000_000).all()
    assert set(rows["poisson"]) <= {2, 3, 4}
    assert set(rows["kind"]) == {"b"}
    assert rows["normal"].n_unique() > 300
    for name in ("normal", "poisson", "log_normal"):
        a, b = (frame[name].drop_nulls() for frame in (drawn, rows))
        error = np.sqrt(a.var() / len(a) + b.var() / len(b))
        assert abs(a.mean() - b.mean()) < 5 * error


def test_values_are_conditioned_one_by_one(one_by_one: VAE):
    rows = one_by_one.sample(20, given="poisson >= 3 and log_normal is missing and kind = a")
    assert (rows["poisson"] >= 3).all()
    assert rows["log_normal"].is_null().all()
    assert set(rows["kind"]) == {"a"}
    lines = pl.DataFrame({"log_normal": [FRAME["log_normal"][0], None], "kind": [None, "b"]})
    completed = one_by_one.sample_given_table(lines, 3)
    assert completed["log_normal"].to_list()[:3] == [lines["log_normal"][0]] * 3
    assert completed["kind"].to_list()[3:] == ["b"] * 3
    gaps = FRAME.select(one_by_one.schema_.names).head(8)
    found = one_by_one.impute(gaps)
    assert found.table.frame.null_count().sum_horizontal().item() == 0


def test_the_cell_that_does_not_belong_is_found(one_by_one: VAE):
    rows = FRAME.select(one_by_one.schema_.names).head(6)
    wrong = rows.with_columns(
        normal=pl.when(pl.int_range(len(rows)) == 2).then(1_000_080.0).otherwise("normal")
    )
    found = one_by_one.score_cells(wrong, n=64)
    assert np.isfinite(found.surprise).all()
    assert found.lines().row(0)[:2] == (3, "normal")
    # of a count it is that of a mass, of a density it may be below 0
    assert (found.surprise[:, found.names.index("poisson")] > 0).all()


def test_scores_given_a_value_of_a_density_are_scores_of_the_rest(one_by_one: VAE):
    rows = FRAME.select(one_by_one.schema_.names).drop_nulls().head(5)
    value = rows["normal"][0]
    score = one_by_one.score_samples(rows[:1])
    given = one_by_one.score_given(rows[:1], {"normal": value})
    alone = one_by_one.condition({"normal": value})
    # log p(value) in the column's own units
    assert score[0] - given[0] == pytest.approx(alone.log_p)
    spread = FRAME["normal"].std()
    away = (value - FRAME["normal"].mean()) / spread
    near = -0.5 * away**2 - 0.5 * np.log(2 * np.pi) - np.log(spread)
    assert alone.is_density
    assert alone.log_p == pytest.approx(near, abs=0.7)


@pytest.mark.parametrize("family", JOINT)
def test_joint_families_take_conditions(family: str):
    first, second = JOINT[family]
    frame = columns().select(first, second, "kind")
    vae = VAE(likelihood=family, **SHORT).fit(frame)
    value = frame[second].sort()[30]
    rows = vae.sample(20, given=f"{second} > {value} and kind = a")
    assert (rows[second] > value).all()
    if family == "multinomial":  # whose arithmetic `test_value_draws` has
        return
    lines = frame.head(4).with_columns(frame[first].head(4).set(pl.Series([True] * 4), None))
    found = vae.impute(lines).table.frame
    assert found[first].null_count() == 0
    assert found[second].equals(lines[second])


REFUSED: dict[str, tuple[str, str]] = {
    "out of the domain": (
        "poisson < 0",
        r"'poisson < 0' must allow a value that column 'poisson' can have, and allows none: its "
        r"likelihood 'poisson' is one of whole numbers from 0 on",
    ),
    "next to impossible": (
        "normal > 2000000",
        r"must be one that rows of the model can fulfil, and .*'normal > 2000000' alone has 0 %",
    ),
    "a density out of its domain": (
        "continuous_bernoulli > 1",
        r"'continuous_bernoulli > 1' must allow a value",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(vae: VAE, case: str):
    text, message = REFUSED[case]
    with pytest.raises(ConditionError, match=message):
        vae.sample(5, given=text)


@dataclass(frozen=True)
class Pair:
    """A joint family that does not say what one column is, given the others."""

    domain = "real"
    n_parameters = 1
    joint = True

    def __call__(self, p: Any, shared: Any, facts: Any) -> Any:
        return dist.Normal(p[:, 0], jnp.ones(p.shape[0])).to_event(1)


def test_an_unknown_joint_family_is_refused():
    vae = VAE(likelihood=Pair(), **SHORT).fit(columns().select("real", "cents"))
    with pytest.raises(OptionError, match="'object Pair' does not say it; fit with a family"):
        vae.sample(5, given="real > 1000000")
