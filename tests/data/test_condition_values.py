"""Values inside conditions: times in the file's own form, zones, bounds between values, gaps."""

import datetime as dt
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from jensen.data import Schema, read_table
from jensen.data.codec import Codec, Space, pieces_of, region_of
from jensen.data.conditions import Allowed, parse
from jensen.errors import ConditionError

N = 366
FIRST = dt.datetime(2024, 1, 1)
DAYS = [FIRST + dt.timedelta(days=k, minutes=37 * k) for k in range(N)]
FORMS = {
    "us": "%m/%d/%Y",
    "dashed": "%m-%d-%Y",
    "named": "%d %b %Y",
    "moment": "%m/%d/%Y %H:%M",
    "clock": "%I:%M %p",
    "iso": "%Y-%m-%d",
    "east": "%Y-%m-%dT%H:%M:%S+02:00",
}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory):
    """A file with times in many forms."""
    path: Path = tmp_path_factory.mktemp("forms") / "times.csv"
    columns: dict[str, Any] = {n: [d.strftime(f) for d in DAYS] for n, f in FORMS.items()}
    columns["always"] = ["06/13/2024"] * N
    columns["took"] = [f"{k % 3} days 01:{k % 60:02d}:14" for k in range(N)]
    pl.DataFrame(columns).write_csv(path)
    return read_table(path)


def allowed(text: Any, table: Any) -> Allowed:
    """The one column of a condition."""
    (found,) = parse(text, Schema.infer(table)).values()
    return found


def first_and_last(text: Any, table: Any) -> tuple[Any, Any]:
    """Of the sorted values that fulfil a condition."""
    one = allowed(text, table)
    values = table.frame[one.column.name]
    kept = values.filter(pl.Series(one.holds(values))).sort()
    return kept[0], kept[-1]


OWN = {
    "us >= '06/01/2024'": dt.date(2024, 6, 1),
    "us >= 6/1/2024": dt.date(2024, 6, 1),
    "us >= '06/13/2024'": dt.date(2024, 6, 13),
    "us >= 2024-06-13": dt.date(2024, 6, 13),
    "us >= '06/12/2024 12:00'": dt.date(2024, 6, 13),
    "us > '06/12/2024'": dt.date(2024, 6, 13),
    "dashed >= 06-01-2024": dt.date(2024, 6, 1),
    "named >= '13 Jun 2024'": dt.date(2024, 6, 13),
    "iso >= 2024/06/13": dt.date(2024, 6, 13),
    "moment >= '03/02/2024'": dt.datetime(2024, 3, 2, 13, 0),
    "moment >= '03/02/2024 13:00'": dt.datetime(2024, 3, 2, 13, 0),
    "moment > 2024-03-02T12:59:59.9999999": dt.datetime(2024, 3, 2, 13, 0),
    "clock >= '11:48 PM'": dt.time(23, 50),
    "clock >= 23:47:30": dt.time(23, 50),
    "always = 06/13/2024": dt.date(2024, 6, 13),
    "always = 2024-06-13": dt.date(2024, 6, 13),
    "took > '2 days, 1:58:13'": dt.timedelta(days=2, hours=1, minutes=59, seconds=14),
    "took > '-1 days +23:00:00'": dt.timedelta(hours=1, seconds=14),
    "took > '-1 day, 23:00:00'": dt.timedelta(hours=1, seconds=14),
    "took > '2 days 01:58:13'": dt.timedelta(days=2, hours=1, minutes=59, seconds=14),
}


@pytest.mark.parametrize("text", OWN)
def test_times_are_read_as_the_file_writes_them(text: str, table: Any):
    assert first_and_last(text, table)[0] == OWN[text]


def test_times_without_an_offset_are_of_the_offset_of_the_file(table: Any):
    # DAYS[2] is 2024-01-03 01:14 at +02:00
    wanted = dt.datetime(2024, 1, 2, 23, 14, tzinfo=dt.UTC)
    for value in ("2024-01-03T01:14", "2024-01-02T23:14Z", "2024-01-03T01:14:00+02:00"):
        assert first_and_last(f"east >= {value}", table)[0] == wanted
    assert first_and_last({"east": (dt.datetime(2024, 1, 3, 1, 14), None)}, table)[0] == wanted


UNREAD = {
    "iso >= 06/01/2024": r"such as 2024-02-29, and '06/01/2024' is none",
    "us >= 13/06/2024": r"2024-02-29 or, as in the file, '02/29/2024', and '13/06/2024' is none",
    "us >= 06/13/24": "'06/13/24' is none",
    "us >= 2024-02-30": "'2024-02-30' is none",
    "clock >= '13:05 PM'": "12:30:00 or, as in the file, '12:30 PM', and '13:05 PM' is none",
    "moment >= 2024-06-01T12:30Z": "have no time zone.*'2024-06-01T12:30Z' has one; leave it out",
    "us >= 2024-06-01T12:30+02:00": "have no time zone",
    "took > 90": "such as 90s, 15m, 2h or 3d.*in the file, '0 days 01:30:00', and '90' is none",
    "took > infs": "'infs' is none",
    "took > '-1h 10m'": "'-1h 10m' is none",
    "took > 1:10": "'1:10' is none",
    "always = 06/14/2024": "never has '06/14/2024'; the nearest is '06/13/2024'",
}


@pytest.mark.parametrize("text", UNREAD)
def test_what_is_no_time_is_told_with_what_would_be(text: str, table: Any):
    with pytest.raises(ConditionError, match=UNREAD[text]):
        allowed(text, table)


FRAME = read_table(
    pl.DataFrame(
        {
            "day": [d.date() for d in DAYS],
            "here": pl.Series(DAYS).dt.replace_time_zone("Europe/Berlin"),
            "fine": pl.Series(DAYS, dtype=pl.Datetime("ms")),
            "wait": [dt.timedelta(seconds=14 * k) for k in range(N)],
            "even": [2 * k for k in range(N)],
            "free": np.random.default_rng(0).normal(size=N),
            "sex": [["MALE", "FEMALE", None][k % 3] for k in range(N)],
            "word": [["a", "b", "missing", None][k % 4] for k in range(N)],
            "full": [["a", "missing"][k % 2] for k in range(N)],
            "part": [None if k % 5 == 0 else k**0.5 for k in range(N)],
            "never": pl.Series([None] * N, dtype=pl.String),
        }
    )
)
BERLIN = dt.timezone(dt.timedelta(hours=2))
NOON = dt.datetime(2024, 6, 1, 12)

FROM: list[tuple[Any, Any]] = [
    ({"day": (NOON, None)}, dt.date(2024, 6, 2)),
    ({"day": (dt.date(2024, 6, 1), None)}, dt.date(2024, 6, 1)),
    ({"day": ("2024-06-01T12:00", None)}, dt.date(2024, 6, 2)),
    ({"day": (np.datetime64("2024-06-01T00:00:00.000000001"), None)}, dt.date(2024, 6, 2)),
    ({"day": (np.datetime64("2024-06"), None)}, dt.date(2024, 6, 1)),
    ({"day": (pd.Timestamp("2024-06-01 12:00"), None)}, dt.date(2024, 6, 2)),
    ("fine > 2024-01-03T01:13:59.9995", DAYS[2]),
    ("fine > 2024-01-03T01:14:00.0000001", DAYS[3]),
    ("fine >= 2024-01-03T01:14:00.0000001", DAYS[3]),
    ({"fine": (pd.Timestamp("2024-01-03T01:14:00.000000001"), None)}, DAYS[3]),
    ("wait > 90s", dt.timedelta(seconds=98)),
    ("wait >= '1h 10m 14s'", dt.timedelta(seconds=4214)),
    ("wait >= PT1H10M14S", dt.timedelta(seconds=4214)),
    ("wait >= 1:10:14", dt.timedelta(seconds=4214)),
    ("wait >= 1.5min", dt.timedelta(seconds=98)),
    ({"wait": (dt.timedelta(seconds=90), None)}, dt.timedelta(seconds=98)),
    ({"wait": (np.timedelta64(98, "s"), None)}, dt.timedelta(seconds=98)),
    ({"wait": (pd.Timedelta("98s"), None)}, dt.timedelta(seconds=98)),
    ({"wait": (pd.Timedelta(98_000_000_001, "ns"), None)}, dt.timedelta(seconds=112)),
]


@pytest.mark.parametrize(("given", "wanted"), FROM, ids=[str(given) for given, _ in FROM])
def test_bounds_between_two_values_keep_to_their_side(given: Any, wanted: Any):
    assert first_and_last(given, FRAME)[0] == wanted


def test_a_moment_with_an_offset_is_that_instant_and_without_one_is_local():
    wanted = dt.datetime(2024, 6, 1, 12, 30, tzinfo=dt.UTC)
    ticks = int(wanted.timestamp() * 1e6)
    for value in (
        "2024-06-01T12:30+00:00",
        "2024-06-01 12:30 UTC",
        "2024-06-01T12:30:00Z",
        "2024-06-01T14:30",
        wanted,
        wanted.replace(tzinfo=None) + dt.timedelta(hours=2),
        dt.datetime(2024, 6, 1, 14, 30, tzinfo=BERLIN),
        np.datetime64("2024-06-01T14:30"),
        pd.Timestamp("2024-06-01T08:30", tz="America/New_York"),
    ):
        assert allowed({"here": (value, None)}, FRAME).ranges == ((ticks, None),)
    (midnight,) = allowed({"here": dt.date(2024, 6, 1)}, FRAME).ranges
    assert midnight[0] == int(dt.datetime(2024, 5, 31, 22, tzinfo=dt.UTC).timestamp() * 1e6)
    for value in ("2024-10-27T02:30", "2024-03-31T02:30"):
        with pytest.raises(ConditionError, match=r"one moment.*Europe/Berlin.*write its offset"):
            allowed(f"here > {value}", FRAME)
    assert allowed("here > 2024-10-27T02:30+01:00", FRAME).ranges


WRONG: list[tuple[Any, str]] = [
    ({"day": (2024, None)}, "a datetime.date, .*2024 is of type int; give one of them"),
    ({"day": dt.time(12)}, "12:00:00 is of type time"),
    ({"day": (pd.NaT, None)}, "NaT is of type NaTType"),
    ({"day": (NOON.replace(tzinfo=dt.UTC), None)}, "have no time zone"),
    ({"day": NOON}, "allows no value"),
    ("fine = 2024-01-03T01:14:00.0000001", "allows no value"),
    ({"wait": (90, None)}, "a datetime.timedelta, .*90 is of type int"),
    ({"wait": np.timedelta64(3, "M")}, "a datetime.timedelta"),
    ("wait > 90", "such as 90s"),
    (["sex = MALE", 5], "must be text.*got 5, of type int"),
    ({1: 2}, "name columns by text, and 1 is of type int; write '1'"),
    (b"sex = MALE", "must be text.*of type bytes"),
    ({"sex": np.array([["MALE"]])}, "came as 2; flatten"),
    ({"even": {"a": 1}}, "is none; mend it"),
    ("even = 1e30000000", "allows no value"),
    ("free = 1e30000000", "allows no value"),
    ("never = a", "all of its values are missing in the data"),
    ("even in {4, missing}", "it never is.*leave the clause out"),
    ("full in {a, missing}", "it never is.*written in quotes, 'missing'"),
]


@pytest.mark.parametrize(("given", "message"), WRONG, ids=[str(given) for given, _ in WRONG])
def test_what_cannot_be_meant_is_refused(given: Any, message: str):
    with pytest.raises(ConditionError, match=message):
        allowed(given, FRAME)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("column", ["free", "even"])
def test_numbers_beyond_all_others_are_answered_at_once(column: str, sign: str):
    began = time.perf_counter()
    values = FRAME.frame[column]
    below = allowed(f"{column} < {sign}1e30000000", FRAME)
    above = allowed(f"{column} >= {sign}1e30000000", FRAME)
    assert below.holds(values).all() == (not sign)
    assert above.holds(values).all() == bool(sign)
    tiny = allowed(f"{column} >= {sign}1e-30000000", FRAME)
    np.testing.assert_array_equal(tiny.holds(values), values >= 0 if sign else values > 0)
    assert time.perf_counter() - began < 5


def test_a_float_of_32_bits_is_the_one_that_is_written_so():
    table = read_table(pl.DataFrame({"x": pl.Series([0.1, 0.2, 1 / 3, np.pi], dtype=pl.Float32)}))
    for text, wanted in [
        ("= 0.1", [0]),
        ("> 0.1", [1, 2, 3]),
        ("<= 0.2", [0, 1]),
        ("< 1e60", [0, 1, 2, 3]),
    ]:
        holds = allowed(f"x {text}", table).holds(table.frame["x"])
        assert np.flatnonzero(holds).tolist() == wanted


def test_arrays_and_series_are_sets():
    wanted = allowed("even in {2, 4}", FRAME).ranges
    series = (np.array([2, 4]), pl.Series([2, 4]), pd.Series([2, 4]), range(2, 6, 2), [2, 4])
    for values in series:
        assert allowed({"even": values}, FRAME).ranges == wanted
    for values in (np.array(["MALE"]), pl.Series(["MALE"]), pd.Series(["MALE"]), {"MALE"}):
        assert allowed({"sex": values}, FRAME).levels == allowed("sex = MALE", FRAME).levels
    days = np.array(["2024-06-01", "2024-06-02"], "datetime64[D]")
    assert first_and_last({"day": days}, FRAME) == (dt.date(2024, 6, 1), dt.date(2024, 6, 2))


def test_missing_may_be_one_of_a_set():
    male = FRAME.frame["sex"] == "MALE"
    for given in (
        "sex in {MALE, missing}",
        "sex in {Missing, MALE}",
        {"sex": {"MALE", None}},
        {"sex": ["MALE", float("nan")]},
        {"sex": pd.Series(["MALE", None])},
        {"sex": pd.Series(["MALE", pd.NA])},
    ):
        holds = allowed(given, FRAME).holds(FRAME.frame["sex"])
        np.testing.assert_array_equal(holds, male.fill_null(True).to_numpy())
    rest = allowed("sex not in {MALE, missing}", FRAME).holds(FRAME.frame["sex"])
    np.testing.assert_array_equal(rest, (~male).fill_null(False).to_numpy())
    quoted = allowed("word in {a, 'missing'}", FRAME)
    assert not quoted.missing
    assert len(quoted.levels) == 2
    bare = allowed("word in {a, missing}", FRAME)
    assert bare.missing
    assert len(bare.levels) == 1


def pieces(text: str, table: Any) -> Any:
    """The codes that a condition on one column allows."""
    schema = Schema.infer(table)
    codec = Codec.fit(schema.conform(table), schema)
    one = allowed(text, table)
    coded = next(c for c in codec.coded if c.column.name == one.column.name)
    return pieces_of(coded, one)


def test_missing_beside_a_range_is_drawn_and_beside_a_single_value_of_a_density_refused():
    low = pieces("part < 4 and part is not missing", FRAME).weight
    np.testing.assert_array_equal(pieces("part in [0, 4)", FRAME).weight, low)
    assert pieces("day in {2024-06-01, 2024-06-02}", FRAME).weight.any()
    with pytest.raises(ConditionError, match="single value of a density has probability 0"):
        pieces("part in {4, missing}", FRAME)


def test_a_family_answers_numbers_beyond_all_others_too():
    table = read_table(FRAME.frame.select("part", single=pl.col("free").cast(pl.Float32)))
    schema = Schema.infer(table)
    spaces = {"part": Space("real"), "single": Space("real")}
    coded = dict(
        zip(spaces, Codec.fit(schema.conform(table), schema, spaces=spaces).coded, strict=True)
    )
    for name in spaces:
        for text in ("< 1e400", "> -1e400", "not in {1, missing}"):
            region = region_of(coded[name], allowed(f"{name} {text}", table))
            assert region.weight[0] == 1
        for text in ("> 1e400", "< -1e400"):
            with pytest.raises(ConditionError, match="allows none: its likelihood"):
                region_of(coded[name], allowed(f"{name} {text}", table))
    assert region_of(coded["part"], allowed("part in {missing}", table)).weight.tolist() == [0, 1]
    with pytest.raises(ConditionError, match="single value of a density has probability 0"):
        region_of(coded["part"], allowed("part in {4, missing}", table))


def test_steps_and_ends_are_told_in_words(table: Any):
    for text, told in [
        ("moment > 2050-01-01", "in steps of 1477 min"),
        ("here > 2050-01-01", "in steps of 1 min"),
        ("day > 2050-01-01", "are 2024-01-01 to 2025-01-09"),
        ("wait > 400d", "to 1h 25m 10s in steps of 14 s"),
        ("took > 400d", "are 1h 14s to 2d 1h 59m 14s in steps of 1 min"),
    ]:
        with pytest.raises(ConditionError, match=told):
            pieces(text, FRAME if text[:4] in ("wait", "here", "day ") else table)
