"""What stands in a gap: the mean, the median, the mode of weighted draws, and their spread."""

from typing import Any

import numpy as np
import polars as pl
import pytest

import jensen
from jensen.data import Schema, read_table
from jensen.data.codec import Codec
from jensen.errors import OptionError
from jensen.estimator import gap_draws
from jensen.estimator.filling import LEVEL, _summary, weighted_quantiles

N = 4_000
TABLE = pl.DataFrame({"x": np.random.default_rng(0).gamma(2.0, size=N), "c": ["a", "b"] * (N // 2)})
CODEC = Codec.fit(read_table(TABLE), Schema.infer(read_table(TABLE)))


def summary(j: int, codes: Any, weights: Any, point: str) -> Any:
    weights = [np.asarray(w, float) / np.sum(w) for w in weights]
    return _summary(CODEC.coded[j], np.arange(len(codes)), list(codes), weights, point)


def test_numbers_have_the_mean_the_median_and_the_interval_of_their_draws():
    x = TABLE["x"].to_numpy()
    codes = CODEC.coded[0].codec.encode(TABLE["x"])[0].astype(np.int64)
    tilt = [np.ones(N), np.exp(-x), (x < np.median(x)).astype(float)]
    for point in ("mean", "median"):
        found = summary(0, [codes] * 3, tilt, point)
        for i, w in enumerate(tilt):
            order = np.argsort(x)
            total = np.cumsum(w[order]) / w.sum()
            low, median, high = (
                x[order][np.searchsorted(total, q)] for q in ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)
            )
            wanted = median if point == "median" else np.average(x, weights=w)
            spread = np.sqrt(np.average((x - np.average(x, weights=w)) ** 2, weights=w))
            got = (found.values[i], found.low[i], found.high[i], found.standard_error[i])
            np.testing.assert_allclose(got, (wanted, low, high, spread), rtol=0.06, atol=0.02)
    assert found.values[0] < 0.9 * summary(0, [codes], [np.ones(N)], "mean").values[0]


def test_categories_have_their_mode_and_how_often_it_is_wrong():
    codes = CODEC.coded[1].codec.encode(TABLE["c"])[0].astype(np.int64)[:2]
    found = summary(1, [codes, codes], [[3.0, 1.0], [1.0, 4.0]], "median")
    assert found.values.to_list() == ["a", "b"]
    np.testing.assert_allclose(found.standard_error, [0.25, 0.2])


def test_another_point_is_refused():
    vae = jensen.VAE(steps=25, width=8).fit(TABLE[:200])
    with pytest.raises(OptionError, match="point must be 'mean' or 'median'; got 'mode'"):
        vae.impute(TABLE[:5], point="mode")


def quantiles(*rows: Any) -> list[tuple[float, ...]]:
    """Low, median and high of each of these rows of values, equally likely."""
    v = np.concatenate([np.sort(np.asarray(r, float)) for r in rows])
    sizes = [len(r) for r in rows]
    w = np.repeat([1 / s for s in sizes], sizes)
    found = weighted_quantiles(v, w, np.repeat(np.arange(len(rows)), sizes), len(rows))
    return list(zip(*(part.tolist() for part in found), strict=True))


def test_an_interval_leaves_out_a_tenth_also_where_an_end_is_a_value_of_many_draws():
    plain, zeros = np.arange(1, 101), np.r_[np.zeros(30), np.arange(1, 71)]
    full, ends = 101 - zeros, np.r_[np.zeros(30), np.arange(1, 41), np.full(30, 99)]
    assert quantiles(plain, zeros, full, ends, np.full(7, 3.0), [5.0]) == [
        (6, 50, 95),
        (0, 20, 60),  # 90 of 100, where the 95 % quantile would have held 95
        (41, 80, 101),
        (0, 20, 99),
        (3, 3, 3),
        (5, 5, 5),
    ]


def test_an_interval_holds_its_probability_whatever_the_ties():
    rng = np.random.default_rng(3)
    for _ in range(200):
        v = np.sort(rng.poisson(rng.choice([0.2, 1.0, 5.0, 200.0]), rng.integers(1, 300)))
        w = rng.dirichlet(np.ones(len(v)))
        row = np.zeros(len(v), int)
        low, median, high = (x[0] for x in weighted_quantiles(v.astype(float), w, row, 1))
        assert w[(v >= low) & (v <= high)].sum() >= LEVEL - 1e-9
        assert max(w[v < low].sum(), w[v > high].sum()) <= 1 - LEVEL + 1e-9
        assert w[v <= median].sum() >= 0.5 - 1e-9
        assert low <= median <= high
        if (v == low).sum() > 1 and (v == high).sum() > 1:
            narrower = w[(v > low) & (v <= high)].sum(), w[(v >= low) & (v < high)].sum()
            assert max(narrower) < LEVEL + 1e-9, "an end could be moved in"


def test_one_draw_of_much_weight_is_no_value_of_many():
    rng = np.random.default_rng(4)
    for _ in range(50):
        v, w = np.sort(rng.normal(size=128)), rng.dirichlet(np.full(128, 0.2))
        low, median, high = (x[0] for x in weighted_quantiles(v, w, np.zeros(128, int), 1))
        total = np.cumsum(w)
        for found, q in ((low, 0.05), (median, 0.5), (high, 0.95)):
            assert found == v[np.searchsorted(total, q)]


def test_the_draw_of_a_copy_depends_on_its_number_and_not_on_how_many_there_are():
    log_w = np.random.default_rng(5).normal(size=(3, 40))
    rows = np.array([4, 0, 9])
    (pick, u), (picks, us) = (gap_draws._picked(7, rows, log_w, k, 2) for k in (2, 6))
    np.testing.assert_array_equal(pick, picks[:, :2])
    np.testing.assert_array_equal(u, us[:, :2])
    assert len(np.unique(us)) == us.size


def test_copies_are_chosen_by_their_weights():
    p = np.array([0.5, 0.3, 0.15, 0.05])
    n = 20_000
    picks, _ = gap_draws._picked(1, np.arange(4), np.log(np.tile(p, (4, 5))), n, 1)
    for row in picks:
        found = np.bincount(row % 4, minlength=4) / n
        np.testing.assert_allclose(found, p, atol=5 * np.sqrt(0.25 / n))
