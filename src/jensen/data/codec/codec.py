"""A table as an array of codes and back, with the log-determinant of the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from jaxtyping import Float64, Int32, Int64

from jensen.data.codec.bins import Bins
from jensen.data.codec.levels import LevelCodec
from jensen.data.codec.numeric import NumericCodec
from jensen.data.codec.values import DOMAINS, Moments, Row, Space, ValueCodec
from jensen.data.column import LEVEL_KINDS, Column
from jensen.data.identifiers import IdentifierForm, fresh, learn
from jensen.data.schema import Schema
from jensen.data.table import Table
from jensen.errors import SchemaError

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class CodedColumn:
    """A column that takes part in x: its codec, and how often the training rows had each code.

    The codes of missing values, one for each kind of marker, come after all others.
    """

    codec: NumericCodec | LevelCodec | ValueCodec
    counts: Int64[np.ndarray, " codes"]

    @property
    def column(self) -> Column:
        """What the schema says of it."""
        return self.codec.column

    @property
    def first_missing(self) -> int:
        """The code of the first kind of missing value."""
        return len(self.codec.on_line)

    @property
    def n_modelled(self) -> int | None:
        """How many codes are part of x: None is all, else those before the missing ones."""
        return self.first_missing if self.column.ignore_missing else None

    @property
    def on_line(self) -> np.ndarray:
        """Which codes have a place on a line, shape (codes,)."""
        return np.array(self.codec.on_line + [False] * len(self.column.missing), bool)

    @property
    def bin_entropy(self) -> float:
        """Entropy in nats of which bin a number is in; atoms, levels and gaps add nothing.

        A mean over all rows: where gaps are no part of x, those with one have none of it.
        """
        modelled = self.counts[: self.n_modelled].sum()
        if not isinstance(self.codec, NumericCodec) or not modelled:
            return 0.0
        p = self.counts[self.codec.bins.bin_codes] / modelled
        each = -float(np.sum(p * np.log(np.where(p > 0, p, 1.0))))
        return each * float(modelled / self.counts.sum())

    def encode(self, table: Table) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Code of every row, and the log-density of its value given the code."""
        series, missing = _split(table, self.column)
        codes = self.first_missing + missing.astype(np.int64)
        log_density = np.zeros(len(codes))
        seen = missing < 0
        codes[seen], log_density[seen] = self.codec.encode(series.filter(seen))
        return codes, log_density

    def positions(self, table: Table) -> Float64[np.ndarray, " n"]:
        """Where in its code every value lies, in [0, 1)."""
        series, missing = _split(table, self.column)
        u = np.full(len(missing), 0.5)
        u[missing < 0] = self.codec.positions(series.filter(missing < 0))
        return u

    def values(self, table: Table) -> Float64[np.ndarray, " n"]:
        """The standardised value of every row of a parametric column, 0 where missing."""
        return self._observed(table, lambda codec, series: codec.values(series))

    def log_marginal(self, table: Table) -> Float64[np.ndarray, " n"]:
        """See `ValueCodec.log_marginal`; 0 where missing."""
        return self._observed(table, lambda codec, series: codec.log_marginal(series))

    def log_in_bin(self, table: Table) -> Float64[np.ndarray, " n"]:
        """Log-density of every value given its code, or given its bin if it is parametric."""
        if not isinstance(self.codec, ValueCodec):
            return self.encode(table)[1]
        return self._observed(table, lambda codec, series: codec.binned.encode(series)[1])

    def _observed(
        self, table: Table, of: Callable[[ValueCodec, pl.Series], np.ndarray]
    ) -> Float64[np.ndarray, " n"]:
        series, missing = _split(table, self.column)
        out = np.zeros(len(missing))
        if isinstance(self.codec, ValueCodec):
            out[missing < 0] = of(self.codec, series.filter(missing < 0))
        return out

    def decode(
        self, codes: Int64[np.ndarray, " n"], u: Float64[np.ndarray, " n"]
    ) -> tuple[pl.Series, np.ndarray]:
        """The values, null where missing, and which kind of missing they are (-1: none)."""
        missing = np.where(codes >= self.first_missing, codes - self.first_missing, -1)
        seen = np.flatnonzero(missing < 0)
        values = self.codec.decode(codes[seen], u[seen])
        place = np.full(len(codes), -1)
        place[seen] = np.arange(len(seen))
        index = pl.Series(place).set(pl.Series(place < 0), None)
        return values.gather(index).alias(self.column.name), missing.astype(np.int8)


def _split(table: Table, column: Column) -> tuple[pl.Series, np.ndarray]:
    """A column, and which kind of missing each row is (-1: observed)."""
    missing = table.marks.get(column.name, np.full(table.n_rows, -1, np.int8))
    return table.frame[column.name], missing


@dataclass(frozen=True)
class Keys:
    """A column of identifiers: not part of x, made afresh for every row."""

    column: Column
    form: IdentifierForm
    used: np.ndarray


@dataclass(frozen=True)
class Codec:
    """Table <-> codes, shape (n, d): one column of codes for each column that is part of x.

    Where columns are parametric, x is a `Row`: the codes, and the standardised values of those.

    `log_det` is what turns a log-probability of codes into one of the values themselves: add
    it to any bound on the codes. Identifiers are no part of x.
    """

    schema: Schema
    coded: tuple[CodedColumn, ...]
    keys: tuple[Keys, ...]

    @classmethod
    def fit(
        cls,
        table: Table,
        schema: Schema,
        *,
        known: Table | None = None,
        spaces: Mapping[str, Space] | None = None,
    ) -> "Codec":
        """Learn the codes from the training rows of a table that conforms to the schema.

        Args:
            table: the training rows.
            known: all rows whose identifiers are taken, held-out ones too; None is `table`.
            spaces: the parametric columns, and where the values of their families lie.

        Raises:
            SchemaError: no column is left that a distribution could be learned of.
        """
        spaces = spaces or {}
        coded = [
            _fit(table, c, spaces.get(c.name)) for c in schema.columns if c.kind != "identifier"
        ]
        if not coded:
            raise SchemaError(
                f"{table.name} must have a column besides its identifiers "
                f"({', '.join(repr(n) for n in schema.names)}): there is no distribution to learn. "
                "Say --column NAME=KIND for a column that is no identifier."
            )
        keys = [c for c in schema.columns if c.kind == "identifier"]
        return cls(
            schema, tuple(coded), tuple(_learn(table if known is None else known, c) for c in keys)
        )

    @property
    def parametric(self) -> tuple[int, ...]:
        """Which of the coded columns have values beside their codes."""
        return tuple(j for j, c in enumerate(self.coded) if isinstance(c.codec, ValueCodec))

    def encode(self, table: Table) -> Int32[np.ndarray, "n d"] | Row:
        """x of a table that conforms to the schema: codes, and values of parametric columns."""
        return self.encode_with_log_det(table)[0]

    def log_det(self, table: Table) -> Float64[np.ndarray, " n"]:
        """log p(row | its codes) in nats per row, in the user's units."""
        return self.encode_with_log_det(table)[1]

    def encode_with_log_det(
        self, table: Table
    ) -> tuple[Int32[np.ndarray, "n d"] | Row, Float64[np.ndarray, " n"]]:
        """`encode` and `log_det` in one pass."""
        codes = np.empty((table.n_rows, len(self.coded)), np.int32)
        log_det = np.zeros(table.n_rows)
        for j, column in enumerate(self.coded):
            codes[:, j], log_density = column.encode(table)
            log_det += log_density
        if not self.parametric:
            return codes, log_det
        values = [self.coded[j].values(table) for j in self.parametric]
        return Row(codes, np.stack(values, axis=1)), log_det

    def value_marginals(self, table: Table) -> Float64[np.ndarray, " n"]:
        """Log-density of the parametric columns' values under their histograms, nats per row.

        With `Codes.log_marginals` and `log_det` it adds up to the product of all marginals.
        """
        parts = [self.coded[j].log_marginal(table) for j in self.parametric]
        return np.sum([np.zeros(table.n_rows), *parts], axis=0)

    def positions(self, table: Table) -> Float64[np.ndarray, "n d"]:
        """Where in its code every value lies: with the codes, all that `decode` needs."""
        return np.stack([column.positions(table) for column in self.coded], axis=1)

    def decode(
        self,
        x: Int32[np.ndarray, "n d"] | Row,
        u: Float64[np.ndarray, "n d"],
        *,
        seed: int = 0,
        start: int = 0,
    ) -> Table:
        """The rows start, start + 1, ... with this x, at the positions u inside its codes."""
        codes = x.codes if isinstance(x, Row) else x
        if isinstance(x, Row):
            u = np.array(u, np.float64)
            u[:, self.parametric] = x.values
        series: dict[str, pl.Series] = {}
        marks: dict[str, np.ndarray] = {}
        for j, coded in enumerate(self.coded):
            name = coded.column.name
            series[name], mark = coded.decode(codes[:, j].astype(np.int64), u[:, j])
            if coded.column.missing:
                marks[name] = mark
        rows = np.arange(start, start + len(codes), dtype=np.int64)
        for key in self.keys:
            series[key.column.name] = fresh(key.form, key.used, seed, rows).alias(key.column.name)
        frame = pl.DataFrame([series[name] for name in self.schema.names])
        missing = {c.name: c.missing for c in self.schema.columns if c.missing}
        return Table(frame, missing, marks, self.schema.origin)

    def to_arrays(self) -> Arrays:
        """All that was learned, as arrays by name."""
        out: Arrays = {}
        for j, coded in enumerate(self.coded):
            out[f"{j}.counts"] = coded.counts
            out |= {f"{j}.{name}": array for name, array in _arrays(coded.codec).items()}
        for j, key in enumerate(self.keys):
            out[f"key{j}.used"] = key.used
        return out

    def forms(self) -> list[str]:
        """The forms of the identifiers, as JSON."""
        return [key.form.model_dump_json() for key in self.keys]

    @classmethod
    def from_arrays(
        cls, schema: Schema, arrays: Mapping[str, np.ndarray], forms: list[str]
    ) -> "Codec":
        """The inverse of `to_arrays` and `forms`."""
        columns = [c for c in schema.columns if c.kind != "identifier"]
        coded = [
            CodedColumn(_codec(c, arrays, f"{j}."), arrays[f"{j}.counts"])
            for j, c in enumerate(columns)
        ]
        named = [c for c in schema.columns if c.kind == "identifier"]
        keys = [
            Keys(c, IdentifierForm.model_validate_json(form), arrays[f"key{j}.used"])
            for j, (c, form) in enumerate(zip(named, forms, strict=True))
        ]
        return cls(schema, tuple(coded), tuple(keys))


def _fit(table: Table, column: Column, space: Space | None) -> CodedColumn:
    series = table.frame[column.name]
    if space is not None:
        codec = ValueCodec.fit(series, column, space)
    else:
        codec = (LevelCodec if column.kind in LEVEL_KINDS else NumericCodec).fit(series, column)
    bare = CodedColumn(codec, np.zeros(len(codec.on_line) + len(column.missing), np.int64))
    codes, _ = bare.encode(table)
    return CodedColumn(codec, np.bincount(codes, minlength=len(bare.counts)))


def _learn(table: Table, column: Column) -> Keys:
    form, used = learn(table.frame[column.name].drop_nulls())
    return Keys(column, form, used)


def _arrays(codec: NumericCodec | LevelCodec | ValueCodec) -> Arrays:
    if isinstance(codec, ValueCodec):
        domain = list(DOMAINS).index(codec.space.domain)
        numbers = [domain, codec.space.period, codec.loc, codec.scale, *codec.moments]
        binned = {f"binned.{name}": array for name, array in _arrays(codec.binned).items()}
        return {"value": np.array(numbers), "binned.counts": codec.counts} | binned
    if isinstance(codec, LevelCodec):
        return {"code_of": codec.code_of, "share": codec.share}
    arrays = {f.name: getattr(codec.bins, f.name) for f in fields(Bins)}
    return arrays | {"scale": np.float64(codec.bins.scale).reshape(1)}


def _codec(
    column: Column, arrays: Mapping[str, np.ndarray], prefix: str
) -> NumericCodec | LevelCodec | ValueCodec:
    if prefix + "value" not in arrays:
        return _binned(column, arrays, prefix)
    domain, period, loc, scale, *moments = (float(v) for v in arrays[prefix + "value"])
    space = Space(list(DOMAINS)[int(domain)], period)
    binned = _binned(column, arrays, prefix + "binned.")
    counts = arrays[prefix + "binned.counts"]
    return ValueCodec(column, space, loc, scale, Moments(*moments), binned, counts)


def _binned(
    column: Column, arrays: Mapping[str, np.ndarray], prefix: str
) -> NumericCodec | LevelCodec:
    if column.kind in LEVEL_KINDS:
        return LevelCodec(column, arrays[prefix + "code_of"], arrays[prefix + "share"])
    atoms, starts, mass, bin_of, scale = (arrays[prefix + f.name] for f in fields(Bins))
    return NumericCodec(column, Bins(atoms, starts, mass, bin_of, float(scale[0])))
