"""What pictures are drawn from: cells, histograms, tables of pairs, importances, targets."""

import numpy as np
import polars as pl
import pytest
from planted import KINDS, point_tables, table, tables

from jensen.evidence import Sample, Tables, gather, samples
from jensen.evidence.axes import OTHERS, axis_of, cells
from jensen.evidence.every_target import every_target
from jensen.evidence.fidelity import pairs
from jensen.evidence.look import look
from jensen.evidence.portray import GRID_COLUMNS, TELLING, marginals, pair_grid, telling_pairs

REAL, FRESH = table(400, 0), table(400, 1)


def one(kind: str, *sides: object) -> list[Sample]:
    return samples({"x": kind}, *(pl.DataFrame({"x": side}, strict=False) for side in sides))


def axis(kind: str, real: object, synthetic: object, most: int = 40):
    made = one(kind, real, synthetic)
    return axis_of("x", made[0], made[1], most), made


def test_every_value_has_a_cell_and_missing_ones_have_theirs_or_none():
    made = one("numeric", [*range(100), None], [None, *range(-5, 95)])
    plain = axis_of("x", made[0], made[1], 10)
    gaps = axis_of("x", made[0], made[1], 10, gaps=True)
    for side in made:
        missing = side.missing("x")
        assert set(cells(plain, side)[~missing]) <= set(range(len(plain)))
        assert (cells(plain, side)[missing] == -1).all()
        assert (cells(gaps, side)[missing] == len(gaps) - 1).all()
    assert len(gaps) == len(plain) + 1


@pytest.mark.parametrize("step", [1.0, 0.1, 0.01])
def test_bins_hold_equally_many_values_of_a_grid(step):
    values = np.round(step * np.arange(17, 91).repeat(30), 6)
    found, made = axis("numeric", values, values)
    counts = np.bincount(cells(found, made[0]))
    assert len(found) > 20
    assert len(set(counts[:-1])) == 1  # the last may be cut short


def test_whole_days_stay_whole():
    days = pl.Series(range(1000)).cast(pl.Date)
    found, _ = axis("time", days, days)
    widths = np.diff(found.edges) / 86400
    np.testing.assert_allclose(widths, np.round(widths))


def test_far_tails_do_not_flatten_the_rest():
    rng = np.random.default_rng(0)
    heavy = np.exp(3 * rng.normal(size=2000))
    found, made = axis("numeric", heavy, heavy)
    assert found.beyond == (False, True)
    assert found.edges[-1] < heavy.max() / 5
    assert np.bincount(cells(found, made[0])).sum() == 2000


def test_a_shifted_sample_stays_in_sight():
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    found, _ = axis("numeric", x, x + 20)
    assert found.edges[0] < -1
    assert found.edges[-1] > 21


@pytest.mark.parametrize("values", [[1.0] * 50, [None] * 50, [1e300, -1e300] * 25])
def test_constant_empty_and_extreme_columns_have_cells(values):
    found, made = axis("numeric", values, values)
    assert np.isfinite(found.edges).all()
    assert (np.diff(found.edges) > 0).all()
    assert cells(found, made[0]).max() < len(found)


def test_frequent_levels_come_first_numbers_in_their_order_and_rare_ones_together():
    words = ["b"] * 50 + ["a"] * 30 + [f"rare {i}" for i in range(20)]
    found, made = axis("categorical", words, words, 4)
    assert found.labels[:2] == ("b", "a")
    assert found.labels[-1] == OTHERS
    assert np.bincount(cells(found, made[0])).tolist() == [50, 30, 1, 19]
    numbers, _ = axis("categorical", ["10"] * 9 + ["9"] * 5 + ["100"] * 2, ["9"] * 16)
    assert numbers.labels == ("9", "10", "100")


def test_shares_sum_to_one_and_columns_keep_their_order():
    made = tables(REAL, FRESH)
    found = marginals(made, made.resamples(1000))
    assert [m.axis.name for m in found] == list(KINDS)
    for m in found:
        assert len(m.real) == len(m.synthetic) == len(m.axis)
        assert sum(m.real) == pytest.approx(1, abs=1e-4)
        assert sum(m.synthetic) == pytest.approx(1, abs=1e-4)


def test_the_pair_that_lost_its_dependence_is_the_most_telling():
    rng = np.random.default_rng(0)
    mixed = FRESH.with_columns(pl.Series("pay", rng.permutation(FRESH["pay"].to_numpy())))
    *_, apart = pairs(tables(REAL, mixed), str)
    found = telling_pairs(apart)
    assert len(found) == TELLING
    assert {found[0].first.name, found[0].second.name} <= {"age", "pay", "job"}
    assert found[0].distance > found[0].floor + 0.05
    assert sum(map(sum, found[0].real)) == 400
    grid = pair_grid(apart)
    assert grid.names == tuple(KINDS)
    assert grid.distance[1][0] == pytest.approx(
        next(p.distance for p in found if {p.first.name, p.second.name} == {"age", "pay"})
    )


def test_a_wide_table_has_a_grid_of_its_worst_columns():
    rng = np.random.default_rng(0)
    names = [f"c{i}" for i in range(70)]
    real, other = (pl.DataFrame(rng.normal(size=(60, 70)), schema=names) for _ in "ab")
    other = other.with_columns(pl.col("c7") + 3, pl.col("c50") + 3)
    made = samples(dict.fromkeys(names, "numeric"), real, other)
    *_, apart = pairs(Tables(made[0], made[1], None, 0), str)
    grid = pair_grid(apart)
    assert len(grid.names) == GRID_COLUMNS
    assert {"c7", "c50"} <= set(grid.names)
    assert list(grid.names) == sorted(grid.names, key=names.index)


def test_the_column_that_gives_samples_away_is_named_first():
    made = tables(REAL, FRESH.with_columns(pl.col("age") + 15))
    found = look(made.halves, made.rng("look"))
    assert found.importances[0].name in ("age", "pay")
    assert found.importances[0].drop > 0.1
    assert found.auc > 0.8
    assert {i.name for i in found.importances} == set(KINDS)
    real, drawn = found.scores.medians
    assert real < 0.5 < drawn


def test_distances_of_copies_lie_at_zero():
    found = gather(tables(REAL, REAL, FRESH.head(200))).portrait.distances
    assert [h.names[0] for h in found] == ["samples", "nearest of 200 training rows"]
    assert found[0].medians[0] == 0 < found[0].medians[1]
    assert found[1].medians[0] < found[1].medians[1]


def test_every_target_finds_the_dependence_that_was_lost():
    rng = np.random.default_rng(0)
    mixed = FRESH.with_columns(pl.Series("pay", rng.permutation(FRESH["pay"].to_numpy())))
    measures, found = every_target(tables(REAL, mixed, table(300, 2)), str)
    assert {p.target for p in found[:2]} <= {"age", "pay", "job"}
    gap = measures[0]
    assert gap.estimate.low > 0 == gap.floor == gap.copy
    assert all(p.real_low <= p.real <= p.real_high for p in found)
    assert found[0].real_low > found[0].estimate.high
    assert gap.marginals > gap.estimate.value
    fine, _ = every_target(tables(REAL, FRESH, table(300, 2)), str)
    assert fine[0].estimate.value < gap.estimate.value / 2


def test_nothing_to_predict_is_no_figure():
    assert every_target(point_tables(60, 0), str)[1] != ()
    kinds = {"x": "numeric"}
    made = samples(kinds, *[pl.DataFrame({"x": [1.0] * 60})] * 2)
    assert every_target(Tables(made[0], made[1], None, 0), str) == ([], ())
