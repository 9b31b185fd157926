"""One registry of distributions, one list of laws, each law of each distribution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import laws
import registry
from jensen.bounds import closed_form_kl
from jensen.latent_model import LatentModel, trainable
from jensen.likelihoods import LIKELIHOODS
from jensen.posteriors import POSTERIORS
from jensen.priors import PRIORS, standard_normal
from registry import REALS, ROWS

FLOWS = {
    *(f"prior {name}" for name in ("flow", "realnvp", "maf")),
    *(f"posterior {name}" for name in ("planar", "iaf", "spline")),
}
"""What SciPy has no oracle for: their density is integrated."""


def test_every_class_is_in_the_registry():
    assert set(registry.ROWS) == set(LIKELIHOODS)
    assert {*registry.PRIORS, *registry.CURVED_PRIORS} == set(PRIORS)
    assert {*registry.POSTERIORS, *registry.CURVED_POSTERIORS} == set(POSTERIORS)


@pytest.mark.parametrize("name", ROWS)
def test_rows_sum_to_one_with_the_codes_that_were_never_seen(name: str):
    distribution = ROWS[name]()
    laws.sums_to_one(distribution.log_prob, registry.all_rows())
    unseen = np.array([[3, 1, 0], [4, 1, 1], [3, 0, 1]], np.int32)
    log_prob = jax.jit(jax.vmap(distribution.log_prob))(jnp.asarray(unseen))
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
    z = np.random.default_rng(0).normal(size=(50, registry.LATENT)) * 3
    wanted = real.log_p(z)
    assert (wanted is None) == (name in FLOWS)
    if wanted is not None:
        found = jax.jit(jax.vmap(real.ours.log_prob))(jnp.asarray(z, jnp.float32))
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", REALS)
def test_reals_are_drawn_as_their_density_says(name: str):
    real = REALS[name]()
    laws.density_agrees(real.ours)
    if real.scipys is None:
        return
    keys = jax.random.split(jax.random.key(0), 5_000)
    draws = np.asarray(jax.jit(jax.vmap(real.ours.sample))(keys))
    assert np.abs(np.corrcoef(draws.T) - np.eye(draws.shape[1])).max() < 0.1
    for i, one in enumerate(real.scipys):
        assert stats.kstest(draws[:, i], one.cdf).pvalue > laws.FAILURE_RATE


@pytest.mark.parametrize("name", REALS)
def test_reals_survive_jit_and_vmap(name: str):
    points = np.random.default_rng(1).normal(size=(5, registry.LATENT)).astype(np.float32)
    laws.survives_jit_and_vmap(REALS[name]().ours, points)


@pytest.mark.parametrize("name", REALS)
def test_reals_have_finite_gradients(name: str):
    real = REALS[name]()
    weights, rest = trainable(LatentModel(real.module, None, None))
    laws.gradients_are_finite(lambda model: real.of(model.prior), weights, rest)


@pytest.mark.parametrize("name", registry.POSTERIORS)
def test_the_closed_form_of_kl_is_that_of_the_draws(name: str):
    q = registry.POSTERIORS[name]().ours
    p = standard_normal(registry.LATENT)
    kl = closed_form_kl(q, p)
    assert (kl is not None) == (name in {"mean_field", "full_rank", "low_rank"})
    if kl is not None:
        laws.kl_agrees_with_draws(q, p, float(kl))


def test_a_learned_normal_keeps_the_closed_form_of_kl():
    p = registry.PRIORS["learned_normal"]().module
    for name in ("mean_field", "full_rank", "low_rank"):
        q = registry.POSTERIORS[name]().ours
        laws.kl_agrees_with_draws(q, p, float(closed_form_kl(q, p.given())))


@pytest.mark.parametrize("name", ["planar", "iaf", "spline"])
def test_draws_of_a_flow_know_their_density(name: str):
    laws.draws_know_their_density(registry.POSTERIORS[name]().ours)


def test_points_of_a_mixture_stand_for_its_draws():
    laws.points_agree(registry.POSTERIORS["mixture"]().ours)
