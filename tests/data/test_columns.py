"""Values to numbers and back is the identity on everything observed."""

import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_series_equal

from jensen.data import (
    Column,
    Schema,
    from_levels,
    from_numbers,
    read_table,
    to_levels,
    to_numbers,
)
from jensen.data.column import LEVEL_KINDS
from jensen.data.describe import grid_step
from jensen.data.dtypes import dtype_of
from jensen.errors import SchemaError, TableError

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"


def column_of(values: pl.Series, **options) -> Column:
    table = read_table(values.alias("x").to_frame())
    return Schema.infer(table, **options).column("x")


def back(values: pl.Series, column: Column) -> pl.Series:
    if column.levels is not None:
        return from_levels(to_levels(values, column), column)
    numbers = to_numbers(values, column)
    return from_numbers(numbers, column).set(values.is_null(), None)


@pytest.mark.parametrize("path", sorted(SHARED.glob("*/*.csv.gz")), ids=lambda p: p.name)
def test_shared_data_survive(path: Path):
    table = read_table(path)
    for column in Schema.infer(table).columns:
        if column.kind in ("identifier", "text"):
            continue
        values = table.frame[column.name]
        assert_series_equal(back(values, column), values, check_exact=True)
        if column.levels is None:
            numbers = to_numbers(values.drop_nulls(), column)
            assert (numbers.min(), numbers.max()) == (column.minimum, column.maximum)
        if column.step is not None:
            assert not np.any((numbers - column.minimum) % column.step)


ZONED = pl.datetime_range(
    datetime.datetime(2020, 3, 28), datetime.datetime(2020, 3, 30), interval="1h", eager=True
).dt.replace_time_zone("UTC")

CASES = {
    "beyond 2**53": pl.Series([2**53 + 1, -(2**62) - 3, 7, 7]),
    "int8": pl.Series([-128, 127, 5, 5], dtype=pl.Int8),
    "uint64": pl.Series([0, 2**63 - 1, 5, 5], dtype=pl.UInt64),
    "decimals": pl.Series([0.1, 0.2, 0.3, 123456.7]),
    "full precision": pl.Series([1 / 3, 2 / 7, np.pi]),
    "float32": pl.Series([0.1, 0.25, 7.3], dtype=pl.Float32),
    "exact decimals": pl.Series([Decimal("1.50"), Decimal("-0.05"), Decimal("99999999.99")]),
    "negative zero": pl.Series([-0.5, 0.5, 1.25]),
    "dates": pl.Series([datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]),
    "times": pl.Series([datetime.time(0), datetime.time(23, 59, 59, 999999)]),
    "spans": pl.Series([datetime.timedelta(-3), datetime.timedelta(microseconds=1)]),
    "zone": ZONED.dt.convert_time_zone("Europe/Berlin"),
    "ns": pl.Series([1, 3, 10**18], dtype=pl.Int64).cast(pl.Datetime("ns")),
    "ms": pl.Series([1, 3, 10**12], dtype=pl.Int64).cast(pl.Datetime("ms")),
    "words": pl.Series(["b", "a", "b", "é", ""]),
    "truth": pl.Series([True, False, None]),
    "one date": pl.Series([datetime.date(2020, 1, 1)] * 3),
    "one decimal": pl.Series([Decimal("1.50")] * 3),
    "gaps": pl.Series([None, 1.5, None, 2.25]),
}


@pytest.mark.parametrize("values", CASES.values(), ids=CASES.keys())
def test_round_trip(values: pl.Series):
    column = column_of(values)
    assert dtype_of(column.dtype) == values.dtype
    assert_series_equal(back(values, column), values.alias("x"), check_exact=True)


def test_kinds_of_numbers():
    full = column_of(CASES["full precision"])
    assert full.decimals is None
    assert to_numbers(CASES["full precision"], full).dtype == np.float64
    fixed = column_of(CASES["decimals"])
    assert to_numbers(CASES["decimals"], fixed).tolist() == [1, 2, 3, 1234567]
    assert np.isnan(to_numbers(pl.Series([None], dtype=pl.Float64), full)[0])
    assert to_numbers(pl.Series([None], dtype=pl.Float64), fixed).tolist() == [0]
    assert to_numbers(pl.Series([1e300]), fixed).dtype == np.int64


def test_levels_of_categories_forced_on_times_and_decimals():
    for values in (CASES["dates"], CASES["exact decimals"], CASES["times"], CASES["zone"]):
        column = column_of(values, overrides={"x": "categorical"})
        assert_series_equal(back(values, column), values.alias("x"))


def test_unseen_level():
    column = column_of(pl.Series(["a", "b", "a"]))
    with pytest.raises(TableError, match=r"column 'x'.*'c' in row 2"):
        to_levels(pl.Series("x", ["a", "c"]), column)
    assert to_levels(pl.Series(["b", None]), column).tolist() == [1, -1]
    assert from_levels(np.array([1, -1]), column).to_list() == ["b", None]


def test_integers_stay_inside_their_type():
    column = column_of(pl.Series([1, 2, 5], dtype=pl.Int8))
    assert from_numbers(np.array([300, -300]), column).to_list() == [127, -128]


DECIMALS = [
    ([1.0, 2.5], 1),
    ([0.1, 0.25, 0.125], 3),
    ([1e-9, 0.5], 9),
    ([1e-10, 0.5], None),
    ([1e8 + 0.1], 1),
    ([1e13 + 0.5, 0.1], 1),
    ([np.pi], None),
    ([1e300, 0.5], None),
]


@pytest.mark.parametrize(("values", "places"), DECIMALS)
def test_decimals(values: list[float], places: int | None):
    column = column_of(pl.Series(values), overrides={"x": "continuous"})
    assert column.decimals == places


STEPS = [
    (np.arange(0, 200, 5), 40, None, 5),
    (np.arange(3, 203, 10), 40, None, 10),
    (np.array([0, 7, 14]), 3, None, 1),
    (np.array([0, 7, 14]), 3000, None, 7),
    (np.array([1000, 5000]), 2, None, 1000),
    (np.array([5]), 9, None, 1),
    (np.array([0, 7_200_000_000]), 2, 1_000_000, 3_600_000_000),
    (np.array([0, 61_000_000]), 2, 1_000_000, 1_000_000),
    (np.array([-(2**63), 2**63 - 1]), 2, None, 1),
]


@pytest.mark.parametrize(("ticks", "rows", "per_second", "step"), STEPS)
def test_steps(ticks: np.ndarray, rows: int, per_second: int | None, step: int):
    assert grid_step(ticks.astype(np.int64), rows, per_second) == step


def test_atoms_need_a_share_and_three_rows():
    rng = np.random.default_rng(0)
    values = np.concatenate([np.zeros(20), np.full(5, 1.5), rng.normal(size=975)])
    assert column_of(pl.Series(values)).atoms == (0.0,)
    assert column_of(pl.Series([0.5, 0.5, 1.25])).atoms == ()
    assert column_of(pl.Series([0.5, 0.5, 0.5, 1.25])).atoms == (0.5,)


def test_unknown_type():
    with pytest.raises(SchemaError, match="'Int7' is not"):
        dtype_of("Int7")


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
GRID = st.tuples(st.integers(0, 9), st.lists(st.integers(-(10**12), 10**12), min_size=1))


@settings(max_examples=150, deadline=None)
@given(GRID)
def test_decimal_grids_survive(grid: tuple[int, list[int]]):
    places, ticks = grid
    values = pl.Series(np.array(ticks) / 10.0**places)
    column = column_of(values, overrides={"x": "continuous"})
    assert column.decimals is not None
    assert column.decimals <= places
    assert_series_equal(back(values, column), values.alias("x"), check_exact=True)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.none() | FLOATS, min_size=1), st.sampled_from([pl.Float64, pl.Float32]))
def test_floats_survive(values: list[float | None], dtype):
    series = pl.Series(values, dtype=pl.Float64).cast(dtype)
    series = series.set(series.is_infinite().fill_null(False), 1.5)
    column = column_of(series)
    assert_series_equal(back(series, column), series.alias("x"), check_exact=True)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_survive(values: list[int]):
    series = pl.Series(values)
    column = column_of(series)
    if column.kind != "identifier":
        assert back(series, column).to_list() == values


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=6), min_size=1, max_size=40))
def test_levels_survive(values: list[str]):
    series = pl.Series(values)
    column = column_of(series, overrides={"x": "categorical"})
    assert column.kind in LEVEL_KINDS
    assert back(series, column).to_list() == values
