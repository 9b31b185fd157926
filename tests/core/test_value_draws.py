"""Values under conditions: every family against sums and integrals, and one after another."""

import itertools
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest
from scipy import special

from families import LAWS, Law, facts
from jensen.conditionals import particles, surprise, train_guide, walk_on
from jensen.conditionals.chains import chain_of
from jensen.conditionals.draw_values import Column, draw_joint, draw_one
from jensen.data import Schema, read_table
from jensen.data.codec import Codec, Row, Space
from jensen.data.codec.regions import CELLS, _cells, _inside
from jensen.data.codec.values import Moments
from jensen.latent_model import LatentModel
from jensen.likelihoods import (
    FAMILIES,
    AutoregressiveColumns,
    CodeCounts,
    Codes,
    MixedColumns,
    ValueColumn,
    Values,
)
from jensen.likelihoods.values import FamilyGroup
from jensen.priors import standard_normal
from linear_values import evidence
from registry import shaken
from test_families import distribution, numbers

SIGMAS = 5.0
TABLE = read_table(pl.DataFrame({"x": np.random.default_rng(0).normal(size=50)}))
SCHEMA = Schema.infer(TABLE, overrides={"x": {"likelihood": "normal"}})
CODEC: Any = Codec.fit(TABLE, SCHEMA, spaces={"x": Space("real")}).coded[0].codec


def codec(domain: str, mean: float, sd: float, low: float = -1.0, high: float = 6.0) -> Any:
    """Of values that are not standardised."""
    one = replace(CODEC, loc=0.0, scale=1.0, space=Space(domain, 2 * np.pi))
    return replace(one, moments=Moments(mean, sd, low, high))


def cells(of: Any, *ranges: tuple[float, float]) -> Any:
    """Of ranges, ends included."""
    low, high = np.array(ranges, float).T
    if of.space.domain in ("angle", "levels"):  # whose ends are those of a table
        return _cells(of, low, high)
    return _cells(of, *_inside(of, low, high))


def column(key: Any, found: Any) -> Column:
    """One whose values lie in cells."""
    size = max(CELLS, len(found.low))
    parts = (found.low, found.width, found.measure)
    padded = [jnp.asarray(np.pad(a, (0, size - len(a))), jnp.float32) for a in parts]
    no = jnp.array(False)
    return Column(key, jnp.zeros(()), no, *padded, jnp.zeros(()), ~no)


def weights(law: Law) -> np.ndarray:
    """Mass of every point of the support."""
    p, s = numbers(law, 0)
    mass = np.exp(law.log_prob(law.support, p[0], s[0]))
    return mass if law.discrete else mass * np.gradient(law.support)


def between(law: Law, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Points from low to high, and their masses: the support, or a grid where that is coarse."""
    inside = (law.support >= low) & (law.support <= high)
    if law.discrete or inside.sum() > 200:
        return law.support[inside], weights(law)[inside]
    x, (p, s) = np.linspace(low, high, 2_001), numbers(law, 0)
    return x, np.exp(law.log_prob(x, p[0], s[0])) * np.gradient(x)


@pytest.mark.parametrize("name", LAWS)
def test_a_value_in_a_range_is_that_of_the_family_cut_there(name: str):
    law, n = LAWS[name], 4_000
    mass = weights(law)
    total = np.cumsum(mass)
    at = [law.support[min(np.searchsorted(total, q), len(total) - 1)] for q in (0.3, 0.6)]
    group, p = FamilyGroup(law.family, (0,)), distribution(law)
    of = codec(law.family.domain, 0.0 if law.family.domain == "angle" else law.mean, 2.0)

    @jax.jit
    def go(keys: Any, parts: Any) -> Any:
        return jax.vmap(lambda k: draw_one(group, p, None, parts._replace(key=k), False))(keys)

    keys = jax.random.split(jax.random.key(2), n)
    ends = (law.support[0], law.support[-1])
    narrow = (at[0], at[0] + (0.0 if law.discrete else 0.02))
    for low, high in ((at[0], at[1]), (at[1], ends[1]), (ends[0], at[0]), narrow):
        found = cells(of, (low, high))
        v, log_w = (np.asarray(a, np.float64) for a in go(keys, column(keys[0], found)))
        near = 1e-5 * max(1.0, abs(low))
        assert ((v >= low - near) & (v <= high + near)).all()
        x, share = between(law, low, high)
        w, wanted = np.exp(log_w), share.sum()
        edge = 0.0 if law.discrete else share[[0, -1]].max()
        assert abs(w.mean() - wanted) < SIGMAS * w.std() / np.sqrt(n) + 2e-3 * wanted + edge
        mean = np.average(x, weights=share)
        spread = np.sqrt(np.average((x - mean) ** 2, weights=share))
        ess = w.sum() ** 2 / (w**2).sum()
        assert ess > 0.4 * n
        got = np.average(v, weights=w)
        assert abs(got - mean) <= SIGMAS * spread / np.sqrt(ess) + 2e-3 * (abs(mean) + spread)


@pytest.mark.parametrize(
    ("ranges", "inside"),
    [
        ([(2, 2), (5, 7)], [2, 5, 6, 7]),
        ([(0, 3), (6, np.inf)], [k for k in range(400) if k not in (4, 5)]),
        ([(k, k) for k in range(0, 100, 2)], range(0, 100, 2)),
    ],
)
def test_few_whole_numbers_are_summed_and_many_are_not(ranges: Any, inside: Any):
    law = LAWS["poisson"]
    of, p = codec("count", 3.0, 2.0), distribution(law)
    group = FamilyGroup(law.family, (0,))
    keys = jax.random.split(jax.random.key(1), 2_000)
    one = column(keys[0], cells(of, *ranges))

    @jax.jit
    def go(keys: Any) -> Any:
        return jax.vmap(lambda k: draw_one(group, p, None, one._replace(key=k), False))(keys)

    v, log_w = (np.asarray(a, np.float64) for a in go(keys))
    assert set(v) <= set(inside)
    wanted, w = weights(law)[list(inside)].sum(), np.exp(log_w)
    assert abs(w.mean() - wanted) < SIGMAS * w.std() / np.sqrt(len(w)) + 1e-4
    assert (w.std() < 1e-5) == np.isfinite(ranges[-1][1])


@pytest.mark.parametrize("total", ["negative_binomial", "poisson"])
def test_the_multinomial_one_column_at_a_time(total: str):
    """Known columns in any order: the mass of all, and the law of the rest."""
    family = FAMILIES["multinomial"](total=total)
    rng = np.random.default_rng(0)
    p = family(
        jnp.asarray(0.5 * rng.normal(size=(3, 2)), jnp.float32),
        jnp.asarray(0.5 * rng.normal(size=(3, 1)), jnp.float32),
        facts(3, 2.0),
    )
    group, x = FamilyGroup(family, (0, 1, 2)), jnp.array([2.0, 0.0, 3.0])
    none = jnp.zeros((3, 0))

    def weigh(known: Any) -> Any:
        keys = jax.random.split(jax.random.key(0), 3)
        parts = Column(keys, x, jnp.array(known), none, none, none, x, jnp.ones(3, bool))
        return draw_joint(group, p, parts, True)

    log_w = weigh([True, True, True])[1]
    assert float(jnp.sum(log_w)) == pytest.approx(float(p.log_prob(x)), abs=1e-4)
    # what is known of the middle one and the last: the first summed out
    counts = jnp.stack([jnp.arange(200.0), jnp.full(200, 0.0), jnp.full(200, 3.0)], 1)
    joint = np.asarray(jax.vmap(p.log_prob)(counts), np.float64)
    found = float(jnp.sum(weigh([False, True, True])[1]))
    assert found == pytest.approx(special.logsumexp(joint), abs=1e-4)
    order = weigh([False, True, True])[2]
    chain = chain_of(p, order)
    before = chain.start
    for i in range(2):
        before = chain.add(before, jnp.array(i), x[order[i]])
    last = chain.next(before, jnp.array(2))
    log_p = np.asarray(jax.vmap(lambda v: last.log_prob(v[None])[0])(counts[:, 0]))
    np.testing.assert_allclose(np.exp(log_p), np.exp(joint - found), atol=1e-5)


LATENT, N = 1, 20_000
GRID_Z, GRID_V = np.linspace(-5, 5, 41), np.linspace(-14, 14, 281)
MOST = 16


@pytest.fixture(scope="module")
def one_by_one() -> Any:
    """A small autoregressive model of a category, a Normal and a Poisson column, and all of it."""
    plain = CodeCounts(np.array([5, 3, 2]), np.array([False] * 3))
    gaps = CodeCounts(np.array([8, 2]), np.array([False] * 2))
    observed = CodeCounts(np.array([10]), np.array([False]))
    codes = Codes.of([plain, gaps, observed])
    moments = (0.0, 1.0, -3.0, 3.0), (2.0, 1.5, 0.0, 9.0)
    families = FAMILIES["normal"](), FAMILIES["poisson"]()
    values = Values.of(
        [ValueColumn(j + 1, f, *m) for j, (f, m) in enumerate(zip(families, moments, strict=True))]
    )
    build = MixedColumns(AutoregressiveColumns()).build
    decoder = build(codes, values, LATENT, width=8, n_blocks=1, key=jax.random.key(0))
    moved = shaken(eqx.tree_at(lambda d: d.of_values.values, decoder, None), size=0.2)
    decoder = eqx.tree_at(
        lambda d: d.of_values.values, moved, values, is_leaf=lambda leaf: leaf is None
    )
    model = LatentModel(standard_normal(LATENT), decoder, None)
    guide = train_guide(jax.random.key(1), model, codes, LATENT)
    return model, guide, *everything(model)


def everything(model: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (category, missing, v, count), their p(x), and what each stands for of a sum."""
    observed = list(itertools.product(range(3), [0], GRID_V, range(MOST)))
    missing = list(itertools.product(range(3), [1], [0.0], range(MOST)))
    rows = np.array(observed + missing)

    @jax.jit
    def of(z: Any) -> Any:
        p = model.likelihood(z)

        def log_prob(row: Any) -> Any:
            codes = jnp.array([row[0], row[1], 0.0]).astype(jnp.int32)
            return p.log_prob(Row(codes, row[2:]))

        log_p = jax.vmap(log_prob)(jnp.asarray(rows, jnp.float32))
        return jnp.exp(log_p + model.p_z().log_prob(z))

    p = sum(np.asarray(of(jnp.array([z], jnp.float32)), np.float64) for z in GRID_Z)
    step = np.where(rows[:, 1] == 0, GRID_V[1] - GRID_V[0], 1.0)
    return rows, p * (GRID_Z[1] - GRID_Z[0]), step


REAL, COUNT = codec("real", 0.0, 1.0), codec("count", 2.0, 1.5)
CASES: dict[str, tuple[dict[int, float], dict[int, Any], dict[int, int]]] = {
    "nothing": ({}, {}, {}),
    "a category": ({}, {}, {0: 2}),
    "the first value": ({0: 1.0}, {}, {}),
    "the last value": ({1: 6.0}, {}, {}),
    "missing": ({}, {}, {1: 1}),
    "a range of the first": ({}, {0: (REAL, (0.35, 1.35))}, {}),
    "a range of the last": ({}, {1: (COUNT, (4, np.inf))}, {}),
    "a set of the last": ({}, {1: (COUNT, (0, 0), (3, 3))}, {}),
    "both": ({1: 4.0}, {0: (REAL, (-14.0, 0.05))}, {0: 1}),
}


@eqx.filter_jit
def draw(key: Any, model: Any, guide: Any, said: Any) -> Any:
    return particles(key, model, guide, said, N)


def wanted_and_said(case: Any, name: str) -> tuple[np.ndarray, Any]:
    """p of every row and the evidence of one of CASES, by quadrature; and the evidence."""
    model, _, rows, p, step = case
    known, inside, categories = CASES[name]
    said = evidence(model, known, {i: cells(*what) for i, what in inside.items()})
    for j, code in categories.items():
        said = eqx.tree_at(lambda s, j=j, code=code: s.x, said, said.x.at[j].set(code))
    keep, weight = np.full(len(rows), True), p * step
    for i, v in known.items():
        at = np.isclose(rows[:, 2 + i], v, atol=1e-6) & ((rows[:, 1] == 0) | (i == 1))
        keep &= at
        weight = np.where(at & (i == 0), weight / step, weight)
    for i, (_, *ranges) in inside.items():
        column = rows[:, 2 + i]
        keep &= sum(((column >= a) & (column <= b) for a, b in ranges), np.False_)
        keep &= (rows[:, 1] == 0) | (i == 1)
    for j, code in categories.items():
        keep &= rows[:, j] == code
    return np.where(keep, weight, 0.0), said


def far_off(x: Row, w: np.ndarray, rows: np.ndarray, wanted: np.ndarray) -> list[float]:
    """Means of weighted rows, less those of all rows, over what is allowed for an error."""
    ess = w.sum() ** 2 / (w**2).sum()
    drawn = np.concatenate([np.asarray(x.codes)[:, :2], np.asarray(x.values)], 1)
    out: list[float] = []
    for f in (lambda r: r[:, 0] == 0, lambda r: r[:, 1], lambda r: r[:, 2], lambda r: r[:, 3]):
        truth = np.average(f(rows), weights=wanted)
        spread = np.sqrt(np.average((f(rows) - truth) ** 2, weights=wanted))
        away = abs(np.average(f(drawn), weights=w) - truth)
        out.append(away / (SIGMAS * spread / np.sqrt(ess) + 4e-3 * (1 + abs(truth))))
    return out


@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_values_one_after_another_against_quadrature(one_by_one: Any, name: str, guided: bool):
    model, guide, rows, _, _ = one_by_one
    wanted, said = wanted_and_said(one_by_one, name)
    found = draw(jax.random.key(3), model, guide if guided else None, said)
    w = np.exp(np.asarray(found.log_w, np.float64))
    assert w.sum() ** 2 / (w**2).sum() > (2_000 if guided else 300)
    assert abs(w.mean() - wanted.sum()) < SIGMAS * w.std() / np.sqrt(N) + 3e-3 * wanted.sum()
    assert max(far_off(found.x, w, rows, wanted)) < 1


@eqx.filter_jit
def walked_on(keys: Any, model: Any, guide: Any, said: Any) -> Any:
    """For each key one draw, its weight forgotten, and where it walks."""

    def one(key: Any) -> Any:
        start = jax.tree.map(lambda a: a[0], particles(key, model, None, said, 1))
        size, mass = jnp.full((), 0.7), jnp.ones(LATENT)
        (_, x), _ = walk_on(key, model, guide, said, (start.z, start.x), size, mass)
        return start.x, jax.tree.map(lambda a: a[-1], x)

    return jax.lax.map(one, keys, batch_size=500)


def test_values_that_are_walked_on_reach_the_conditional(one_by_one: Any):
    model, guide, rows, _, _ = one_by_one
    wanted, said = wanted_and_said(one_by_one, "both")
    start, end = walked_on(jax.random.split(jax.random.key(4), 4_000), model, guide, said)
    w = np.ones(4_000)
    assert max(far_off(end, w, rows, wanted)) < 1 < max(far_off(start, w, rows, wanted))


def test_surprise_of_values_one_after_another(one_by_one: Any):
    model, guide, rows, p, step = one_by_one
    cell = np.array([1, 0, GRID_V[150], 3.0])
    x = Row(jnp.array([1, 0, 0], jnp.int32), jnp.asarray(cell[2:], jnp.float32))
    go = eqx.filter_jit(lambda key, model, guide: surprise(key, model, guide, x, 4_000))
    same = np.isclose(rows, cell[None])
    own = p[same.all(1)].sum()
    for helper in (None, guide):
        found = go(jax.random.key(4), model, helper)
        for j, others in enumerate(([1, 2, 3], [0, 3], [0, 1, 2])):
            keep = same[:, others].all(1)
            total = (p * (step if j == 1 else 1.0))[keep].sum()
            error = float(found.standard_error[j])
            assert abs(float(found.nats[j]) - np.log(total / own)) < SIGMAS * error + 0.01
            assert error < 0.1
