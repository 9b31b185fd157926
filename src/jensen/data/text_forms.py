"""What a column of text means: numbers, truth values, times; and how to write them again.

Each reader below takes text [n] (null where missing) and returns the typed column and its
form, or None when some value does not fit. What is accepted is what can be written back.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import polars as pl

from jensen.data.origin import TextForm
from jensen.data.table import Table, gaps_of, row_name
from jensen.data.text_times import read_times, write_times
from jensen.errors import TableError

# Missing wherever they stand alone ...
HARD = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?", "<NA>", "#N/A")
# ... and these only where all the rest are numbers or times.
SOFT = ("-", "--", ".", "..", "na", "NAN", "Nan", "none", "nil", "Null", "missing", "NaT", " ", "")

_WORDS = (("False", "True"), ("false", "true"), ("FALSE", "TRUE"))
_INFINITE = r"(?i)^[+-]?inf(inity)?$"
_NOT_A_NUMBER = r"^(\+|-?0\d|-?0\d*_)|^-0$|_"  # leading zeros, a plus: a code, kept as text
_DECIMAL_COMMA = r"^-?\d+,\d+([eE][+-]?\d+)?$"


class Typed(NamedTuple):
    """A column understood: values, form, and the kinds and marks of what is missing."""

    values: pl.Series
    form: TextForm
    gaps: tuple[tuple[str, ...], np.ndarray] | None


def read_column(text: pl.Series, where: str, *, comma: bool = False) -> Typed:
    """Understand one column of text.

    Args:
        text: String [n]; null counts as "".
        where: what messages call the file.
        comma: whether decimals may be written with a comma (never in a comma-separated file).

    Raises:
        TableError: an infinite number among finite ones.
    """
    text = text.fill_null("")
    hard = text.is_in(HARD)
    observed = text if not hard.any() else text.set(hard, None)
    if observed.null_count() == len(observed):
        return Typed(observed, TextForm(), gaps_of(text))
    for reader in (_read_boolean, _read_number, _read_comma if comma else None, _read_moment):
        found = None if reader is None else reader(observed, where)
        if found is not None:
            values, form = found
            return Typed(values, form, gaps_of(text.set(values.is_not_null(), None)))
    return Typed(observed, TextForm(), gaps_of(text.set(~hard, None)))


def _read_boolean(text: pl.Series, where: str) -> tuple[pl.Series, TextForm] | None:
    del where
    first = text[text.is_not_null().arg_max() or 0]
    for words in _WORDS:
        if first in words and text.is_in(words).all():
            values = text == words[1]
            return values.alias(text.name), TextForm(kind="boolean", words=words)
    return None


def _read_number(text: pl.Series, where: str) -> tuple[pl.Series, TextForm] | None:
    sample = text.drop_nulls().head(1000)
    if sample.str.contains("^ | $").any():  # padded to a width
        text, sample = text.str.strip_chars(" "), sample.str.strip_chars(" ")
    hit = sample.cast(pl.Float64, strict=False).is_not_null() | sample.is_in(SOFT)
    if not hit.all() or sample.str.contains(_NOT_A_NUMBER).any():
        return None
    floats = text.cast(pl.Float64, strict=False).fill_nan(None)
    if not _rest_is_soft(text, floats) or text.str.contains(_NOT_A_NUMBER).any():
        return None
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() == floats.null_count():
        return whole, TextForm(kind="integer")
    if text.filter(floats.is_not_null()).str.contains(r"^-?\d+$").all():
        return None  # integers beyond 64 bits cannot be numbers without loss
    _refuse_infinite(text, floats, where)
    if not floats.is_finite().any():
        return None  # the word alone, in every row: a name
    return floats, _decimal_form(text.filter(floats.is_not_null()))


def _rest_is_soft(text: pl.Series, values: pl.Series) -> bool:
    """Whether something was read, and all that was not is a marker of missing values."""
    rest = text.filter(values.is_null() & text.is_not_null())
    return values.null_count() < len(values) and bool(rest.is_in(SOFT).all())


def _refuse_infinite(text: pl.Series, values: pl.Series, where: str) -> None:
    infinite = values.is_infinite().fill_null(False)
    if infinite.any() and values.is_finite().any():
        at = infinite.arg_max() or 0
        raise TableError(
            f"{where} must hold finite numbers, and column {text.name!r} has {text[at]!r} in "
            f"{row_name(at)}; replace it, or leave it empty to make it missing."
        )


def _decimal_form(text: pl.Series) -> TextForm:
    if not text.str.contains(r"[eE]").any() and text.str.contains(".", literal=True).all():
        after = text.str.len_bytes() - text.str.find(".", literal=True) - 1
        if after.n_unique() == 1 and 0 < int(after[0]) <= 15:
            return TextForm(kind="decimal", decimals=int(after[0]))
    whole = text.str.contains(r"^-?\d+$").any()
    letter = text.str.extract(r"([eE])[+-]\d\d").drop_nulls().head(1).to_list()
    return TextForm.model_validate(
        {"kind": "decimal", "point": not whole, "exponent": letter[0] if letter else None}
    )


def _read_comma(text: pl.Series, where: str) -> tuple[pl.Series, TextForm] | None:
    if not text.str.contains(_DECIMAL_COMMA).any():
        return None
    if text.str.contains(".", literal=True).any():
        return None
    found = _read_number(text.str.replace(",", ".", literal=True), where)
    if found is None or found[1].kind != "decimal":
        return None
    return found[0], found[1].model_copy(update={"comma": True})


def _read_moment(text: pl.Series, where: str) -> tuple[pl.Series, TextForm] | None:
    del where
    plain = text.set(text.is_in(SOFT), None)
    return None if plain.null_count() == len(plain) else read_times(plain)


def exact_look(table: Table, known: Table) -> Table:
    """The table with forms that write every known value to its last digit.

    Args:
        table: rows in the look of another table.
        known: values among them, which may have more decimals than those of that table.
    """
    forms = dict(table.origin.forms)
    for name, form in table.origin.forms.items():
        if form.decimals is None or name not in known.names:
            continue
        values, unit = known.frame[name], 10.0**form.decimals
        if values.dtype.is_float() and not ((values * unit).round() / unit == values).all():
            forms[name] = form.model_copy(update={"decimals": None})
    return replace(table, origin=table.origin.model_copy(update={"forms": forms}))


def write_column(values: pl.Series, form: TextForm | None) -> pl.Series:
    """Write a typed column as text, String [n], in its form; null stays null.

    A value that does not fit the form (a date where numbers were) is written in the
    library's plainest way.
    """
    form = form or TextForm()
    dtype = values.dtype
    if dtype == pl.Boolean:
        words = form.words or ("false", "true")
        return _choose(values, words)
    if dtype.is_float():
        return _write_decimal(values, form)
    if dtype.is_temporal():
        return write_times(values, form)
    return values.cast(pl.String)


def _choose(values: pl.Series, words: tuple[str, str]) -> pl.Series:
    name = values.name
    chosen = pl.when(pl.col(name)).then(pl.lit(words[1])).otherwise(pl.lit(words[0]))
    kept = pl.when(pl.col(name).is_not_null()).then(chosen)
    return values.to_frame().select(kept.alias(name)).to_series()


def _write_decimal(values: pl.Series, form: TextForm) -> pl.Series:
    text = values.cast(pl.String)
    if form.kind == "decimal" and form.decimals is not None:
        text = _fixed(values, form.decimals)
    elif form.kind == "integer" or (form.kind == "decimal" and not form.point):
        text = text.str.replace(r"\.0$", "")
    if form.exponent is not None:
        text = _with_exponents(values, text, form.exponent)
    return text.str.replace(".", ",", literal=True) if form.comma else text


def _with_exponents(values: pl.Series, text: pl.Series, letter: str) -> pl.Series:
    """Tiny and huge numbers as C and Python write them; there are few."""
    size = values.abs()
    rows = (((size < 1e-4) & (size > 0)) | (size >= 1e16)).fill_null(False)
    if not rows.any():
        return text
    written = [repr(v).replace("e", letter) for v in values.filter(rows).cast(pl.Float64)]
    return text.scatter(rows.arg_true(), written)


def _fixed(values: pl.Series, decimals: int) -> pl.Series:
    """Numbers with a fixed count of decimals; where 64-bit ticks do not reach, as they are."""
    plain = values.cast(pl.String)
    ticks = (values.cast(pl.Float64) * 10.0**decimals).round()
    fits = (ticks.abs() < 2.0**53).fill_null(False)
    whole = ticks.set(~fits, None).cast(pl.Int64)
    unit = 10**decimals
    sign = _choose(values < 0, ("", "-"))
    digits = (whole.abs() % unit).cast(pl.String).str.zfill(decimals)
    text = sign + (whole.abs() // unit).cast(pl.String) + "." + digits
    return text.zip_with(fits, plain).alias(values.name)
