"""Frames in, the same frames out."""

import datetime
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from jensen.data import read_table, to_native
from jensen.errors import TableError

BAD_FRAMES = [
    (np.arange(3), r"2-d array.*shape \(3,\).*reshape"),
    (np.array([[1j]]), "dtype is complex128"),
    (np.array([[object()]]), "dtype is object"),
    (np.array([[1.0, np.inf]]), "column 'x1' has inf in row 1"),
    (pl.DataFrame({"a": [[1]]}), r"column 'a' is nested \(List"),
    (pl.DataFrame({"a": [{"b": 1}]}), "nested"),
    (pl.DataFrame({"a": [b"1"]}), "column 'a' is Binary"),
    (pl.DataFrame({"a": []}), "must have rows"),
    (pl.DataFrame(), "at least one column"),
    (pl.DataFrame({"": [1]}), "column 1 has no name"),
    (5, "must be a path.*int came"),
]


@pytest.mark.parametrize(("frame", "message"), BAD_FRAMES)
def test_bad_frames(frame, message: str):
    with pytest.raises(TableError, match=f"(?s){message}"):
        read_table(frame)


def polars_frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "enum": pl.Series(["a", "b"], dtype=pl.Enum(["b", "a", "c"])),
            "category": pl.Series(["a", "b"], dtype=pl.Categorical()),
            "decimal": [Decimal("1.50"), None],
            "null": [None, None],
            "float": [float("nan"), None],
            "time": [datetime.time(1), datetime.time(2)],
            "small": pl.Series([1, 2], dtype=pl.Int8),
            "zone": pl.Series([datetime.datetime(2020, 1, 1), None]).dt.replace_time_zone(
                "Europe/Berlin"
            ),
            "span": [datetime.timedelta(1), None],
        }
    )


def test_polars_comes_back_the_same():
    frame = polars_frame()
    table = read_table(frame)
    assert table.missing["float"] == ("nan", "null")
    assert_frame_equal(to_native(table), frame)
    assert_frame_equal(to_native(read_table(frame.lazy())), frame)


def pandas_columns():
    pd = pytest.importorskip("pandas")
    pa = pytest.importorskip("pyarrow")
    days = pd.date_range("2020-03-28", periods=4)
    return {
        "int": pd.Series([1, 2, 3, 2**60]),
        "float nan": pd.Series([1.5, np.nan, 2, 3]),
        "Int64": pd.Series([1, None, 3, 2**60], dtype="Int64"),
        "Float64": pd.Series([1.5, None, 3, 4], dtype="Float64"),
        "boolean": pd.Series([True, None, False, True], dtype="boolean"),
        "bool": pd.Series([True, False, False, True]),
        "str": pd.Series(["a", None, "b", "c"]),
        "string": pd.Series(["a", None, "b", "c"], dtype="string"),
        "object": pd.Series(["a", None, np.nan, "b"], dtype=object),
        "object bool": pd.Series([True, None, False, True], dtype=object),
        "object int": pd.Series([1, None, 3, 4], dtype=object),
        "category": pd.Series(pd.Categorical(["x", "y", None, "x"], ["y", "x", "zz"])),
        "ordered": pd.Series(pd.Categorical(["lo", "hi", "lo", "hi"], ["lo", "hi"], True)),
        "int category": pd.Series(pd.Categorical([3, 1, None, 3])),
        "datetime": pd.Series([days[0], pd.NaT, days[1], days[2]]),
        "ns": pd.Series(days.astype("datetime64[ns]")),
        "s": pd.Series(days.astype("datetime64[s]")),
        "zone": pd.Series(days.tz_localize("Europe/Berlin")),
        "timedelta": pd.Series(pd.to_timedelta([1, 2, None, 3], unit="h")),
        "dates": pd.Series([datetime.date(2020, 1, i + 1) for i in range(4)]),
        "times": pd.Series([datetime.time(i) for i in range(4)]),
        "decimals": pd.Series([Decimal("1.50"), None, Decimal("2.25"), Decimal("3.00")]),
        "float32": pd.Series([0.1, 0.2, 0.3, 0.4], dtype="float32"),
        "uint8": pd.Series([1, 5, 7, 9], dtype="uint8"),
        "arrow": pd.Series([1, None, 3, 4], dtype="int64[pyarrow]"),
        "arrow text": pd.Series(["a", None, "b", "c"], dtype=pd.ArrowDtype(pa.string())),
        "all null": pd.Series([None] * 4, dtype=object),
        "all nan": pd.Series([np.nan] * 4),
    }


def test_pandas_comes_back_the_same():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(pandas_columns())
    back = to_native(read_table(frame))
    pd.testing.assert_frame_equal(back, frame, check_exact=True)
    assert back["object"].tolist()[1] is None
    assert np.isnan(back["object"].tolist()[2])
    numbered = pd.DataFrame(np.arange(4.0).reshape(2, 2))
    pd.testing.assert_frame_equal(
        to_native(read_table(numbered)), numbered, check_column_type=False
    )


def test_pandas_refusals():
    pd = pytest.importorskip("pandas")
    for values, message in [
        (pd.Series([1, "x"], dtype=object), r"'x' \(str\) in row 2 among int"),
        (pd.Series([b"x"]), "holds bytes objects"),
        (pd.Series([[1], [2]]), "holds list objects"),
        (pd.Series([1 + 2j]), "complex128"),
        (pd.Series(pd.period_range("2020", periods=2)), "period"),
        (pd.Series([1.0, -np.inf]), "-inf in row 2"),
    ]:
        with pytest.raises(TableError, match=message):
            read_table(pd.DataFrame({"a": values}))
    with pytest.raises(TableError, match="'a' names columns 1 and 2"):
        read_table(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_pyarrow_comes_back_the_same():
    pa = pytest.importorskip("pyarrow")
    table = pa.table(
        {
            "i": pa.array([1, None], pa.int16()),
            "d": pa.array(["a", "b"]).dictionary_encode(),
            "s": pa.array(["a", None]),
            "ts": pa.array([1, 2], pa.timestamp("s", tz="UTC")),
            "dec": pa.array([Decimal("1.5"), None], pa.decimal128(10, 2)),
            "d32": pa.array([1, 2], pa.date32()),
            "ls": pa.array(["a", "b"], pa.large_string()),
            "du": pa.array([1, 2], pa.duration("ms")),
        }
    )
    back = to_native(read_table(table))
    assert back.schema == table.schema
    assert back.equals(table)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(3, 2),
        np.array([[0.5, np.nan]], np.float16),
        np.arange(6, dtype=np.int8).reshape(2, 3),
        np.array([[True, False]]),
        np.array([["a", "bc"], ["", "d"]]),
        np.array([["2020-01-01"], ["NaT"]], dtype="datetime64[D]"),
    ],
    ids=lambda a: str(a.dtype),
)
def test_numpy_comes_back_the_same(array: np.ndarray):
    table = read_table(array)
    assert table.names == [f"x{i}" for i in range(array.shape[1])]
    back = to_native(table)
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)
