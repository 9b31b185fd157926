"""The language of conditions: what is allowed, and what is told where it cannot be understood."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jensen.data import Schema, read_table
from jensen.data.codec import Codec, pieces_of
from jensen.data.conditions import parse
from jensen.errors import ConditionError

N = 400


def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    days = [dt.date(2024, 1, 1) + dt.timedelta(int(k)) for k in rng.integers(0, 366, N)]
    moments = [
        dt.datetime(2024, 1, 1) + dt.timedelta(hours=int(k)) for k in rng.integers(0, 9000, N)
    ]
    return pl.DataFrame(
        {
            "key": [f"K-{k:05d}" for k in rng.permutation(90_000)[:N]],
            "real": rng.normal(size=N),
            "atom": np.where(rng.random(N) < 0.3, 0.0, rng.exponential(size=N)),
            "cents": np.round(3 * rng.normal(size=N), 2),
            "even": 2 * rng.integers(0, 500, N),
            "large": 2**60 + rng.integers(0, 1000, N),
            "kind": rng.choice(["high", "low", "very low"], N),
            "two words": rng.choice(["a", "b"], N),
            "yes": rng.random(N) < 0.5,
            "size": rng.choice(["S", "M", "L"], N),
            "day": pl.Series(days).set(pl.Series(rng.random(N) < 0.1), None),
            "moment": moments,
            "wait": [dt.timedelta(seconds=int(k)) for k in rng.integers(0, 9000, N)],
            "time": [dt.time(int(k) // 60, int(k) % 60) for k in rng.integers(0, 1440, N)],
        }
    )


ROWS = table()
TABLE = read_table(ROWS)
SCHEMA = Schema.infer(TABLE, ordinal={"size": ["S", "M", "L"]})
CODEC = Codec.fit(SCHEMA.conform(TABLE), SCHEMA)
c = pl.col

TRUE: dict[str, Any] = {
    "kind = high": c("kind") == "high",
    "kind == 'very low'": c("kind") == "very low",
    "kind != high": c("kind") != "high",
    'kind in {high, "very low"}': c("kind").is_in(["high", "very low"]),
    "kind not in {high}": c("kind") != "high",
    "'two words' = a": c("two words") == "a",
    "real > 0": c("real") > 0,
    "0 < real <= 0.5": (c("real") > 0) & (c("real") <= 0.5),
    "0 >= real": c("real") <= 0,
    "real in [-1, 1)": (c("real") >= -1) & (c("real") < 1),
    "real in (-.5, 2e0]": (c("real") > -0.5) & (c("real") <= 2),
    "atom = 0": c("atom") == 0,
    "atom != 0": c("atom") != 0,
    "cents > 0.005": c("cents") > 0.005,
    "cents <= -1.25": c("cents") <= -1.25,
    "even < 17": c("even") < 17,
    "even in {4, 6, 8, 10, 100}": c("even").is_in([4, 6, 8, 10, 100]),
    f"large >= {2**60 + 500}": c("large") >= 2**60 + 500,
    "yes = true": c("yes"),
    "yes = FALSE": ~c("yes"),
    "size > S": c("size") != "S",
    "S <= size < L": c("size").is_in(["S", "M"]),
    "day >= 2024-07-01": c("day") >= dt.date(2024, 7, 1),
    "day is missing": c("day").is_null(),
    "day is not missing": c("day").is_not_null(),
    "day in {2024-07-01, missing}": c("day").is_null() | (c("day") == dt.date(2024, 7, 1)),
    "day not in {2024-07-01, missing}": c("day") != dt.date(2024, 7, 1),
    "moment < 2024-03-01T12:30": c("moment") < dt.datetime(2024, 3, 1, 12, 30),
    "wait > 90m": c("wait") > dt.timedelta(minutes=90),
    "time <= 12:30": c("time") <= dt.time(12, 30),
    "kind = high and real > 0 AND yes = true": (c("kind") == "high") & (c("real") > 0) & c("yes"),
    "real > 0 and real < 1 and real > 0.25": (c("real") > 0.25) & (c("real") < 1),
}


def holding(allowed: dict[str, Any], rows: pl.DataFrame) -> np.ndarray:
    conformed = SCHEMA.conform(read_table(rows))
    parts = [a.holds(conformed.frame[name]) for name, a in allowed.items()]
    return np.all(parts, axis=0)


@pytest.mark.parametrize("text", TRUE)
def test_a_condition_holds_of_the_rows_it_says(text: str):
    wanted = ROWS.select(TRUE[text].fill_null(False).alias("ok"))["ok"].to_numpy()
    found = holding(parse(text, SCHEMA), ROWS)
    assert 0 < wanted.sum() < N
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("text", TRUE)
def test_every_value_drawn_under_a_condition_fulfils_it(text: str):
    allowed = parse(text, SCHEMA)
    rng = np.random.default_rng(1)
    for name, one in allowed.items():
        j = [column.column.name for column in CODEC.coded].index(name)
        coded, piece = CODEC.coded[j], pieces_of(CODEC.coded[j], one)
        mass = piece.weight * coded.counts[: len(piece.weight)]
        codes = rng.choice(len(mass), 3_000, p=mass / mass.sum())
        values, missing = coded.decode(codes, piece.place(codes, rng.random(3_000)))
        assert one.holds(values).all()
        if not one.missing:
            assert (missing < 0).all()
        # the allowed share of the mass is about the share of rows that fulfil it
        share = mass.sum() / coded.counts.sum()
        real = one.holds(SCHEMA.conform(TABLE).frame[name]).mean()
        assert share == pytest.approx(real, abs=0.02)


@settings(max_examples=60)
@given(st.floats(-4, 4), st.floats(0, 3))
def test_any_range_of_reals_is_kept(low: float, width: float):
    one = parse({"real": (low, low + width)}, SCHEMA)["real"]
    j = [column.column.name for column in CODEC.coded].index("real")
    try:
        piece = pieces_of(CODEC.coded[j], one)
    except ConditionError:
        return
    codes = np.repeat(np.unique(piece.code), 50)
    values, _ = CODEC.coded[j].decode(
        codes, piece.place(codes, np.tile(np.linspace(0, 1, 50, False), len(codes) // 50))
    )
    assert one.holds(piece.settle(values)).all()


def test_a_mapping_says_the_same():
    for given_, text in [
        ({"kind": "high"}, "kind = high"),
        ({"kind": {"high", "low"}}, "kind in {high, low}"),
        ({"real": (0, 1)}, "0 <= real <= 1"),
        ({"real": (None, 1)}, "real <= 1"),
        ({"day": None}, "day is missing"),
        ({"day": (dt.date(2024, 3, 1), None)}, "day >= 2024-03-01"),
        ({"yes": True, "even": 4}, "yes = true and even = 4"),
    ]:
        one, other = parse(given_, SCHEMA), parse(text, SCHEMA)
        np.testing.assert_array_equal(holding(one, ROWS), holding(other, ROWS))
    both = parse(["kind = high", "real > 0"], SCHEMA)
    assert set(both) == {"kind", "real"}


WRONG = {
    "knd = high": "nearest is 'kind'",
    "kind = hgh": "never has 'hgh'; the nearest is 'high'",
    "real > much": "a number, and 'much' is none",
    "day > soon": "such as 2024-02-29, and 'soon' is none",
    "wait > long": "such as 90s, 15m, 2h or 3d",
    "kind > low": "compares by order.*--ordinal kind=LOW",
    "key = K-00001": "'key' is an identifier",
    "real is missing": "it never is in the data",
    "real > 1 and real < 0": "'real > 1' and 'real < 0' contradict",
    "kind = high and kind = low": "contradict each other",
    "real in [1, 0]": r"'real in \[1, 0\]' allows no value of column 'real'; mend it",
    "even = 3.5": "allows no value",
    "real >": r"goes wrong at character 7.*\n  real >\n +\^",
    "real > 1 and": "goes wrong at character 13",
    "real ~ 1": r"goes wrong at character 6.*\n  real ~ 1\n       \^",
    "kind in {high": "goes wrong at character 14",
    "": "goes wrong at character 1",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_understood_is_told(text: str):
    with pytest.raises(ConditionError, match=f"(?s){WRONG[text]}"):
        parse(text, SCHEMA)


def test_what_no_row_has_is_told():
    j = [column.column.name for column in CODEC.coded].index("real")
    with pytest.raises(ConditionError, match="'real > 1000' must allow a value"):
        pieces_of(CODEC.coded[j], parse("real > 1000", SCHEMA)["real"])
