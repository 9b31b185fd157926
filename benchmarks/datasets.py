"""Loads the tables of the shared data folder, splits them as TabSyn does, and types any table.

The folder is ``../shared/data`` beside the repository, or the one JENSEN_DATA names. The splits
are kept as text too, so the file that is fitted has every value spelt as in the original.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.catalogue import PAPER_TABLES, SOURCES, Source
from benchmarks.measures import CATEGORICAL, NUMERIC, Kinds

MISSING = "nan"  # a missing category is the category 'nan', as in TabSyn's process_dataset.py


@dataclass(frozen=True)
class Dataset:
    """A table split in two: as text, and typed for the measures (see ``typed``)."""

    name: str
    train_text: pl.DataFrame
    held_out_text: pl.DataFrame
    kinds: Kinds
    target: str | None = None
    times: tuple[str, ...] = ()

    @cached_property
    def train(self) -> pl.DataFrame:
        return self.typed(self.train_text)

    @cached_property
    def held_out(self) -> pl.DataFrame:
        return self.typed(self.held_out_text)

    @property
    def numeric(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind == NUMERIC]

    @property
    def categorical(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind == CATEGORICAL]

    def typed(self, table) -> pl.DataFrame:
        """A pandas or Polars table of these columns as Float64 and String, in this order.

        Real and synthetic tables pass through here before they are compared, so that an integer,
        a float or a text spelling of one category is one category.
        """
        if absent := [name for name in self.kinds if name not in table.columns]:
            raise ValueError(f"a table of {self.name} must have the columns {absent}")
        columns = {}
        for name, kind in self.kinds.items():
            if name in self.times:
                columns[name] = _seconds(table[name])
            else:
                columns[name] = (_number if kind == NUMERIC else _category)(table[name])
        return pl.DataFrame(columns)

    def read(self, path: Path | str) -> pl.DataFrame:
        """A CSV file of these columns, typed."""
        return self.typed(read_csv(Path(path)))

    def write(self, folder: Path | str) -> Path:
        """Writes ``folder/NAME/train.csv`` and ``test.csv``; returns the path of the first."""
        folder = Path(folder) / self.name
        folder.mkdir(parents=True, exist_ok=True)
        self.train_text.write_csv(folder / "train.csv")
        self.held_out_text.write_csv(folder / "test.csv")
        return folder / "train.csv"


# ---------------------------------------------------------------- typing


def _values(column) -> list:
    """The column as Python values, None for every kind of missing."""
    return [None if v is None or v != v else v for v in column.to_numpy().tolist()]


def _number(column) -> pl.Series:
    """Float64, missing as null; a text that spells no number is an error."""
    return pl.Series([None if v is None else float(v) for v in _values(column)], dtype=pl.Float64)


def _category(column) -> pl.Series:
    """String, missing as 'nan', whole floats as integers, truth values in capitals."""

    def text(value) -> str:
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return MISSING if value is None else str(value)

    return pl.Series([text(v) for v in _values(column)], dtype=pl.String)


def _seconds(column) -> pl.Series:
    """A time, as ISO text, a timestamp or seconds, in seconds since 1970; UTC without a zone."""

    def seconds(value) -> float:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

    values = column.to_numpy()
    if values.dtype.kind in "fi":
        return pl.Series(values, dtype=pl.Float64, nan_to_null=True)
    if values.dtype.kind == "M":
        missing, values = np.isnat(values), values.astype("datetime64[ms]").astype(np.int64) / 1000
        return pl.Series(np.where(missing, np.nan, values), nan_to_null=True)
    return pl.Series([None if v is None else seconds(v) for v in _values(column)], dtype=pl.Float64)


# ---------------------------------------------------------------- reading and splitting


def data_folder() -> Path:
    """JENSEN_DATA, else ``../shared/data`` beside the repository."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("JENSEN_DATA", default))


def read_csv(path: Path, header: list[str] | None = None) -> pl.DataFrame:
    """A CSV file, compressed or not, as text; an empty field is null."""
    table = pl.read_csv(path, infer_schema=False, has_header=header is None)
    return table if header is None else table.rename(dict(zip(table.columns, header, strict=True)))


def _read(path: Path, source: Source) -> pl.DataFrame:
    if path.suffix == ".npz":
        return _read_cells(path)
    header = source.header.split() if source.header else None
    return read_csv(path, header).drop(source.dropped.split()).slice(source.skipped_rows)


def _read_cells(path: Path) -> pl.DataFrame:
    """Gene expression ``X`` (cells, genes) and a column for each array of one value a cell."""
    with np.load(path, allow_pickle=False) as arrays:
        columns = dict(zip(arrays["genes"].tolist(), arrays["X"].T, strict=True))
        columns |= {name: arrays[name] for name in arrays.files if name not in ("X", "genes")}
    return pl.DataFrame(
        {name: pl.Series(x.tolist()).cast(pl.String) for name, x in columns.items()}
    )


def _read_binary(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Train with valid, and test: a fit makes its own validation split."""
    with np.load(path, allow_pickle=False) as arrays:
        splits = np.concatenate([arrays["train"], arrays["valid"]]), arrays["test"]
    names = [f"x{i}" for i in range(splits[0].shape[1])]
    return tuple(pl.DataFrame(x, schema=names).cast(pl.String) for x in splits)


def tabsyn_split(table: pl.DataFrame, categorical: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """90/10 by NumPy's legacy shuffle of seed 1234, the next seed until train has every category.

    The order is shuffled further, not afresh, at each new seed. Source: TabSyn's
    ``process_dataset.py``, ``train_val_test_split`` (the target is not among ``categorical``).
    """
    n_train = int(len(table) * 0.9)
    order = np.arange(len(table))
    levels = table.select(pl.col(categorical).n_unique()) if categorical else None
    for seed in range(1234, 1334):
        np.random.RandomState(seed).shuffle(order)
        train = table[order[:n_train]]
        if levels is None or train.select(pl.col(categorical).n_unique()).equals(levels):
            break
    # After a hundred seeds (a category that occurs once may never settle) the last split stands.
    return train, table[order[n_train:]]


def names() -> list[str]:
    """The names ``load`` takes."""
    return list(SOURCES)


def load(name: str) -> Dataset:
    """The table of this name, split; see ``names``."""
    if name not in SOURCES:
        raise ValueError(f"the data set must be one of {', '.join(SOURCES)}; got {name!r}")
    source, folder = SOURCES[name], data_folder()
    if name in _BINARY:
        train, held_out = _read_binary(folder / source.file)
        kinds = dict.fromkeys(train.columns, CATEGORICAL)
        return Dataset(name, train, held_out, kinds)
    table = _read(folder / source.file, source)
    kinds = {c: CATEGORICAL if source.is_categorical(c) else NUMERIC for c in table.columns}
    if source.test:
        train, held_out = table, _read(folder / source.test, source)
    else:
        features = [c for c, kind in kinds.items() if kind == CATEGORICAL and c != source.target]
        train, held_out = tabsyn_split(table, features)
    return Dataset(name, train, held_out, kinds, source.target, tuple(source.times.split()))


_BINARY = frozenset(name for name, source in SOURCES.items() if source.file.startswith("debd/"))

__all__ = ["PAPER_TABLES", "Dataset", "load", "names", "read_csv", "tabsyn_split"]
