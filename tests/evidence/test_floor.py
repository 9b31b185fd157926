"""The noise floor is what a fresh draw has, also where most levels are rare; columns that differ.

Each test has fixed seeds; with others it would fail by chance with the probability stated.
"""

import numpy as np
import polars as pl
import pytest
import scipy.stats
from planted import table, tables

from jensen.evidence import Sample, Tables, samples
from jensen.evidence.column_tests import chi_squared_p, column_p_values, ks_p
from jensen.evidence.fidelity import columns, pairs
from jensen.evidence.floor import noise_floor, parts
from jensen.evidence.portray import pair_grid, telling_pairs

KINDS = {"a": "categorical", "b": "categorical", "x": "numeric"}


def rare(n: int, seed: int) -> pl.DataFrame:
    """Two columns of words, most of which occur once, and a number."""
    rng = np.random.default_rng(seed)
    words = {c: [f"v{v}" for v in rng.zipf(1.3, n) % 3000] for c in "ab"}
    return pl.DataFrame(words | {"x": rng.normal(size=n)})


def rare_tables(seed: int, n: int, m: int) -> Tables:
    made = samples(KINDS, rare(n, 2 * seed), rare(m, 2 * seed + 1))
    return Tables(made[0], made[1], None, seed)


@pytest.mark.parametrize("m", [250, 800, 2000])
def test_a_fresh_draw_is_as_real_rows_where_most_levels_are_rare(m):
    values: dict[str, list[tuple[float, float]]] = {}
    for seed in range(12):
        made = rare_tables(seed, 800, m)
        of_columns, findings = columns(made, str)
        of_pairs, found_pairs, *_ = pairs(made, str)
        figures = {f.name: (f.estimate.value, f.floor) for f in (*of_columns, *of_pairs)}
        figures |= {f"column {f.name}": (f.distance, f.floor) for f in findings}
        figures |= {f"pair {p.first} {p.second}": (p.distance, p.floor) for p in found_pairs}
        figures["W1 of x"] = next(
            (f.wasserstein, f.wasserstein_floor) for f in findings if f.name == "x"
        )
        for name, pair in figures.items():
            values.setdefault(name, []).append(pair)
    for name, found in values.items():
        fresh, floor = np.array(found).T
        # within 4 standard errors, and 3 % for what doubling does not tell
        allowed = 4 * np.std(fresh - floor, ddof=1) / np.sqrt(len(fresh)) + 0.03 * fresh.mean()
        assert abs(fresh.mean() - floor.mean()) <= allowed, name
    column = np.array(values["column a"])
    assert column[:, 0].mean() > 0.2  # far apart, and yet no farther than real rows are
    assert abs(column[:, 0].mean() / column[:, 1].mean() - 1) < 0.06


def test_pairs_of_a_wide_table_that_were_not_drawn_have_a_floor_too():
    names = [f"c{i}" for i in range(66)]
    real, other = (
        pl.DataFrame(np.random.default_rng(s).normal(size=(60, 66)), schema=names) for s in (0, 1)
    )
    made = samples(dict.fromkeys(names, "numeric"), real, other)
    _, findings, _, apart = pairs(Tables(made[0], made[1], None, 0), str)
    assert len(apart.found.pairs) == 2000 < 66 * 65 // 2
    grid = pair_grid(apart)
    floor, distance = (
        np.mean([v for row in side for v in row]) for side in (grid.floor, grid.distance)
    )
    assert floor == pytest.approx(distance, rel=0.1)
    pair = telling_pairs(apart)[0]
    place = apart.found.pairs.index((pair.first.name, pair.second.name))
    assert pair.floor == pytest.approx(apart.floor[place], abs=1e-6)
    first = apart.found.pairs.index((findings[0].first, findings[0].second))
    assert findings[0].floor == apart.floor[first]
    assert first == np.argmax(apart.found.distance[0] - apart.floor)  # as none differs


def test_parts_are_as_large_as_the_tables_where_there_is_room():
    assert parts(1000, 250) == (800, 200)
    assert parts(1000, 1000) == (500, 500)
    assert parts(1000, 10**6) == (200, 800)
    assert parts(40, 40) == (20, 20)


def test_a_floor_that_falls_with_the_root_of_the_rows_is_carried_over_as_such():
    sample = samples({"x": "numeric"}, pl.DataFrame({"x": np.arange(4000.0)}))[0]

    def rooted(a, b):
        size = 1 / len(a) + 1 / len(b)
        return np.array([np.sqrt(size), 1.0, np.nan, size, 0.0])

    for m in (500, 4000, 9000):
        found = noise_floor(rooted, sample, m, 2, np.random.default_rng(0))
        size = 1 / 4000 + 1 / m
        np.testing.assert_allclose(found, [np.sqrt(size), 1.0, np.nan, size, 0.0], rtol=0.01)


def test_the_order_of_rows_in_the_file_does_not_matter_to_intervals():
    # rows with a period of ten: each tenth of them in file order would be alike in both tables
    def periodic(seed: int) -> pl.DataFrame:
        x = 3.0 * (np.arange(1000) % 10) + np.random.default_rng(seed).normal(size=1000)
        return pl.DataFrame({"x": x, "y": x + 1})

    widths = []
    for shuffled in (False, True):
        frames = [periodic(s).sample(fraction=1, shuffle=shuffled, seed=s) for s in (0, 1)]
        made = samples({"x": "numeric", "y": "numeric"}, *frames)
        found = columns(Tables(made[0], made[1], None, 0), str)[0][0].estimate
        widths.append(found.high - found.low)
    # each from ten groups, so uncertain by a quarter
    assert widths[0] == pytest.approx(widths[1], rel=0.6)
    assert widths[0] > 0.03


# ---------------------------------------------------------------- which columns differ


def test_p_values_of_columns_are_those_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=300), rng.normal(0.2, 1, size=200)
    assert ks_p(a, b) == pytest.approx(scipy.stats.ks_2samp(a, b, method="asymp").pvalue, rel=0.3)
    codes = [rng.choice(5, n, p=[0.4, 0.3, 0.2, 0.05, 0.05]) for n in (400, 500)]
    counts = np.array([np.bincount(c, minlength=5) for c in codes])
    expected = scipy.stats.chi2_contingency(counts, correction=False).pvalue
    assert chi_squared_p(*codes) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("levels", [2, 12, 3000])
def test_a_column_differs_no_more_often_than_stated(levels):
    p_values = []
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        if levels == 2:  # numbers on a grid, some missing
            sides = [
                Sample({"x": "numeric"}, {"x": np.where(rng.random(n) < 0.1, np.nan, x)}, {}, n)
                for n, x in ((n, rng.integers(0, 40, n)) for n in (90, 60))
            ]
            p_values.append(column_p_values(*sides)["x"])
        else:
            p_values.append(chi_squared_p(*(rng.zipf(1.5, n) % levels for n in (200, 130))))
    for level in (0.001, 0.01, 0.05):
        # 4 standard errors
        allowed = level + 4 * np.sqrt(level * (1 - level) / 2000)
        assert np.mean(np.array(p_values) <= level) <= allowed, level
    assert np.mean(np.array(p_values) <= 0.2) > 0.05  # it is a test that says something


def test_a_column_that_is_off_is_said_to_differ_and_the_others_are_not():
    real, fresh = table(1500, 0), table(1500, 1)
    for name, change in {
        "pay": pl.col("pay") + 0.3,
        "city": pl.col("city").replace("D", "A"),
        "gain": pl.col("gain").fill_null(strategy="mean"),
        "seen": pl.col("seen").dt.offset_by("40d"),
    }.items():
        found = columns(tables(real, fresh.with_columns(change)), str)[1]
        assert [f.name for f in found if f.differs] == [name]
        assert next(f.p_value for f in found if f.differs) <= 0.01


def test_findings_have_intervals_and_what_stands_beside_them():
    made = tables(table(600, 0), table(600, 1))
    for f in columns(made, str)[1]:
        assert 0 <= f.low <= f.distance <= f.high <= 1
        assert 0 < f.copy < 0.2
        if f.wasserstein is not None:
            assert 0 <= f.wasserstein_low <= f.wasserstein <= f.wasserstein_high
    for p in pairs(made, str)[1]:
        assert 0 <= p.low <= p.distance <= p.high <= 1
        assert 0 < p.copy < 0.3
        assert 0 < p.floor < 0.3
    age_pay = next(p for p in pairs(made, str)[1] if (p.first, p.second) == ("age", "pay"))
    assert age_pay.marginals > 2 * age_pay.floor
