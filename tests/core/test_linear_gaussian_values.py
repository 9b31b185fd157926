"""Draws of parametric columns against the closed form of a linear-Gaussian model's conditionals."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest

from jensen.bounds.ais import simulate
from jensen.conditionals import (
    Evidence,
    ValueEvidence,
    chosen,
    effective,
    particles,
    surprise,
    train_guide,
    walk,
    walk_on,
)
from jensen.data import Schema, read_table
from jensen.data.codec import Codec, Row, Space, region_of
from jensen.data.conditions import parse
from linear_codes import COVARIANCE, B, W
from linear_values import FULL, D, conditional, evidence, linear_model, truncated

pytestmark = pytest.mark.usefixtures("optimised")

N, SIGMAS = 20_000, 5.0
JOINT_COVARIANCE = W @ W.T + FULL @ FULL.T
FINE = 1e-3


@pytest.fixture(scope="module")
def guided() -> Any:
    """A model and its guide."""
    model = linear_model()
    return model, train_guide(jax.random.key(1), model, model.likelihood.codes, 2)


@pytest.fixture(scope="module", params=["alone", "guided", "joint"])
def case(request: Any, guided: Any) -> Any:
    """A model, a guide or none, and the covariance of its columns."""
    if request.param == "joint":
        return linear_model(joint=True), None, JOINT_COVARIANCE
    model, guide = guided
    return model, guide if request.param == "guided" else None, COVARIANCE


@eqx.filter_jit
def draw(key: Any, model: Any, guide: Any, said: Evidence) -> Any:
    return particles(key, model, guide, said, N)


def agree(v: Any, log_w: Any, columns: list[int], mean: np.ndarray, covariance: np.ndarray) -> None:
    v, w = np.asarray(v, np.float64), np.exp(np.asarray(log_w, np.float64))
    w /= w.sum()
    ess = 1 / (w**2).sum()
    assert ess > 100
    got = w @ v
    products = (v - got)[:, :, None] * (v - got)[:, None, :]
    spread = np.tensordot(w, products, 1)
    error = np.sqrt(np.diag(covariance) / ess)
    assert (np.abs(got[columns] - mean) < SIGMAS * error + 1e-3).all()
    # by the products' own spread: a truncated tail has other fourth moments than a Normal
    error = np.sqrt(np.tensordot(w, (products - spread) ** 2, 1) / ess)
    at = np.ix_(columns, columns)
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert (np.abs(spread[at] - covariance) < SIGMAS * error[at] + 1e-3 * scale).all()


def same(found: Any, log_p: float) -> None:
    """The mean weight, against what it estimates."""
    w = np.exp(np.asarray(found.log_w, np.float64) - log_p)
    assert abs(w.mean() - 1.0) < SIGMAS * w.std() / np.sqrt(N) + 1e-3


@pytest.mark.parametrize("known", [{0: 2.0}, {1: -1.0, 2: 1.0}, {3: 2.5}, {0: -1.0, 1: 1, 3: 0.2}])
def test_given_values(case: Any, known: dict[int, float]):
    model, guide, covariance = case
    found = draw(jax.random.key(3), model, guide, evidence(model, known, {}))
    assert (np.asarray(found.x.values)[:, list(known)] == np.float32(list(known.values()))).all()
    mean, rest, log_p = conditional(covariance, known)
    agree(found.x.values, found.log_w, [j for j in range(D) if j not in known], mean, rest)
    same(found, log_p)


CODEC = Codec.fit(
    TABLE := read_table(pl.DataFrame({"x": np.random.default_rng(0).normal(size=200)})),
    SCHEMA := Schema.infer(TABLE, overrides={"x": {"likelihood": "normal"}}),
    spaces={"x": Space("real")},
)


def cells(text: str) -> Any:
    """Of a condition on a column whose numbers are standardised as they are."""
    from dataclasses import replace

    from jensen.data.codec import CodedColumn

    codec = replace(CODEC.coded[0].codec, loc=0.0, scale=1.0)
    (allowed,) = parse(text, SCHEMA).values()
    return region_of(CodedColumn(codec, CODEC.coded[0].counts), allowed).cells


INSIDE = {
    "x > 1.5": (1.5, 9.0),
    "0.5 < x < 2.5": (0.5, 2.5),
    "1.2 <= x <= 1.21": (1.2, 1.21),
    "x < -0.5": (-9.0, -0.5),
    "x > -5": (-5.0, 9.0),
}


@pytest.mark.parametrize("text", INSIDE)
@pytest.mark.parametrize("j", [0, 1, 3])
def test_given_a_range(case: Any, j: int, text: str):
    model, guide, covariance = case
    low, high = INSIDE[text]
    step = min(FINE, (high - low) / 100)
    points = np.arange(low + step / 2, high, step)
    found = draw(jax.random.key(4), model, guide, evidence(model, {}, {j: cells(text)}))
    v = np.asarray(found.x.values)[:, j]
    assert ((v >= low - 1e-6) & (v <= high + 1e-6)).all()
    mean, rest, total = truncated(covariance, j, points)
    agree(found.x.values, found.log_w, list(range(D)), mean, rest)
    same(found, np.log(total * step))


def test_given_a_set_of_points(case: Any):
    model, guide, covariance = case
    points = np.array([-0.5, 0.25, 1.75])
    said = evidence(model, {}, {1: cells("x in {-0.5, 0.25, 1.75}")})
    found = draw(jax.random.key(5), model, guide, said)
    mean, rest, total = truncated(covariance, 1, points)
    assert set(np.asarray(found.x.values)[:, 1].tolist()) <= set(points.tolist())
    agree(found.x.values, found.log_w, list(range(D)), mean, rest)
    same(found, np.log(total))


def test_given_a_value_and_a_range(case: Any):
    """Two ends of the row: what the range is cut from depends on the value."""
    model, guide, covariance = case
    said = evidence(model, {3: 1.5}, {0: cells("x > 1")})
    found = draw(jax.random.key(6), model, guide, said)
    mean, rest, log_p = conditional(covariance, {3: 1.5})
    points = np.arange(1 + FINE / 2, 9, FINE)
    p = np.exp(-0.5 * (points - mean[0]) ** 2 / rest[0, 0]) / np.sqrt(2 * np.pi * rest[0, 0])
    same(found, log_p + np.log(p.sum() * FINE))
    w = np.exp(np.asarray(found.log_w, np.float64))
    ess = w.sum() ** 2 / (w**2).sum()
    got = np.average(np.asarray(found.x.values)[:, 0], weights=w)
    assert abs(got - np.average(points, weights=p)) < SIGMAS * np.sqrt(rest[0, 0] / ess)


def test_intervals_cover_as_often_as_they_say(case: Any):
    """Rows of the model, two columns hidden: ranks of the truth, and one draw of each row."""
    model, guide, _ = case
    n, draws = 1_500, 512
    hidden = jnp.array([False, True, True, False])

    @eqx.filter_jit
    def ranks(model: Any, guide: Any, x: Any, keys: Any) -> Any:
        def one(x: Any, key: Any) -> Any:
            codes = jnp.where(hidden, -1, x.codes)
            said = Evidence.of_row(
                Row(codes, jnp.where(hidden, jnp.nan, x.values)), jnp.ones((D, 1))
            )
            found = particles(key, model, guide, said, draws)
            w = jax.nn.softmax(found.log_w)[:, None]
            below = jnp.sum(jnp.where(found.x.values < x.values[None], w, 0.0), 0)
            return below, found.x.values, found.log_w

        return jax.vmap(one)(x, keys)

    _, x = simulate(jax.random.key(6), model, n)
    keys = jax.random.split(jax.random.key(7), n)
    rank, drawn, log_w = jax.tree.map(np.asarray, ranks(model, guide, x, keys))
    pick = drawn[np.arange(n), chosen(np.random.default_rng(8).random((n, draws)), log_w)]
    rank = rank[:, [1, 2]]
    inside = ((rank > 0.05) & (rank < 0.95)).mean(0)
    assert (np.abs(inside - 0.9) < 4 * np.sqrt(0.09 / n)).all()
    again, truth = pick, np.asarray(x.values)
    for found, wanted in ((again.mean(0), truth.mean(0)), (np.cov(again.T), np.cov(truth.T))):
        assert np.abs(found - wanted).max() < 0.25


def test_chains_reach_the_conditional(guided: Any):
    """Rows whose weighted draws are few are walked: the same mean and covariance."""
    model, guide = guided
    known = {0: 2.0, 3: 1.5}

    @eqx.filter_jit
    def go(key: Any, model: Any, guide: Any) -> Any:
        said = evidence(model, known, {})
        said = eqx.tree_at(lambda s: s.values, said, ValueEvidence.of_values(
            jnp.where(said.values.known, said.values.x, jnp.nan)))  # fmt: skip
        keys = jax.random.split(key, 8)
        start = jax.vmap(lambda k: particles(k, model, guide, said, 64))(keys)
        return jax.vmap(lambda k, s: walk(k, model, guide, said, s))(keys, start)

    found = go(jax.random.key(8), model, guide)
    mean, rest, _ = conditional(COVARIANCE, known)
    v = np.asarray(found.x.values, np.float64).reshape(-1, D)
    ess = sum(effective(jax.tree.map(lambda a, i=i: a[i], found)) for i in range(8))
    assert ess > 300
    assert (v[:, [0, 3]] == np.float32([2.0, 1.5])).all()
    assert (np.abs(v[:, [1, 2]].mean(0) - mean) < SIGMAS * np.sqrt(np.diag(rest) / ess)).all()
    assert (np.abs(np.cov(v[:, [1, 2]].T) - rest) < SIGMAS * np.sqrt(2 / ess)).all()


@pytest.mark.parametrize("text", ["x > 1.5", "1.2 <= x <= 1.21", "x in {-0.5, 0.25, 1.75}"])
def test_rows_that_are_walked_on_reach_a_range(guided: Any, text: str):
    """Each from one draw of which the weight is forgotten."""
    model, guide = guided
    said = evidence(model, {}, {3: cells(text)})

    @eqx.filter_jit
    def go(keys: Any, model: Any, guide: Any, said: Any) -> Any:
        def one(key: Any) -> Any:
            start = jax.tree.map(lambda a: a[0], particles(key, model, None, said, 1))
            size, mass = jnp.full((), 0.7), jnp.ones(2)
            (_, x), _ = walk_on(key, model, guide, said, (start.z, start.x), size, mass)
            return start.x, jax.tree.map(lambda a: a[-1], x)

        return jax.lax.map(one, keys, batch_size=500)

    n = 4_000
    start, end = go(jax.random.split(jax.random.key(12), n), model, guide, said)
    points, step = np.array([-0.5, 0.25, 1.75]), 1.0
    if text in INSIDE:
        low, high = INSIDE[text]
        step = min(FINE, (high - low) / 100)
        points = np.arange(low + step / 2, high, step)
    mean, rest, _ = truncated(COVARIANCE, 3, points)
    agree(end.values, np.zeros(n), list(range(D)), mean, rest)
    error = np.sqrt(np.diag(rest) / n)
    assert (np.abs(np.asarray(start.values).mean(0) - mean) > SIGMAS * error).any()


def test_surprise_of_cells(case: Any):
    model, guide, covariance = case
    values = np.array([1.0, -1.5, 2.0, 0.5])
    x = Row(jnp.zeros(D, jnp.int32), jnp.asarray(values, jnp.float32))

    @eqx.filter_jit
    def go(key: Any, model: Any, guide: Any) -> Any:
        return surprise(key, model, guide, x, 4_000)

    found = go(jax.random.key(9), model, guide)
    for j in range(D):
        others = {i: values[i] for i in range(D) if i != j}
        mean, rest, _ = conditional(covariance, others)
        wanted = 0.5 * (values[j] - mean[0]) ** 2 / rest[0, 0] + 0.5 * np.log(
            2 * np.pi * rest[0, 0]
        )
        assert abs(float(found.nats[j]) - wanted) < SIGMAS * float(found.standard_error[j]) + 0.01
        assert float(found.standard_error[j]) < 0.2
    assert B.shape == (D,)
