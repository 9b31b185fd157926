"""Tables out: files that are whole or not there, and standard output."""

import bz2
import gzip
import io
import lzma
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polars as pl

from jensen.data.frames_out import to_polars
from jensen.data.table import Table
from jensen.data.text_lines import json_frame, text_chunks
from jensen.errors import OutputError

_FORMATS = (".csv", ".tsv", ".txt", ".data", ".ndjson", ".jsonl", ".parquet", ".arrow", ".feather")


def write_table(table: Table, path: str | Path, *, force: bool = False) -> None:
    """Write a table in the format that the path's ending names.

    The file appears whole or not at all: it is written beside its place under another name
    and then moved there.

    Args:
        table: what to write; text comes in the look of the table's origin.
        path: ends in .csv, .tsv, .ndjson, .jsonl, .parquet, .arrow or .feather; text may end in
            .gz, .zst, .bz2 or .xz besides; "-" is standard output.
        force: replace a file that exists.

    Raises:
        OutputError: an unknown ending, an existing file, a place that cannot be written.
    """
    if str(path) == "-":
        ndjson = table.origin.kind == "ndjson"
        for chunk in _json_chunks(table) if ndjson else text_chunks(table):
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    chunks = _chunks(table, target)
    check_output(target, force=force)
    _write_whole(target, chunks)


def write_text(text: str, path: str | Path, *, force: bool = False) -> None:
    """Write text to a file, whole or not at all; "-" is standard output.

    Raises:
        OutputError: an existing file, a place that cannot be written.
    """
    if str(path) == "-":
        sys.stdout.write(text)
        return
    check_output(path, force=force)
    _write_whole(Path(path), [text.encode()])


def check_output(path: str | Path, *, force: bool = False, table: bool = False) -> None:
    """Check early that a result can be written to `path`, before the work is done.

    Args:
        path: where to; "-" is standard output.
        force: whether a file that exists may be replaced.
        table: whether it is a table, so that the ending has to name a format.

    Raises:
        OutputError: the file exists, its directory is missing or cannot be written, or the
            ending of a table names no format.
    """
    target = Path(path)
    if str(path) == "-" or _is_device(target):
        return
    if target.is_dir():
        raise OutputError(f"{target} must be a file to write, and is a directory; name a file.")
    if target.exists() and not force:
        raise OutputError(
            f"{target} exists and is left as it is; choose another name, or replace it (--force)."
        )
    if not target.parent.is_dir():
        raise OutputError(
            f"{target} must be in an existing directory, and {target.parent} is none; make it."
        )
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target} cannot be written: no permission in {target.parent}.")
    if table:
        _format(target)


def _is_device(target: Path) -> bool:
    return target.exists() and not target.is_file() and not target.is_dir()


def _format(target: Path) -> tuple[str | None, str | None]:
    """The ending that names the format (None for a device), and the packing, None for none."""
    name = target.name.lower()
    packing = re.search(r"\.(gz|zst|bz2|xz)$", name)
    bare = name[: packing.start()] if packing else name
    ending = next((e for e in _FORMATS if bare.endswith(e)), None)
    if ending is None and _is_device(target):
        return None, None
    if ending is None or (packing and ending in (".parquet", ".arrow", ".feather")):
        raise OutputError(
            f"{target} must end in a format that can be written, and does not; there are "
            f"{', '.join(_FORMATS)}, and for text also .gz, .zst, .bz2, .xz after it."
        )
    return ending, packing.group(1) if packing else None


def _chunks(table: Table, target: Path) -> Iterator[bytes]:
    ending, packing = _format(target)
    if ending is None:
        return text_chunks(table)
    if ending in (".parquet", ".arrow", ".feather"):
        return _columnar(table, ending == ".parquet")
    chunks = _json_chunks(table) if ending in (".ndjson", ".jsonl") else _text(table, ending)
    return _PACKERS[packing](chunks) if packing else chunks


def _text(table: Table, ending: str) -> Iterator[bytes]:
    tab = "\t" if ending == ".tsv" else None
    comma = "," if ending == ".csv" and table.origin.separator == "\t" else None
    return text_chunks(table, tab or comma)


def _columnar(table: Table, parquet: bool) -> Iterator[bytes]:
    buffer = io.BytesIO()
    frame = to_polars(table)
    if parquet:
        frame.write_parquet(buffer)
    else:
        frame.write_ipc(buffer)
    yield buffer.getvalue()


def _json_chunks(table: Table) -> Iterator[bytes]:
    buffer = io.BytesIO()
    json_frame(table).write_ndjson(buffer)
    yield buffer.getvalue()


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    buffer = io.BytesIO()
    # no time and no name inside: the same rows are the same bytes
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="", compresslevel=6) as out:
        for chunk in chunks:
            out.write(chunk)
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    text = b"".join(chunks).decode()
    lines = pl.DataFrame({"line": [text]})
    buffer = io.BytesIO()
    lines.write_csv(
        buffer,
        include_header=False,
        quote_style="never",
        line_terminator="",
        compression="zstd",
        check_extension=False,
    )
    yield buffer.getvalue()


def _packed(make: Callable[[], "bz2.BZ2Compressor | lzma.LZMACompressor"]):
    def pack(chunks: Iterable[bytes]) -> Iterator[bytes]:
        packer = make()
        for chunk in chunks:
            yield packer.compress(chunk)
        yield packer.flush()

    return pack


_PACKERS: dict[str, Callable[[Iterable[bytes]], Iterator[bytes]]] = {
    "gz": _gzip,
    "zst": _zstd,
    "bz2": _packed(bz2.BZ2Compressor),
    "xz": _packed(lzma.LZMACompressor),
}


def _write_whole(target: Path, chunks: Iterable[bytes]) -> None:
    direct = _is_device(target)
    place = target if direct else target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with place.open("wb") as out:
            for chunk in chunks:
                out.write(chunk)
        if not direct:
            os.replace(place, target)
    except OSError as e:
        raise OutputError(
            f"{target} cannot be written ({e.strerror or e}), and nothing was left there; make "
            "room or choose another place."
        ) from e
    finally:
        if not direct:
            place.unlink(missing_ok=True)
