"""Each law of each family: SciPy's densities, total mass, draws, gradients, compilation."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from families import JOINT, LAWS, Law, facts
from jensen.likelihoods import FAMILIES
from jensen.likelihoods.families import n_shared
from jensen.likelihoods.families.mixture import MIXED
from laws import SIGMAS, frequencies_agree

DRAWS = 20_000


def numbers(law: Law, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and shared numbers of one column."""
    rng = np.random.default_rng(seed)
    k, s = law.family.n_parameters, n_shared(law.family, facts(1))
    return 0.5 * rng.normal(size=(1, k)), 0.5 * rng.normal(size=(1, s))


def distribution(law: Law, seed: int = 0, dtype: Any = np.float32) -> Any:
    p, s = (jnp.asarray(a, dtype) for a in numbers(law, seed))
    return law.family(p, s, facts(1, law.mean, dtype))


def log_probs(d: Any, x: np.ndarray) -> np.ndarray:
    of = jax.jit(jax.vmap(lambda v: d.log_prob(v[None])[0]))
    return np.asarray(of(jnp.asarray(x, jnp.result_type(float))), np.float64)


def test_every_family_is_held_to_the_laws():
    assert {name.partition(",")[0] for name in LAWS} | set(JOINT) == set(FAMILIES)


@pytest.mark.parametrize("name", LAWS)
def test_log_prob_is_scipys(name: str):
    law = LAWS[name]
    x = law.support[:: max(len(law.support) // 40, 1)].astype(np.float32).astype(np.float64)
    for seed in range(3):
        p, s = numbers(law, seed)
        wanted = law.log_prob(x, p[0], s[0])
        near = wanted > -60.0  # further out SciPy itself may lose its digits
        assert near.sum() > 1
        found = log_probs(distribution(law, seed), x)
        np.testing.assert_allclose(found[near], wanted[near], rtol=2e-4, atol=2e-4)
        assert (found[~near] < -50.0).all()


@pytest.mark.parametrize("name", LAWS)
def test_log_prob_is_scipys_to_many_digits_in_64_bits(name: str):
    law = LAWS[name]
    x = law.support[:: max(len(law.support) // 40, 1)]
    p, s = numbers(law, 3)
    wanted = law.log_prob(x, p[0], s[0])
    near = wanted > -15.0
    with jax.enable_x64(True):
        found = log_probs(distribution(law, 3, np.float64), x)
    np.testing.assert_allclose(found[near], wanted[near], rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", LAWS)
def test_the_total_is_one(name: str):
    law = LAWS[name]
    density = np.exp(log_probs(distribution(law, 1), law.support))
    total = density.sum() if law.discrete else np.trapezoid(density, law.support)
    assert abs(total - 1.0) < 1e-3


@pytest.mark.parametrize("name", LAWS)
def test_draws_follow_log_prob(name: str):
    law = LAWS[name]
    d, x = distribution(law, 2), law.support
    keys = jax.random.split(jax.random.key(1), DRAWS)
    drawn = np.asarray(jax.jit(jax.vmap(d.sample))(keys), np.float64)[:, 0]
    density = np.exp(log_probs(d, x))
    if law.discrete:
        where = np.searchsorted(x, drawn)
        np.testing.assert_array_equal(x[where], drawn)
        frequencies_agree(np.bincount(where, minlength=len(x)), density)
        return
    mass = np.append(0.0, np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(x)))
    cells = np.searchsorted(mass / mass[-1], np.linspace(0, 1, 41)[1:-1])
    edges = np.unique(cells)
    counts = np.bincount(np.searchsorted(x[edges], drawn, side="right"), minlength=len(edges) + 1)
    frequencies_agree(counts, np.diff(np.concatenate([[0.0], mass[edges], mass[-1:]])))


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("size", [0.0, 40.0, -40.0])
def test_gradients_are_finite_at_extreme_parameters(name: str, size: float):
    law = LAWS[name]
    x = jnp.asarray(law.support[len(law.support) // 2 :][:1], jnp.float32)
    k, s = law.family.n_parameters, n_shared(law.family, facts(1))

    def of(p: Any, shared: Any) -> Any:
        return law.family(p, shared, facts(1, law.mean)).log_prob(x).sum()

    start = jnp.full((1, k), size), jnp.full((1, s), size)
    value, grads = jax.jit(jax.value_and_grad(of, (0, 1)))(*start)
    assert np.isfinite(value)
    assert all(np.isfinite(np.asarray(g)).all() for g in grads)


@pytest.mark.parametrize("name", LAWS)
def test_columns_do_not_mix(name: str):
    law = LAWS[name]
    (p, s), (q, t) = numbers(law, 5), numbers(law, 6)
    two = law.family(
        jnp.asarray(np.concatenate([p, q]), jnp.float32),
        jnp.asarray(np.concatenate([s, t]), jnp.float32),
        facts(2, law.mean),
    )
    x = law.support[len(law.support) // 2]
    alone = [log_probs(distribution(law, seed), np.array([x]))[0] for seed in (5, 6)]
    both = jax.jit(lambda x: two.log_prob(x))(jnp.full(2, x))
    np.testing.assert_allclose(both, alone, rtol=1e-5, atol=1e-5)
    assert jax.eval_shape(lambda key: two.sample(key), jax.random.key(0)).shape == (2,)


def test_the_full_normal_is_scipys():
    rng = np.random.default_rng(0)
    p, s = rng.normal(size=(3, 1)), 0.5 * rng.normal(size=(3, 3))
    d = FAMILIES["normal_full"]()(jnp.asarray(p), jnp.asarray(s), facts(3))
    lower = np.tril(s, -1) + np.diag(np.exp(np.diag(s)))
    law = stats.multivariate_normal(p[:, 0], lower @ lower.T)
    x = law.rvs(5, random_state=rng)
    np.testing.assert_allclose(jax.vmap(d.log_prob)(jnp.asarray(x)), law.logpdf(x), rtol=1e-4)
    drawn = np.asarray(jax.jit(jax.vmap(d.sample))(jax.random.split(jax.random.key(0), DRAWS)))
    white = np.linalg.solve(lower, (drawn - p[:, 0]).T)
    error = white @ white.T / DRAWS - np.eye(3)
    assert np.abs(error).max() < SIGMAS * np.sqrt(2 / DRAWS)


@pytest.mark.parametrize("total", ["poisson", "negative_binomial"])
def test_the_multinomial_of_a_random_total_is_scipys(total: str):
    rng = np.random.default_rng(1)
    p, s = 0.5 * rng.normal(size=(3, 2)), 0.5 * rng.normal(size=(3, 1))
    given = facts(3, 0.7)
    d = FAMILIES["multinomial"](total=total)(jnp.asarray(p), jnp.asarray(s), given)
    x = np.stack(np.meshgrid(*[np.arange(25)] * 3, indexing="ij"), -1).reshape(-1, 3)
    x = x[x.sum(1) < 25]
    mean, c = 2.1 * np.exp(p[:, 1].mean()), np.exp(s.mean())
    n = stats.poisson(mean) if total == "poisson" else stats.nbinom(c, c / (c + mean))
    share = np.exp(p[:, 0]) / np.exp(p[:, 0]).sum()
    wanted = n.logpmf(x.sum(1)) + stats.multinomial.logpmf(x, x.sum(1), share)
    found = np.asarray(jax.jit(jax.vmap(d.log_prob))(jnp.asarray(x, jnp.float32)), np.float64)
    np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-4)
    keys = jax.random.split(jax.random.key(0), DRAWS)
    drawn = np.asarray(jax.jit(jax.vmap(d.sample))(keys), int)
    inside = drawn[drawn.sum(1) < 25]
    where = {tuple(row): i for i, row in enumerate(x.tolist())}
    counts = np.bincount([where[tuple(row)] for row in inside.tolist()], minlength=len(x))
    frequencies_agree(counts, np.exp(wanted))


@pytest.mark.parametrize("name", sorted(set(FAMILIES) - set(MIXED)))
def test_a_family_that_is_not_mixed_has_a_reason(name: str):
    with pytest.raises(ValueError, match=f"is '{name}': (a|it)"):
        FAMILIES["mixture"](family=name)


def test_a_mixture_of_angles_has_their_period():
    assert FAMILIES["mixture"](family="von_mises", period=24.0).period == 24.0
    with pytest.raises(ValueError, match="period must be above 0"):
        FAMILIES["mixture"](family="von_mises", period=0.0)
