"""Every figure against a closed form, or against a library that has it."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.stats
from planted import KINDS, table
from sklearn.metrics import normalized_mutual_info_score
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from jensen.evidence import samples
from jensen.evidence.encode import Encoder, TreeView
from jensen.evidence.intervals import GROUPS, jackknife
from jensen.evidence.kernels import (
    discrepancy,
    distance_kernel,
    gaussian_kernel,
    sliced_wasserstein,
)
from jensen.evidence.neighbours import equal_rows, nearest, points
from jensen.evidence.pairs import correlations, pair_distances
from jensen.evidence.shapes import (
    column_distances,
    column_shapes,
    kolmogorov_smirnov,
    wasserstein,
)
from jensen.evidence.support import alpha_precision, support


@pytest.fixture(autouse=True)
def one_thread():
    """Threads cost more than the small products of these tests."""
    with threadpool_limits(1):
        yield


REAL, OTHER = samples(KINDS, table(400, 0), table(300, 1))
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 3)), RNG.normal(0.5, 1, size=(60, 3))


def without(sample, group):
    return sample.take(np.flatnonzero(np.arange(len(sample)) % GROUPS != group))


# ---------------------------------------------------------------- columns


@pytest.mark.parametrize("name", ["age", "pay", "seen"])
def test_kolmogorov_smirnov_is_that_of_scipy(name):
    a, b = REAL.columns[name], OTHER.columns[name]
    expected = scipy.stats.ks_2samp(a, b).statistic
    assert kolmogorov_smirnov(a, b) == pytest.approx(expected, abs=1e-12)


def test_wasserstein_is_that_of_scipy_in_units_of_the_middle_range():
    a, b = REAL.columns["age"], OTHER.columns["age"]
    unit = np.diff(np.quantile(a, [0.05, 0.95]))[0]
    expected = scipy.stats.wasserstein_distance(a, b) / unit
    assert wasserstein(a, b) == pytest.approx(expected, rel=1e-10)
    assert wasserstein(a, np.full(5, np.nan)) is None


def test_column_distances_without_a_tenth_are_those_of_the_other_rows():
    found = column_distances(REAL, OTHER)
    for g in (0, 7):
        left = column_distances(without(REAL, g), without(OTHER, g))
        for name in KINDS:
            assert found[name][1 + g] == pytest.approx(left[name][0], abs=1e-12), name


def test_column_shapes_leaves_out_columns_without_values():
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.0], "n": pl.Series([None] * 3, dtype=pl.Float64)})
    real, same = samples({"x": "numeric", "n": "numeric"}, frame, frame)
    distances = column_distances(real, same)
    assert np.isnan(distances["n"]).all()
    assert column_shapes(distances)[0] == 1.0


# ---------------------------------------------------------------- pairs


def test_correlations_are_those_of_pandas_over_rows_where_both_are_known():
    expected = pd.DataFrame({n: REAL.columns[n] for n in REAL.numeric}).corr().to_numpy()
    np.testing.assert_allclose(correlations(REAL)[0], expected, atol=1e-12)


def test_correlations_without_a_tenth():
    found = correlations(REAL)
    np.testing.assert_allclose(found[4], correlations(without(REAL, 3))[0], atol=1e-12)


def test_a_constant_column_has_no_correlation():
    frame = pl.DataFrame({"x": [0.1] * 50, "y": np.arange(50.0)})
    sample = samples({"x": "numeric", "y": "numeric"}, frame)[0]
    assert np.isnan(correlations(sample)[0, 0, 1])


def binned(column: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Ten equal bins over the real range by pandas, -1 outside of it and where missing."""
    edges = np.histogram_bin_edges(real[~np.isnan(real)], 10)
    return pd.cut(pd.Series(column), edges, labels=False, include_lowest=True).fillna(-1).to_numpy()


def test_weighted_nmi_error_by_scikit_learn():
    names = ("age", "gain", "job", "city")
    real, other = REAL.select(names), OTHER.select(names)
    cells = [
        {
            n: binned(s.columns[n], real.columns[n]) if n in s.numeric else s.columns[n]
            for n in names
        }
        for s in (real, other)
    ]
    found = pair_distances(real, other)
    nmi = np.array(
        [[normalized_mutual_info_score(c[a], c[b]) for a, b in found.pairs] for c in cells]
    )
    np.testing.assert_allclose(found.nmi_real[0], nmi[0], atol=1e-10)
    np.testing.assert_allclose(found.nmi_synthetic[0], nmi[1], atol=1e-10)
    weights = nmi.sum(axis=0)
    expected = (weights * np.abs(nmi[0] - nmi[1])).sum() / weights.sum()
    assert found.weighted_nmi_error()[0] == pytest.approx(expected, abs=1e-10)


def test_few_distinct_values_are_cells_of_their_own():
    x = np.repeat(np.arange(3.0), 20)
    frame = pl.DataFrame({"x": x, "y": x})
    real, other = samples(
        {"x": "numeric", "y": "numeric"}, frame, frame.with_columns(y=pl.lit(9.0))
    )
    found = pair_distances(real, other)
    assert found.nmi_real[0, 0] == pytest.approx(1.0)
    assert found.nmi_synthetic[0, 0] == 0.0  # 9 is no value of y: one cell, nothing shared
    assert found.weighted_nmi_error()[0] == pytest.approx(1.0)


def test_many_cells_are_counted_as_few_are():
    rng = np.random.default_rng(0)
    words = [pl.DataFrame({c: rng.integers(0, 400, 500).astype(str) for c in "ab"}) for _ in "12"]
    real, other = samples({"a": "categorical", "b": "categorical"}, *words)
    counts = [pd.Series(zip(f["a"], f["b"], strict=True)).value_counts() / 500 for f in words]
    expected = counts[0].sub(counts[1], fill_value=0).abs().sum() / 2
    assert pair_distances(real, other).distance[0, 0] == pytest.approx(expected, abs=1e-12)


# ---------------------------------------------------------------- clouds of points


def test_energy_distance_is_that_of_scipy():
    # Unbiased here, all pairs there: the diagonal zeros make theirs smaller by the mean distances.
    x, y = X[:, :1], Y[:, :1]
    found = discrepancy(distance_kernel(np.concatenate([x, y]))).estimate.value
    spread = sum(np.abs(v - v.T).sum() for v in (x, y)) / 60
    squared = scipy.stats.energy_distance(x.ravel(), y.ravel()) ** 2
    across = np.abs(x - y.T)
    matched = 2 * (across.sum() / 60**2 - (across.sum() - np.trace(across)) / (60 * 59))
    assert found == pytest.approx(squared - spread * (1 / 59 - 1 / 60) - matched, rel=1e-9)


def test_mmd_by_its_definition():
    z, h2 = np.concatenate([X, Y]), 1.7**2
    kernel = gaussian_kernel(z, 1.7)
    assert kernel[3, 70] == pytest.approx(np.exp(-np.sum((z[3] - z[70]) ** 2) / (2 * h2)))
    pairs = [(i, j) for i in range(60) for j in range(60) if i != j]
    terms = [
        kernel[i, j] + kernel[60 + i, 60 + j] - kernel[i, 60 + j] - kernel[j, 60 + i]
        for i, j in pairs
    ]
    assert discrepancy(kernel).estimate.value == pytest.approx(np.mean(terms), rel=1e-9)


def test_mmd_interval_covers_the_closed_form():
    # Unit Normals in one dimension, means d apart: E k = h / sqrt(h² + 2) exp(-d² / (2 (h² + 2))).
    d, h2, covered = 1.0, 1.0, 0
    same, across = (np.sqrt(h2 / (h2 + 2)) * np.exp(-(m**2) / (2 * (h2 + 2))) for m in (0.0, d))
    for seed in range(200):
        z = np.random.default_rng(seed).normal(size=(200, 1))
        z[100:] += d
        found = discrepancy(gaussian_kernel(z, 1.0)).estimate
        covered += found.low <= 2 * same - 2 * across <= found.high
    assert 0.88 < covered / 200 < 0.995


def test_permutation_p_of_the_energy_distance_is_that_of_scipy():
    x, y = X[:15, :1], Y[:15, :1]
    theirs = scipy.stats.permutation_test(
        (x.ravel(), y.ravel()), scipy.stats.energy_distance, n_resamples=2000,
        alternative="greater", rng=np.random.default_rng(0),
    ).pvalue  # fmt: skip
    assert 0.02 < theirs < 0.98
    kernel = distance_kernel(np.concatenate([x, y]))
    found = discrepancy(kernel, np.random.default_rng(1)).p_value
    assert found == pytest.approx(theirs, abs=0.08)  # 4 standard errors of 499 permutations


def test_sliced_wasserstein_in_one_dimension_is_wasserstein():
    found = sliced_wasserstein(X[:, :1], Y[:, :1], np.random.default_rng(0))
    expected = scipy.stats.wasserstein_distance(X[:, 0], Y[:, 0])
    assert found[0] == pytest.approx(expected, rel=1e-6)


def test_density_and_coverage_by_scikit_learn():
    k = 5
    near = NearestNeighbors(n_neighbors=k + 1).fit(X)
    radius = near.kneighbors(X)[0][:, k]
    across = np.linalg.norm(X[:, None] - Y[None], axis=2)
    found = support(X, Y, k)
    assert found.density.value == pytest.approx((across <= radius[:, None]).sum() / (k * len(Y)))
    assert found.coverage.value == pytest.approx((across.min(1) <= radius).mean())


def test_density_and_coverage_without_a_tenth_are_those_of_the_other_rows():
    k = 5
    for x, y in ((X, Y), (X[:23], Y[:31]), (np.round(X), np.round(Y))):
        found = support(x, y, k)
        for name in ("density", "coverage"):
            left = [
                getattr(support(*(z[np.arange(len(z)) % GROUPS != g] for z in (x, y)), k), name)
                for g in range(GROUPS)
            ]
            values = np.array([getattr(found, name).value, *(f.value for f in left)])
            expected = jackknife(values, 0.0, 1.0 if name == "coverage" else np.inf)
            assert getattr(found, name).low == pytest.approx(expected.low, abs=1e-12)
            assert getattr(found, name).high == pytest.approx(expected.high, abs=1e-12)
        assert support(x, y, k, intervals=False).density.value == found.density.value


@pytest.mark.parametrize(
    ("n", "times", "shift"), [(100, 100, 0.0), (100, 100, 0.7), (1500, 16, 0.7)]
)
def test_intervals_of_supports_cover_the_expected_figure(n, times, shift):
    found = []
    for seed in range(times):
        x, y = np.random.default_rng(seed).normal(size=(2, n, 3))
        found.append(support(x, y + shift * np.eye(3)[0]))
    for name in ("alpha_precision", "beta_recall", "density", "coverage"):
        every = [getattr(f, name) for f in found]
        expected = np.mean([e.value for e in every])
        covered = np.mean([e.low <= expected <= e.high for e in every])
        # at least 95 % less 4 standard errors; a jackknife errs on the wide side
        assert covered >= 0.95 - 4 * np.sqrt(0.95 * 0.05 / times), name
        width = np.mean([e.high - e.low for e in every]) / 2
        assert width < 2.2 * 1.96 * np.std([e.value for e in every]), name


@pytest.mark.parametrize(("x", "y"), [(X, Y), (Y, X), (X, 0.3 * Y + 1)])
def test_beta_recall_by_brute_force(x, y):
    own, across = (np.linalg.norm(x[:, None] - z[None], axis=2) for z in (x, y))
    np.fill_diagonal(own, np.inf)
    near = across.min(1) <= own.min(1)
    from_centre = np.linalg.norm(y[across.argmin(1)] - y.mean(0), axis=1)
    levels = np.linspace(0, 1, 30)
    covered = [np.mean(near & (from_centre <= np.quantile(from_centre, b))) for b in levels]
    expected = 1 - np.abs(levels - covered).sum() / levels.sum()
    assert support(x, y).beta_recall.value == pytest.approx(expected, abs=1e-12)
    # of distances to the other centre it would be another figure
    wrong = np.linalg.norm(y[across.argmin(1)] - x.mean(0), axis=1)
    covered = [np.mean(near & (wrong <= np.quantile(wrong, b))) for b in levels]
    assert abs(1 - np.abs(levels - covered).sum() / levels.sum() - expected) > 1e-3


def test_support_of_constants():
    x = np.full((50, 2), 0.1)
    for found in (support(x, x), support(x, x[:40])):
        assert found.alpha_precision.value == found.beta_recall.value == 1.0
    assert support(x, x + 1).alpha_precision.value == support(x, x + 1).beta_recall.value == 0.0


def test_support_of_the_same_points_and_of_points_far_away():
    same, far = support(X, X), support(X, X + 100)
    assert same.alpha_precision.value == pytest.approx(1.0, abs=0.02)
    assert same.beta_recall.value == pytest.approx(1.0, abs=0.02)
    assert same.coverage.value == 1.0
    assert far.coverage.value == far.density.value == 0.0
    assert far.alpha_precision.value < 0.05
    assert far.beta_recall.value < 0.05


def test_alpha_precision_by_hand():
    # Radii of 0 .. 29 at 30 levels are 0 .. 29; samples all at 0 are inside every one.
    assert alpha_precision(np.arange(30.0), np.zeros(9)) == pytest.approx(0.0)
    assert alpha_precision(np.arange(30.0), np.arange(30.0)) == pytest.approx(
        1 - np.abs(np.linspace(0, 1, 30) - np.arange(1, 31) / 30).sum() / 15,
        abs=2e-3,  # a radius may miss its own point by rounding
    )


# ---------------------------------------------------------------- encodings and neighbours


def test_every_encoded_column_varies_by_one():
    whole = REAL.select(["age", "pay", "job", "city", "seen"])
    z = Encoder.fit(whole).transform(whole).astype(np.float64)
    assert z[:, :3].var(0) == pytest.approx(1.0, abs=1e-3)
    assert z[:, 3:6].var(0).sum() == pytest.approx(1.0)  # two levels of job, and others
    assert z[:, 6:].var(0).sum() == pytest.approx(1.0)


def test_encoded_ranks_do_not_depend_on_the_unit():
    names = ["age", "pay"]
    small = REAL.select(names)
    large = small.take(slice(0, 400))
    large.columns["age"] = np.exp(small.columns["age"] / 5)
    np.testing.assert_allclose(
        Encoder.fit(small).transform(small), Encoder.fit(large).transform(large)
    )


def test_levels_beyond_the_most_frequent_share_a_code():
    frame = pl.DataFrame({"c": [*["a"] * 400, *(f"w{i}" for i in range(400))]})
    sample = samples({"c": "categorical"}, frame)[0]
    view = TreeView.fit(sample)
    x = view.transform(sample)
    assert view.is_categorical.tolist() == [True]
    assert x[0, 0] == 0
    assert x.max() == 250
    assert Encoder.fit(sample).transform(sample).shape == (800, 31)


def test_equal_rows_counts_missing_as_equal_and_minus_zero_as_zero():
    kinds = {"x": "numeric", "c": "categorical"}
    known = pl.DataFrame({"x": [0.0, None, 2.0, 2.0], "c": ["a", "b", None, None]})
    asked = pl.DataFrame({"x": [-0.0, None, 2.0, 2.0], "c": ["a", "b", None, "a"]})
    assert equal_rows(*samples(kinds, known, asked)).tolist() == [0, 1, 2, -1]


def test_nearest_and_second_nearest_by_brute_force():
    names = ["age", "pay"]
    a, b = points(REAL.select(names), OTHER.select(names))
    d = np.sort(np.abs(b.numeric.T[:, None] - a.numeric.T[None]).sum(2), axis=1)
    found = nearest(b, a, 1)
    np.testing.assert_allclose(found.first, d[:, 0], atol=1e-5)
    np.testing.assert_allclose(found.second, d[:, 1], atol=1e-5)
    own = nearest(a, a, 1, itself=True)
    assert (own.which != np.arange(400)).all()
