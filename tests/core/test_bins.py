"""Bins of every column of numbers in the registry, law by law."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import bin_laws
from bin_laws import LAWS
from jensen.data.codec import fit_bins
from registry import NUMBERS


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", NUMBERS)
def test_bins(name: str, law):
    law(fit_bins(NUMBERS[name]))


@pytest.mark.parametrize("name", NUMBERS)
def test_values_come_back(name: str):
    bin_laws.values_come_back(fit_bins(NUMBERS[name]), NUMBERS[name])


INTEGERS = st.integers(-(2**62), 2**62)
NEAR = st.integers(-50, 50)
REALS = st.floats(-1e300, 1e300, allow_subnormal=False).map(lambda v: v + 0.0)  # no negative zero
COLUMNS = st.one_of(
    st.lists(NEAR, min_size=1, max_size=60),
    st.lists(INTEGERS, min_size=1, max_size=60),
    st.builds(lambda base, steps: [base + s for s in steps], INTEGERS, st.lists(NEAR, min_size=1)),
    st.lists(REALS, min_size=1, max_size=60),
    st.lists(st.floats(-10, 10, width=16).map(lambda v: v + 0.0), min_size=1, max_size=60),
)


@given(COLUMNS)
def test_any_values_come_back(values: list):
    x = np.array(values)
    bin_laws.values_come_back(fit_bins(x), x)


@given(COLUMNS)
def test_any_bins_hold_a_mass_of_one(values: list):
    bins = fit_bins(np.array(values))
    least = np.maximum(1e-9 * np.abs(bins.starts[:-1]), 1e-290)  # wide enough to have a middle
    assume(bins.on_grid or (np.diff(bins.starts) > least).all())
    bin_laws.codes_sum_to_one(bins)
    bin_laws.codes_come_back(bins)


@given(COLUMNS, COLUMNS)
def test_any_value_has_a_finite_density(values: list, others: list):
    x = np.array(values)
    y = np.clip(np.array(others), -(2**62), 2**62).astype(x.dtype)
    assert np.isfinite(fit_bins(x).log_density(y)).all()


@pytest.mark.parametrize("name", NUMBERS)
def test_the_farther_out_the_less_likely(name: str):
    bins = fit_bins(NUMBERS[name])
    end = bins.starts[-1] + len(bins.atoms)
    if abs(float(end)) > 2.0**61:
        return
    far = end + (np.array([1, 10, 1000, 100_000]) * bins.scale).astype(bins.starts.dtype)
    codes, density = bins.encode(far)[0], bins.log_density(far)
    assert (codes == bins.n_codes + 1).all()
    assert (np.diff(density) < 0).all()
