"""q(z|x) refined row by row: a better bound, and still one."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

from jensen.bounds import elbo, elbo_rows
from jensen.bounds.refine import refine, refined_rows
from jensen.errors import OptionError
from jensen.latent_model import LatentModel
from jensen.priors import standard_normal
from laws import SIGMAS
from linear_gaussian import LinearGaussian, probabilistic_pca

TIMES = 20


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module", name="case")
def _case() -> LinearGaussian:
    return probabilistic_pca()


def model_of(case: LinearGaussian, moments: Callable[[Any], Any]) -> LatentModel:
    def posterior(x: Any) -> dist.Distribution:
        loc, scale = moments(x)
        return dist.Normal(loc, jnp.diag(scale)).to_event(1)

    return LatentModel(standard_normal(3), case.likelihood, posterior)


def rows(case: LinearGaussian) -> np.ndarray:
    return np.repeat(case.rows, TIMES, 0)


def is_a_bound(value: np.ndarray, case: LinearGaussian) -> None:
    """Its mean is no larger than log p(x), by SIGMAS standard errors."""
    over = value - np.repeat(case.log_p, TIMES)
    error = over.std(ddof=1) / np.sqrt(len(over))
    assert over.mean() < SIGMAS * error, f"above log p(x) by {over.mean()} +- {error}"


def test_a_wrong_q_becomes_almost_the_posterior_which_here_is_a_product(case: LinearGaussian):
    model, x = model_of(case, case.wrong), rows(case)
    start = elbo_rows(jax.random.key(1), model, x).value
    found = refined_rows(jax.random.key(0), model, x, steps=60, n_samples=16)
    value = np.asarray(found.bound.value)
    rise = value - np.asarray(start)
    assert rise.mean() > SIGMAS * rise.std(ddof=1) / np.sqrt(len(rise))
    gap = np.repeat(case.gap(case.wrong), TIMES).mean()
    left = np.repeat(case.log_p, TIMES).mean() - value.mean()
    assert left < 0.2 * gap
    is_a_bound(value, case)
    np.testing.assert_allclose(value, found.bound.reconstruction - found.bound.kl, rtol=1e-12)


def test_the_posterior_itself_refined_on_a_single_draw_is_still_a_bound(case: LinearGaussian):
    found = refined_rows(
        jax.random.key(0), model_of(case, case.exact), rows(case), steps=30, n_samples=1
    )
    is_a_bound(np.asarray(found.bound.value), case)


def test_a_bound_from_the_draws_that_it_was_fitted_to_is_caught(case: LinearGaussian):
    model, x = model_of(case, case.exact), jnp.asarray(rows(case))

    def faulty(key: Any, row: Any) -> Any:
        found = refine(key, model, row, steps=30, n_samples=1)
        q = dist.Normal(found.loc, found.scale).to_event(1)
        with_q = LatentModel(model.prior, model.likelihood, lambda _: q)
        return elbo(jax.random.split(key, 3)[0], with_q, row).value

    value = jax.jit(jax.vmap(faulty))(jax.random.split(jax.random.key(0), len(x)), x)
    with pytest.raises(AssertionError, match="above"):
        is_a_bound(np.asarray(value), case)


def test_steps_that_lead_astray_are_not_taken(case: LinearGaussian):
    model, x = model_of(case, case.exact), jnp.asarray(case.rows[0])
    loc, scale = case.exact(x)
    for steps, rate in ((0, 0.05), (3, 4.0)):
        found = refine(jax.random.key(0), model, x, steps=steps, rate=rate)
        np.testing.assert_array_equal(found.loc, loc)
        np.testing.assert_array_equal(found.scale, jnp.diag(scale))


def test_a_row_is_refined_alike_in_any_company(case: LinearGaussian):
    model = model_of(case, case.wrong)
    together = refined_rows(jax.random.key(0), model, case.rows, steps=3)
    alone = refined_rows(jax.random.key(0), model, case.rows[:5], steps=3)
    np.testing.assert_array_equal(together.bound.value[:5], alone.bound.value)


def test_a_q_that_is_no_product_of_normals_is_refused(case: LinearGaussian):
    with pytest.raises(OptionError, match=r"independent Normals.*MultivariateNormal"):
        refine(jax.random.key(0), case.model(case.exact), jnp.asarray(case.rows[0]))
