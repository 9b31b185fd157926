"""Values inside conditions: as levels, or as physical numbers with what lies beside them."""

import math
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from jensen.data.clause import Clause
from jensen.data.columns import levels_of
from jensen.data.condition_times import ticks_of
from jensen.data.dtypes import dtype_of
from jensen.data.table import nearest
from jensen.data.text_forms import write_column
from jensen.errors import ConditionError


class Bound(NamedTuple):
    """A number among those that a column can have.

    Attributes:
        below, at_most: the largest number below it, and the largest not above it.
        at_least, above: the smallest not below it, and the smallest above it.
    """

    below: Any
    at_most: Any
    at_least: Any
    above: Any

    @property
    def reached(self) -> bool:
        """Whether the column can have it."""
        return self.at_most == self.at_least


_BEYOND = 2**63 + Fraction(1, 2)
"""Between the whole numbers that follow the last one of 64 bits."""
_MOST_DIGITS = 400


def _of_ticks(x: Fraction) -> Bound:
    x = min(max(x, -_BEYOND), _BEYOND)
    low, high = math.floor(x), math.ceil(x)
    return Bound(high - 1, low, high, low + 1)


def _of_float(value: float, single: bool) -> Bound:
    """Among the floats of 64 bits, or of 32, of which 0.1 means the one that is written so."""
    float_ = np.float32 if single else np.float64
    with np.errstate(over="ignore"):
        x = float_(value)
        below, above = (float(np.nextafter(x, float_(end))) for end in (-np.inf, np.inf))
    if np.isinf(x):  # beyond all floats, and none of them
        return Bound(below, below, above, above)
    return Bound(below, float(x), float(x), above)


def number_of(clause: Clause, value: Any) -> Bound:
    """A number of a continuous or integer column.

    Raises:
        ConditionError: it is none.
    """
    column = clause.column
    try:
        exact = Decimal(str(value).replace("_", ""))
        if not exact.is_finite():
            raise InvalidOperation
    except InvalidOperation as error:
        raise ConditionError(
            f"{clause.text!r} must compare {column.name!r}, a column of numbers, with a number, "
            f"and {value!r} is none; mend it."
        ) from error
    exact = _short(exact)
    if column.kind == "continuous" and column.decimals is None:
        return _of_float(float(exact), dtype_of(column.dtype) == pl.Float32)
    return _of_ticks(Fraction(exact) * 10 ** (column.decimals or 0))


def _short(exact: Decimal) -> Decimal:
    """The number, or one farther from or nearer to 0 than any float, of fewer digits."""
    if exact and abs(exact.adjusted()) > _MOST_DIGITS:  # 1e30000000 as a fraction takes minutes
        power = _MOST_DIGITS if exact.adjusted() > 0 else -_MOST_DIGITS
        return Decimal(1).scaleb(power).copy_sign(exact)
    return exact


def times_of(clause: Clause, value: Any) -> Bound:
    """A moment of a column of dates, datetimes, times of day or durations.

    Raises:
        ConditionError: it is none that can be read.
    """
    return _of_ticks(ticks_of(clause, value))


def level_of(clause: Clause, value: Any) -> int:
    """The position of a level.

    Raises:
        ConditionError: the column never has this value; the sentence offers the nearest.
    """
    column = clause.column
    levels = list(column.levels or ())
    if not levels:
        raise ConditionError(
            f"{clause.text!r} must name a value that column {column.name!r} has, and all of its "
            "values are missing in the data of this model; leave the clause out."
        )
    if dtype_of(column.dtype).is_temporal():
        ticks = ticks_of(clause, value)
        names, wanted = write_column(levels_of(column), clause.form).to_list(), str(value)
        found = [ticks == level for level in levels]
    else:
        names, wanted = [_name(level) for level in levels], _name(value)
        found = [name == wanted for name in names]
        if not any(found):
            wanted = wanted.lower() if column.kind == "boolean" else wanted
            found = [name.lower() == wanted for name in names]
    if any(found):
        return found.index(True)
    raise ConditionError(
        f"{clause.text!r} must name a value that column {column.name!r} has, and it never has "
        f"{wanted!r}; {nearest(wanted, names)}"
    )


def _name(level: Any) -> str:
    level = level.item() if isinstance(level, np.generic) else level
    if isinstance(level, bool):
        return str(level).lower()
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    return str(level)
