"""Under the null hypothesis p-values are uniform: two draws of one distribution, many times.

Each test has fixed seeds; with others it would fail by chance with the probability stated.
"""

import numpy as np
import polars as pl
import pytest
import scipy.stats
from planted import bit_tables, point_tables, points, table, tables
from threadpoolctl import threadpool_limits

from jensen.estimator.bound_figures import overfitting
from jensen.evidence import Sample, Tables, samples
from jensen.evidence.copies import copies
from jensen.evidence.copying import (
    exact_copy_test,
    membership_test,
    met_exactly_test,
    met_near_test,
    near_copy_test,
    nearer_share_test,
    search,
    unseen_test,
)
from jensen.evidence.detection import boosted_scores, logistic_scores, two_sample_test
from jensen.evidence.encode import Encoder
from jensen.evidence.gather import modes
from jensen.evidence.kernels import discrepancy, distance_kernel, gaussian_kernel


@pytest.fixture(autouse=True)
def one_thread():
    """Threads cost more than the small products of these tests."""
    with threadpool_limits(1):
        yield


FAILURE = 1e-3
"""Chance that a test of uniformity fails though the p-values are uniform."""


def uniform(p_values) -> bool:
    return scipy.stats.kstest(p_values, "uniform").pvalue > FAILURE


def drawn(seed: int, n: int = 120):
    """Training, synthetic and held-out rows of one distribution."""
    frames = [points(n, 3 * seed + i) for i in range(3)]
    return samples(dict.fromkeys("ab", "numeric"), *frames)


@pytest.mark.parametrize(
    ("classifier", "times"), [(logistic_scores, 100), (boosted_scores, 50)], ids=["linear", "trees"]
)
def test_classifier_two_sample_test(classifier, times):
    found = [
        two_sample_test(classifier, *drawn(seed)[:2], np.random.default_rng(seed))
        for seed in range(times)
    ]
    assert uniform([f.p_value for f in found])
    # the intervals are meant to err on the safe side: at least 95 % less 4 standard errors
    covered = np.mean([f.auc.low <= 0.5 <= f.auc.high for f in found])
    assert covered > 0.95 - 4 * np.sqrt(0.95 * 0.05 / times)


@pytest.mark.parametrize("classifier", [boosted_scores, logistic_scores])
def test_rare_levels_do_not_tell_the_tables_apart(classifier):
    # most levels occur once: kept for being one table's own, they would give it away
    def words(seed: int) -> pl.DataFrame:
        drawn = np.random.default_rng(seed).zipf(1.3, (600, 2)) % 1500
        return pl.DataFrame({"a": drawn[:, 0].astype(str), "b": drawn[:, 1].astype(str)})

    values = []
    for seed in range(6):
        frames = [words(2 * seed), words(2 * seed + 1)]
        real, other = samples(dict.fromkeys("ab", "categorical"), *frames)
        found = two_sample_test(classifier, real, other, np.random.default_rng(seed))
        values.append((found.auc.value - 0.5) / (found.auc.high - found.auc.value))
    # in half-widths of conservative 95 % intervals
    assert abs(np.mean(values)) < 1


@pytest.mark.parametrize("kernel", [gaussian_kernel, distance_kernel])
def test_kernel_two_sample_tests(kernel):
    p_values, values = [], []
    for seed in range(150):
        real, other = drawn(seed, 50)[:2]
        encoder = Encoder.fit(real, other)
        z = np.concatenate([encoder.transform(side) for side in (real, other)])
        found = discrepancy(kernel(z), np.random.default_rng(seed))
        p_values.append(found.p_value)
        values.append(found.estimate.value)
    assert uniform(p_values)
    # unbiased: a mean within 4 standard errors of 0
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))


def test_copying_tests_with_held_out_rows():
    nearer, member = [], []
    for seed in range(120):
        training, synthetic, held_out = drawn(seed)
        found = search(training, synthetic, held_out.head(70), 1)
        rng = np.random.default_rng(seed)
        nearer.append(nearer_share_test(found, rng, 1))
        member.append(membership_test(found, rng, 1))
    assert uniform([t.p_value for t in nearer])
    assert uniform([t.p_value for t in member])
    for tests in (nearer, member):
        covered = np.mean([t.estimate.low <= 0.5 <= t.estimate.high for t in tests])
        assert covered == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 120))


def test_tests_of_copies_keep_their_level():
    # Fisher's p-values are discrete, so rejections are at most as frequent as stated.
    near, exact, tied = [], [], []
    for seed in range(200):
        training, synthetic, held_out = drawn(seed, 80)
        near.append(near_copy_test(search(training, synthetic, held_out, 1)).p_value)
        rounded = samples(
            dict.fromkeys("ab", "numeric"), *(points(80, 3 * seed + i).select("a", "b").cast(int)
                                              for i in range(3))
        )  # fmt: skip
        exact.append(exact_copy_test(rounded[0], rounded[1], rounded[0], rounded[2]).p_value)
        # few training rows among many held-out ones, and ties everywhere
        found = search(rounded[0].head(25), rounded[1], rounded[2], 1)
        tied.append(nearer_share_test(found, np.random.default_rng(seed), 1).p_value)
    for p_values in (near, exact, tied):
        for level in (0.05, 0.2):
            # 4 standard errors: fails by chance once in 30,000 such comparisons
            rejected = np.mean(np.array(p_values) <= level)
            assert rejected <= level + 4 * np.sqrt(level * (1 - level) / 200)
    assert min(exact) < 0.5  # rows do coincide


def test_no_region_and_no_copy_is_found_in_draws_of_the_same_distribution():
    false_regions, false_copies = 0, 0
    for seed in range(25):
        training, synthetic, held_out = (table(300, 3 * seed + i) for i in range(3))
        made = tables(training, synthetic, held_out if seed % 2 else None, seed)
        false_regions += bool(modes(made))
        false_copies += copies(made)[1].verdict != "no sign of copying"
    # at a rate of 1 %, three or more of 25 have a probability of 0.002
    assert false_regions <= 2
    assert false_copies <= 2


def test_the_reference_without_held_out_rows_is_fresh():
    p_values = []
    for seed in range(60):
        found, _, _ = copies(point_tables(120, seed))
        p_values.append(next(m.p_value for m in found if m.name == "near_copies"))
    assert np.mean(np.array(p_values) <= 0.1) <= 0.1 + 4 * np.sqrt(0.09 / 60)


@pytest.mark.parametrize("p", [0.7, 0.85, 0.97], ids=["blunter", "as the data", "sharper"])
def test_tests_of_copies_keep_their_level_for_any_sampler_that_never_saw_a_row(p):
    exact, unseen, near = [], [], []
    for seed in range(200):
        bit = bit_tables(seed, p, held_out=True, n=120, columns=7)
        rows = bit.training, bit.synthetic, bit.held_out
        exact.append(met_exactly_test(rows[0], rows[2], rows[1]).p_value)
        unseen.append(unseen_test(*rows[:2]).p_value)
        x = np.random.default_rng(seed).normal(size=(3, 100))
        x[1] *= 3.5 * (1 - p)  # of 1.05, 0.5 and 0.1 of the spread of the data
        made = samples({"x": "numeric"}, *(pl.DataFrame({"x": side}) for side in x))
        near.append(met_near_test(search(*made, 1)).p_value)
    for p_values in (exact, unseen, near):
        for level in (0.01, 0.05, 0.2):
            rejected = np.mean(np.array(p_values) <= level)
            assert rejected <= level + 4 * np.sqrt(level * (1 - level) / 200)
    assert np.mean(np.array(exact) <= 0.2) > 0.05  # neither is a test that never says anything
    assert np.mean(np.array(near) <= 0.2) > 0.02


def test_a_sharper_sampler_that_never_saw_a_row_is_not_said_to_copy():
    for seed in range(8):
        verdicts = [
            copies(bit_tables(seed, 0.97, held_out=held_out))[1] for held_out in (True, False)
        ]
        assert verdicts[0].verdict == "no sign of copying"
        # without held-out rows it looks like one that copies, and the report says why
        assert verdicts[1].verdict != "copies"
        assert "sharper ones repeat rows more often without having seen them" in verdicts[1].why


def test_unseen_rows_that_are_expected_once_each_are_the_hardest_case():
    # every sample is a row of its own, each expected once in the training table
    names = pl.DataFrame({"x": np.arange(200).astype(str)})
    found = []
    for seed in range(300):
        drawn = np.random.default_rng(seed).integers(0, 200, 200).astype(str)
        made = samples({"x": "categorical"}, pl.DataFrame({"x": drawn}), names)
        found.append(unseen_test(*made).p_value)
    assert np.mean(np.array(found) <= 0.01) <= 0.01 + 4 * np.sqrt(0.0099 / 300)


def test_overfitting_of_the_bound():
    # skew as bounds are, and few: the p-value must hold where it is used, at 1 %
    p_values, covered = [], 0
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        found = overfitting(-rng.gamma(3, 1, 60), -rng.gamma(3, 1, 40))
        p_values.append(found.p_value)
        covered += found.estimate.low <= 0 <= found.estimate.high
    assert uniform(p_values)
    assert np.mean(np.array(p_values) <= 0.01) <= 0.01 + 4 * np.sqrt(0.0099 / 2000)
    assert covered / 2000 == pytest.approx(0.95, abs=0.02)


# ---------------------------------------------------------------- at the level that is used


def keeps(p_values, levels=(0.01, 0.05)) -> bool:
    """Whether no more p-values than stated are small: fails by chance once in 30,000 times."""
    p, n = np.array(p_values), len(p_values)
    return all(np.mean(p <= a) <= a + 4 * np.sqrt(a * (1 - a) / n) for a in levels)


def by_the_mean(real, other):
    """A classifier as the others are, and quick: the difference of the means."""

    def score(x, y, test):
        return test @ (x[y == 1].mean(0) - x[y == 0].mean(0))

    views = tuple(np.array([s.columns[n] for n in s.kinds]).T for s in (real, other))
    return views, score


def normal(seed: int, *sizes: int):
    """Samples of two Normal numbers."""
    rng = np.random.default_rng(seed)
    kinds = dict.fromkeys("ab", "numeric")
    return [Sample(kinds, {c: rng.normal(size=n) for c in "ab"}, {}, n) for n in sizes]


def test_two_sample_tests_at_one_percent():
    found: dict[str, list[float]] = {"classifier": [], "mmd": [], "energy": []}
    for seed in range(2000):
        sides, rng = normal(seed, 18, 18), np.random.default_rng(seed)
        found["classifier"].append(two_sample_test(by_the_mean, *sides, rng).p_value)
        z = np.concatenate([by_the_mean(*sides)[0][i] for i in (0, 1)])
        found["mmd"].append(discrepancy(gaussian_kernel(z), rng).p_value)
        found["energy"].append(discrepancy(distance_kernel(z), rng).p_value)
    for name, p_values in found.items():
        assert keeps(p_values), name
        assert np.mean(np.array(p_values) <= 0.05) > 0.03, name


def test_copying_tests_at_one_percent():
    nearer, member = [], []
    for seed in range(800):
        found = search(*normal(seed, 40, 30, 25), 1)
        rng = np.random.default_rng(seed)
        nearer.append(nearer_share_test(found, rng, 1).p_value)
        member.append(membership_test(found, rng, 1).p_value)
    for p_values in (nearer, member):
        assert keeps(p_values)
        assert np.mean(np.array(p_values) <= 0.05) > 0.02


def test_regions_and_the_verdict_on_copies_at_one_percent():
    false_regions, false_copies = [], []
    for seed in range(250):
        sides = normal(seed, 80, 60, 50)
        made = Tables(sides[0], sides[1], sides[2] if seed % 3 else None, seed)
        false_regions.append(0.0 if modes(made) else 1.0)
        verdict = copies(made)[1].verdict
        false_copies.append(1.0 if verdict == "no sign of copying" else 0.0)
    # at a true rate of 5 % this would fail nine times in ten: at most 8 of 250 are allowed
    assert keeps(false_regions, (0.01,))
    assert keeps(false_copies, (0.01,))
