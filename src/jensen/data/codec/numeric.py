"""The codes of a column of numbers or times."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from jensen.data.codec.bins import Bins, Codes, Reals, Values
from jensen.data.codec.fit_bins import fit_bins
from jensen.data.column import Column
from jensen.data.columns import from_numbers, grid_of, to_numbers
from jensen.data.table import row_name
from jensen.errors import TableError


@dataclass(frozen=True)
class NumericCodec:
    """Bins over physical numbers, in steps of the column's own grid.

    Integers and times have a mass per tick; a continuous column has a density per unit off
    its atoms, so a grid of 0.01 adds log 100 to the log-mass of a tick.
    """

    column: Column
    bins: Bins

    @classmethod
    def fit(cls, series: pl.Series, column: Column) -> "NumericCodec":
        """Cut the observed values of the training rows."""
        x = _ticks(series.drop_nulls(), column)
        atoms = _atoms(column) if column.kind == "continuous" else None
        return cls(column, fit_bins(x, atoms))

    @property
    def on_line(self) -> list[bool]:
        """Atoms and bins have a place on the line; the two tails have none."""
        return [True] * self.bins.n_codes + [False, False]

    def encode(self, series: pl.Series) -> tuple[Codes, Reals]:
        """Code of every value of a series without gaps, and its log-density in that code."""
        x = _ticks(series, self.column)
        codes, _ = self.bins.encode(x)
        log_density = self.bins.log_density(x)
        if self.column.kind == "continuous" and self.column.decimals:
            atom = np.isin(x, self.bins.atoms)
            log_density = log_density + np.where(atom, 0.0, self.column.decimals * np.log(10.0))
        return codes, log_density

    def positions(self, series: pl.Series) -> Reals:
        """Where in its code, in [0, 1), every value lies."""
        return self.bins.encode(_ticks(series, self.column))[1]

    def decode(self, codes: Codes, u: Reals) -> pl.Series:
        """Values at the positions u of their codes."""
        return from_numbers(self.physical(codes, u), self.column)

    def physical(self, codes: Codes, u: Reals) -> Values:
        """The same as physical numbers, those of `to_numbers`."""
        x = self.bins.decode(codes, u)
        if self.bins.on_grid:
            step, base = grid_of(self.column)
            x = base + step * x
        return x


def _atoms(column: Column) -> Values:
    dtype = np.float64 if column.decimals is None else np.int64
    scale = 10.0 ** (column.decimals or 0)
    atoms = np.asarray(column.atoms, np.float64)
    return np.unique(atoms if dtype is np.float64 else np.rint(atoms * scale).astype(np.int64))


def _ticks(series: pl.Series, column: Column) -> Values:
    """The values, on a grid as whole numbers of steps."""
    x = to_numbers(series, column)
    step, base = grid_of(column)
    if x.dtype.kind == "f" or step == 1:
        return x
    steps, rest = np.divmod(x - base, step)
    if rest.any():
        at = int(np.argmax(rest != 0))
        raise TableError(
            f"column {column.name!r} must hold values {step} ticks apart, as the data of the "
            f"schema did, and {series[at]!r} (value in {row_name(at)} of those observed) does "
            "not fit; fit again with this row, or with --column "
            f"'{column.name}={{\"step\": 1}}'."
        )
    return steps
