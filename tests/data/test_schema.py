"""What columns are taken to be, how that is changed, kept, and asked of another table."""

import datetime
import json
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from jensen.data import Schema, Table, card, read_table, refuse_text
from jensen.errors import InputError, SchemaError, TableError

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
FILES = [
    *sorted(SHARED.glob("*/*.csv.gz")),
    SHARED / "adult" / "adult.data.gz",
    SHARED / "magic" / "magic04.data.gz",
]


def shared(path: Path) -> Table:
    return read_table(path, header=not path.name.endswith(".data.gz"))


def frame(**columns) -> Table:
    return read_table(pl.DataFrame(columns))


def kinds(table: Table, **options) -> dict[str, str]:
    return {c.name: c.kind for c in Schema.infer(table, **options).columns}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_shared_data(path: Path):
    table = shared(path)
    schema = Schema.infer(table)
    assert schema.names == table.names
    assert Schema.from_text(schema.model_dump_json()) == schema
    assert_frame_equal(schema.conform(table).frame, table.frame)
    assert not any(c.kind == "text" for c in schema.columns)
    assert all(c.reason for c in schema.columns)
    page = card(schema, table)
    assert all(f"\n{name}: " in page for name in schema.names)


EXPECTED = {
    "adult/train.csv.gz": {"age": "integer", "workclass": "categorical", "income": "categorical"},
    "default/default.csv.gz": {"ID": "identifier", "LIMIT_BAL": "integer", "SEX": "integer"},
    "shoppers/online_shoppers_intention.csv.gz": {
        "Weekend": "boolean",
        "BounceRates": "continuous",
        "Month": "categorical",
    },
    "diamonds/diamonds.csv.gz": {"cut": "categorical", "price": "integer", "carat": "continuous"},
    "penguins/penguins.csv.gz": {"body_mass_g": "integer", "bill_depth_mm": "continuous"},
    "exoplanets/planets.csv.gz": {"number": "integer", "mass": "continuous"},
    "nyc_weather/weather.csv.gz": {
        "time_hour": "datetime",
        "year": "constant",
        "wind_gust": "continuous",
        "wind_dir": "integer",
    },
    "hypothyroid/hypothyroid.csv.gz": {
        "TBG": "constant",
        "TBG measured": "constant",
        "age": "integer",
        "TSH": "continuous",
    },
    "california_housing/housing.csv.gz": {
        "median_house_value": "integer",
        "latitude": "continuous",
    },
    "abalone/abalone.csv.gz": {"Rings": "integer", "Height": "continuous"},
}


@pytest.mark.parametrize(("name", "wanted"), EXPECTED.items())
def test_kinds_of_shared_data(name: str, wanted: dict[str, str]):
    found = kinds(read_table(SHARED / name))
    assert {n: found[n] for n in wanted} == wanted


def test_details_of_shared_data():
    weather = Schema.infer(read_table(SHARED / "nyc_weather" / "weather.csv.gz"))
    assert weather.column("time_hour").step == 3_600_000_000
    assert weather.column("wind_dir").step == 10
    assert weather.column("time_hour").dtype == "Datetime(time_unit='us', time_zone='UTC')"
    sick = Schema.infer(read_table(SHARED / "hypothyroid" / "hypothyroid.csv.gz"))
    assert sick.column("TBG").levels == ()
    assert sick.column("TBG").missing == ("",)
    homes = Schema.infer(read_table(SHARED / "california_housing" / "housing.csv.gz"))
    assert homes.column("median_income").decimals == 4
    assert homes.column("total_bedrooms").dtype == "Float64"
    magic = Schema.infer(shared(FILES[-1]))
    assert magic.column("column_2").atoms == (0.0,)


def words(n: int) -> list[str]:
    rng = np.random.default_rng(0)
    some = ["the", "old", "man", "and", "sea", "went", "far", "out", "blue", "fish"]
    return [" ".join(rng.choice(some, 12)) for _ in range(n)]


RULES = [
    ([1, 0] * 50, "integer"),
    (list(range(1, 11)), "identifier"),
    ([5, 3, 9, 1, 14, 2, 7, 40, 6, 8], "integer"),
    ([2001, 2002, 2003, 2004, 2005, 2006], "integer"),
    ([0, 1], "integer"),
    (["yes", "no"] * 5, "categorical"),
    ([f"C-{i:05d}" for i in (3, 17, 212, 9, 44, 530)], "identifier"),
    (words(100), "text"),
    (["Ann", "Bob", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo"], "categorical"),
    (
        [
            f"{a} {b}"
            for a in ["Ann", "Bob", "Cy", "Di", "Ed", "Flo"]
            for b in ["Li", "Ma", "Ng", "Oz"]
        ],
        "text",
    ),
    ([True, False, True], "boolean"),
    ([1.0, 2.0, 4.0], "integer"),
    ([1.5, 2.0, 4.0], "continuous"),
    ([7] * 4, "constant"),
    ([None, None], "constant"),
    ([datetime.date(2020, 1, 1), datetime.date(2020, 1, 5)], "date"),
    ([datetime.time(1), datetime.time(2)], "time"),
    ([datetime.timedelta(1), datetime.timedelta(2)], "duration"),
    ([datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 5)], "datetime"),
    (
        ["same long answer of many words"] * 5 + ["the other answer of many words"] * 5,
        "categorical",
    ),
]


@pytest.mark.parametrize(("values", "kind"), RULES)
def test_rules(values: list, kind: str):
    assert kinds(frame(x=values)) == {"x": kind}


def test_names_make_identifiers_only_of_unique_values():
    values = [5, 3, 9, 1, 14, 2]
    for name in ("id", "user_id", "customerID", "Order Id", "key", "uuid"):
        assert kinds(frame(**{name: values})) == {name: "identifier"}
        assert kinds(frame(**{name: [*values, 5]})) == {name: "integer"}
    assert kinds(frame(humid=values, paid=values)) == {"humid": "integer", "paid": "integer"}


def test_categories_of_frames_are_categories():
    table = frame(
        a=pl.Series(["x1", "x2", "x3", "x4", "x5"], dtype=pl.Categorical()),
        b=pl.Series(["u", "v", "u", "v", "u"], dtype=pl.Enum(["v", "u", "w"])),
    )
    schema = Schema.infer(table)
    assert kinds(table) == {"a": "categorical", "b": "categorical"}
    assert schema.column("b").levels == ("u", "v")


def test_unsigned_beyond_the_signed_range():
    big = pl.Series([2**64 - 1, 2**64 - 2, 2**64 - 1], dtype=pl.UInt64)
    column = Schema.infer(frame(x=big)).column("x")
    assert (column.kind, column.levels) == ("categorical", (2**64 - 2, 2**64 - 1))


def test_ordinal_and_drop():
    table = read_table(SHARED / "diamonds" / "diamonds.csv.gz")
    order = ["Fair", "Good", "Very Good", "Premium", "Ideal"]
    schema = Schema.infer(table, ordinal={"cut": order}, drop=["x", "y", "z"])
    assert schema.column("cut").levels == tuple(order)
    assert schema.column("cut").kind == "ordinal"
    assert len(schema) == 7
    assert schema.conform(table).names == schema.names
    assert schema.without("table").dropped == ("x", "y", "z", "table")
    numbers = Schema.infer(frame(q=[3, 5, 4]), ordinal={"q": ["3", "4", "5", "6"]})
    assert numbers.column("q").levels == (3, 4, 5, 6)


def test_overrides():
    table = frame(
        code=[1, 2, 1, 3],
        size=["1.5", "2", "3", "4"],
        day=["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04"],
        f=[1.0, 2.0, 3.0, 4.0],
        flag=["n", "y", "n", "y"],
    )
    schema = Schema.infer(
        table,
        overrides={
            "code": "categorical",
            "size": "continuous",
            "day": "date",
            "f": {"kind": "continuous", "minimum": 0},
            "flag": "boolean",
        },
    )
    assert schema.column("code").levels == (1, 2, 3)
    assert (schema.column("size").dtype, schema.column("size").decimals) == ("Float64", 1)
    assert schema.column("f").minimum == 0
    assert schema.column("flag").levels == ("n", "y")
    conformed = schema.conform(table)
    assert conformed.frame.dtypes[1:3] == [pl.Float64, pl.Date]


MIXED = {
    "i": [1, 2, 2, 4, 5],
    "f": [0.5, 1.5, 2.5, 3.0, 0.5],
    "s": ["a", "b", "a", "c", "b"],
    "b": [True, False, True, True, False],
}

BAD_SCHEMAS = [
    ({"overrides": {"z": "integer"}}, "must have a column 'z'"),
    ({"overrides": {"ii": "integer"}}, "nearest is 'i'|there are"),
    ({"overrides": {"i": "categorial"}}, "nearest is 'categorical'"),
    ({"overrides": {"i": {"level": [1]}}}, "'level' is none; the nearest is 'levels'"),
    ({"overrides": {"i": {"decimals": "many"}}}, "'decimals' of column 'i' does not fit"),
    ({"overrides": {"f": "integer"}}, "whole numbers.*0.5 in row 1"),
    ({"overrides": {"s": "integer"}}, "'a' in row 1"),
    ({"overrides": {"s": "date"}}, "dates.*'a' .*in row 1"),
    ({"overrides": {"i": "boolean"}}, "at most 2 different.*4 in row 4"),
    ({"overrides": {"i": "constant"}}, "at most 1 different.*2 in row 2"),
    ({"overrides": {"i": "identifier"}}, "2 is in row 2 and row 3"),
    ({"overrides": {"f": "text"}}, "must hold text"),
    ({"overrides": {"b": "continuous"}}, "must hold numbers.*True"),
    ({"ordinal": {"s": ["a", "b"]}}, "'c' in row 4 is not among"),
    ({"ordinal": {"s": ["a", "b", "b"]}}, "must differ"),
    ({"ordinal": {"i": ["low"]}}, "must be Int64.*'low' is not"),
    ({"drop": ["q"]}, "must have a column 'q'"),
    ({"drop": ["i", "f", "s", "b"]}, "at least one column"),
]


@pytest.mark.parametrize(("options", "message"), BAD_SCHEMAS)
def test_bad_schemas(options: dict, message: str):
    with pytest.raises(SchemaError, match=f"(?s){message}"):
        Schema.infer(frame(**MIXED), **options)


def test_file_round_trip_and_its_mistakes(tmp_path: Path):
    schema = Schema.infer(frame(**MIXED))
    path = tmp_path / "schema.json"
    schema.to_json(path)
    assert Schema.from_json(path) == schema
    good = json.loads(path.read_text())

    def broken(change) -> str:
        data = json.loads(json.dumps(good))
        change(data)
        return json.dumps(data)

    cases = [
        ("{", "line 1, column 2 is not"),
        ("[]", "must be a JSON object"),
        (broken(lambda d: d.update(colums=[])), "'colums'; the nearest is 'columns'"),
        (broken(lambda d: d["columns"][1].update(kinds=1)), "column 'f' has 'kinds'.*'kind'"),
        (broken(lambda d: d["columns"][0].update(kind="int")), "'kind' of column 'i'"),
        (broken(lambda d: d["columns"][0].pop("kind")), "must give 'kind' for column 'i'"),
        (broken(lambda d: d["columns"][0].update(step="x")), "'step' of column 'i'"),
        (broken(lambda d: d.update(version=99)), "version 1, and is of version 99"),
        (broken(lambda d: d["columns"].append(d["columns"][0])), "has 'i' twice"),
        (broken(lambda d: d["columns"][0].update(dtype="Int65")), "'Int65' is not"),
    ]
    for text, message in cases:
        path.write_text(text)
        with pytest.raises(SchemaError, match=f"(?s){message}"):
            Schema.from_json(path)
    with pytest.raises(SchemaError, match="cannot be read"):
        Schema.from_json(tmp_path / "none.json")


def test_unknown_column_names_the_nearest():
    schema = Schema.infer(frame(income=[1, 2, 4], age=[1, 5, 7]))
    with pytest.raises(SchemaError, match="nearest is 'income'"):
        schema.column("incme")


BAD_TABLES = [
    ({"i": [1], "f": [1.0], "s": ["a"]}, "must have the column 'b'"),
    ({**MIXED, "x": [1] * 5}, "also has 'x'"),
    ({**MIXED, "s": ["a", "zz", "a", "a", "a"]}, "'zz' in row 2"),
    ({**MIXED, "i": [1, 2, 3, 4, None]}, "has none in row 5"),
    ({**MIXED, "i": [1.0, 2.5, 3.0, 4.0, 5.0]}, "whole numbers.*2.5 in row 2"),
    ({**MIXED, "i": ["1", "x", "3", "4", "5"]}, "'x' in row 2"),
    ({**MIXED, "f": [datetime.date(2020, 1, 1)] * 5}, "numbers.*row 1"),
    ({**MIXED, "b": [1, 0, 1, 1, 0]}, "Boolean.*row 1"),
    ({**MIXED, "b": ["True", "False", "maybe", "True", "True"]}, "Boolean.*'maybe' in row 3"),
]


@pytest.mark.parametrize(("columns", "message"), BAD_TABLES)
def test_bad_tables(columns: dict, message: str):
    schema = Schema.infer(frame(**MIXED))
    with pytest.raises((TableError, SchemaError), match=f"(?s){message}"):
        schema.conform(frame(**columns))


def test_conform_changes_order_type_and_markers(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n1.5,x,NA\n,y,3\n2.5,,4\n")
    schema = Schema.infer(read_table(path))
    path.write_text("c,b,a,extra\n5,x,3,0\nNA,?,4,0\n")
    other = schema.conform(read_table(path), drop_extra=True)
    assert other.names == ["a", "b", "c"]
    assert other.frame.dtypes == [pl.Float64, pl.String, pl.Int64]
    assert other.missing == {"b": ("",), "c": ("NA",)}
    assert other.marks["b"].tolist() == [-1, 0]
    path.write_text("a,b,c\n1.5,x,NA\n,y,3\n")
    padded = schema.conform(read_table(path))
    assert padded.marks["c"].tolist() == [0, -1]


def test_numbers_that_were_text_stay_the_text_they_were(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("zip,n\n01234,1\n98765,1\n01234,2\n98765,3\n1.50,1\n")
    schema = Schema.infer(read_table(path))
    path.write_text("zip,n\n98765,1\n")
    assert schema.conform(read_table(path)).frame["zip"].to_list() == ["98765"]
    path.write_text("zip,n\n1.50,1\n")
    assert schema.conform(read_table(path)).frame["zip"].to_list() == ["1.50"]


def test_assemble_is_the_way_back():
    table = frame(a=[1.5, None, 2.0], b=["x", "y", None])
    schema = Schema.infer(table)
    values = {n: table.frame[n].fill_null(strategy="forward") for n in table.names}
    again = schema.assemble(values, table.marks)
    assert_frame_equal(again.frame, table.frame)
    with pytest.raises(TableError, match="'b'"):
        schema.assemble({"a": values["a"]}, {})


def test_text_is_refused_with_both_remedies():
    schema = Schema.infer(frame(note=words(60), x=[1, 2] * 30))
    with pytest.raises(SchemaError, match=r"--drop note.*--column note=categorical"):
        refuse_text(schema)
    refuse_text(schema.without("note"))
    forced = Schema.infer(frame(note=words(60)), overrides={"note": "categorical"})
    refuse_text(forced)


def test_all_input_errors_have_one_root():
    with pytest.raises(InputError):
        read_table("/no/such/file.csv")


def test_wide_and_high_cardinality_tables_are_quick():
    rng = np.random.default_rng(0)
    wide = pl.DataFrame({f"c{i}": rng.normal(size=100).round(2) for i in range(1000)})
    many = pl.DataFrame({"level": [f"level {i}" for i in rng.integers(0, 150_000, 300_000)]})
    start = time.monotonic()
    assert len(Schema.infer(read_table(wide))) == 1000
    column = Schema.infer(read_table(many)).column("level")
    assert column.kind == "categorical"
    assert len(column.levels or ()) == many["level"].n_unique()
    assert time.monotonic() - start < 20


SERIES = st.one_of(
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30),
    st.lists(st.none() | st.floats(allow_nan=True, allow_infinity=False), min_size=1, max_size=30),
    st.lists(st.none() | st.booleans(), min_size=1, max_size=30),
    st.lists(st.none() | st.text(max_size=12), min_size=1, max_size=30),
    st.lists(st.none() | st.dates(), min_size=1, max_size=30),
    st.lists(
        st.none() | st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)),
        min_size=1,
        max_size=30,
    ),
    st.lists(st.none() | st.times(), min_size=1, max_size=30),
)


@settings(max_examples=150, deadline=None)
@given(SERIES)
def test_any_column_has_a_schema_that_fits_it(values: list):
    table = frame(x=pl.Series(values, strict=False))
    schema = Schema.infer(table)
    assert Schema.from_text(schema.model_dump_json()) == schema
    assert_frame_equal(schema.conform(table).frame, table.frame)
    assert card(schema, table)
