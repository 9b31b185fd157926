"""Rows as arrays: what every measure is computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from jensen.errors import TableError

NUMERIC, CATEGORICAL, TIME = "numeric", "categorical", "time"
CLOCK, DURATION = "time of day", "duration"
Kinds = Mapping[str, str]
YEARS = (-62_135_596_800.0, 253_402_300_799.0)
"""Seconds since 1970 of the years 1 to 9999."""


@dataclass(frozen=True)
class Sample:
    """Rows of one table, column by column.

    Attributes:
        kinds: column -> "numeric", "categorical", "time", "time of day" or "duration".
        columns: numbers, times (seconds since 1970), times of day and durations (seconds) as
            float64 [n], NaN where missing; categories as int64 [n] codes from 1, 0 where missing.
        levels: categorical column -> the level of code 1, 2, ...; shared by the samples that
            were made together.
        n_rows: n.
        rest: column of whole numbers beyond 2^53 -> int64 [n], what float64 rounded off.
    """

    kinds: dict[str, str]
    columns: dict[str, np.ndarray]
    levels: dict[str, tuple[str, ...]]
    n_rows: int
    rest: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.n_rows

    @property
    def numeric(self) -> list[str]:
        """Names of the columns that are numbers or times of any kind."""
        return [name for name, kind in self.kinds.items() if kind != CATEGORICAL]

    @property
    def categorical(self) -> list[str]:
        """Names of the columns that are categories."""
        return [name for name, kind in self.kinds.items() if kind == CATEGORICAL]

    def missing(self, name: str) -> np.ndarray:
        """Where a column has no value, bool [n]."""
        values = self.columns[name]
        return values == 0 if self.kinds[name] == CATEGORICAL else np.isnan(values)

    def take(self, rows: np.ndarray | slice) -> "Sample":
        """The rows at the given positions."""
        kept = {name: values[rows] for name, values in self.columns.items()}
        n = len(range(*rows.indices(self.n_rows))) if isinstance(rows, slice) else len(rows)
        rest = {name: values[rows] for name, values in self.rest.items()}
        return Sample(self.kinds, kept, self.levels, n, rest)

    def head(self, n: int) -> "Sample":
        """The first n rows, or all."""
        return self.take(slice(0, n))

    def some(self, n: int, rng: np.random.Generator) -> "Sample":
        """n rows without replacement, in random order; all of them if there are no more."""
        return self.take(rng.permutation(self.n_rows)[:n])

    def resampled(self, n: int, rng: np.random.Generator) -> "Sample":
        """n rows with replacement: what a synthesizer that only copies would give."""
        return self.take(rng.integers(0, self.n_rows, n))

    def permuted(self, rng: np.random.Generator) -> "Sample":
        """Each column permuted by itself: the right columns and no dependence."""
        mixed = {name: v[rng.permutation(self.n_rows)] for name, v in self.columns.items()}
        return Sample(self.kinds, mixed, self.levels, self.n_rows)

    def select(self, names: Sequence[str]) -> "Sample":
        """Only the named columns."""
        return Sample(
            {n: self.kinds[n] for n in names},
            {n: self.columns[n] for n in names},
            {n: self.levels[n] for n in names if n in self.levels},
            self.n_rows,
            {n: self.rest[n] for n in names if n in self.rest},
        )


def generator(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one measure, which depend on the seed and its name alone."""
    return np.random.default_rng([seed, *name.encode()])


def samples(kinds: Kinds, *frames: pl.DataFrame, names: Sequence[str] = ()) -> list[Sample]:
    """The frames as samples with common levels.

    Args:
        kinds: the columns that count, and how.
        frames: Polars frames with these columns.
        names: what messages call them; "table 1" and so on where not said.

    Raises:
        TableError: values of a column that do not fit its kind.
    """
    names = names or [f"table {i}" for i in range(1, len(frames) + 1)]
    columns: list[dict[str, np.ndarray]] = [{} for _ in frames]
    levels: dict[str, tuple[str, ...]] = {}
    rest: list[dict[str, np.ndarray]] = [{} for _ in frames]
    for name, kind in kinds.items():
        series = [frame[name] for frame in frames]
        if kind == CATEGORICAL:
            made, levels[name] = _codes(series)
        else:
            read = _seconds if kind == TIME else _number
            made = [read(s, where) for s, where in zip(series, names, strict=True)]
        for side, values in zip(columns, made, strict=True):
            side[name] = values
        if kind != CATEGORICAL and any(map(_is_large, series)):
            for side, values in zip(rest, map(_rounded_off, series), strict=True):
                side[name] = values
    parts = zip(columns, rest, frames, strict=True)
    return [Sample(dict(kinds), side, levels, len(frame), low) for side, low, frame in parts]


def _is_large(values: pl.Series) -> bool:
    """Whether float64 does not hold all of its whole numbers."""
    return values.dtype.is_integer() and bool((values.cast(pl.Int128).abs() > 2**53).any())


def _rounded_off(values: pl.Series) -> np.ndarray:
    """Whole numbers less what they are as float64; 0 for others."""
    if not values.dtype.is_integer():
        return np.zeros(len(values), np.int64)
    exact = values.cast(pl.Int128)
    return (exact - values.cast(pl.Float64).cast(pl.Int128)).cast(pl.Int64).fill_null(0).to_numpy()


def _codes(series: Sequence[pl.Series]) -> tuple[list[np.ndarray], tuple[str, ...]]:
    truth = any(s.dtype == pl.Boolean for s in series)
    words = [_words(s, truth) for s in series]
    known = pl.concat(words).drop_nulls().unique().sort()
    kind = pl.Enum(known.to_list())
    codes = [w.cast(kind).to_physical().cast(pl.Int64) + 1 for w in words]
    return [c.fill_null(0).to_numpy() for c in codes], tuple(known.to_list())


def _words(values: pl.Series, truth: bool) -> pl.Series:
    """As text, missing as null; a whole number without its ".0".

    Args:
        truth: one of the tables has truth values here, which others may spell True, or 1.
    """
    words = values.cast(pl.String)
    if values.dtype.is_float():
        values = values.fill_nan(None)
        whole = (values == values.round()) & (values.abs() < 2.0**53)
        bare = values.set(~whole, None).cast(pl.Int64).cast(pl.String)
        words = bare.zip_with(whole.fill_null(False), values.cast(pl.String))
    if truth and values.dtype.is_numeric():
        words = words.replace({"0": "false", "1": "true"})
    words = words.alias("words")
    return words.str.to_lowercase() if truth else words


def _number(values: pl.Series, where: str, within: tuple[float, float] | None = None) -> np.ndarray:
    if values.dtype == pl.Duration or values.dtype == pl.Time:
        return _seconds(values, where)
    if values.dtype.is_temporal():
        raise _misfit(values, where, "numbers")
    found = values.cast(pl.Float64, strict=False)
    lost = found.is_null() & values.is_not_null()
    if lost.any():
        raise _misfit(values, where, "numbers", lost)
    if within is not None and (far := ~found.is_between(*within).fill_null(True)).any():
        raise _misfit(values, where, "dates, or seconds since 1970 of years from 1 to 9999,", far)
    return found.fill_null(float("nan")).to_numpy()


def _seconds(values: pl.Series, where: str) -> np.ndarray:
    dtype = values.dtype
    if dtype == pl.Null or values.null_count() == len(values):
        return np.full(len(values), np.nan)
    if dtype.is_float() or dtype.is_integer():
        return _number(values, where, YEARS)
    if not dtype.is_temporal():
        raise _misfit(values, where, "dates or times")
    if dtype == pl.Duration or dtype == pl.Time:
        ticks = values.cast(pl.Duration("us")) if dtype == pl.Duration else values
        unit = 1e-6 if dtype == pl.Duration else 1e-9
        return ticks.to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy() * unit
    micro = values.cast(pl.Datetime("us", getattr(dtype, "time_zone", None))).to_physical()
    return micro.cast(pl.Float64).fill_null(float("nan")).to_numpy() * 1e-6


def _misfit(values: pl.Series, where: str, what: str, bad: pl.Series | None = None) -> TableError:
    at = int((values.is_not_null() if bad is None else bad).arg_max() or 0)
    return TableError(
        f"{where} must have {what} in column {values.name!r}, as the training table has, and has "
        f"{values[at]!r} ({values.dtype}) in row {at + 1}; mend the value, or write the column in "
        "the same form."
    )
