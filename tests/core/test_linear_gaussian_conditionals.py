"""Draws under evidence against the closed form of a linear-Gaussian model's conditionals."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jensen.bounds.ais import simulate
from jensen.conditionals import Evidence, Guide, chosen, particles, train_guide
from jensen.conditionals.evidence import UNKNOWN
from jensen.latent_model import LatentModel
from linear_codes import GRID, B, given, in_range, linear_model, moments

pytestmark = pytest.mark.usefixtures("optimised")

N, SIGMAS = 20_000, 5.0


@pytest.fixture(scope="module")
def case() -> tuple[LatentModel, Guide]:
    model = linear_model()
    return model, train_guide(jax.random.key(1), model, model.likelihood.codes, 2)


def evidence(known: dict[int, int], allowed: dict[int, np.ndarray]) -> Evidence:
    x = np.full(len(B), UNKNOWN, np.int32)
    shares = np.ones((len(B), len(GRID)), np.float32)
    for j, code in known.items():
        x[j] = code
    for j, inside in allowed.items():
        shares[j] = inside
    return Evidence(jnp.asarray(x), jnp.asarray(shares))


@eqx.filter_jit
def draw(key: Any, model: LatentModel, guide: Any, said: Evidence) -> Any:
    return particles(key, model, guide, said, N)


def agree(found: Any, columns: list[int], mean: np.ndarray, covariance: np.ndarray) -> None:
    got, spread, ess = moments(found.x, found.log_w)
    assert ess > 100
    error = np.sqrt(np.diag(covariance) / ess)
    assert (np.abs(got[columns] - mean) < SIGMAS * error + 1e-3).all()
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    off = np.abs(spread[np.ix_(columns, columns)] - covariance) / scale
    assert (off < SIGMAS * np.sqrt(2 / ess) + 1e-3).all()


@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize("known", [{0: 45}, {1: 30, 2: 40}, {3: 48}, {0: 30, 1: 40, 3: 36}])
def test_mean_and_covariance_given_values(case: Any, known: dict[int, int], guided: bool):
    model, guide = case
    found = draw(jax.random.key(3), model, guide if guided else None, evidence(known, {}))
    mean, covariance = given({j: GRID[c] for j, c in known.items()})
    agree(found, [j for j in range(len(B)) if j not in known], mean, covariance)


@pytest.mark.parametrize("j", [0, 1, 3])
def test_mean_and_covariance_given_a_range(case: Any, j: int):
    model, guide = case
    inside = (GRID > 0.5) & (GRID < 2.5)
    found = draw(jax.random.key(4), model, guide, evidence({}, {j: inside.astype(np.float32)}))
    assert inside[np.asarray(found.x)[:, j]].all()
    agree(found, list(range(len(B))), *in_range(j, GRID[inside]))


def test_log_p_of_the_evidence(case: Any):
    """The mean weight is p(evidence): of a value, its density times the width of a code."""
    model, guide = case
    found = draw(jax.random.key(5), model, guide, evidence({0: 45, 3: 30}, {}))
    w = np.exp(np.asarray(found.log_w, np.float64))
    known = {0: GRID[45], 3: GRID[30]}
    mean, covariance = given({})
    o = list(known)
    away = np.array(list(known.values())) - mean[o]
    inner = covariance[np.ix_(o, o)]
    density = np.exp(-0.5 * away @ np.linalg.solve(inner, away))
    density /= np.sqrt(np.linalg.det(2 * np.pi * inner))
    error = w.std() / np.sqrt(N)
    assert abs(w.mean() - density * (GRID[1] - GRID[0]) ** 2) < SIGMAS * error


def products(v: np.ndarray) -> np.ndarray:
    """Of every two entries of each row."""
    return (v[:, :, None] * v[:, None, :]).reshape(len(v), -1)


def test_intervals_cover_as_often_as_they_say(case: Any):
    """Rows of the model, two columns hidden: ranks of the truth, and 90 % intervals."""
    model, guide = case
    n, draws = 1_500, 128

    @eqx.filter_jit
    def ranks(model: LatentModel, guide: Guide, x: Any, keys: Any) -> Any:
        def one(x: Any, key: Any) -> Any:
            pkey, ukey = jax.random.split(key)
            hidden = jnp.array([False, True, True, False])
            said = Evidence(jnp.where(hidden, UNKNOWN, x), jnp.ones((len(B), len(GRID))))
            found = particles(pkey, model, guide, said, draws)
            w = jax.nn.softmax(found.log_w)[:, None]
            below, same = (
                jnp.sum(jnp.where(which, w, 0.0), 0)
                for which in (found.x < x[None], found.x == x[None])
            )
            return below + jax.random.uniform(ukey, x.shape) * same, found.x, found.log_w

        return jax.vmap(one)(x, keys)

    _, x = simulate(jax.random.key(6), model, n)
    keys = jax.random.split(jax.random.key(7), n)
    rank, drawn, log_w = jax.tree.map(np.asarray, ranks(model, guide, x, keys))
    pick = drawn[np.arange(n), chosen(np.random.default_rng(8).random((n, draws)), log_w)]
    rank = rank[:, [1, 2]]
    inside = ((rank > 0.05) & (rank < 0.95)).mean(0)
    assert (np.abs(inside - 0.9) < 4 * np.sqrt(0.09 / n)).all()
    # one draw a row makes rows of the model again
    again, truth = GRID[pick], GRID[np.asarray(x)]
    for of_row in (lambda v: v, products):  # means, then covariances
        off = of_row(again - truth.mean(0)) - of_row(truth - truth.mean(0))
        error = off.std(0, ddof=1) / np.sqrt(n)
        assert (np.abs(off.mean(0)) <= SIGMAS * error).all(), (off.mean(0), error)
