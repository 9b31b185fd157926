"""One registry of distributions, one list of laws, each law of each distribution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpyro.distributions import kl_divergence
from scipy import stats

import laws
import registry
from jensen.likelihoods import LIKELIHOODS
from jensen.posteriors import POSTERIORS
from jensen.priors import PRIORS, standard_normal
from registry import REALS, ROWS


def test_every_class_is_in_the_registry():
    assert set(registry.ROWS) == set(LIKELIHOODS)
    assert {*registry.PRIORS, *registry.CURVED_PRIORS} == set(PRIORS)
    assert {*registry.POSTERIORS, *registry.CURVED_POSTERIORS} == set(POSTERIORS)


@pytest.mark.parametrize("name", ROWS)
def test_rows_sum_to_one_with_the_codes_that_were_never_seen(name: str):
    distribution = ROWS[name]()
    laws.sums_to_one(distribution.log_prob, registry.all_rows())
    unseen = np.array([[3, 1, 0], [4, 1, 1], [3, 0, 1]], np.int32)
    log_prob = jax.vmap(distribution.log_prob)(jnp.asarray(unseen))
    assert np.isfinite(log_prob).all()


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_drawn_as_often_as_their_probability_says(name: str):
    laws.sample_agrees(ROWS[name](), registry.all_rows(seen=True))


@pytest.mark.parametrize("name", ROWS)
def test_rows_survive_jit_and_vmap(name: str):
    laws.survives_jit_and_vmap(ROWS[name](), registry.all_rows())


@pytest.mark.parametrize("name", REALS)
def test_reals_have_the_density_that_scipy_gives_them(name: str):
    real = REALS[name]()
    z = np.random.default_rng(0).normal(size=(50, len(real.scipys))) * 3
    wanted = sum(one.logpdf(z[:, i]) for i, one in enumerate(real.scipys))
    found = jax.vmap(real.ours.log_prob)(jnp.asarray(z, jnp.float32))
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


@pytest.mark.parametrize("name", REALS)
def test_reals_are_drawn_as_their_density_says(name: str):
    real = REALS[name]()
    draws = np.asarray(jax.vmap(real.ours.sample)(jax.random.split(jax.random.key(0), 5_000)))
    assert np.abs(np.corrcoef(draws.T) - np.eye(draws.shape[1])).max() < 0.1
    for i, one in enumerate(real.scipys):
        assert stats.kstest(draws[:, i], one.cdf).pvalue > laws.FAILURE_RATE


@pytest.mark.parametrize("name", REALS)
def test_reals_survive_jit_and_vmap(name: str):
    real = REALS[name]()
    points = np.random.default_rng(1).normal(size=(5, len(real.scipys))).astype(np.float32)
    laws.survives_jit_and_vmap(real.ours, points)


@pytest.mark.parametrize("name", registry.POSTERIORS)
def test_the_closed_form_of_kl_is_that_of_the_draws(name: str):
    q = registry.POSTERIORS[name]().ours
    p = standard_normal(registry.LATENT)
    laws.kl_agrees_with_draws(q, p, float(kl_divergence(q, p)))
