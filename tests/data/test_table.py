"""Tables in, the same tables out; and the sentence for each table that cannot be read."""

import bz2
import gzip
import io
import lzma
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from jensen.data import check_output, read_table, stack, write_table
from jensen.errors import OutputError, TableError

SHARED = Path(__file__).parents[2] / ".." / "shared" / "data"
FILES = [
    *sorted(SHARED.glob("*/*.csv.gz")),
    SHARED / "adult" / "adult.data.gz",
    SHARED / "magic" / "magic04.data.gz",
]


def as_csv(tmp_path: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_shared_data_come_back_byte_for_byte(path: Path, tmp_path: Path):
    table = read_table(path, header=not path.name.endswith(".data.gz"))
    write_table(table, tmp_path / "out.csv")
    wanted = gzip.decompress(path.read_bytes()).rstrip(b"\n").split(b"\n")
    found = (tmp_path / "out.csv").read_bytes().rstrip(b"\n").split(b"\n")
    assert len(found) == len(wanted)
    # one cell of Shoppers is 7.50E-05, and comes back as 7.5E-05
    assert sum(a != b for a, b in zip(found, wanted, strict=True)) <= 1


@pytest.mark.parametrize(
    "ending",
    [
        *("csv", "tsv", "ndjson", "jsonl", "parquet", "arrow", "feather"),
        *("csv.gz", "csv.zst", "tsv.bz2", "ndjson.xz"),
    ],
)
def test_every_format_gives_the_same_values(ending: str, tmp_path: Path):
    table = read_table(SHARED / "nyc_weather" / "weather.csv.gz").head(500)
    path = tmp_path / f"out.{ending}"
    write_table(table, path)
    again = read_table(path)
    assert_frame_equal(again.frame, table.frame, check_dtypes=not ending.startswith("nd"))
    assert again.names == table.names


LOOKS = {
    "integers": "a\n1\n-2\n9007199254740993\n",
    "fixed decimals": "a\n1.50\n-0.05\n12.00\n",
    "bare decimals": "a\n1\n2.5\n0.125\n",
    "pointed decimals": "a\n41.0\n2.25\n",
    "tiny": "a\n9.8e-05\n0.5\n",
    "python words": "a,b\nTrue,1\nFalse,2\n",
    "excel words": "a,b\nTRUE,x\nFALSE,y\n",
    "yes and no": "a,b\nyes,x\nno,y\n",
    "leading zeros": "a\n007\n012\n",
    "beyond 64 bits": "a\n99999999999999999999\n1\n",
    "markers": "a,b\nNA,x\n1,?\n,z\n",
    "dash in numbers": "a\n1\n-\n3\n",
    "dates": "a\n2013-01-31\n1969-12-01\n",
    "slashed": "a\n2013/01/31\n2014/02/01\n",
    "dotted": "a\n31.12.2013\n01.02.2014\n",
    "american": "a\n12/31/2013\n01/02/2014\n",
    "ambiguous": "a\n01/02/2013\n03/04/2013\n",
    "unpadded": "a\n2013-1-5\n2013-11-15\n",
    "zulu": "a\n2013-01-01T06:00:00Z\n2013-01-01T07:00:00Z\n",
    "offset": "a\n2013-01-01T06:00:00+01:00\n2013-01-01T07:30:00+01:00\n",
    "fractions": "a\n2013-01-01 06:00:00.123\n2013-01-01 06:00:00.500\n",
    "nanoseconds": "a\n2013-01-01T06:00:00.123456789Z\n",
    "minutes": "a\n2013-01-01 06:00\n2013-01-01 07:30\n",
    "half days": "a\n1/5/2013 1:05 PM\n11/15/2013 12:00 AM\n",
    "clock": "a\n12:30\n01:05\n",
    "iso durations": "a\nP1DT2H3M4S\nPT5M\n",
    "pandas durations": "a\n1 days 02:03:04\n0 days 00:00:01.500000\n-1 days +23:00:00\n",
    "quotes": 'a,b\n"x, y",1\n"say ""hi""",2\n"two\nlines",3\n',
    "semicolons": "a;b\n1,5;x\n2,25;y\n",
    "tabs": "a\tb\n1\tx y\n2\tz\n",
    "pipes": "a|b\n1|x,y\n2|z\n",
    "blank after comma": "a, b, c\n1, x, 2.5\n2, y z, 3.0\n",
    "crlf": "a,b\r\n1,x\r\n2,y\r\n",
    "one column": "a\nx\ny\n",
    "one row": "a,b\n1,x\n",
    "all missing": "a,b\n,x\n,y\n",
    "unicode": "naïve,日本\né,β\nü,🙂\n",
    "blanks kept": 'a,b\n" x",1\n"y ",2\n',
}


@pytest.mark.parametrize("text", LOOKS.values(), ids=LOOKS.keys())
def test_text_comes_back_with_the_same_look(text: str, tmp_path: Path):
    table = read_table(as_csv(tmp_path, text))
    write_table(table, tmp_path / "out.csv")
    if "\t" in text:  # .csv means commas
        text = text.replace("\t", ",")
    assert (tmp_path / "out.csv").read_bytes().decode() == text


DTYPES = {
    "a\n1\n2\n": pl.Int64(),
    "a\n1\n\n2.5\n": pl.Float64(),
    "a\n007\n": pl.String(),
    "a\ntrue\nfalse\n": pl.Boolean(),
    "a\n2013-01-01\n": pl.Date(),
    "a\n2013-01-01T00:00:00Z\n": pl.Datetime("us", "UTC"),
    "a\n2013-01-01 00:00\n": pl.Datetime("us"),
    "a\n10:00:01\n": pl.Time(),
    "a\nPT5S\n": pl.Duration("us"),
    "a\n+15551234\n": pl.String(),
    "a\n1_000\n": pl.String(),
    "a\n  1\n 20\n": pl.Int64(),
    "a\ninf\n": pl.String(),
    "a\r1\r2\r": pl.Int64(),
}


@pytest.mark.parametrize(("text", "dtype"), DTYPES.items())
def test_types_of_text(text: str, dtype: pl.DataType, tmp_path: Path):
    assert read_table(as_csv(tmp_path, text)).frame.dtypes == [dtype]


def test_missing_kinds_are_told_apart(tmp_path: Path):
    table = read_table(as_csv(tmp_path, "a,b\nNA,x\n,y\n1,?\nNA,z\n"))
    assert table.missing == {"a": ("NA", ""), "b": ("?",)}
    assert table.marks["a"].tolist() == [0, 1, -1, 0]
    assert table.marks["b"].dtype == np.int8
    assert table.frame["a"].to_list() == [None, None, 1, None]


def test_column_may_be_named_as_our_own_counters(tmp_path: Path):
    table = read_table(as_csv(tmp_path, "n,value,index,kind\n1,,2,\n,1,,1\n"))
    assert set(table.missing) == {"n", "value", "index", "kind"}


@pytest.mark.parametrize(
    "packed", [gzip.compress, bz2.compress, lzma.compress], ids=["gz", "bz2", "xz"]
)
def test_compressed_text_is_recognised_by_its_bytes(packed, tmp_path: Path):
    table = read_table(as_csv(tmp_path, packed(b"a,b\n1,x\n"), "no_ending"))
    assert table.frame.to_dicts() == [{"a": 1, "b": "x"}]


@pytest.mark.parametrize(
    "data",
    [b"\xef\xbb\xbfa,b\n1,x\n", "a,b\n1,x\n".encode("utf-16"), b"\n\na,b\n1,x\n\n\n"],
    ids=["bom", "utf-16", "blank lines"],
)
def test_marks_and_blank_lines_are_stepped_over(data: bytes, tmp_path: Path):
    assert read_table(as_csv(tmp_path, data)).frame.to_dicts() == [{"a": 1, "b": "x"}]


def test_stray_quotes_are_read_patiently(tmp_path: Path):
    table = read_table(as_csv(tmp_path, 'a,b,c\n1,5" pipe,x\n2,"q ""r""",y\n\n3,z,w\n'))
    assert table.frame["b"].to_list() == ['5" pipe', 'q "r"', "z"]


def test_standard_input_and_output(monkeypatch, capfdbinary):
    fake = io.TextIOWrapper(io.BytesIO(b"a;b\n1;x\n"))
    monkeypatch.setattr("sys.stdin", fake)
    table = read_table("-")
    write_table(table, "-")
    assert capfdbinary.readouterr().out == b"a;b\n1;x\n"


NDJSON_NESTED = '{"a": 1}\n{"a": 2, "b": [1, 2]}\n'
BAD_FILES = [
    ("", "t.csv", "must hold a table, and is empty"),
    ("\n\n", "t.csv", "is empty"),
    ("a,b\n", "t.csv", r"only a header \(2 columns\)"),
    ("a,b,a\n1,2,3\n", "t.csv", "'a' names columns 1 and 3"),
    ("a,,c\n1,2,3\n", "t.csv", "column 2 has no name"),
    ("a,b\n1,2\n3\n4,5\n", "t.csv", "2 values on every row.*line 3 has 1 .*','"),
    ("a,b\n1,2\n3,4,5\n", "t.csv", "line 3 has 3"),
    ('a,b\n"x\ny",2\n3\n', "t.csv", "line 4 has 1"),
    ('a,b\n1,"x\n2,y\n', "t.csv", "the one in line 2 stays open"),
    (b"a,b\nn\xe9e,1\n", "t.csv", r"byte 5 \(line 2\) is 0xe9.*iconv"),
    ("a,b\n1,x\ninf,y\n", "t.csv", "column 'a' has 'inf' in row 2"),
    ("a\n1\n1e999\n", "t.csv", "column 'a' has '1e999' in row 2"),
    ("a b c\n1 2 3\n4 5 6\n", "t.csv", "blanks between 3 columns"),
    (b"a,b\n\x00\x01,2\n", "t.csv", "holds NUL bytes"),
    ('{"a": 1}\n{"a": \n', "t.ndjson", "line 2 is not JSON"),
    ('{"a": 1}\n5\n', "t.ndjson", "line 2 is another kind"),
    ('{"a": 1}\n{"a": true}\n', "t.ndjson", "column 'a' has true in row 2"),
    ('{"a": "x"}\n{"a": 5}\n', "t.ndjson", "column 'a' has 5 in row 2"),
    (NDJSON_NESTED, "t.ndjson", r"column 'b' is nested \(List"),
    ('[{"a": 1}]', "t.json", "one JSON object per line"),
    (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "t.csv.gz", "whole gzip file"),
    (b"PAR1 and nothing else", "t.parquet", "whole Parquet file"),
    (b"ARROW1 and nothing else", "t.arrow", "whole Arrow file"),
]


@pytest.mark.parametrize(("data", "name", "message"), BAD_FILES)
def test_bad_files(data: str | bytes, name: str, message: str, tmp_path: Path):
    with pytest.raises(TableError, match=f"(?s){message}") as caught:
        read_table(as_csv(tmp_path, data, name))
    assert str(tmp_path / name) in str(caught.value)


def test_missing_file_and_directory(tmp_path: Path):
    with pytest.raises(TableError, match="there is none"):
        read_table(tmp_path / "no.csv")
    with pytest.raises(TableError, match="is a directory"):
        read_table(tmp_path)


def test_bad_outputs(tmp_path: Path):
    table = read_table(np.eye(2))
    path = as_csv(tmp_path, "old", "out.csv")
    for target, message in [
        (path, "exists and is left"),
        (tmp_path / "no" / "out.csv", "existing directory"),
        (tmp_path, "must end in a format"),
        (tmp_path / "out.xlsx", "must end in a format"),
        (tmp_path / "out.parquet.gz", "must end in a format"),
    ]:
        with pytest.raises(OutputError, match=message):
            write_table(table, target)
    assert path.read_text() == "old"
    with pytest.raises(OutputError, match="is a directory"):
        check_output(tmp_path)
    write_table(table, path, force=True)
    assert path.read_text() == "x0,x1\n1.0,0.0\n0.0,1.0\n"


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch):
    table = read_table(np.eye(2))

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jensen.data.writing.os.replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_table(table, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_full_device():
    with pytest.raises(OutputError, match="No space left"):
        write_table(read_table(np.eye(2)), "/dev/full")


def test_parts_of_a_table(tmp_path: Path):
    table = read_table(as_csv(tmp_path, "a,b\n1,\n2,y\n,z\n"))
    assert table.select(["b"]).missing == {"b": ("",)}
    assert table.take(np.array([2, 0])).marks["a"].tolist() == [0, -1]
    both = stack([table.head(1), table.take(np.array([1, 2]))])
    assert_frame_equal(both.frame, table.frame)
    assert both.marks["b"].tolist() == table.marks["b"].tolist()
    with pytest.raises(TableError, match="nearest is 'a'"):
        table.select(["aa"])


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8))
def test_any_text_comes_back(rows: list[tuple[str, str, str]]):
    frame = pl.DataFrame(rows, schema=["a", "b", "c"], orient="row")
    buffer = io.BytesIO()
    frame.write_csv(buffer)
    from jensen.data.reading import _read_bytes
    from jensen.data.text_lines import text_chunks

    table = _read_bytes(buffer.getvalue(), "t", "t.csv", True)
    text = b"".join(text_chunks(table))
    again = pl.read_csv(text, infer_schema=False)
    if table.origin.separator == ",":
        assert_frame_equal(again.fill_null(""), frame)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20),
)
def test_any_number_survives_text(floats: list[float], whole: list[int]):
    from jensen.data.reading import _read_bytes
    from jensen.data.text_lines import text_chunks

    n = min(len(floats), len(whole))
    frame = pl.DataFrame({"f": floats[:n], "i": whole[:n]})
    text = b"".join(text_chunks(read_table(frame)))
    again = _read_bytes(text, "t", "t.csv", True).frame
    assert again["i"].to_list() == whole[:n]
    assert again["f"].to_list() == floats[:n]
