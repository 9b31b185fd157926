"""A ladder goes down the layers of its prior; classes that are enumerated have no noise."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from sklearn.mixture import GaussianMixture

import laws
import registry
from jensen.bounds import closed_form_kl, elbo, iwae
from jensen.distributions import Chain, OneHotCategorical
from jensen.latent_model import LatentModel
from jensen.posteriors import CategoricalPosterior, Ladder, MeanField
from jensen.posteriors.ladder import LadderStep
from jensen.priors import Hierarchy


def test_a_ladder_knows_the_density_of_its_draws():
    q = registry.ladder()
    assert isinstance(q, Chain)
    keys = jax.random.split(jax.random.key(0), 20)
    z, log_q = jax.jit(jax.vmap(q.sample_and_log_prob))(keys)
    np.testing.assert_allclose(log_q, jax.jit(jax.vmap(q.log_prob))(z), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(z, jax.jit(jax.vmap(q.sample))(keys))


def test_a_step_of_a_ladder_is_the_product_of_what_x_says_and_what_the_prior_says():
    prior = registry.prior(Hierarchy, 4)
    loc, scale = jnp.array([[0.0, 1.0], [0.7, -2.0]]), jnp.array([[1.0, 2.0], [0.4, 1.5]])
    above = jnp.array([0.3, -0.8])
    step = LadderStep(prior, loc, scale)
    z = jnp.asarray(np.random.default_rng(0).normal(size=(20, 2)), jnp.float32)
    product = jax.vmap(
        lambda v: dist.Normal(loc[1], scale[1]).log_prob(v).sum() + prior.step(1, above).log_prob(v)
    )(z)
    rest = np.asarray(jax.vmap(step(1, above).log_prob)(z) - product)
    np.testing.assert_allclose(rest, rest[0], atol=1e-4)
    top = step(0, None).base_dist
    np.testing.assert_array_equal((top.loc, top.scale), (loc[0], scale[0]))


def test_a_head_without_given_is_left_as_it_is():
    posterior = registry.encoder(MeanField)
    assert posterior.given("a prior") is posterior


@pytest.mark.parametrize("kind", [Ladder, MeanField])
def test_bounds_over_layers_rise_with_the_number_of_draws(kind: Any):
    likelihood = registry.small_model().likelihood
    model = LatentModel(registry.prior(Hierarchy, 2), likelihood, registry.head(kind, 2))
    assert closed_form_kl(model.q_z(registry.X), model.p_z()) is None
    keys = jax.random.split(jax.random.key(0), 2_000)

    def mean(bound: Any) -> tuple[float, float]:
        values = np.asarray(jax.jit(jax.vmap(bound))(keys), np.float64)
        return values.mean(), values.std(ddof=1) / np.sqrt(len(values))

    low, e1 = mean(lambda key: elbo(key, model, registry.X).value)
    high, e2 = mean(lambda key: iwae(key, model, registry.X, n_samples=32))
    assert high - low > laws.SIGMAS * np.hypot(e1, e2)


def test_two_keys_give_one_bound_where_all_classes_are_gone_through():
    likelihood = registry.small_model().likelihood
    prior = OneHotCategorical(jnp.array([0.2, -1.0]))
    model = LatentModel(prior, likelihood, registry.head(CategoricalPosterior, 2))
    one, other = (elbo(jax.random.key(k), model, registry.X) for k in (0, 1))
    assert one == other
    assert one.kl == pytest.approx(float(model.q_z(registry.X).kl(prior)))


def test_a_mixture_is_gone_through_exactly():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(m, s, (60, 2)) for m, s in ((-4, 1), (0, 0.5), (5, 2))])
    mixture = GaussianMixture(3, random_state=0).fit(x)
    with jax.enable_x64(True):
        means = jnp.asarray(mixture.means_)
        factors = jnp.asarray(np.linalg.cholesky(mixture.covariances_))
        prior = OneHotCategorical(jnp.log(jnp.asarray(mixture.weights_)))

        def likelihood(z: Any) -> dist.Distribution:
            return dist.MultivariateNormal(z @ means, scale_tril=jnp.tensordot(z, factors, 1))

        def exact(x: Any) -> OneHotCategorical:
            given = jax.vmap(lambda z: likelihood(z).log_prob(x))(prior.values())
            return OneHotCategorical(prior.logits + given)

        def wrong(x: Any) -> OneHotCategorical:
            return OneHotCategorical(jnp.array([100.0, 1.0, -900.0]) * jnp.sin(x[0]))

        rows, key = jnp.asarray(x), jax.random.key(0)
        log_p = mixture.score_samples(x)
        for posterior in (exact, wrong):
            model = LatentModel(prior, likelihood, posterior)
            found = jax.jit(jax.vmap(lambda row, m=model: iwae(key, m, row, n_samples=1)))(rows)
            np.testing.assert_allclose(found, log_p, rtol=0, atol=laws.EXACT)

        def elbos(posterior: Any) -> Any:
            model = LatentModel(prior, likelihood, posterior)
            return jax.jit(jax.vmap(lambda row: elbo(key, model, row)))(rows)

        bound, loose = elbos(exact), elbos(wrong)
        np.testing.assert_allclose(bound.value, log_p, rtol=0, atol=laws.EXACT)
        assert (np.asarray(loose.value) < log_p).all()
