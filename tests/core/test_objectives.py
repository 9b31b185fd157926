"""What is maximised: bounds against log p(x), objectives against their formulas, gradients."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import special, stats

import linear_toy
from jensen.bounds import elbo, iwae
from jensen.bounds.gradients import weights
from jensen.bounds.objectives import OBJECTIVES, Elbo, Iwae, Miwae, Piwae, mean_over_rows
from jensen.bounds.objectives.mmd import SCALES, squared_mmd
from jensen.estimator.terms import maximised, resolve
from jensen.latent_model import LatentModel
from jensen.priors import standard_normal
from laws import SIGMAS
from linear_gaussian import LinearGaussian, factor_analysis
from linear_toy import P, Q, differences, exact_elbo, exact_iwae_2, gradients, toy

BOUNDS = (
    "elbo", "elbo:gradient=stl", "iwae:k=4", "iwae:k=4,gradient=dreg", "iwae:k=4,gradient=stl",
    "miwae:m=2,k=4", "piwae:m=2,k=4", "ciwae:beta=0.5,k=8", "renyi:alpha=0.5", "renyi:alpha=0",
    "renyi:alpha=1", "renyi:alpha=3", "beta:beta=1", "free_bits:nats=0", "beta_tc:beta=1",
    "mmd:weight=0,kl=1",
)  # fmt: skip
NO_BOUNDS = (
    "beta", "beta:beta=0.5", "capacity", "free_bits", "beta_tc", "mmd", "mmd:weight=0",
    "renyi:alpha=-1",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module", name="case")
def _case() -> LinearGaussian:
    return factor_analysis()


def wrong(case: LinearGaussian) -> LatentModel:
    """With a posterior of independent Normals that is none."""

    def posterior(x: Any) -> dist.Distribution:
        loc, scale = case.wrong(x)
        return dist.Normal(loc, jnp.diag(scale)).to_event(1)

    return LatentModel(standard_normal(3), case.likelihood, posterior)


def each(objective: Any, model: LatentModel, x: np.ndarray, kl_weight: float = 1.0) -> np.ndarray:
    """The objective of every row by itself, the same draws for every objective."""

    def one(key: Any, row: Any) -> Any:
        return objective(key[None], lambda _: model, row[None], jnp.asarray(kl_weight))

    keys = jax.random.split(jax.random.key(0), len(x))
    return np.asarray(jax.jit(jax.vmap(one))(keys, jnp.asarray(x)))


def is_above(high: np.ndarray, low: np.ndarray) -> None:
    """The mean of `high` is larger, by SIGMAS standard errors."""
    rise = high - low
    error = rise.std(ddof=1) / np.sqrt(len(rise))
    assert rise.mean() > SIGMAS * error, f"risen by {rise.mean()} +- {error}"


def is_below_log_p(objective: Any, case: LinearGaussian, times: int = 40) -> None:
    """The mean is below that of log p(x)."""
    x, log_p = np.repeat(case.rows, times, 0), np.repeat(case.log_p, times)
    is_above(log_p, each(objective, wrong(case), x))


def rises_with_k(objective: Callable[[int], Any], case: LinearGaussian) -> None:
    """The mean rises with the number of draws."""
    x = np.repeat(case.rows, 40, 0)
    values = [each(objective(k), wrong(case), x) for k in (1, 4, 32)]
    is_above(values[1], values[0])
    is_above(values[2], values[1])


def gradient_is(
    wanted: Callable[[LatentModel], Any], objective: Any, n: int = 20_000, kl_weight: float = 1.0
) -> None:
    """The mean gradient over n keys, entry by entry, at the wrong posterior."""
    found = gradients(objective, toy(), n, kl_weight)
    exact = linear_toy.weights(eqx.filter_grad(wanted)(toy()))
    error = found.std(0, ddof=1) / np.sqrt(n)
    assert (np.abs(found.mean(0) - exact) < SIGMAS * error).all(), (found.mean(0), exact, error)
    assert (error < 0.02).all()


# --- bounds --------------------------------------------------------------------------------


def test_every_name_is_here():
    assert {b.partition(":")[0] for b in BOUNDS + NO_BOUNDS} == set(OBJECTIVES)


@pytest.mark.parametrize("text", BOUNDS)
def test_a_bound_is_below_log_p(text: str, case: LinearGaussian):
    assert maximised(text) == (text, True)
    is_below_log_p(resolve("bound", text), case)


@pytest.mark.parametrize("text", NO_BOUNDS)
def test_what_is_no_bound_says_so(text: str):
    assert maximised(text) == (text, False)


def test_iwae_rises_with_the_number_of_draws(case: LinearGaussian):
    rises_with_k(lambda k: Iwae(k=k), case)


def test_miwae_and_ciwae_lie_between_elbo_and_iwae(case: LinearGaussian):
    x = np.repeat(case.rows, 40, 0)
    texts = ("elbo", "ciwae:beta=0.5,k=8", "iwae:k=8", "iwae:k=32")
    values = [each(resolve("bound", text), wrong(case), x) for text in texts]
    for low, high in pairwise(values):
        is_above(high, low)
    miwae = each(Miwae(m=4, k=8), wrong(case), x)
    is_above(miwae, values[0])
    is_above(values[3], miwae)
    assert miwae.var() < values[2].var()


def test_renyi_does_not_rise_with_alpha_whatever_the_draws(case: LinearGaussian):
    model = wrong(case)
    alphas = (-2.0, 0.0, 0.5, 1.0, 1.5, 5.0, 1e6)
    values = np.stack(
        [each(resolve("bound", f"renyi:alpha={a}"), model, case.rows) for a in alphas]
    )
    assert (np.diff(values, axis=0) < 0).all()
    np.testing.assert_allclose(values[1], each(Iwae(k=5), model, case.rows), rtol=1e-12)
    keys = jax.random.split(jax.random.key(0), len(case.rows))
    draw_keys = jax.vmap(lambda k: jax.random.split(k)[1])(keys)
    of_row = jax.vmap(lambda k, x: weights(k, model, x, 5, jnp.ones(()))[0])
    log_w = jax.jit(of_row)(draw_keys, jnp.asarray(case.rows))
    np.testing.assert_allclose(values[3], log_w.mean(1), rtol=1e-12)
    np.testing.assert_allclose(values[-1], log_w.min(1), atol=1e-4)


@pytest.mark.parametrize("text", ["iwae:k=1", "ciwae:k=1", "miwae:m=1,k=1", "renyi:k=1"])
def test_the_weight_of_the_kl_is_inside_of_w(text: str, case: LinearGaussian):
    found = [each(resolve("bound", text), wrong(case), case.rows, w) for w in (0.0, 0.3, 1.0)]
    np.testing.assert_allclose(found[1], 0.7 * found[0] + 0.3 * found[2], rtol=1e-12)
    assert (np.abs(found[2] - found[0]) > 0.1).any()


# --- gradients -----------------------------------------------------------------------------


@pytest.mark.parametrize("gradient", ["plain", "stl"])
def test_the_gradient_of_the_elbo_is_that_of_its_formula(gradient: str):
    gradient_is(exact_elbo, Elbo(gradient=gradient))


@pytest.mark.parametrize(
    "text", ["elbo", "elbo:gradient=stl", "iwae:k=3", "iwae:k=3,gradient=dreg", "miwae", "beta"]
)
def test_the_gradient_is_that_of_finite_differences(text: str):
    """Of the mean over the same draws: to the error of h where the gradient is that of the draws
    themselves, else within the error of its mean, since another estimator differs draw by draw."""
    objective, n = resolve("bound", text), 4_000
    off = gradients(objective, toy(), n) - differences(objective, toy(), n)
    error = off.std(0, ddof=1) / np.sqrt(n)
    assert (np.abs(off.mean(0)) < SIGMAS * error + 1e-6).all(), (off.mean(0), error)
    if "gradient" not in text:
        np.testing.assert_allclose(off, 0.0, atol=1e-6)


def test_a_biased_gradient_is_not_that_of_finite_differences():
    """That of IWAE without the score of q, as it is known to be."""
    n = 4_000
    off = gradients(Iwae(k=3, gradient="stl"), toy(), n) - differences(Iwae(k=3), toy(), n)
    error = off.std(0, ddof=1) / np.sqrt(n)
    assert (np.abs(off.mean(0)) > SIGMAS * error + 1e-6).any()


@pytest.mark.parametrize("gradient", ["plain", "dreg"])
@pytest.mark.parametrize("kl_weight", [1.0, 0.4])
def test_the_gradient_of_iwae_is_that_of_its_integral(gradient: str, kl_weight: float):
    def exact(model: LatentModel) -> Any:
        return exact_iwae_2(model, kl_weight)

    gradient_is(exact, Iwae(k=2, gradient=gradient), kl_weight=kl_weight)


def test_formula_and_integral_of_the_toy_are_bounds():
    exact = toy(exact=True)
    assert exact_elbo(exact) == pytest.approx(linear_toy.log_p(exact), abs=1e-12)
    assert exact_iwae_2(exact) == pytest.approx(linear_toy.log_p(exact), abs=1e-10)
    assert exact_elbo(toy()) + 0.05 < exact_iwae_2(toy()) < linear_toy.log_p(toy()) - 0.02


def test_sticking_the_landing_has_no_variance_at_the_posterior():
    plain, stl = (gradients(Elbo(gradient=g), toy(exact=True), 500)[:, Q] for g in ("plain", "stl"))
    assert (plain.std(0) > 0.3).all()
    assert (np.abs(stl) < 1e-13).all()


def test_sticking_the_landing_is_biased_for_iwae():
    with pytest.raises(AssertionError):
        gradient_is(exact_iwae_2, Iwae(k=2, gradient="stl"))


def test_the_signal_of_dreg_does_not_drown_and_that_of_iwae_does():
    """From K = 4 to 64 the ratio of mean to deviation: a quarter for plain, four times for dreg."""
    ratio: dict[tuple[str, int], np.ndarray] = {}
    for k in (4, 16, 64):
        dreg, plain = (
            gradients(Iwae(k=k, gradient=g), toy(), 2_000)[:, Q] for g in ("dreg", "plain")
        )
        mean = np.abs(dreg.mean(0))  # both have this one; plain's own is lost in its noise
        ratio["dreg", k], ratio["plain", k] = mean / dreg.std(0), mean / plain.std(0)
        assert (dreg.std(0) < plain.std(0) / (8 if k >= 16 else 4)).all()
    assert (ratio["plain", 64] < 0.5 * ratio["plain", 4]).all()
    assert (ratio["dreg", 64] > 2.0 * ratio["dreg", 4]).all()


@pytest.mark.parametrize("text", ["elbo:gradient=stl", "iwae:gradient=stl", "iwae:gradient=dreg"])
@pytest.mark.parametrize("kl_weight", [1.0, 0.4])
def test_the_choice_of_a_gradient_leaves_the_value(
    text: str, kl_weight: float, case: LinearGaussian
):
    plain = each(resolve("bound", text.partition(":")[0]), wrong(case), case.rows, kl_weight)
    found = each(resolve("bound", text), wrong(case), case.rows, kl_weight)
    np.testing.assert_allclose(found, plain, rtol=1e-14)


def grouped(reduce: Callable[[Any], Any]) -> Any:
    """An objective of the log means of 3 groups of 4 draws, those that Piwae draws."""

    def objective(keys: Any, model_at: Any, x: Any, kl_weight: Any) -> Any:
        def of_row(key: Any, model: LatentModel, row: Any) -> Any:
            keys = jax.random.split(key, 3)
            return reduce(jax.vmap(lambda k: iwae(k, model, row, n_samples=4))(keys))

        return mean_over_rows(of_row, keys, model_at, x)

    return objective


def test_piwae_has_the_gradient_of_iwae_for_p_and_of_miwae_for_q():
    of_iwae = gradients(grouped(lambda v: jax.nn.logsumexp(v) - np.log(3)), toy(), 5)
    of_miwae = gradients(grouped(jnp.mean), toy(), 5)
    found = gradients(Piwae(m=3, k=4), toy(), 5)
    np.testing.assert_allclose(found[:, P], of_iwae[:, P], rtol=1e-10)
    np.testing.assert_allclose(found[:, Q], of_miwae[:, Q], rtol=1e-10)
    np.testing.assert_allclose(gradients(Miwae(m=3, k=4), toy(), 5), of_miwae, rtol=1e-10)
    assert (np.abs(of_iwae - of_miwae) > 1e-3).any(0).all()


# --- objectives that are no bound ------------------------------------------------------------


def test_weighted_objectives_are_their_formulas(case: LinearGaussian):
    x, model = case.rows[:6], wrong(case)
    keys = jax.random.split(jax.random.key(0), 6)
    draw_keys = jax.vmap(lambda k: jax.random.split(k)[1])(keys)
    of_row = jax.jit(jax.vmap(lambda k, row: elbo(k, model, row)))(draw_keys, jnp.asarray(x))
    reconstruction, kl = np.asarray(of_row.reconstruction), np.asarray(of_row.kl)
    found = each(resolve("bound", "beta:beta=4"), model, x, 0.5)
    np.testing.assert_allclose(found, reconstruction - 2 * kl, rtol=1e-12)
    found = each(resolve("bound", "capacity:gamma=3,nats=8"), model, x, 0.5)
    np.testing.assert_allclose(found, reconstruction - 3 * np.abs(kl - 4), rtol=1e-12)
    loc, scale = np.array([case.posterior_loc(r) + 0.2 for r in x]), np.diag(case.wrong(x[0])[1])
    kl = (0.5 * (loc**2 + scale**2 - 1) - np.log(scale)).mean(0)
    nats = float(np.sort(kl)[:2].mean())  # one dimension below, two above
    free = resolve("bound", f"free_bits:nats={nats}")(
        keys, lambda _: model, jnp.asarray(x), jnp.asarray(0.5)
    )
    wanted = reconstruction.mean() - 0.5 * np.maximum(kl, nats).sum()
    assert float(free) == pytest.approx(wanted, rel=1e-12)


def test_beta_tc_is_its_formula(case: LinearGaussian):
    x, noise = case.rows[:7], np.array([0.3, -1.2, 0.8])
    model = case.mean_field(case.wrong, jnp.asarray(noise))
    loc, scale = np.array([case.wrong(r)[0] for r in x]), np.diag(case.wrong(x[0])[1])
    z = loc + scale * noise
    log_q = stats.norm.logpdf(z[:, None], loc[None], scale)  # draw, row, dimension
    joint = special.logsumexp(log_q.sum(-1), 1) - np.log(7 * 100)
    product = (special.logsumexp(log_q, 1) - np.log(7 * 100)).sum(-1)
    mean, deviation = z @ case.loadings + case.mean, np.sqrt(case.variance)
    wanted = (
        stats.norm.logpdf(x, mean, deviation).sum(-1)
        - 2 * (log_q[np.arange(7), np.arange(7)].sum(-1) - joint)
        - 6 * (joint - product)
        - 3 * (product - stats.norm.logpdf(z).sum(-1))
    ).mean()
    objective = resolve("bound", "beta_tc:alpha=2,beta=6,gamma=3,rows=100")
    keys = jax.random.split(jax.random.key(0), 7)
    found = objective(keys, lambda _: model, jnp.asarray(x), jnp.ones(()))
    assert float(found) == pytest.approx(wanted, rel=1e-12)


def test_mmd_is_its_formula_and_tells_distributions_apart():
    rng = np.random.default_rng(0)
    a, b, share = rng.normal(size=(5, 2)), rng.normal(size=(4, 2)), rng.dirichlet(np.ones(5))
    kernel = lambda u, v: np.mean([4 * s / (4 * s + ((u - v) ** 2).sum()) for s in SCALES])  # noqa: E731
    points = [*zip(a, share, strict=True), *((one, -1 / 4) for one in b)]
    wanted = sum(p * q * kernel(u, v) for u, p in points for v, q in points)
    found = squared_mmd(jnp.asarray(a), jnp.asarray(share), jnp.asarray(b))
    assert float(found) == pytest.approx(wanted, rel=1e-12)
    even = jnp.full(400, 1 / 400)
    near, far = (
        float(squared_mmd(*(jnp.asarray(v) for v in (u, even, rng.normal(size=(400, 2))))))
        for u in (rng.normal(size=(400, 2)), 0.3 * rng.normal(size=(400, 2)))
    )
    assert 0 < 10 * near < far


# --- planted faults --------------------------------------------------------------------------


def of_weights(reduce: Callable[[Any], Any], k: int) -> Any:
    def objective(keys: Any, model_at: Any, x: Any, kl_weight: Any) -> Any:
        def of_row(key: Any, model: LatentModel, row: Any) -> Any:
            return reduce(weights(key, model, row, k, kl_weight)[0])

        return mean_over_rows(of_row, keys, model_at, x)

    return objective


def test_the_log_of_a_mean_passes_where_its_faults_do_not(case: LinearGaussian):
    right = lambda k: of_weights(lambda w: jax.nn.logsumexp(w) - np.log(k), k)  # noqa: E731
    rises_with_k(right, case)
    is_below_log_p(right(8), case)


def test_a_mean_of_logs_for_a_log_of_means_is_caught(case: LinearGaussian):
    with pytest.raises(AssertionError, match="risen"):
        rises_with_k(lambda k: of_weights(jnp.mean, k), case)


def test_a_forgotten_log_of_k_is_caught(case: LinearGaussian):
    with pytest.raises(AssertionError, match="risen"):
        is_below_log_p(of_weights(jax.nn.logsumexp, 8), case)


def test_a_flipped_kl_is_caught(case: LinearGaussian):
    def flipped(keys: Any, model_at: Any, x: Any, kl_weight: Any) -> Any:
        return Elbo()(keys, model_at, x, -kl_weight)

    with pytest.raises(AssertionError, match="risen"):
        is_below_log_p(flipped, case)
    with pytest.raises(AssertionError):
        gradient_is(exact_elbo, flipped)
