"""Conditions on columns: "species = Adelie and 3000 <= mass < 4000 and sex is not missing".

A condition of several clauses becomes, for each column, the set of values that all of them allow.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import numpy as np
import polars as pl

from jensen.data.column import LEVEL_KINDS, Column
from jensen.data.columns import to_levels, to_numbers
from jensen.data.condition_values import Bound, level_of, number_of, times_of
from jensen.data.schema import Schema
from jensen.data.table import no_such_column
from jensen.errors import ConditionError

GRAMMAR = r"""
start: clause ("and"i clause)*
clause: OPERAND "is"i "missing"i                         -> missing
      | OPERAND "is"i "not"i "missing"i                  -> present
      | OPERAND "in"i set                                -> within
      | OPERAND "not"i "in"i set                         -> without
      | OPERAND "in"i OPEN OPERAND "," OPERAND CLOSE     -> between
      | OPERAND OPERATOR OPERAND                         -> compare
      | OPERAND OPERATOR OPERAND OPERATOR OPERAND        -> chain
set: "{" OPERAND ("," OPERAND)* "}"
OPEN: "[" | "("
CLOSE: "]" | ")"
OPERATOR: "<=" | ">=" | "!=" | "==" | "=" | "<" | ">"
OPERAND: /'[^']*'|"[^"]*"|(?!(and|is|in|not)\b(?!\w))[^\s,{}\[\]()<>=!'"]+/i
%ignore /\s+/
"""

Range = tuple[Any, Any]
"""Lowest and highest number that are allowed, both included; None is no bound."""


@dataclass(frozen=True)
class Allowed:
    """Which values of one column a condition allows.

    Attributes:
        column: the column.
        text: the clauses, as they were given.
        levels: of a column of levels: the positions allowed.
        ranges: of a column of numbers or times: disjoint ranges of its physical numbers.
        missing: whether a missing value is allowed.
    """

    column: Column
    text: str
    levels: frozenset[int] = frozenset()
    ranges: tuple[Range, ...] = ()
    missing: bool = False

    def holds(self, values: pl.Series) -> np.ndarray:
        """Which values of a series of the column's type are allowed, bool [n]."""
        null = values.is_null().to_numpy()
        if self.column.kind in LEVEL_KINDS:
            found = np.isin(to_levels(values, self.column), list(self.levels))
        else:
            x = to_numbers(values, self.column)
            found = np.zeros(len(x), bool)
            for low, high in self.ranges:
                found |= (True if low is None else x >= low) & (True if high is None else x <= high)
        return np.where(null, self.missing, found)

    @property
    def empty(self) -> bool:
        """Whether nothing is allowed."""
        return not (self.levels or self.ranges or self.missing)

    def both(self, other: "Allowed") -> "Allowed":
        """What this clause and another one of the column allow.

        Raises:
            ConditionError: nothing; the sentence names both.
        """
        found = Allowed(
            self.column,
            self.text if self.text == other.text else f"{self.text} and {other.text}",
            self.levels & other.levels,
            tuple(r for a in self.ranges for b in other.ranges if (r := _meet(a, b)) is not None),
            self.missing and other.missing,
        )
        if found.empty and self.text == other.text:  # the two ends of one clause
            raise ConditionError(
                f"{self.text!r} allows no value of column {self.column.name!r}; mend it."
            )
        if found.empty:
            raise ConditionError(
                f"the clauses of column {self.column.name!r} must allow some value together, and "
                f"{self.text!r} and {other.text!r} contradict each other; leave one out."
            )
        return found


def _meet(a: Range, b: Range) -> Range | None:
    lows = [v for v in (a[0], b[0]) if v is not None]
    highs = [v for v in (a[1], b[1]) if v is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    return None if low is not None and high is not None and low > high else (low, high)


Given = str | Iterable[str] | Mapping[str, Any]


def parse(given: Given, schema: Schema) -> dict[str, Allowed]:
    """What a condition allows of each column that it names.

    Args:
        given: text; several texts, all of which must hold; or column -> a value, a set or list
            of values, a pair (low, high) of bounds that are included or None, or None for
            missing.
        schema: of the table.

    Raises:
        ConditionError: what is wrong, where, and what would do.
    """
    clauses = _mapping(given, schema) if isinstance(given, Mapping) else _texts(given, schema)
    out: dict[str, Allowed] = {}
    for clause in clauses:
        name = clause.column.name
        if clause.empty:
            raise ConditionError(f"{clause.text!r} allows no value of column {name!r}; mend it.")
        out[name] = out[name].both(clause) if name in out else clause
    return out


def _texts(given: str | Iterable[str], schema: Schema) -> list[Allowed]:
    try:
        texts = [given] if isinstance(given, str) else list(given)
    except TypeError as error:
        raise ConditionError(
            "a condition must be text such as 'age > 30', several of them, or a dict such as "
            f"{{'age': (30, None)}}; got {given!r}."
        ) from error
    return [clause for text in texts for clause in _parsed(text, schema)]


@cache
def _parser() -> Any:
    from lark import Lark  # loading it takes longer than most commands need

    return Lark(GRAMMAR, parser="earley", propagate_positions=True)


def _parsed(text: str, schema: Schema) -> list[Allowed]:
    from lark.exceptions import UnexpectedEOF, UnexpectedInput

    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        at = len(text) if isinstance(error, UnexpectedEOF) else max(error.column - 1, 0)
        raise ConditionError(
            "a condition must be clauses such as species = Adelie, mass > 4000, 3 <= n < 5, "
            "island in {Biscoe, Dream} or sex is missing, joined by and; this one goes wrong at "
            f"character {at + 1} (put names and values with blanks in quotes):\n"
            f"  {text}\n  {' ' * at}^"
        ) from error
    return [
        _clause(node, text[node.meta.start_pos : node.meta.end_pos], schema)
        for node in tree.children
    ]


def _bare(token: Any) -> str:
    text = str(token)
    return text[1:-1] if text[0] in "'\"" else text


def _clause(node: Any, text: str, schema: Schema) -> Allowed:
    parts: list[Any] = node.children
    if node.data == "chain":
        low, first, name, second, high = parts
        column = _column(_bare(name), schema, text)
        turned = _compare(column, _TURNED[str(first)], _bare(low), text)
        return turned.both(_compare(column, str(second), _bare(high), text))
    names = [_bare(p) for p in parts if getattr(p, "type", "") == "OPERAND"]
    if node.data == "compare" and names[0] not in schema.names and names[1] in schema.names:
        turned = _TURNED[str(parts[1])]  # 4000 < mass
        return _compare(_column(names[1], schema, text), turned, names[0], text)
    column = _column(names[0], schema, text)
    if node.data == "missing":
        return _missing(column, text)
    if node.data == "present":
        return _any(column, text)
    if node.data == "compare":
        return _compare(column, str(parts[1]), names[1], text)
    if node.data == "between":
        low = _compare(column, ">=" if parts[1] == "[" else ">", names[1], text)
        return low.both(_compare(column, "<=" if parts[4] == "]" else "<", names[2], text))
    values = [_bare(value) for value in parts[1].children]
    if node.data == "within":
        return _one_of(column, values, text)
    return reduce(Allowed.both, (_compare(column, "!=", value, text) for value in values))


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "==": "=", "!=": "!="}


def _column(name: str, schema: Schema, text: str) -> Column:
    if name not in schema.names:
        raise ConditionError(no_such_column(name, schema.names, f"the model, for {text!r},"))
    column = schema.column(name)
    if column.kind in ("identifier", "text"):
        raise ConditionError(
            f"a condition must be on a column that is part of x, and {name!r} is an {column.kind}, "
            "made afresh for every row; leave it out."
        )
    return column


def _missing(column: Column, text: str) -> Allowed:
    if not column.missing or column.ignore_missing:
        why = "its missing values are ignored" if column.ignore_missing else "it never is"
        raise ConditionError(
            f"{text!r} asks for a column that can be missing, and for {column.name!r} {why} in the "
            "data of this model; leave the clause out."
        )
    return Allowed(column, text, missing=True)


def _any(column: Column, text: str) -> Allowed:
    if column.kind in LEVEL_KINDS:
        return Allowed(column, text, levels=frozenset(range(len(column.levels or ()))))
    return Allowed(column, text, ranges=((None, None),))


def _one_of(column: Column, values: Iterable[Any], text: str) -> Allowed:
    each = [_compare(column, "=", value, text) for value in values]
    levels = frozenset[int]().union(*(one.levels for one in each))
    ranges = {r for one in each for r in one.ranges}
    return Allowed(column, text, levels, tuple(sorted(ranges)))


def _compare(column: Column, operator: str, value: Any, text: str) -> Allowed:
    operator = "=" if operator == "==" else operator
    if column.kind not in LEVEL_KINDS:
        bound = _bound(column, value, text)
        return Allowed(column, text, ranges=_RANGES[operator](bound))
    level = level_of(column, value, text)
    if operator not in ("=", "!=") and column.kind != "ordinal":
        raise ConditionError(
            f"{text!r} compares by order, and the values of {column.name!r} have none; use =, !=, "
            f"in or not in, or fit with --ordinal {column.name}=LOW,..,HIGH."
        )
    return Allowed(column, text, levels=frozenset(filter(_ORDERED[operator](level), _all(column))))


def _all(column: Column) -> range:
    return range(len(column.levels or ()))


_ORDERED: dict[str, Callable[[int], Callable[[int], bool]]] = {
    "=": lambda level: lambda k: k == level,
    "!=": lambda level: lambda k: k != level,
    "<": lambda level: lambda k: k < level,
    "<=": lambda level: lambda k: k <= level,
    ">": lambda level: lambda k: k > level,
    ">=": lambda level: lambda k: k >= level,
}
_RANGES: dict[str, Callable[[Bound], tuple[Range, ...]]] = {
    "=": lambda b: ((b.at_least, b.at_most),) if b.reached else (),
    "!=": lambda b: ((None, b.below), (b.above, None)),
    "<": lambda b: ((None, b.below),),
    "<=": lambda b: ((None, b.at_most),),
    ">": lambda b: ((b.above, None),),
    ">=": lambda b: ((b.at_least, None),),
}


def _bound(column: Column, value: Any, text: str) -> Bound:
    if column.kind == "continuous" or column.kind == "integer":
        return number_of(column, value, text)
    return times_of(column, value, text)


def _mapping(given: Mapping[str, Any], schema: Schema) -> list[Allowed]:
    return [_of_value(_column(name, schema, name), value) for name, value in given.items()]


def _of_value(column: Column, value: Any) -> Allowed:
    text = f"{column.name}: {value!r}"
    if value is None:
        return _missing(column, text)
    if isinstance(value, tuple):
        if len(value) != 2:
            raise ConditionError(f"{text}: bounds must be a pair (low, high); mend it.")
        parts = [_any(column, text)]
        parts += [
            _compare(column, o, v, text)
            for o, v in zip((">=", "<="), value, strict=True)
            if v is not None
        ]
        return reduce(Allowed.both, parts)
    if isinstance(value, set | frozenset | list):
        return _one_of(column, value, text)
    return _compare(column, "=", value, text)
