"""The bound against log p(x), where that is known: no tolerance for Monte Carlo is needed."""

from collections.abc import Iterator

import jax
import numpy as np
import pytest

import laws
from jensen.bounds import elbo, iwae
from linear_gaussian import CASES, LinearGaussian, probabilistic_pca


@pytest.fixture(params=CASES, name="case")
def _case(request: pytest.FixtureRequest) -> LinearGaussian:
    return CASES[request.param]()


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def test_elbo_with_the_exact_posterior_is_log_p(case: LinearGaussian):
    zero = np.zeros(len(case.rows))
    laws.elbo_and_gap_equal_log_p(elbo, case, lambda e: case.model(case.exact, e), zero)


def test_elbo_and_gap_are_log_p(case: LinearGaussian):
    gap = case.gap(case.wrong)
    assert (gap > 0.01).all()
    laws.elbo_and_gap_equal_log_p(elbo, case, lambda e: case.model(case.wrong, e), gap)


def test_mean_field_prior_and_posterior_are_exact_for_pca():
    case = probabilistic_pca()
    zero = np.zeros(len(case.rows))
    laws.elbo_and_gap_equal_log_p(elbo, case, lambda e: case.mean_field(case.exact, e), zero)


@pytest.mark.parametrize("n_samples", [1, 7])
def test_iwae_with_the_exact_posterior_is_log_p(case: LinearGaussian, n_samples: int):
    laws.iwae_equals_log_p(iwae, case, n_samples)


def test_bounds_rise_with_the_number_of_draws_and_stay_below_log_p(case: LinearGaussian):
    laws.bounds_are_ordered(elbo, iwae, case, (1, 4, 32))
