"""Bytes of a text table: decompressed, made UTF-8, and checked to be rectangular."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable

import numpy as np
import polars as pl

from jensen.errors import TableError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CHUNK = 1 << 23


def _unzstd(data: bytes) -> bytes:
    lines = pl.read_lines(io.BytesIO(data))  # Polars carries a zstd decoder, Python 3.11 none
    out = io.BytesIO()
    lines.write_csv(out, include_header=False, quote_style="never")
    return out.getvalue()


_MAGIC: tuple[tuple[bytes, str, Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b", "gzip", gzip.decompress),
    (b"BZh", "bzip2", bz2.decompress),
    (b"\xfd7zXZ\x00", "xz", lzma.decompress),
    (b"\x28\xb5\x2f\xfd", "zstd", _unzstd),
)


def decompress(data: bytes, where: str) -> bytes:
    """Undo gzip, bzip2, xz or zstd, recognised by their first bytes; else return as is.

    Raises:
        TableError: the compressed data are truncated or damaged.
    """
    for magic, kind, opened in _MAGIC:
        if data.startswith(magic):
            try:
                return opened(data)
            except (OSError, EOFError, zlib.error, lzma.LZMAError, pl.exceptions.PolarsError) as e:
                raise TableError(
                    f"{where} must be a whole {kind} file, and cannot be decompressed ({e}); "
                    "make or fetch it again."
                ) from e
    return data


def to_utf8(data: bytes, where: str) -> bytes:
    """Strip a byte order mark and turn UTF-16 into UTF-8.

    Raises:
        TableError: bytes that are no UTF-8, with their place.
    """
    if data.startswith(BYTE_ORDER_MARK):
        data = data[3:]
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16").encode("utf-8")
        except UnicodeError as e:
            raise TableError(f"{where} begins as UTF-16 text but is not: {e}.") from e
    _check_utf8(data, where)
    return data


def _check_utf8(data: bytes, where: str) -> None:
    if data.isascii():
        return
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise TableError(
            f"{where} must be UTF-8 text, and byte {e.start} (line {line}) is "
            f"0x{data[e.start]:02x}, which is not; convert it, for example with "
            "`iconv -f latin1 -t utf-8`."
        ) from None


def is_rectangular(data: bytes, separator: str, width: int) -> bool:
    """Whether every line has exactly `width` fields and none is blank.

    Quotes are followed as RFC 4180 has them; a stray quote inside a bare field gives a wrong
    answer, so False means "look more closely", and True with quotes means that both the
    separators and the line ends outside them agree.
    """
    quoted, carried, open_quote = b'"' in data, 0, 0
    if data and not data.endswith(b"\n"):
        data = data + b"\n"
    for start in range(0, len(data), _CHUNK):
        block = np.frombuffer(data, np.uint8, min(_CHUNK, len(data) - start), start)
        ends, marks = block == 10, block == ord(separator)
        if quoted:
            # the running number of quotes is odd inside a quoted field; uint8 keeps parity
            inside = (np.cumsum(block == 34, dtype=np.uint8) + np.uint8(open_quote)) & 1
            open_quote = int(inside[-1])
            ends, marks = ends & (inside == 0), marks & (inside == 0)
        at_end, at_mark = np.flatnonzero(ends), np.flatnonzero(marks)
        before = np.searchsorted(at_mark, at_end)
        if len(at_end):
            counts = np.diff(before, prepend=0)
            counts[0] += carried
            if np.any(counts != width - 1) or (width > 1 and _blank(block, at_end)):
                return False
            carried = len(at_mark) - int(before[-1])
        else:
            carried += len(at_mark)
    return open_quote == 0


def _blank(block: np.ndarray, ends: np.ndarray) -> bool:
    return bool(np.any(block[ends[ends > 0] - 1] == 10))
