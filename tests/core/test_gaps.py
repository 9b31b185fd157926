"""Rows with gaps: a bound on log p of what is observed, where missing values are ignored."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest

import jensen
from jensen import VAE, Schema
from jensen.data import read_table
from jensen.errors import SchemaError
from jensen.likelihoods import Autoregressive, CodeCounts, Codes, Independent
from registry import LATENT, SIZE, Z, shaken
from small_fits import SMALL

SIZES = (3, 4, 2)
"""Codes of three columns; the last one of each stands for a missing value."""


def codes(*, ignored: bool) -> Codes:
    rng = np.random.default_rng(0)
    return Codes.of(
        [
            CodeCounts(rng.integers(1, 9, n), np.arange(n) < n - 1, n - 1 if ignored else None)
            for n in SIZES
        ]
    )


def row(kind: Any, *, ignored: bool) -> Any:
    """p(x|z) at one z."""
    decoder = kind.create(codes(ignored=ignored), LATENT, key=jax.random.key(0), **SIZE)
    return shaken(decoder)(Z)


def masks() -> list[tuple[bool, ...]]:
    return list(itertools.product([False, True], repeat=len(SIZES)))


@pytest.mark.parametrize("kind", [Independent, Autoregressive])
@pytest.mark.parametrize("missing", masks())
def test_what_is_observed_has_a_distribution_whatever_is_missing(kind: Any, missing: Any):
    p_x = row(kind, ignored=True)
    values = [[n - 1] if gone else range(n - 1) for n, gone in zip(SIZES, missing, strict=True)]
    rows = jnp.array(list(itertools.product(*values)), jnp.int32)
    total = np.exp(np.asarray(jax.jit(jax.vmap(p_x.log_prob))(rows), np.float64)).sum()
    assert total == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("kind", [Independent, Autoregressive])
def test_where_missing_values_are_part_of_x_they_have_mass(kind: Any):
    p_x = row(kind, ignored=False)
    rows = jnp.array(list(itertools.product(*map(range, SIZES))), jnp.int32)
    p = np.exp(np.asarray(jax.jit(jax.vmap(p_x.log_prob))(rows), np.float64))
    assert p.sum() == pytest.approx(1.0, abs=1e-5)
    some_missing = (np.asarray(rows) == np.array(SIZES) - 1).any(1)
    assert p[some_missing].sum() > 0.01


@pytest.mark.parametrize("kind", [Independent, Autoregressive])
def test_no_draw_is_missing_where_that_is_ignored(kind: Any):
    sample = jax.jit(jax.vmap(row(kind, ignored=True).sample))
    x = sample(jax.random.split(jax.random.key(1), 2_000))
    assert (np.asarray(x) < np.array(SIZES) - 1).all()


def related(n: int, seed: int) -> pl.DataFrame:
    """Four columns that tell a lot of each other."""
    rng = np.random.default_rng(seed)
    t = rng.normal(size=n)
    return pl.DataFrame(
        {
            "a": (t + 0.3 * rng.normal(size=n)).round(2),
            "b": (2 * t + 0.5 * rng.normal(size=n)).round(2),
            "c": np.where(t + 0.4 * rng.normal(size=n) > 0, "yes", "no"),
            "d": rng.poisson(np.exp(0.5 * t)),
        }
    )


def with_gaps(table: pl.DataFrame, share: float, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    gone = {name: pl.Series(rng.random(len(table)) < share) for name in table.columns}
    return table.with_columns([table[n].set(gone[n], None) for n in table.columns])


FIT: dict[str, Any] = SMALL | {"latent_dim": 4, "width": 32, "steps": 900}


@pytest.fixture(scope="module")
def halves() -> tuple[VAE, VAE]:
    """Fitted to all values, and to half of them."""
    full, half = related(3_000, 0), with_gaps(related(3_000, 0), 0.5)
    schema = Schema.infer(read_table(full))
    gaps = Schema.infer(read_table(half), missing="ignore")
    columns = [
        c.model_copy(update={"missing": g.missing, "ignore_missing": True})
        for c, g in zip(schema.columns, gaps.columns, strict=True)
    ]
    schema = schema.model_copy(update={"columns": tuple(columns), "origin": gaps.origin})
    return VAE(**FIT, schema=schema).fit(full), VAE(**FIT, schema=schema).fit(half)


MARGIN = 0.35
"""Nats per row that half of the values may cost on complete rows, of about 6 that there are."""


def test_half_of_the_values_teach_almost_as_much_as_all_of_them(halves: tuple[VAE, VAE]):
    rows = related(2_000, 7)
    full, half = (vae.score_samples(rows).mean() for vae in halves)
    assert half > full - MARGIN
    columns = halves[1].fitted_.codec.value_marginals(halves[1]._conform(rows))
    assert columns.shape == (2_000,)


def test_samples_of_a_table_with_gaps_have_none(halves: tuple[VAE, VAE]):
    more = halves[1].sample(500)
    assert more.null_count().sum_horizontal().item() == 0


def test_a_row_without_any_value_says_nothing(halves: tuple[VAE, VAE]):
    empty = pl.DataFrame({n: pl.Series([None], dtype=t) for n, t in related(1, 0).schema.items()})
    score = halves[1].score_samples(empty)
    assert -1.0 < float(score[0]) <= 0.05  # log p of nothing is 0


def test_a_mean_is_recovered_where_complete_rows_are_biased():
    """b is missing where a is high: at random, given a."""
    table = related(4_000, 3)
    rng = np.random.default_rng(4)
    gone = rng.random(len(table)) < 1 / (1 + np.exp(-1.5 * table["a"].to_numpy()))
    censored = table.with_columns(table["b"].set(pl.Series(gone), None))
    truth, seen = table["b"].mean(), censored["b"].mean()
    vae = VAE(**FIT, missing={"b": "ignore"}).fit(censored)
    found = vae.sample(4_000)["b"].mean()
    assert seen < truth - 0.7  # what complete rows say
    assert abs(found - truth) < 0.25


def test_a_value_that_hides_itself_stays_hidden_in_samples():
    """Missing not at random: as part of x, it comes out at its rate and with its dependence."""
    table = related(3_000, 5)
    hidden = table.with_columns(table["b"].set(table["b"] > 1.5, None))
    more = VAE(**FIT).fit(hidden).sample(3_000)
    assert more["b"].max() <= 1.5
    rate, wanted = more["b"].is_null().mean(), hidden["b"].is_null().mean()
    assert rate == pytest.approx(wanted, abs=0.04)
    assert more.filter(more["b"].is_null())["a"].mean() > 0.7


@pytest.mark.parametrize("missing", ["model", "ignore"])
def test_a_column_that_is_almost_wholly_missing(missing: str):
    table = related(600, 6)
    gone = pl.Series(np.arange(600) >= 6)
    sparse = table.with_columns(table["b"].set(gone, None))
    vae = VAE(**(SMALL | {"steps": 50}), missing=missing).fit(sparse)
    assert np.isfinite(vae.score_samples(sparse)).all()
    share = vae.sample(400)["b"].is_null().mean()
    assert share == 0.0 if missing == "ignore" else share > 0.9


@pytest.mark.parametrize("bound", ["iwae:k=3", "miwae:m=2,k=3"])
def test_importance_weighted_bounds_take_gaps(bound: str, tmp_path: Any):
    half = with_gaps(related(300, 8), 0.4)
    vae = VAE(**(SMALL | {"steps": 50}), missing="ignore", bound=bound).fit(half)
    assert np.isfinite(vae.held_out_.bound)
    vae.save(tmp_path / "gaps.jensen")
    again = jensen.load(tmp_path / "gaps.jensen")
    np.testing.assert_array_equal(again.score_samples(half), vae.score_samples(half))


def test_the_words_are_checked():
    table = read_table(with_gaps(related(40, 9), 0.2))
    with pytest.raises(SchemaError, match="must be model or ignore, not 'skip'"):
        Schema.infer(table, missing="skip")
    with pytest.raises(SchemaError, match=r"'bb'.*'b'"):
        Schema.infer(table, missing={"bb": "ignore"})
    empty = read_table(pl.DataFrame({"a": [1, 2], "b": pl.Series([None, None], dtype=pl.Int64)}))
    with pytest.raises(SchemaError, match="'b' must have an observed value"):
        Schema.infer(empty, missing="ignore")
