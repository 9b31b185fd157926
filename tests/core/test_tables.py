"""Whole fits of odd tables: the least there can be, wide ones, and ones of a known entropy."""

import itertools
from collections.abc import Iterator

import jax
import numpy as np
import polars as pl
import pytest

from jensen.likelihoods import LIKELIHOODS
from laws import SIGMAS
from small_fits import fitted, mixed


@pytest.fixture(autouse=True, scope="module")
def _compiled_in_haste() -> Iterator[None]:
    """Each of these tables is a program of its own, that runs for less time than it compiles."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.mark.parametrize("n", [1, 2, 10])
def test_a_handful_of_rows(n: int):
    data = mixed(n).drop("key")
    vae = fitted(data, steps=25)
    assert (vae.held_out_.n_train, vae.held_out_.n_rows) == (max(n - 1, 1), 1)
    rows = vae.sample(40)
    assert rows.schema == data.schema
    assert rows.height == 40
    assert np.isfinite(vae.score_samples(data)).all()
    assert np.isfinite(vae.held_out_.bound)
    assert vae.held_out_.standard_error == 0.0
    assert set(rows["kind"]) <= set(data["kind"])


def test_a_table_of_constants_comes_back():
    data = pl.DataFrame({"a": [7] * 30, "b": ["x"] * 30, "c": [None] * 30, "d": [1.25] * 30})
    vae = fitted(data, steps=25)
    assert vae.sample(30).equals(data)
    # nothing is left to chance: of the mass, at most the floor of codes not seen may be missing
    assert -0.5 < vae.score(data) <= 1e-4
    assert vae.held_out_.marginals > -0.5


def test_one_column():
    data = mixed().select("cents")
    vae = fitted(data, steps=25)
    assert vae.sample(20).schema == data.schema
    assert np.isfinite(vae.score(data))


def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    columns = {f"x{k}": rng.normal(size=50) for k in range(150)}
    columns |= {f"c{k}": rng.choice(["a", "b"], 50) for k in range(150)}
    vae = fitted(pl.DataFrame(columns), steps=25)
    assert vae.sample(5).shape == (5, 300)
    assert np.isfinite(vae.score_samples(pl.DataFrame(columns))).all()


LEVELS = [["a", "b", "c"], ["x", "y"], ["no", "yes"]]


def known() -> tuple[list[tuple[str, ...]], np.ndarray]:
    """All rows there are and their probabilities, with the columns tied together."""
    cells = list(itertools.product(*LEVELS))
    weight = np.random.default_rng(4).gamma(0.5, size=len(cells)) + 0.02
    return cells, weight / weight.sum()


def drawn(n: int, seed: int) -> pl.DataFrame:
    cells, p = known()
    index = np.random.default_rng(seed).choice(len(cells), n, p=p)
    return pl.DataFrame([cells[k] for k in index], schema=["u", "v", "w"], orient="row")


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_bound_on_rows_held_out_stays_below_minus_the_entropy(likelihood: str):
    """E[bound] <= E[log model] <= -H, by Gibbs' inequality; and a fit comes near."""
    cells, p = known()
    entropy = -float(p @ np.log(p))
    vae = fitted(drawn(1_500, 0), likelihood=likelihood, steps=300, latent_dim=2, width=16)
    held = vae.held_out_
    assert held.bound <= -entropy + SIGMAS * max(held.standard_error, 0.02)

    fresh = drawn(4_000, 1)
    log_p = dict(zip(cells, np.log(p), strict=True))
    # paired with log p of the same rows, so that the luck of the draw is out of it
    short = vae.score_samples(fresh) - np.array([log_p[row] for row in fresh.rows()])
    error = short.std(ddof=1) / np.sqrt(len(short))
    assert short.mean() <= SIGMAS * error
    assert short.mean() > -0.5, "the bound is far from what a fit can reach"

    marginals = sum(_log_marginal(fresh, name) for name in fresh.columns)
    assert held.marginals == pytest.approx(marginals, abs=0.2)


def _log_marginal(frame: pl.DataFrame, name: str) -> float:
    share = frame[name].value_counts(normalize=True)["proportion"].to_numpy()
    return float(share @ np.log(share))


def test_the_exact_sum_over_all_rows_of_the_bound_is_at_most_one():
    """sum_x exp(bound(x)) <= sum_x p(x) = 1: the bound is one on a distribution over these rows.

    With the mean over draws of z taken of the bound; codes never seen have the rest.
    """
    vae = fitted(drawn(1_500, 0), likelihood="independent", steps=300, latent_dim=2, width=16)
    cells = pl.DataFrame(known()[0], schema=["u", "v", "w"], orient="row")
    bound = vae.score_terms(cells, n_samples=200).value
    assert 0.5 < np.exp(bound).sum() < 1.005


def test_gaps_come_at_their_rate_and_where_they_belong():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2_000)
    gap = np.where(x > 0.8, rng.random(2_000) < 0.9, rng.random(2_000) < 0.02)
    data = pl.DataFrame({"x": x, "y": pl.Series(rng.normal(size=2_000)).set(pl.Series(gap), None)})
    rows = fitted(data, steps=400, width=16).sample(4_000)
    missing = rows["y"].is_null()
    assert missing.mean() == pytest.approx(gap.mean(), abs=0.08)
    right = missing.filter(rows["x"] > 0.8).mean()
    left = missing.filter(rows["x"] < 0.8).mean()
    assert right > left + 0.3
