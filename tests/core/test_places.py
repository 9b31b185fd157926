"""The functions through which a code with a place on a line enters and leaves the networks."""

import numpy as np
from scipy.special import ndtri

from jensen.likelihoods import N_FUNCTIONS, CodeCounts, Codes
from jensen.likelihoods.codes import HERMITE_SCALE, N_COSINES, functions

ROWS = 4_000
PLACES = (np.arange(ROWS) + 0.5) / ROWS


def test_polynomials_are_orthonormal_over_the_rows():
    found = functions(PLACES)[:, N_COSINES:] / HERMITE_SCALE
    np.testing.assert_allclose(found.T @ found / ROWS, np.eye(found.shape[1]), atol=0.15)


def test_any_normal_distribution_of_scores_is_a_combination():
    codes = Codes.of([CodeCounts(np.full(40, 100), np.ones(40, bool))])
    basis, score = codes.basis[0], ndtri((np.arange(40) + 0.5) / 40)
    for mean, scale in ((0.0, 1.0), (1.2, 0.3), (-2.0, 0.1)):
        wanted = -0.5 * ((score - mean) / scale) ** 2
        wanted -= wanted.mean()
        assert _misfit(basis[:, N_COSINES : N_COSINES + 2], wanted) < 1e-5
        assert _misfit(basis[:, :2], wanted) > 0.01  # two cosines are not enough


def _misfit(basis: np.ndarray, wanted: np.ndarray) -> float:
    """The share of `wanted` that is no combination of the columns, a constant aside."""
    columns = np.column_stack([basis, np.ones(len(basis))]).astype(np.float64)
    rest = wanted - columns @ np.linalg.lstsq(columns, wanted, rcond=None)[0]
    return float((rest**2).mean() / (wanted**2).mean())


def test_a_code_without_a_place_has_none():
    codes = Codes.of([CodeCounts(np.array([5, 0, 7, 3]), np.array([True, True, False, True]))])
    assert codes.basis.shape == (1, 4, N_FUNCTIONS)
    assert not np.asarray(codes.basis)[0, 2].any()
    assert np.isfinite(codes.basis).all()
