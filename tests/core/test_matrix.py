"""Every prior with every posterior, every decoder with every objective: a bound, or a reason."""

import re
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import registry
from jensen.bounds import elbo, iwae
from jensen.bounds.objectives import OBJECTIVES
from jensen.errors import OptionError
from jensen.estimator.fitting_terms import refuse_what_does_not_fit
from jensen.latent_model import LatentModel
from jensen.likelihoods import Autoregressive, Independent
from jensen.posteriors import POSTERIORS, MeanField
from jensen.priors import PRIORS, standard_normal
from laws import SIGMAS

N = 64
PAIRS = [(prior, posterior) for prior in PRIORS for posterior in POSTERIORS]


def fits(prior: str, posterior: str) -> bool:
    """Whether the pair is taken; where it is not, the sentence must name both and a way out."""
    try:
        refuse_what_does_not_fit(
            prior, PRIORS[prior](), posterior, POSTERIORS[posterior](), registry.LATENT
        )
    except OptionError as error:
        message = str(error)
        assert repr(prior) in message
        assert repr(posterior) in message
        assert re.search(r"choose (posterior|prior)", message)
        return False
    return True


FITTING = [pair for pair in PAIRS if fits(*pair)]


def test_most_pairs_fit_and_every_term_has_a_partner():
    assert len(FITTING) > len(PAIRS) // 2
    assert {prior for prior, _ in FITTING} == set(PRIORS)
    assert {posterior for _, posterior in FITTING} == set(POSTERIORS)


@eqx.filter_jit
def both(model: LatentModel, x: Any) -> tuple[Any, Any]:
    """N estimates of the elbo of a row, and N of its IWAE with 4 draws."""
    keys = jax.random.split(jax.random.key(0), N)
    return (
        jax.vmap(lambda k: elbo(k, model, x, n_samples=4).value)(keys),
        jax.vmap(lambda k: iwae(k, model, x, n_samples=4))(keys),
    )


@pytest.mark.parametrize(("prior", "posterior"), FITTING)
def test_four_draws_bound_as_well_as_one_or_better(prior: str, posterior: str):
    p = PRIORS[prior]().build(registry.LATENT, hidden=registry.WIDTH, key=jax.random.key(3))
    q = registry.encoder(POSTERIORS[posterior])
    one, four = both(LatentModel(p, registry.decoder(Independent), q), registry.X)
    assert np.isfinite(one).all()
    assert np.isfinite(four).all()
    over = np.asarray(one, np.float64) - np.asarray(four, np.float64)
    assert over.mean() <= SIGMAS * over.std(ddof=1) / np.sqrt(N) + 1e-6


@pytest.mark.parametrize("decoder", [Independent, Autoregressive])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_has_a_gradient_with_every_decoder(objective: str, decoder: Any):
    model = LatentModel(
        standard_normal(registry.LATENT), registry.decoder(decoder), registry.encoder(MeanField)
    )
    weights, rest = eqx.partition((model.likelihood, model.posterior), eqx.is_inexact_array)
    x = jnp.asarray(registry.all_rows()[:6])

    @jax.jit
    def of(weights: Any) -> Any:
        likelihood, posterior = eqx.combine(weights, rest)
        here = LatentModel(model.prior, likelihood, posterior)
        keys = jax.random.split(jax.random.key(0), len(x))
        return OBJECTIVES[objective]()(keys, lambda _: here, x, jnp.ones(()))

    value, gradient = jax.value_and_grad(of)(weights)
    assert np.isfinite(value)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(gradient)]
    assert all(np.isfinite(leaf).all() for leaf in leaves)
    assert sum(float(np.abs(leaf).sum()) for leaf in leaves) > 0
