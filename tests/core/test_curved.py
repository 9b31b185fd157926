"""Distributions over spheres, classes, simplices and layers, each against an oracle."""

import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, special, stats

import laws
import registry
from jensen.distributions import (
    HypersphericalUniform,
    OneHotCategorical,
    RelaxedOneHotCategorical,
    VonMisesFisher,
)
from jensen.distributions.angle import Angle
from jensen.distributions.sphere import unit
from registry import CURVED


def vmf(dim: int, concentration: float, dtype: Any = jnp.float32) -> tuple[Any, np.ndarray]:
    """A von Mises-Fisher distribution, and its mean direction in float64."""
    loc = registry.directions(dim)[0]
    return VonMisesFisher(jnp.asarray(loc, dtype), jnp.asarray(concentration, dtype)), loc


def draws(distribution: Any, n: int = 4_000) -> np.ndarray:
    sample = eqx.filter_jit(lambda d, keys: jax.vmap(d.sample)(keys))
    return np.asarray(sample(distribution, jax.random.split(jax.random.key(5), n)), np.float64)


@pytest.mark.parametrize("name", CURVED)
def test_the_density_is_that_of_the_oracle(name: str):
    case = CURVED[name]()
    found = jax.jit(jax.vmap(case.ours.log_prob))(jnp.asarray(case.values, jnp.float32))
    np.testing.assert_allclose(found, case.log_density(case.values), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", CURVED)
def test_curved_survive_jit_and_vmap(name: str):
    case = CURVED[name]()
    laws.survives_jit_and_vmap(case.ours, case.values.astype(np.float32))


@pytest.mark.parametrize("name", [n for n in CURVED if n.endswith(" categorical")])
def test_classes_are_drawn_as_often_as_their_probability_says(name: str):
    case = CURVED[name]()
    laws.sums_to_one(case.ours.log_prob, case.values.astype(np.float32))
    laws.sample_agrees(case.ours, case.values.astype(np.float32))


@pytest.mark.parametrize(("dim", "concentration"), [(2, 0.0), (2, 3.0), (5, 40.0), (16, 1e4)])
def test_directions_are_drawn_as_scipy_draws_them(dim: int, concentration: float):
    q, loc = vmf(dim, concentration)
    z = draws(q)
    rng = np.random.default_rng(3)
    same = stats.vonmises_fisher(loc, max(concentration, 1e-9), seed=rng).rvs(4_000)
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1.0, atol=1e-5)
    across = np.eye(dim)[1] - loc[1] * loc
    for axis in (loc, across):
        assert stats.ks_2samp(z @ axis, same @ axis).pvalue > laws.FAILURE_RATE


def test_the_uniform_distribution_draws_as_scipy_does():
    z, same = draws(HypersphericalUniform(4)), registry.directions(4)
    same = stats.uniform_direction(4, seed=np.random.default_rng(3)).rvs(4_000)
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1.0, atol=1e-5)
    for i in range(4):
        assert stats.ks_2samp(z[:, i], same[:, i]).pvalue > laws.FAILURE_RATE


SIZES = [(d, k) for d in (2, 3, 8, 64) for k in (0.0, 0.1, 10.0, 1e4)]


@pytest.mark.parametrize(("dim", "concentration"), SIZES)
def test_normaliser_mean_kl_and_its_gradient_are_those_of_bessel_functions(
    dim: int, concentration: float
):
    k, v = concentration, dim / 2 - 1
    with jax.enable_x64(True):
        q, loc = vmf(dim, k, jnp.float64)
        log_p, mean = float(q.log_prob(q.loc)) - k, np.asarray(q.mean) @ loc
        uniform = HypersphericalUniform(dim)
        kl, slope = jax.value_and_grad(lambda c: VonMisesFisher(q.loc, c).kl(uniform))(
            q.concentration
        )
    log_area = math.log(2) + dim / 2 * math.log(math.pi) - math.lgamma(dim / 2)
    ratio, log_c, rise = 0.0, -log_area, 1 / dim
    if k > 0:  # log C = v log k - d/2 log 2 pi - log I_v(k)
        ratio = special.ive(v + 1, k) / special.ive(v, k)
        log_c = v * math.log(k) - dim / 2 * math.log(2 * math.pi)
        log_c -= math.log(special.ive(v, k)) + k
        rise = 1 - ratio**2 - (dim - 1) / k * ratio
    found = [log_p, mean, float(kl), float(slope)]
    wanted = [log_c, ratio, k * ratio + log_c + log_area, k * rise]
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)
    short, _ = vmf(dim, k)
    assert float(short.kl(uniform)) == pytest.approx(wanted[2], rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("concentration", [0.5, 200.0])
def test_a_draw_and_its_gradient_are_exact_in_three_dimensions(concentration: float):
    def closed(k: Any, u: Any) -> Any:
        return jnp.arccos(1.0 + jnp.log(1.0 - u + u * jnp.exp(-2.0 * k)) / k)

    with jax.enable_x64(True):
        k, u = jnp.asarray(concentration, jnp.float64), jnp.linspace(0.001, 0.999, 50)
        both = [
            jax.jit(jax.vmap(jax.value_and_grad(f), (None, 0)))(k, u)
            for f in (closed, lambda k, u: Angle(k, 3).quantile(u))
        ]
        np.testing.assert_allclose(both[0][0], both[1][0], rtol=1e-10)
        np.testing.assert_allclose(both[0][1], both[1][1], rtol=1e-8, atol=1e-12)


def test_draws_have_the_gradients_of_their_mean():
    """E[w.z] = A(concentration) w.loc, and so its gradients in loc, kept a unit vector, and A."""
    start, w, k = jnp.array([0.6, -0.9, 0.3, 0.2]), jnp.array([0.5, 1.0, -2.0, 0.3]), jnp.float32(4)

    def drawn(v: Any, k: Any, key: Any) -> Any:
        return jnp.sum(w * VonMisesFisher(unit(v), k).sample(key))

    def mean(v: Any, k: Any) -> Any:
        return jnp.sum(w * VonMisesFisher(unit(v), k).mean)

    keys = jax.random.split(jax.random.key(6), 4_000)
    both = jax.jit(jax.vmap(jax.grad(drawn, (0, 1)), (None, None, 0)))(start, k, keys)
    for found, wanted in zip(both, jax.grad(mean, (0, 1))(start, k), strict=True):
        found = np.asarray(found, np.float64)
        error = found.std(0, ddof=1) / np.sqrt(len(keys))
        assert (np.abs(found.mean(0) - np.asarray(wanted)) < laws.SIGMAS * error + 1e-6).all()


def test_the_closed_form_of_kl_is_that_of_the_draws():
    q, _ = vmf(4, 6.0)
    p = HypersphericalUniform(4)
    laws.kl_agrees_with_draws(q, p, float(q.kl(p)))
    assert q.kl(q) is None
    one, other = OneHotCategorical(jnp.arange(3.0)), OneHotCategorical(-jnp.arange(3.0))
    laws.kl_agrees_with_draws(one, other, float(one.kl(other)))


def test_classes_are_enumerated_even_where_a_probability_is_below_all_numbers():
    q = OneHotCategorical(jnp.array([0.0, -300.0, 1.0]))
    z, weight, log_q = q.points(jax.random.key(0), 1)
    np.testing.assert_array_equal(z, np.eye(3))
    np.testing.assert_allclose(weight, np.exp(log_q), rtol=1e-5)
    np.testing.assert_allclose(weight, special.softmax([0.0, -300.0, 1.0]), atol=1e-7)

    def total(logits: Any) -> Any:
        return jnp.sum(jnp.log(OneHotCategorical(logits).points(jax.random.key(0), 1)[1]))

    assert np.isfinite(jax.grad(total)(q.logits)).all()


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_relaxed_density_integrates_to_one_over_the_simplex(temperature: float):
    with jax.enable_x64(True):
        q = RelaxedOneHotCategorical(jnp.array([1.0, -0.5, 0.3]), temperature)
        side = jnp.linspace(-60.0, 60.0, 601)
        a, b = (v.ravel() for v in jnp.meshgrid(side, side))
        z = jax.nn.softmax(jnp.stack([a, b, jnp.zeros_like(a)], 1), 1)
        # d(z_1, z_2) = z_1 z_2 z_3 d(a, b) where z = softmax(a, b, 0)
        density = jnp.exp(jax.jit(jax.vmap(q.log_prob))(z) + jnp.sum(jnp.log(z), 1))
        total = float(jnp.sum(density)) * float(side[1] - side[0]) ** 2
    assert total == pytest.approx(1.0, abs=1e-6)


def test_relaxed_draws_have_logistic_log_ratios():
    logits, t = np.array([1.0, -0.5, 0.3]), 0.5
    z = draws(RelaxedOneHotCategorical(jnp.asarray(logits, jnp.float32), t))
    for i, j in ((0, 1), (1, 2), (0, 2)):  # log(z_i/z_j) t = logits_i - logits_j + Logistic
        rest = t * np.log(z[:, i] / z[:, j]) - (logits[i] - logits[j])
        assert stats.kstest(rest, stats.logistic.cdf).pvalue > laws.FAILURE_RATE


@pytest.mark.parametrize("name", ["prior hierarchy", "posterior ladder"])
def test_layers_integrate_to_one_and_are_drawn_as_their_density_says(name: str):
    case = CURVED[name]()
    side = np.linspace(-15.0, 15.0, 501)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2).astype(np.float32)
    p = np.exp(np.asarray(jax.jit(jax.vmap(case.ours.log_prob))(jnp.asarray(grid)), np.float64))
    density = p.reshape(501, 501)
    assert integrate.trapezoid(integrate.trapezoid(density, side), side) == pytest.approx(
        1.0, abs=1e-3
    )
    z, step = draws(case.ours), getattr(case.ours, "step", None)
    top = step(0, None).base_dist
    low = jax.vmap(lambda a: step(1, a).base_dist)(jnp.asarray(z[:, :1], jnp.float32))
    upper = (z[:, 0] - float(top.loc[0])) / float(top.scale[0])
    lower = (z[:, 1] - np.asarray(low.loc)[:, 0]) / np.asarray(low.scale)[:, 0]
    assert abs(np.corrcoef(upper, lower)[0, 1]) < laws.SIGMAS / np.sqrt(len(z))
    for one in (upper, lower):
        assert stats.kstest(one, stats.norm.cdf).pvalue > laws.FAILURE_RATE
