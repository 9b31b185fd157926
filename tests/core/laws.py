"""What must hold, as functions that raise AssertionError where it does not.

The same functions judge the real code (it passes) and planted faults (each is caught).
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from jensen.bounds import draw
from linear_gaussian import LinearGaussian

EXACT = 1e-10
FAILURE_RATE = 1e-4
"""How often a sound sampler would fail one goodness-of-fit test, were its key not fixed."""
SIGMAS = 4.0
"""Standard errors allowed to a mean: exceeded once in 16,000 by chance."""


def elbo_and_gap_equal_log_p(
    elbo: Any, case: LinearGaussian, model: Callable[[Any], Any], gap: np.ndarray
) -> None:
    """elbo + KL(q(z|x) || p(z|x)) = log p(x) of every row, and value = reconstruction - kl.

    log p(x|z) is quadratic in z, so its mean under q is its mean over 2 k points, each of which
    is the single draw of `model(point)`.
    """
    k = len(case.loadings)
    points = jnp.asarray(np.sqrt(k) * np.concatenate([np.eye(k), -np.eye(k)]))
    of_row = jax.vmap(lambda x, noise: elbo(jax.random.key(0), model(noise), x), (None, 0))
    bound = jax.jit(jax.vmap(of_row, (0, None)))(jnp.asarray(case.rows), points)
    value, reconstruction, kl = (np.asarray(v) for v in bound)
    np.testing.assert_allclose(value, reconstruction - kl, rtol=0, atol=EXACT)
    np.testing.assert_allclose(value.mean(1) + gap, case.log_p, rtol=0, atol=EXACT)


def iwae_equals_log_p(iwae: Any, case: LinearGaussian, n_samples: int) -> None:
    """With the exact posterior all weights are p(x), so their mean is."""
    model = case.model(case.exact)
    rows, keys = jnp.asarray(case.rows), jax.random.split(jax.random.key(1), len(case.rows))
    of_row = jax.vmap(lambda key, x: iwae(key, model, x, n_samples=n_samples))
    values = jax.jit(of_row)(keys, rows)
    np.testing.assert_allclose(values, case.log_p, rtol=0, atol=EXACT)


def bounds_are_ordered(elbo: Any, iwae: Any, case: LinearGaussian, sizes: tuple[int, ...]) -> None:
    """Mean elbo = mean iwae_1 < iwae_K < iwae_K' < log p, each by SIGMAS standard errors."""
    model = case.model(case.wrong)
    rows = jnp.asarray(np.repeat(case.rows, 40, 0))
    log_p = np.repeat(case.log_p, 40)

    def over_rows(bound: Callable[[Any, Any], Any], seed: int) -> np.ndarray:
        keys = jax.random.split(jax.random.key(seed), len(rows))
        return np.asarray(jax.jit(jax.vmap(bound))(keys, rows))

    means = [over_rows(lambda key, x: elbo(key, model, x).value, 0)]
    for size in sizes:
        bound = lambda key, x, size=size: iwae(key, model, x, n_samples=size)  # noqa: E731
        means.append(over_rows(bound, size))
    low, error = _mean(means[0] - means[1])
    assert sizes[0] == 1
    assert abs(low) < SIGMAS * error, f"elbo and iwae_1 differ by {low} +- {error}"
    for tighter, looser in zip([*means[2:], log_p], means[1:], strict=True):
        rise, error = _mean(tighter - looser)
        assert rise > SIGMAS * error, f"a bound rose by {rise} +- {error}"


def _mean(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _each(function: Callable[[Any], Any], x: Any) -> Any:
    """`function` of every row of x, as one program."""
    return jax.jit(jax.vmap(function))(x)


def sums_to_one(log_prob: Callable[[Any], Any], support: np.ndarray, atol: float = 2e-5) -> None:
    """exp(log_prob) over every value there is."""
    total = np.exp(np.asarray(_each(log_prob, jnp.asarray(support)), np.float64)).sum()
    assert abs(total - 1.0) < atol, f"the probabilities sum to {total}"


def sample_agrees(distribution: Any, support: np.ndarray, n: int = 20_000) -> None:
    """Draws occur as often as log_prob says (chi-square over all of the support)."""
    keys = jax.random.split(jax.random.key(2), n)
    draws = np.asarray(_each(distribution.sample, keys))
    log_prob = np.asarray(_each(distribution.log_prob, jnp.asarray(support)), np.float64)
    where = (draws[:, None] == support[None]).all(-1)
    assert where.any(1).all(), "a draw lies outside of the support"
    frequencies_agree(where.sum(0), np.exp(log_prob))


def density_agrees(distribution: Any, n: int = 20_000, cells: int = 24, fine: int = 12) -> None:
    """Over pairs of reals: exp(log_prob) integrates to one, and draws fall where it says.

    The density is summed over the middles of fine squares, far beyond the draws; the draws are
    counted in cells of fine x fine such squares (chi-square).
    """
    keys = jax.random.split(jax.random.key(2), n)
    draws = np.asarray(eqx.filter_jit(lambda d: jax.vmap(d.sample)(keys))(distribution), np.float64)
    low, high = draws.min(0), draws.max(0)
    low, width = low - 0.3 * (high - low), 1.6 * (high - low)
    m = cells * fine
    steps = (np.arange(m) + 0.5) / m
    grid = low + width * np.stack(np.meshgrid(steps, steps, indexing="ij"), -1).reshape(-1, 2)
    log_prob = eqx.filter_jit(lambda d, z: jax.vmap(d.log_prob)(z))
    density = np.exp(np.asarray(log_prob(distribution, jnp.asarray(grid, jnp.float32)), np.float64))
    mass = density * np.prod(width / m)
    assert abs(mass.sum() - 1.0) < 0.01, f"the density integrates to {mass.sum()}"
    mass = mass.reshape(cells, fine, cells, fine).sum((1, 3)).ravel()
    cell = np.floor((draws - low) / width * cells).astype(int)
    counts = np.bincount(cell[:, 0] * cells + cell[:, 1], minlength=cells * cells)
    frequencies_agree(counts, mass)


def gradients_are_finite(of: Callable[[Any], Any], weights: Any, rest: Any) -> None:
    """Of log-densities and draws, with respect to every trained array and to z.

    Every array has a gradient that is not zero: what has none is never trained.
    """
    z = jax.random.normal(jax.random.key(6), (20, 2)) * 2.0

    @eqx.filter_jit
    def gradients(weights: Any) -> Any:
        def total(weights: Any, z: Any) -> Any:
            distribution = of(eqx.combine(weights, rest))
            draws = draw(jax.random.key(7), distribution, 8)
            drawn = jnp.sum(draws.weight * (draws.log_q + jnp.sum(draws.z**3, 1)))
            return drawn + jnp.sum(jax.vmap(distribution.log_prob)(z))

        return jax.grad(total, (0, 1))(weights, z)

    for path, leaf in jax.tree_util.tree_leaves_with_path(gradients(weights)):
        where = jax.tree_util.keystr(path)
        assert np.isfinite(leaf).all(), f"{where}: a gradient is not finite"
        assert np.any(leaf != 0), f"{where}: no gradient"


def points_agree(distribution: Any, n: int = 2) -> None:
    """Points that replace draws: weights of one draw, densities those of `log_prob`, no bias."""
    few = distribution.points(jax.random.key(8), n)
    assert float(jnp.sum(few[1])) == pytest.approx(1.0, abs=1e-6)
    wanted = _each(distribution.log_prob, few[0])
    np.testing.assert_allclose(few[2], wanted, rtol=1e-5, atol=1e-5)
    keys = jax.random.split(jax.random.key(9), 4_000)
    z, weight, _ = _each(lambda key: distribution.points(key, n), keys)
    plain = _each(distribution.sample, jax.random.split(jax.random.key(10), 20_000))
    for power in (1, 2):
        strata = np.asarray(jnp.sum(weight[..., None] * z**power, 1), np.float64)
        draws = np.asarray(plain**power, np.float64)
        for one, other in zip(strata.T, draws.T, strict=True):
            (a, da), (b, db) = _mean(one), _mean(other)
            assert abs(a - b) < SIGMAS * np.hypot(da, db), f"E[z^{power}]: {a}, and drawn {b}"


def draws_know_their_density(distribution: Any, n: int = 50) -> None:
    """`sample_and_log_prob` gives what `sample` and `log_prob` give."""
    keys = jax.random.split(jax.random.key(11), n)
    z, log_q = _each(distribution.sample_and_log_prob, keys)
    np.testing.assert_allclose(z, _each(distribution.sample, keys), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(log_q, _each(distribution.log_prob, z), rtol=1e-3, atol=1e-3)


def frequencies_agree(counts: np.ndarray, probability: np.ndarray) -> None:
    """Chi-square test of counts against probabilities up to a factor; rare cells are joined."""
    expected = probability / probability.sum() * counts.sum()
    order = np.argsort(expected)
    cell = np.empty(len(order), int)
    cell[order] = np.floor(np.cumsum(expected[order]) / 10.0)  # about 10 or more in each
    cell = np.unique(cell, return_inverse=True)[1]
    found, wanted = np.bincount(cell, counts), np.bincount(cell, expected)
    if len(found) > 1:
        p = stats.chisquare(found, wanted).pvalue
        assert p > FAILURE_RATE, f"p = {p}: draws do not follow the probabilities"


def survives_jit_and_vmap(distribution: Any, support: np.ndarray) -> None:
    """One value at a time, compiled, and all at once: the same log-probabilities and draws."""
    few = jnp.asarray(support[:5])
    compiled = eqx.filter_jit(lambda d, x: d.log_prob(x))
    one_by_one = [float(compiled(distribution, x)) for x in few]
    eager = [float(distribution.log_prob(x)) for x in few]
    together = np.asarray(_each(distribution.log_prob, few))
    np.testing.assert_allclose(one_by_one, eager, rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(together, eager, rtol=2e-5, atol=2e-5)
    keys = jax.random.split(jax.random.key(3), 5)
    drawn = np.asarray(_each(distribution.sample, keys))
    np.testing.assert_allclose(drawn, [distribution.sample(k) for k in keys], rtol=1e-5, atol=1e-6)


def kl_agrees_with_draws(q: Any, p: Any, kl: float, n: int = 20_000) -> None:
    """KL(q || p) against the mean of log q - log p over draws of q."""

    def log_ratio(key: Any) -> Any:
        z = q.sample(key)
        return q.log_prob(z) - p.log_prob(z)

    keys = jax.random.split(jax.random.key(4), n)
    ratio = np.asarray(_each(log_ratio, keys), np.float64)
    mean, error = _mean(ratio)
    assert abs(mean - kl) < SIGMAS * error, f"KL is {kl}, its draws say {mean} +- {error}"


def rows_have_their_own_draws(rows: Callable[[int], np.ndarray], n: int = 64) -> None:
    """The same row n times, each with a draw of its own; and row i is row i whatever n is."""
    values = rows(n)
    assert len(np.unique(values)) > n // 2, "rows share their draws"
    np.testing.assert_array_equal(rows(n // 3), values[: n // 3])
