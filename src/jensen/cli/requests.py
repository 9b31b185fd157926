"""What a command was asked for, in the estimator's words; wrong ones become sentences."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jensen.errors import OptionError


@dataclass(frozen=True)
class Columns:
    """How DATA is to be read and what its columns are to be taken for."""

    schema: str | None = None
    kinds: Sequence[str] = ()
    ordinals: Sequence[str] = ()
    drop: Sequence[str] = ()
    missing: Sequence[str] = ()
    header: bool = True
    keep_text: bool = False  # to write it again to the letter

    @classmethod
    def of(cls, schema: str | None, *lists: Sequence[str] | None, header: bool = True) -> "Columns":
        """From what Typer gives: --column, --ordinal, --drop and --missing, None where not said."""
        return cls(schema, *(words or () for words in lists), header=header)

    def options(self) -> list[str]:
        """The options that were given."""
        given = {
            "--schema": self.schema,
            "--column": self.kinds,
            "--ordinal": self.ordinals,
            "--drop": self.drop,
            "--missing": self.missing,
            "--no-header": not self.header,
        }
        return [option for option, value in given.items() if value]

    def overrides(self) -> dict[str, Any]:
        """--column options: name -> kind, or a mapping of fields."""
        return dict(_override(text) for text in self.kinds)

    def levels(self) -> dict[str, list[str]]:
        """--ordinal options: name -> levels in their order."""
        return dict(_levels(text) for text in self.ordinals)

    def gaps(self) -> dict[str, str] | str:
        """--missing options: one word for all columns, or column -> word."""
        words = [text for text in self.missing if "=" not in text]
        if words and len(self.missing) > 1:
            raise OptionError(
                "--missing must be one word for all columns, or NAME=WORD for some of them, and "
                f"both were given: {', '.join(self.missing)}; choose one way."
            )
        if words:
            return words[0]
        pairs = (text.rpartition("=") for text in self.missing)
        return {name: word for name, _, word in pairs}


def _override(text: str) -> tuple[str, Any]:
    name, brace, rest = text.partition("={")
    if brace and text.endswith("}"):
        try:
            return name, json.loads("{" + rest)
        except json.JSONDecodeError as error:
            raise OptionError(
                f"--column must be NAME=KIND or NAME={{JSON}}, and {text!r} is no JSON after the "
                f"name ({error.msg}, character {error.pos + len(name) + 2}); mend it."
            ) from error
    name, equals, kind = text.rpartition("=")
    if not (name and equals and kind):
        raise OptionError(
            f"--column must be NAME=KIND, such as zip=categorical, and is {text!r}; mend it."
        )
    return name, kind


def _levels(text: str) -> tuple[str, list[str]]:
    name, equals, rest = text.partition("=")
    levels = next(csv.reader([rest], skipinitialspace=True), [])
    if not (name and equals and len(levels) > 1):
        raise OptionError(
            "--ordinal must be NAME= and at least two values in their order, such as "
            f"size=low,mid,high, and is {text!r}; mend it."
        )
    return name, levels


def row_count(n: int | None) -> int | None:
    """A checked -n.

    Raises:
        OptionError: it is below 1.
    """
    if n is not None and n < 1:
        raise OptionError(f"-n must be at least 1, and is {n}; ask for one row or more.")
    return n


def row_range(rows: str | None, n: int | None) -> tuple[int, int | None]:
    """START and STOP from --rows or -n; STOP is None when neither was given.

    Raises:
        OptionError: both were given, or one is out of its range.
    """
    if rows is None:
        return 0, row_count(n)
    if n is not None:
        raise OptionError("-n and --rows both say how many rows; give one of them.")
    start, colon, stop = rows.partition(":")
    try:
        first, last = int(start or 0), int(stop)
    except ValueError:
        first, last = 0, 0
    if not (colon and 0 <= first < last):
        raise OptionError(
            "--rows must be START:STOP with 0 <= START < STOP, such as 100:200, and is "
            f"{rows!r}; mend it."
        )
    return first, last


def settings(**given: Any) -> dict[str, Any]:
    """The arguments for `VAE` that were given; the rest keep its defaults.

    Raises:
        OptionError: a number out of its range.
    """
    minutes, rate = given.get("minutes"), given.get("learning_rate")
    if minutes is not None and not minutes > 0:
        raise OptionError(f"--minutes must be above 0, and is {minutes:g}; give it some time.")
    if rate is not None and not 0 < rate <= 1:
        raise OptionError(
            f"--learning-rate must be above 0 and at most 1, and is {rate:g}; 0.002 is usual."
        )
    warm_up = given.get("kl_warm_up")
    if warm_up is not None and not 0 <= warm_up <= 1:
        raise OptionError(
            f"--kl-warm-up must be a share of the steps, from 0 to 1, and is {warm_up:g}; 0.3 is "
            "usual."
        )
    return {name: value for name, value in given.items() if value is not None}


_TABLES = (".csv", ".tsv", ".txt", ".data", ".ndjson", ".jsonl", ".parquet", ".arrow", ".feather")
_PACKED = (".gz", ".zst", ".bz2", ".xz")


def split_name(path: str) -> tuple[str, str]:
    """A file's name without directory and endings, and its endings: ("adult", ".csv.gz")."""
    name = Path(path).name
    packed = next((e for e in _PACKED if name.lower().endswith(e)), "")
    bare = name[: len(name) - len(packed)]
    ending = next((e for e in _TABLES if bare.lower().endswith(e)), "")
    if not ending:
        return Path(bare).stem, ".csv"
    return bare[: len(bare) - len(ending)], ending + packed


def default_rows(data: str) -> str:
    """Where `more` writes: adult.csv.gz -> adult.more.csv.gz; standard input -> output."""
    if data == "-":
        return "-"
    stem, ending = split_name(data)
    return f"{stem}.more{ending}"


def default_file(data: str, ending: str) -> str:
    """Where `fit` and `schema` write: adult.csv.gz -> adult.jensen."""
    return f"{'data' if data == '-' else split_name(data)[0]}{ending}"
