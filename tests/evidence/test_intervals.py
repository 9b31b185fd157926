"""Intervals and p-values against SciPy, scikit-learn and closed forms."""

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score

from jensen.evidence import intervals
from jensen.evidence.intervals import GROUPS, T9, Z


@pytest.fixture
def scores():
    """Scores with ties, those of the first kind larger."""
    rng = np.random.default_rng(0)
    return np.round(rng.normal(0.5, 1, 150), 1), np.round(rng.normal(size=100), 1)


def test_quantiles_are_those_of_scipy():
    assert pytest.approx(scipy.stats.norm.ppf(0.975), rel=1e-12) == Z
    assert pytest.approx(scipy.stats.t.ppf(0.975, GROUPS - 1), rel=1e-12) == T9


def test_midranks_are_those_of_scipy(scores):
    np.testing.assert_array_equal(
        intervals.midranks(scores[0]), scipy.stats.rankdata(scores[0], "average")
    )


def test_auc_is_that_of_scikit_learn(scores):
    labels = np.repeat([1, 0], [len(s) for s in scores])
    expected = roc_auc_score(labels, np.concatenate(scores))
    assert intervals.auc(*scores) == pytest.approx(expected, abs=1e-12)


def test_auc_variance_by_its_definition(scores):
    # DeLong: variances of the means over pairs, of each row of one kind and of the other.
    positive, negative = scores
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    expected = wins.mean(1).var(ddof=1) / len(positive) + wins.mean(0).var(ddof=1) / len(negative)
    assert intervals.auc_variance(*scores) == pytest.approx(expected, rel=1e-10)


def test_auc_interval_covers_at_its_rate():
    truth, covered = scipy.stats.norm.cdf(1 / np.sqrt(2)), 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        found = intervals.auc_interval(rng.normal(1, 1, 60), rng.normal(size=80))
        covered += found.low <= truth <= found.high
    # within 4 standard errors of 95 %: fails by chance once in 16,000 such tests
    assert abs(covered / 400 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400)


@pytest.mark.parametrize(("hits", "n"), [(0, 30), (3, 40), (40, 40), (500, 900)])
def test_wilson_is_that_of_scipy(hits, n):
    expected = scipy.stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    found = intervals.wilson(hits, n)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("table", [(5, 50, 2, 60), (0, 10, 3, 10), (30, 30, 1, 40)])
def test_more_often_is_fishers_exact_test(table):
    a, n, b, m = table
    expected = scipy.stats.fisher_exact([[a, n - a], [b, m - b]], alternative="greater").pvalue
    assert intervals.more_often_p(a, n, b, m) == pytest.approx(expected, rel=1e-9)


def test_permutation_p_counts_the_observed_one():
    assert intervals.permutation_p(3.0, np.array([1.0, 2.0, 4.0])) == 0.5
    assert intervals.permutation_p(9.0, np.zeros(99)) == 0.01
    assert intervals.permutation_p(0.1 + 0.2, np.array([0.3])) == 1.0  # equal but for rounding


def test_auc_permutation_p_is_nearly_that_of_mann_whitney(scores):
    rng = np.random.default_rng(1)
    few = scores[0][:30], scores[1][:30]
    expected = scipy.stats.mannwhitneyu(*few, alternative="greater").pvalue
    assert intervals.auc_permutation_p(*few, rng, 4000) == pytest.approx(expected, abs=0.02)


def test_holm_by_hand():
    np.testing.assert_allclose(
        intervals.holm(np.array([0.04, 0.01, 0.03, 0.5])), [0.09, 0.04, 0.09, 0.5]
    )


def test_jackknife_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(0).normal(size=5000)
    values = intervals.jackknife_rows(lambda rows: float(rows.mean()), x)
    half = intervals.jackknife(values).high - values[0]
    # of ten groups the standard error is itself uncertain by 1 / sqrt(18) = 24 %
    assert half / T9 == pytest.approx(1 / np.sqrt(5000), rel=0.7)
    means = x[:5000].reshape(-1, GROUPS).mean(axis=0)
    assert half / T9 == pytest.approx(means.std(ddof=1) / np.sqrt(GROUPS), rel=1e-9)


def test_jackknife_covers_a_figure_that_is_not_smooth():
    covered = 0
    for seed in range(300):
        x = np.random.default_rng(seed).normal(size=800)
        values = intervals.jackknife_rows(lambda rows: float(np.median(rows)), x)
        found = intervals.jackknife(values)
        covered += found.low <= 0 <= found.high
    assert 0.90 < covered / 300 < 0.99


def test_grouped_counts_leave_out_each_tenth():
    codes = np.random.default_rng(0).integers(0, 5, 203)
    found = intervals.grouped_counts(codes, 5)
    np.testing.assert_array_equal(found[0], np.bincount(codes, minlength=5))
    for g in range(GROUPS):
        left = codes[np.arange(203) % GROUPS != g]
        np.testing.assert_array_equal(found[1 + g], np.bincount(left, minlength=5))


def test_mean_interval_is_clipped():
    found = intervals.mean_interval(np.array([0.0, 0.0, 1.0]), 0.0, 1.0)
    assert (found.value, found.low) == (pytest.approx(1 / 3), 0.0)
    assert found.high == pytest.approx(1 / 3 + Z * np.sqrt(1 / 3) / np.sqrt(3))
