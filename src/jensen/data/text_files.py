"""Delimited text files, read with every value as the text it is."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from jensen.data.origin import Origin
from jensen.data.text_bytes import BYTE_ORDER_MARK, is_rectangular, to_utf8
from jensen.errors import TableError

_SEPARATORS = (",", "\t", ";", "|")
_ROWS_AT_ONCE = 50_000
csv.field_size_limit(1 << 30)


def read_text(
    data: bytes, where: str, *, header: bool, tabs: bool = False
) -> tuple[pl.DataFrame, Origin]:
    """Read delimited text into a frame of strings (null or "" where a field is empty).

    Args:
        data: the file, decompressed.
        where: what messages call it.
        header: whether the first line names the columns; else they are column_1, ...
        tabs: whether a tab is the likeliest separator.

    Raises:
        TableError: an empty file, a header alone, empty or repeated names, ragged rows, bytes
            that are not UTF-8.
    """
    mark = data.startswith(BYTE_ORDER_MARK)
    data = to_utf8(data, where).lstrip(b"\r\n")
    if b"\x00" in data[: 1 << 16]:
        raise TableError(
            f"{where} must be text, Parquet or Arrow, and holds NUL bytes as other binary files "
            "do; convert it to CSV."
        )
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")  # line ends of old
    if not data.strip():
        raise TableError(f"{where} must hold a table, and is empty; give it a header and rows.")
    start, first, fields = _first_record(data)
    separator = _sniff(data, fields, tabs)
    blank = separator == "," and _blank_after(data)
    head = next(csv.reader([fields], delimiter=separator, skipinitialspace=blank))
    names = head if header else [f"column_{i + 1}" for i in range(len(head))]
    check_names(names, where, hint="; if the file has no header row, say so (header=False)")
    body = data[start:] if header else data
    body = body if len(names) == 1 else body.rstrip(b"\r\n")
    if not body.strip(b"\r\n") and (len(names) > 1 or not body):
        raise TableError(f"{where} must have rows, and has only a header ({len(names)} columns).")
    if len(names) == 1:
        _refuse_blanks(data, where)
    frame = _parse(body, names, where, separator, blank, first + 1 if header else 1)
    ends = "\r\n" if data[:start].endswith(b"\r\n") else "\n"
    return frame, Origin(
        kind="csv", separator=separator, blank=blank, header=header, line_end=ends, mark=mark
    )


def check_names(names: Sequence[str], where: str, hint: str = "") -> None:
    """Refuse empty and repeated column names.

    Raises:
        TableError: naming them and their positions, counted from 1.
    """
    if not names:
        raise TableError(f"{where} must have at least one column, and has none.")
    for position, name in enumerate(names, 1):
        if not name.strip():
            raise TableError(
                f"{where} must name every column, and column {position} has no name; name it in "
                f"the header (a row index saved by pandas has none: save with index=False){hint}."
            )
    if len(set(names)) == len(names):
        return
    seen: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        if name in seen:
            raise TableError(
                f"{where} must name each column differently, and {name!r} names columns "
                f"{seen[name]} and {position}; rename one{hint}."
            )
        seen[name] = position


def _first_record(data: bytes) -> tuple[int, int, str]:
    """Where the first record ends, on which line, and its text (line ends may be quoted)."""
    end, lines = 0, 0
    while end < len(data):
        found = data.find(b"\n", end)
        end = len(data) if found < 0 else found + 1
        lines += 1
        if data.count(b'"', 0, end) % 2 == 0:
            break
    return end, lines, data[:end].decode("utf-8").rstrip("\r\n")


def _sample(data: bytes) -> list[str]:
    block = data[: 1 << 16].decode("utf-8", errors="ignore")
    lines = [line for line in block.splitlines() if line.strip()][:100]
    return lines[:-1] if len(data) > 1 << 16 and len(lines) > 2 else lines


def _sniff(data: bytes, first: str, tabs: bool) -> str:
    """The separator that cuts the sampled lines into the same number of fields, most of all."""
    lines = _sample(data)
    best, choice = (0.0, 0), "\t" if tabs else ","
    for candidate in sorted(_SEPARATORS, key=lambda c: (c == "\t") != tabs):
        width = len(next(csv.reader([first], delimiter=candidate)))
        if width < 2:
            continue
        counts = [len(row) for row in csv.reader(lines, delimiter=candidate)]
        score = (sum(c == width for c in counts) / max(len(counts), 1), width)
        if (round(score[0], 1), width) > (round(best[0], 1), best[1]):
            best, choice = score, candidate
    if best[1] == 0 and _all_decimal_commas(lines[1:]):
        return ";"
    return choice


def _refuse_blanks(data: bytes, where: str) -> None:
    """Refuse numbers with blanks between them, which no separator here takes apart.

    Raises:
        TableError: with the remedy.
    """
    rows = [line.split() for line in _sample(data)]
    width = len(rows[0])
    if width < 2 or any(len(row) != width for row in rows):
        return
    numbers = pl.Series([value for row in rows[1:] for value in row], dtype=pl.String)
    if numbers.cast(pl.Float64, strict=False).null_count() == 0:
        raise TableError(
            f"{where} must have values separated by a comma, tab, semicolon or |, and has blanks "
            f"between {width} columns; convert it, for example with `tr -s ' ' ','`."
        )


def _all_decimal_commas(lines: list[str]) -> bool:
    return bool(lines) and all(re.fullmatch(r"-?\d+,\d+", line.strip()) for line in lines)


def _blank_after(data: bytes) -> bool:
    """Whether every comma outside quotes in the sample has a blank after it."""
    text = re.sub(r'"[^"]*"', "q", "\n".join(_sample(data)))
    return "," in text and not re.search(r",(?! )", text)


def _parse(
    body: bytes, names: list[str], where: str, separator: str, blank: bool, line: int
) -> pl.DataFrame:
    if b'"' not in body and blank:
        body = re.sub(rb", +", b",", body)
        blank = False
    if not blank and is_rectangular(body, separator, len(names)):
        try:
            return pl.read_csv(
                io.BytesIO(body),
                has_header=False,
                new_columns=names,
                separator=separator,
                infer_schema=False,
            )
        except pl.exceptions.PolarsError:
            pass  # quotes that are not RFC 4180: the patient reader below takes them
    return _read_patiently(body, names, where, separator, blank, line)


def _read_patiently(
    body: bytes, names: list[str], where: str, separator: str, blank: bool, line: int
) -> pl.DataFrame:
    """Read record by record, which tells the line of the first ragged one."""
    text = io.StringIO(body.decode("utf-8"), newline="")
    reader = csv.reader(text, delimiter=separator, skipinitialspace=blank)
    parts: list[pl.DataFrame] = []
    rows: list[list[str]] = []
    for row in _records(reader, len(names), where, separator, line):
        rows.append(row)
        if len(rows) == _ROWS_AT_ONCE:
            parts.append(_frame(rows, names))
            rows = []
    parts.append(_frame(rows, names))
    if body.count(b'"') % 2 and rows and any("\n" in value for value in rows[-1]):
        begun = line + body[: body.rfind(b'"')].count(b"\n")
        raise TableError(
            f"{where} must close every quotation mark, and the one in line {begun} stays open to "
            "the end of the file; close or remove it."
        )
    return pl.concat(parts)


def _records(
    reader: Any,
    width: int,
    where: str,
    separator: str,
    line: int,
) -> Iterator[list[str]]:
    started = line
    row: list[str]
    for row in reader:
        at, started = started, line + reader.line_num
        if not row and width > 1:
            continue  # a blank line between rows
        row = row or [""]
        if len(row) != width:
            shown = {"\t": "a tab"}.get(separator, repr(separator))
            raise TableError(
                f"{where} must have {width} values on every row, as its first, and line {at} has "
                f"{len(row)} (the separator was taken to be {shown}); mend that line"
                f"{_quote_hint(row)}."
            )
        yield row


def _quote_hint(row: list[str]) -> str:
    return ": a quotation mark is not closed" if any("\n" in value for value in row) else ""


def _frame(rows: list[list[str]], names: list[str]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pl.DataFrame(
        [pl.Series(n, list(c), dtype=pl.String) for n, c in zip(names, columns, strict=True)]
    )
