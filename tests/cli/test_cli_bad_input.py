"""A table of bad inputs: each ends with 2 and a sentence, and leaves every file as it was."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tiny_fits import TINY, Fitted

from jensen.cli import main

GOOD = "size,colour\n1.5,red\n2.5,blue\n3.5,red\n"


def nested(path: Path) -> None:
    pl.DataFrame({"a": [1, 2], "b": [[1], [2]]}).write_parquet(path)


# name, file, content (text, bytes or a maker), arguments, parts of the message
TABLES = [
    ("missing file", "gone.csv", None, [], ["gone.csv", "check the path"]),
    ("empty file", "t.csv", "", [], ["t.csv", "is empty", "header and rows"]),
    ("header only", "t.csv", "a,b\n", [], ["t.csv", "row"]),
    ("duplicate names", "t.csv", "a,b,a\n1,2,3\n", [], ["t.csv", "'a'", "1", "3"]),
    ("ragged rows", "t.csv", "a,b\n1,2\n3\n4,5\n", [], ["t.csv", "2", "1"]),
    ("wrong encoding", "t.csv", b"a,b\n1,caf\xe9\n", [], ["t.csv", "UTF-8"]),
    ("infinity", "t.csv", "a,b\n1.5,2\ninf,3\n2.5,4\n", [], ["t.csv", "'a'", "row 2"]),
    ("mixed JSON", "t.ndjson", '{"a": 1}\n{"a": "x"}\n', [], ["t.ndjson", "'a'", "row 2"]),
    ("broken JSON", "t.ndjson", '{"a": 1}\n{"a": \n', [], ["t.ndjson", "line 2"]),
    ("nested column", "t.parquet", nested, [], ["t.parquet", "'b'"]),
    ("broken Parquet", "t.parquet", b"PAR1 and no more", [], ["t.parquet", "Parquet"]),
    ("directory", ".", None, [], ["directory"]),
    ("free text", "t.csv", None, [], ["'note'", "--drop note", "--column note=categorical"]),
    ("no such column", "t.csv", GOOD, ["--drop", "colur"], ["'colur'", "'colour'"]),
    ("all dropped", "t.csv", "a\n1\n", ["--drop", "a"], ["t.csv", "at least one column"]),
    ("kind that does not fit", "t.csv", GOOD, ["--column", "colour=integer"], ["'red'", "row 1"]),
    ("unknown kind", "t.csv", GOOD, ["--column", "colour=categoric"], ["'categorical'"]),
    ("no kind", "t.csv", GOOD, ["--column", "colour"], ["NAME=KIND", "'colour'"]),
    ("no JSON", "t.csv", GOOD, ["--column", 'size={"kind"}'], ["JSON", "character"]),
    ("unknown field", "t.csv", GOOD, ["--column", 'size={"mini": 1}'], ["'size'", "'minimum'"]),
    ("levels that lack one", "t.csv", GOOD, ["--ordinal", "colour=red,green"], ["'blue'", "row 2"]),
    ("one level", "t.csv", GOOD, ["--ordinal", "colour=red"], ["at least two values"]),
    ("no rows asked for", "t.csv", GOOD, ["-n", "0"], ["-n", "at least 1", "0"]),
    ("fewer than none", "t.csv", GOOD, ["-n", "-5"], ["-n", "at least 1", "-5"]),
    ("no number", "t.csv", GOOD, ["-n", "many"], ["-n", "integer"]),
    ("no time", "t.csv", GOOD, ["--minutes", "0"], ["--minutes", "above 0"]),
    ("no step", "t.csv", GOOD, ["--learning-rate", "2"], ["--learning-rate", "at most 1"]),
    ("no share", "t.csv", GOOD, ["--kl-warm-up", "30"], ["--kl-warm-up", "from 0 to 1", "30"]),
    ("no dimension", "t.csv", GOOD, ["--latent-dim", "0"], ["--latent-dim", "1"]),
    ("negative seed", "t.csv", GOOD, ["--seed", "-1"], ["--seed", "0"]),
    ("unknown option", "t.csv", GOOD, ["--likelyhood", "x"], ["--likelyhood", "--likelihood"]),
    ("existing output", "t.csv", GOOD, ["-o", "kept.csv"], ["kept.csv", "--force"]),
    ("a model for rows", "t.csv", GOOD, ["--model", "out.csv"], ["--model", "out.csv"]),
    ("a model among rows", "t.csv", GOOD, ["--model", "-"], ["--model", "jensen fit"]),
    ("existing model", "t.csv", GOOD, ["--model", "kept.csv"], ["kept.csv", "--force"]),
    ("output is a directory", "t.csv", GOOD, ["-o", "dir"], ["dir", "directory"]),
    ("output in no directory", "t.csv", GOOD, ["-o", "no/o.csv"], ["no/o.csv", "make it"]),
    ("output below a file", "t.csv", GOOD, ["-o", "kept.csv/o.csv"], ["kept.csv", "directory"]),
    ("unknown format", "t.csv", GOOD, ["-o", "o.xlsx"], ["o.xlsx", ".csv"]),
    ("no schema file", "t.csv", GOOD, ["--schema", "no.json"], ["no.json"]),
    ("broken schema file", "t.csv", GOOD, ["--schema", "kept.csv"], ["kept.csv", "line 1"]),
]  # fmt: skip
TEXT = "n,note\n" + "".join(
    f"{i},this is the long remark number {i} which somebody wrote about case {i * 7}\n"
    for i in range(40)
)


def snapshot(place: Path) -> dict[str, bytes | None]:
    return {str(p): p.read_bytes() if p.is_file() else None for p in place.rglob("*")}


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "kept.csv").write_text("what was there\n")
    (tmp_path / "dir").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "content", "arguments", "parts"), [c[1:] for c in TABLES], ids=[c[0] for c in TABLES]
)
def test_bad_tables_and_options(file, content, arguments, parts, place, capsys):
    if "note" in str(parts):
        content = TEXT
    if callable(content):
        content(place / file)
    elif content is not None:
        (place / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    before = snapshot(place)
    output = [] if "-o" in arguments else ["-o", "out.csv"]
    assert main(["more", file, *output, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    for part in parts:
        assert part in err
    assert snapshot(place) == before


def test_an_error_is_json_when_asked_for(place, capsys):
    assert main(["more", "gone.csv", "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["type"] == "TableError"
    assert err == f"Error: {json.loads(out)['error']['message']}\n"
    assert main(["more", "gone.csv", "--json", "-o", "-"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err)["error"]["type"] == "TableError"
    assert main(["more", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["type"] == "OptionError"


MODELS = [
    ("missing model", "gone.jensen", None, ["gone.jensen"]),
    ("empty model", "m.jensen", b"", ["m.jensen", "truncated"]),
    ("no model", "m.jensen", GOOD.encode(), ["m.jensen", "not a jensen model"]),
    ("cut", "m.jensen", lambda data: data[:-100], ["m.jensen", "truncated"]),
    ("changed", "m.jensen", lambda data: data[:-1] + bytes([data[-1] ^ 1]), ["altered"]),
]


@pytest.mark.parametrize(
    ("file", "content", "parts"), [c[1:] for c in MODELS], ids=[c[0] for c in MODELS]
)
def test_bad_models(file, content, parts, place, fitted: Fitted, capsys):
    if callable(content):
        content = content(fitted.model.read_bytes())
    if content is not None:
        (place / file).write_bytes(content)
    before = snapshot(place)
    assert main(["sample", file, "-n", "3", "-o", "out.csv"]) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    for part in parts:
        assert part in err
    assert snapshot(place) == before


SCORED = [
    ("unseen category", ("Adelie", "Emperor"), ["'species'", "'Emperor'", "row 1"]),
    ("missing column", ("sex\n", "gender\n"), ["'sex'", "rename"]),
    ("not a number", ("39.1", "long"), ["'bill_length_mm'", "'long'", "row 1"]),
    ("a gap where there was none", ("\nAdelie", "\n"), ["'species'", "row 1"]),
    ("infinity", ("39.1", "inf"), ["'bill_length_mm'", "row 1"]),
]


@pytest.mark.parametrize(
    ("change", "parts"), [c[1:] for c in SCORED], ids=[c[0] for c in SCORED]
)  # fmt: skip
def test_rows_that_the_model_cannot_score(change, parts, place, table, fitted: Fitted, capsys):
    (place / "t.csv").write_text(table.replace(*change, 1))
    before = snapshot(place)
    assert main(["score", str(fitted.model), "t.csv", "-o", "out.csv"]) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    for part in ["t.csv", *parts]:
        assert part in err
    assert snapshot(place) == before


@pytest.mark.parametrize("rows", ["5", "5:", "5:5", "7:3", "-1:3", "a:b", "0:99999999999"])
def test_bad_slices(rows, fitted: Fitted, place, capsys):
    assert main(["sample", str(fitted.model), f"--rows={rows}", "-o", "out.csv"]) == 2
    assert "row" in capsys.readouterr().err
    assert not (place / "out.csv").exists()


def test_either_a_number_or_a_slice(place, capsys):
    assert main(["sample", "m.jensen", "--rows", "0:3", "-n", "3"]) == 2
    assert "give one of them" in capsys.readouterr().err


def test_a_schema_file_and_options_of_columns_contradict(place, capsys):
    (place / "t.csv").write_text(GOOD)
    assert main(["schema", "t.csv", "-q"]) == 0
    arguments = ["--schema", "t.schema.json", "--column", "size=integer"]
    assert main(["more", "t.csv", *arguments]) == 2
    assert "leave --schema out" in capsys.readouterr().err


SMALL_DISK = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
    "from jensen.cli import main; sys.exit(main())"
)


def test_a_full_disk_leaves_the_old_file(place, fitted: Fitted, environment):
    environment = environment | {"JAX_ENABLE_COMPILATION_CACHE": "false"}
    before = snapshot(place)
    arguments = ["sample", str(fitted.model), "-n", "20000", "-o", "kept.csv", "--force"]
    done = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, *arguments], env=environment, capture_output=True,
        text=True, cwd=place,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error: kept.csv cannot be written" in done.stderr
    assert snapshot(place) == before


def test_a_reader_that_leaves_early_is_no_error(fitted: Fitted, environment, place):
    command = [sys.executable, "-m", "jensen", "sample", str(fitted.model), "-n", "20000", "-o-"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_process_ends_with_two_and_no_traceback(run, tmp_path):
    done = run("more", "gone.csv", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: gone.csv must be a file, and there is none; check the path.\n"


# What looks bad and works: one row, one column, constants, gaps everywhere, a BOM, semicolons.
WORKING = {
    "one cell": "a\n1\n",
    "odd": "\ufeffn;all missing;constant\n1,5;;x\n2,5;;x\n3,0;;x\n2,5;;x\n",
}


@pytest.mark.parametrize("content", WORKING.values(), ids=WORKING.keys())
def test_odd_tables_that_work(content, place, capsys):
    (place / "t.csv").write_text(content)
    assert main(["more", "t.csv", "-n", "4", "--debug", *TINY]) == 0, capsys.readouterr().err
    lines = (place / "t.more.csv").read_text().splitlines()
    assert lines[0] == content.splitlines()[0]  # the mark, too, comes back
    assert len(lines) == 5
    assert os.path.exists("t.more.csv")
