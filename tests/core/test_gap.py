"""The gap, the parts of the KL and the weights of many draws against their formulas."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy.special import logsumexp

from jensen import VAE
from jensen.bounds import (
    doubling,
    doubtful,
    iwae,
    iwae_rows,
    kl_split,
    log_weight_rows,
    tightening,
    weighted_rows,
)
from jensen.bounds import split as split_module
from jensen.bounds.ais import Sandwich
from jensen.errors import OptionError
from jensen.estimator import gap as gap_module
from jensen.latent_model import LatentModel
from jensen.priors import standard_normal
from laws import EXACT, SIGMAS
from linear_gaussian import factor_analysis
from small_fits import mixed


@pytest.fixture
def float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def within(values: Any, truth: float, *, slack: float = 0.0) -> None:
    """The mean of values is `truth` but for chance."""
    values = np.asarray(values)
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - truth) < SIGMAS * error + slack, (values.mean(), error, truth)


# --- weights -------------------------------------------------------------------------------


@pytest.mark.usefixtures("float64")
def test_weights_of_the_exact_posterior_are_equal():
    case = factor_analysis()
    for k in (1, 7, 120):
        found = iwae_rows(jax.random.key(0), case.model(case.exact), case.rows, n_samples=k)
        np.testing.assert_allclose(found.value, case.log_p, rtol=0, atol=EXACT)
        np.testing.assert_allclose(found.ess, k, rtol=1e-9)


@pytest.mark.usefixtures("float64")
def test_one_chunk_is_iwae_itself():
    case, key = factor_analysis(), jax.random.key(1)
    model = case.independent(case.wide)
    found = iwae_rows(key, model, case.rows, n_samples=7)
    first = jax.random.fold_in(jax.random.fold_in(key, 0), 3)
    one = iwae(first, model, jnp.asarray(case.rows[3]), n_samples=7)
    assert found.value[3] == pytest.approx(float(one), abs=EXACT)


@pytest.mark.usefixtures("float64")
def test_chunks_together_are_one_mean():
    """120 draws in three chunks have the mean of 120 draws, not of 50, and not three times it."""
    case = factor_analysis()
    rows = np.repeat(case.rows[:4], 50, 0)
    found = iwae_rows(jax.random.key(2), case.independent(case.wide), rows, n_samples=120)
    ratio = np.exp(found.value - np.repeat(case.log_p[:4], 50))
    within(ratio, 1.0)
    assert ratio.std(ddof=1) / np.sqrt(len(rows)) < 0.05
    assert ((found.ess >= 1) & (found.ess <= 120)).all()


class Enumerated:
    """One of three values of z."""

    def sample(self, key: Any) -> Any:
        return jnp.eye(3)[jax.random.randint(key, (), 0, 3)]

    def log_prob(self, z: Any) -> Any:
        return jnp.log(jnp.full((), 1 / 3))

    def points(self, key: Any, n: int) -> Any:
        return jnp.eye(3), jnp.full(3, 1 / 3), jnp.log(jnp.full(3, 1 / 3))


@pytest.mark.usefixtures("float64")
def test_weights_of_an_enumerated_z_are_exact_for_any_number_of_draws():
    loc = np.array([-1.0, 0.5, 3.0])

    def likelihood(z: Any) -> dist.Distribution:
        return dist.Normal((z @ jnp.asarray(loc))[None], jnp.ones(1)).to_event(1)

    q = Enumerated()
    x = np.array([[0.2], [2.0]])
    truth = logsumexp(-0.5 * (x - loc) ** 2 - 0.5 * np.log(2 * np.pi) - np.log(3), axis=1)
    for k in (1, 60, 110):
        model = LatentModel(q, likelihood, lambda x: q)
        found = iwae_rows(jax.random.key(0), model, x, n_samples=k)
        np.testing.assert_allclose(found.value, truth, rtol=0, atol=EXACT)


def test_what_tightens_is_the_mean_over_all_groups():
    log_w = np.random.default_rng(0).normal(size=(5, 12))
    one, three, twelve = tightening(log_w, (1, 3, 12))
    np.testing.assert_allclose(one, log_w.mean(1))
    np.testing.assert_allclose(three, np.log(np.exp(log_w).reshape(5, 4, 3).mean(2)).mean(1))
    np.testing.assert_allclose(twelve, np.log(np.exp(log_w).mean(1)))
    w, found = np.exp(log_w), weighted_rows(log_w)
    np.testing.assert_allclose(found.value, twelve)
    np.testing.assert_allclose(found.ess, w.sum(1) ** 2 / (w**2).sum(1))


def test_sizes_go_up_by_about_two():
    assert doubling(1) == (1,)
    assert doubling(7) == (1, 2, 5, 7)
    assert doubling(100) == (1, 2, 5, 10, 20, 50, 100)
    assert doubling(1000)[-3:] == (200, 500, 1000)


def test_few_effective_weights_are_told():
    assert doubtful(np.full(5, 20.0), 100) is None
    assert doubtful(np.full(5, 1.0), 1) is None
    assert "9.0 of 100 in the mean" in str(doubtful(np.full(5, 9.0), 100))
    assert "below 2 in 1 of 5 rows" in str(doubtful(np.array([1.5, 50, 50, 50, 50]), 100))


@pytest.mark.usefixtures("float64")
def test_the_gap_is_the_divergence_from_the_posterior():
    """IWAE - ELBO rises to KL(q(z|x) || p(z|x)), and stays below it."""
    case = factor_analysis()
    rows = np.repeat(case.rows, 10, 0)
    log_w = log_weight_rows(jax.random.key(3), case.independent(case.wide), rows, n_samples=400)
    gap, truth = weighted_rows(log_w).value - log_w.mean(1), np.repeat(case.gap(case.wide), 10)
    short = truth - gap
    error = short.std(ddof=1) / np.sqrt(len(rows))
    assert -SIGMAS * error < short.mean() < 0.3
    within(log_w.mean(1) + truth - np.repeat(case.log_p, 10), 0.0)


# --- the parts of the KL -------------------------------------------------------------------

A = np.array([[0.8, 0.3, 0.0], [0.1, -0.5, 0.6]])
B, S2 = np.array([0.3, -0.2]), np.array([0.5, 0.8])
COVARIANCE = np.array([[1.0, 0.4, 0.0], [0.4, 1.5, -0.3], [0.0, -0.3, 0.7]])


def linear_encoder(*, factorised: bool = True) -> LatentModel:
    """q(z|x) = N(A x + b, diag(s2)), p(z) = N(0, I)."""

    def posterior(x: Any) -> dist.Distribution:
        loc = jnp.asarray(A) @ x + jnp.asarray(B)
        if factorised:
            return dist.Normal(loc, jnp.sqrt(jnp.asarray(S2))).to_event(1)
        return dist.MultivariateNormal(loc, jnp.diag(jnp.asarray(S2)))

    return LatentModel(standard_normal(2), None, posterior)


def closed_form() -> dict[str, float]:
    """The parts where x ~ N(0, COVARIANCE), so that q(z) = N(b, A COVARIANCE A' + diag(s2))."""
    c = A @ COVARIANCE @ A.T + np.diag(S2)
    log_det, log_diag = np.linalg.slogdet(c)[1], np.log(np.diag(c))
    return {
        "index_code": 0.5 * (log_det - np.log(S2).sum()),
        "total_correlation": 0.5 * (log_diag.sum() - log_det),
        "dimension_wise": 0.5 * (np.diag(c) + B**2 - 1.0 - log_diag).sum(),
    }


def gaussian_rows(n: int = 1500) -> np.ndarray:
    return np.random.default_rng(1).multivariate_normal(np.zeros(3), COVARIANCE, n)


@pytest.mark.usefixtures("float64")
def test_parts_of_the_kl_of_a_linear_encoder():
    found = kl_split(jax.random.key(0), linear_encoder(), gaussian_rows(), n_samples=4)
    truth = closed_form()
    for name, value in truth.items():
        within(getattr(found, name), value, slack=0.01)  # 1500 rows are not all of them
    within(found.kl, sum(truth.values()))
    assert min(truth.values()) > 0.02


@pytest.mark.usefixtures("float64")
def test_parts_sum_to_the_kl_row_by_row():
    x = gaussian_rows(300)
    found = kl_split(jax.random.key(1), linear_encoder(), x, n_samples=2)
    parts = found.index_code + found.total_correlation + found.dimension_wise
    np.testing.assert_allclose(parts, found.kl, rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.index_code + found.marginal, found.kl, rtol=0, atol=EXACT)
    loc = x @ A.T + B
    within(found.kl, (0.5 * (loc**2 + S2 - 1.0 - np.log(S2)).sum(1)).mean())


@pytest.mark.usefixtures("float64")
def test_the_mean_over_rows_is_over_all_of_them(monkeypatch: pytest.MonkeyPatch):
    """Blocks of 7 of 40 rows, the last one filled up, or all at once: the same q(z)."""
    x, key = gaussian_rows(40), jax.random.key(2)
    whole = kl_split(key, linear_encoder(), x, n_samples=1)
    monkeypatch.setattr(split_module, "BLOCK", 7)
    parts = kl_split(key, linear_encoder(), x, n_samples=1)
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=EXACT)


@pytest.mark.usefixtures("float64")
def test_rows_apart_are_told_apart():
    """Where every row has a place of its own, z tells its number: log n nats."""
    x = np.arange(8.0)[:, None] * 100.0 * np.ones((1, 3))
    found = kl_split(jax.random.key(3), linear_encoder(), x)
    np.testing.assert_allclose(found.index_code, np.log(8), rtol=0, atol=1e-9)


@pytest.mark.usefixtures("float64")
def test_dimensions_that_depend_have_fewer_parts():
    x = gaussian_rows(50)
    found = kl_split(jax.random.key(1), linear_encoder(factorised=False), x)
    assert found.total_correlation is None
    assert found.dimension_wise is None
    np.testing.assert_allclose(found.index_code + found.marginal, found.kl, rtol=0, atol=EXACT)


# --- of a fitted model ---------------------------------------------------------------------


def test_the_gap_of_a_fitted_model(vaes: dict[str, VAE]):
    vae, said = vaes["independent"], []
    sizes = {"rows": 20, "k": 20, "temperatures": 5, "chains": 4}
    gap = vae.gap(mixed(), report=said.append, **sizes)
    assert (gap.n_rows, gap.k, gap.temperatures, gap.chains) == (20, 20, 5, 4)
    assert gap.elbo.value == pytest.approx(gap.reconstruction.value - gap.kl.value)
    assert [point.k for point in gap.curve] == [1, 2, 5, 10, 20]
    assert gap.curve[0].bound == gap.elbo  # one ELBO: that which the gap is added to
    assert gap.curve[0].rise.value == 0
    assert gap.curve[-1].bound.value == pytest.approx(gap.iwae.bound.value)
    assert gap.curve[-1].rise.value == pytest.approx(gap.iwae.gap.value)
    assert gap.elbo.value + gap.iwae.gap.value == pytest.approx(gap.iwae.bound.value)
    rising = [point.bound.value for point in gap.curve]
    assert rising == sorted(rising)  # by Jensen's inequality, the groups being nested
    split = gap.split
    assert split.total_correlation is not None
    assert split.dimension_wise is not None
    parts = split.index_code.value + split.total_correlation.value + split.dimension_wise.value
    assert parts == pytest.approx(split.kl.value, abs=1e-4)
    assert sum(gap.kl_per_dimension) == pytest.approx(gap.kl.value, abs=1e-4)
    assert gap.iwae.gap.value > 0
    assert gap.ais is not None
    assert gap.iwae.above_iwae.value == 0
    beyond = gap.ais.gap.value - gap.iwae.gap.value  # of the same 20 rows
    assert gap.ais.above_iwae.value == pytest.approx(beyond)
    assert 1 <= gap.ais.least_ess <= gap.ais.ess <= 4.001
    assert gap.simulated is not None
    made = gap.simulated
    assert made.between.value == pytest.approx(made.above.value - made.below.value)
    assert len(said) == 4
    assert vae.gap(mixed(), **sizes) == gap


@pytest.mark.parametrize(("above", "apart"), [(1.3, True), (1.0, False), (0.9, False)])
def test_sides_are_told_apart_beyond_twice_their_error(above: float, apart: bool):
    """Of 25 rows whose two sides are `above - 1` +- 0.1 apart."""
    spread = 0.1 * 5 * np.tile([1.0, -1.0], 13)[:25]
    spread = (spread - spread.mean()) / spread.std(ddof=1) * 0.5
    sides = Sandwich(np.ones(25), above + spread, np.zeros(25), np.ones(25))
    found = gap_module._simulated(sides)
    assert found.between.standard_error == pytest.approx(0.1)
    assert found.told_apart == apart


def test_bounds_of_a_fitted_model_by_name(vaes: dict[str, VAE]):
    vae, x = vaes["independent"], mixed(40)
    elbo, many = vae.score_samples(x), vae.score_samples(x, bound="iwae", k=60)
    np.testing.assert_array_equal(elbo, vae.score_terms(x).value)
    assert (many - vae.score_samples(x, k=32)).mean() > 0
    walked = vae.score_bound(x, bound="ais", k=5)
    assert np.abs(walked.value - many).mean() < 1.0
    assert (walked.ess <= 16.001).all()
    np.testing.assert_array_equal(vae.score_samples(x[:10], bound="iwae", k=60), many[:10])


ERRORS = {
    "no such bound": (lambda v: v.score_bound(mixed(5), bound="tight"), "one of elbo, iwae, ais"),
    "no weights": (lambda v: v.score_bound(mixed(5), bound="elbo"), "use score_terms"),
    "no draws": (lambda v: v.score_bound(mixed(5), k=0), "k must be .* from 1"),
    "no rows": (lambda v: v.gap(mixed(5), rows=0), "rows must be .* from 1"),
    "half a chain": (lambda v: v.gap(mixed(5), chains=0.5), "chains must be .* 0.5"),
    "no such size": (lambda v: v.gap(mixed(5), steps=3), "gap takes rows, k, .*'steps'"),
}


@pytest.mark.parametrize("what", ERRORS)
def test_errors(vae: VAE, what: str):
    call, message = ERRORS[what]
    with pytest.raises(OptionError, match=message):
        call(vae)
