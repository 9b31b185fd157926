"""One row chosen from few weighted draws, chains, and the surprise of cells: exact, or nearly."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import registry
from enumerated import Said, chi_square, evidence, exact, joint
from jensen.conditionals import Guide, chosen, particles, surprise, train_guide
from jensen.conditionals.walk import CHAINS, STEPS, Walked, effective, walk, walk_on
from jensen.latent_model import LatentModel
from jensen.likelihoods import Autoregressive, Independent

pytestmark = pytest.mark.usefixtures("optimised")

RATE = 1e-4
"""Chance that a test fails although the draws are right."""
DECODERS = {"autoregressive": Autoregressive, "independent": Independent}
SAID: dict[str, Said] = {
    "the first": {0: 1},
    "the last, rare": {2: 1},
    "a range in the middle": {1: {0, 2}},
    "a set first, the last": {0: {0, 2}, 2: 0},
    "half of a code": {0: {0: 0.5, 1: 1.0}},
}

Case = tuple[LatentModel, Guide, np.ndarray, np.ndarray]


@pytest.fixture(scope="module", params=DECODERS)
def case(request: Any) -> Case:
    model = registry.small_model(DECODERS[request.param])
    guide = train_guide(jax.random.key(5), model, model.likelihood.codes, registry.LATENT)
    return model, guide, *joint(model)


@eqx.filter_jit
def drawn(keys: Any, model: LatentModel, guide: Any, said: Any, n: int) -> Any:
    """n weighted draws for each key."""
    found = jax.vmap(lambda key: particles(key, model, guide, said, n))(keys)
    return found.x, found.log_w


def rows_of(keys: Any, model: LatentModel, guide: Any, said: Any, n: int) -> Any:
    """One row for each key, chosen from n draws."""
    x, log_w = jax.tree.map(np.asarray, drawn(keys, model, guide, said, n))
    u = np.random.default_rng(22).random(log_w.shape)
    return x[np.arange(len(x)), chosen(u, log_w)]


@pytest.mark.parametrize("name", SAID)
def test_rows_chosen_from_few_draws_have_the_conditional(case: Case, name: str):
    """With 32 draws a row; picked by weight alone they would be off by percents."""
    model, guide, p, rows = case
    n = 20_000
    keys = jax.random.split(jax.random.key(21), n)
    x = np.asarray(rows_of(keys, model, guide, evidence(SAID[name]), 32))
    chi, dof = chi_square(x, exact(SAID[name], p, rows), rows, n)
    assert chi < stats.chi2.isf(RATE, dof)


def test_a_chain_is_nearer_to_the_weights_than_one_pick():
    """w = exp(s g - s^2 / 2), g Normal: g under the weights is N(s, 1)."""
    s, n, m = 1.2, 64, 40_000
    g = np.random.default_rng(0).normal(size=(m, n)).astype(np.float32)
    keys = jax.random.split(jax.random.key(0), m)
    chain = g[np.arange(m), chosen(np.random.default_rng(1).random((m, n)), s * g)]
    log_w = jnp.asarray(s * g)
    pick = g[np.arange(m), np.asarray(jax.vmap(jax.random.categorical)(keys, log_w))]
    error = 1 / np.sqrt(m)
    assert abs(chain.mean() - s) < 4 * error + 0.02
    assert s - pick.mean() > 0.04
    assert abs(chain.std() - 1) < 0.03


@eqx.filter_jit
def walks(keys: Any, model: LatentModel, guide: Guide, said: Any) -> Walked:
    """One walk for each key."""

    def one(key: Any) -> Walked:
        pkey, wkey = jax.random.split(key)
        return walk(wkey, model, guide, said, particles(pkey, model, guide, said, 4))

    return jax.lax.map(one, keys, batch_size=16)


@pytest.mark.parametrize("said", [{2: 1}, {1: {0, 2}, 2: 0}, {}])
def test_a_walk_stays_in_the_conditional(case: Case, said: Said):
    model, guide, p, rows = case
    found = walks(jax.random.split(jax.random.key(3), 96), model, guide, evidence(said))
    assert 0.4 < np.asarray(found.accepted).mean() < 1.0
    last = np.asarray(found.x)[:, :, -1].reshape(-1, 3)
    # the chains of one walk start from the same four draws: they count for less
    chi, dof = chi_square(last, exact(said, p, rows), rows, len(last) / 2)
    assert chi < stats.chi2.isf(RATE, dof)
    one = jax.tree.map(lambda a: np.asarray(a[0]), found)
    assert CHAINS < effective(one) <= CHAINS * STEPS


@eqx.filter_jit
def walked_on(keys: Any, model: LatentModel, guide: Guide, said: Any) -> Any:
    """For each key a draw that knows nothing of later columns, unweighted; and where it walks."""

    def one(key: Any) -> Any:
        pkey, wkey = jax.random.split(key)
        start = jax.tree.map(lambda a: a[0], particles(pkey, model, None, said, 1))
        size, mass = jnp.full((), 0.5), jnp.ones(start.z.shape)
        (_, x), _ = walk_on(wkey, model, guide, said, (start.z, start.x), size, mass)
        return start.x, jax.tree.map(lambda a: a[-1], x)

    return jax.lax.map(one, keys, batch_size=256)


def test_rows_that_are_walked_on_reach_the_conditional(case: Case):
    """From where they set out they are far from it."""
    model, guide, p, rows = case
    said: Said = {1: {0, 2}, 2: 1}
    keys, wanted = jax.random.split(jax.random.key(31), 4_000), exact(said, p, rows)
    start, end = walked_on(keys, model, guide, evidence(said))
    before, _ = chi_square(np.asarray(start), wanted, rows, len(keys))
    after, dof = chi_square(np.asarray(end), wanted, rows, len(keys))
    assert after < stats.chi2.isf(RATE, dof) < before


@pytest.mark.parametrize("guided", [False, True])
def test_the_surprise_of_every_cell(case: Case, guided: bool):
    """-log p(x_j | x_others) against enumeration, within five of its own standard errors."""
    model, guide, p, rows = case
    at = [int(np.argsort(p)[k]) for k in (-1, -5, -12, 3)]
    x = jnp.asarray(rows[at])

    @eqx.filter_jit
    def of(model: LatentModel, guide: Any, x: Any) -> Any:
        keys = jax.random.split(jax.random.key(8), len(x))
        return jax.vmap(lambda k, x: surprise(k, model, guide, x, 2_000))(keys, x)

    found = of(model, guide if guided else None, x)
    nats, error = np.asarray(found.nats, np.float64), np.asarray(found.standard_error, np.float64)
    for i, k in enumerate(at):
        for j in range(3):
            alike = np.all(np.delete(rows, j, 1) == np.delete(rows[k], j), axis=1)
            wanted = np.log(p[alike].sum() / p[k])
            assert abs(nats[i, j] - wanted) < 5 * error[i, j] + 0.01, (i, j)
    assert (error < 0.25).all()
