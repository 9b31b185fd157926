"""Tables in: files, standard input and frames."""

import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import polars as pl

from jensen.data.frames_in import from_frame, from_polars, times_in_text
from jensen.data.origin import Origin, TextForm
from jensen.data.table import Marks, Table, row_name
from jensen.data.text_bytes import decompress, to_utf8
from jensen.data.text_files import read_text
from jensen.data.text_forms import read_column
from jensen.errors import TableError

_PARQUET, _ARROW, _FEATHER1 = b"PAR1", b"ARROW1", b"FEA1"


def read_table(
    source: Any, *, name: str | None = None, header: bool = True, keep_text: bool = False
) -> Table:
    """Read a table, losing nothing of what it looked like.

    Args:
        source: a path ("-" for standard input), a Polars, pandas or PyArrow frame, or a 2-d
            NumPy array, whose columns are named x0, x1, ...
        name: what messages call it; the file's name unless given.
        header: whether the first line of delimited text names the columns; else they are
            named column_1, column_2, ...
        keep_text: keep the text of delimited files, too, so that it can be written again to the
            letter.

    Returns:
        The table: typed columns, kinds of missing values, origin.

    Raises:
        TableError: it cannot be read; the sentence says where it fails and what to do.
    """
    if isinstance(source, str | Path):
        where = name or ("standard input" if str(source) == "-" else str(source))
        table = _read_bytes(_load(source, where), where, str(source), header)
        return table if keep_text else replace(table, text=None)
    table = from_frame(source, name or "the frame")
    if table is None:
        raise TableError(
            "a table must be a path, a pandas, Polars or PyArrow frame or a 2-d NumPy array, and "
            f"a {type(source).__name__} came; make it one of these."
        )
    return table


def _load(source: str | Path, where: str) -> bytes:
    if str(source) == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except FileNotFoundError:
        raise TableError(f"{where} must be a file, and there is none; check the path.") from None
    except IsADirectoryError:
        raise TableError(f"{where} must be a file, and is a directory; name one file.") from None
    except OSError as e:
        raise TableError(f"{where} cannot be read: {e.strerror or e}.") from e


def _read_bytes(data: bytes, where: str, path: str, header: bool) -> Table:
    data = decompress(data, where)
    if not data:
        raise TableError(f"{where} must hold a table, and is empty; give it a header and rows.")
    bare = re.sub(r"\.(gz|zst|bz2|xz)$", "", path.lower())
    if data.startswith((_PARQUET, _ARROW, _FEATHER1)) or bare.endswith((".parquet", ".feather")):
        return _read_columnar(data, where)
    if bare.endswith((".ndjson", ".jsonl")) or data.lstrip()[:1] == b"{":
        return _read_ndjson(to_utf8(data, where), where)
    if bare.endswith(".json") or data.lstrip()[:1] == b"[":
        raise TableError(
            f"{where} must have one JSON object per line (NDJSON) to be read as JSON, and is one "
            "whole; convert it, for example with `jq -c '.[]'`."
        )
    frame, origin = read_text(data, where, header=header, tabs=bare.endswith(".tsv"))
    return _type_columns(frame, origin, where)


def _type_columns(frame: pl.DataFrame, origin: Origin, where: str) -> Table:
    missing: dict[str, tuple[str, ...]] = {}
    marks: Marks = {}
    forms: dict[str, TextForm] = {}
    columns: list[pl.Series] = []
    for text in frame:
        typed = read_column(text, where, comma=origin.separator != ",")
        columns.append(typed.values.alias(text.name))
        forms[text.name] = typed.form
        if typed.gaps is not None:
            missing[text.name], marks[text.name] = typed.gaps
    kept = origin.model_copy(update={"forms": forms})
    return Table(pl.DataFrame(columns), missing, marks, kept, where, frame)


def _read_columnar(data: bytes, where: str) -> Table:
    parquet = data.startswith(_PARQUET)
    try:
        frame = pl.read_parquet(io.BytesIO(data)) if parquet else pl.read_ipc(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError, ValueError) as e:
        kind = "Parquet" if parquet else "Arrow"
        raise TableError(
            f"{where} must be a whole {kind} file, and cannot be read as one ({_first_line(e)}); "
            "write it again."
        ) from e
    return from_polars(frame, Origin(kind="parquet" if parquet else "arrow"), where)


def _read_ndjson(data: bytes, where: str) -> Table:
    try:
        frame = pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except pl.exceptions.PolarsError as e:
        raise TableError(_bad_json(data, where) or _mixed_json(data, where, None, e)) from e
    frame = frame.select(_key_order(data, frame.columns))
    _check_json_text(data, frame, where)
    frame, origin = times_in_text(frame)
    return from_polars(frame, origin, where)


def _key_order(data: bytes, names: list[str]) -> list[str]:
    """The columns in the order in which the lines first name them."""
    order: dict[str, None] = {}
    for line in filter(bytes.strip, data.split(b"\n")):
        order.update(dict.fromkeys(json.loads(line)))
        if len(order) == len(names):
            break
    return list(order)


def _bad_json(data: bytes, where: str) -> str | None:
    """The sentence for the first line that is not a JSON object; None when all are."""
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            fine = not line.strip() or isinstance(json.loads(line), dict)
            problem = "is another kind of JSON value"
        except json.JSONDecodeError as e:
            fine, problem = False, f"is not JSON ({e.msg}, column {e.colno})"
        if not fine:
            return f"{where} must have one JSON object per line, and line {number} {problem}."
    return None


def _mixed_json(data: bytes, where: str, name: str | None, error: Exception) -> str:
    """The sentence for the first value whose type differs from the ones before it."""
    types: dict[str, type[object]] = {}
    for at, line in enumerate(filter(bytes.strip, data.split(b"\n"))):
        for key, value in json.loads(line).items():
            found = cast(type[object], type(value))
            kind = float if found is int else found
            if value is None or name not in (None, key):
                continue
            if types.setdefault(key, kind) is not kind:
                return (
                    f"{where} must have one type in each column, and column {key!r} has "
                    f"{json.dumps(value)} in {row_name(at)}, unlike the rows before; make them "
                    "the same type."
                )
    return f"{where} cannot be read as NDJSON: {_first_line(error)}."


def _check_json_text(data: bytes, frame: pl.DataFrame, where: str) -> None:
    """Refuse numbers and truth values that were taken for text because text occurs too."""
    for name, dtype in frame.schema.items():
        key = re.escape(json.dumps(name, ensure_ascii=False)).encode()
        if dtype == pl.String and re.search(key + rb"\s*:\s*[-0-9tf]", data):
            raise TableError(_mixed_json(data, where, name, ValueError("mixed types")))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")
