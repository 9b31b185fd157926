"""Conditions on columns: "species = Adelie and 3000 <= mass < 4000 and sex is not missing".

A condition of several clauses becomes, for each column, the set of values that all of them allow.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import numpy as np
import polars as pl

from jensen.data.clause import Clause, is_missing
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
        given: text; several texts, all of which must hold; or column -> a value, a set, list,
            array or series of values, a pair (low, high) of bounds that are included or None, or
            None for missing, in a set too.
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
        texts: list[Any] = [given] if isinstance(given, str | bytes) else list(given)
    except TypeError:
        texts = [given]
    for text in texts:
        if not isinstance(text, str):
            raise ConditionError(
                "a condition must be text such as 'age > 30', several of them, or a dict such as "
                f"{{'age': (30, None)}}; got {text!r}, of type {type(text).__name__}."
            )
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
        clause = _of_column(_bare(name), schema, text)
        turned = _compare(clause, _TURNED[str(first)], _bare(low))
        return turned.both(_compare(clause, str(second), _bare(high)))
    names = [_bare(p) for p in parts if getattr(p, "type", "") == "OPERAND"]
    if node.data == "compare" and names[0] not in schema.names and names[1] in schema.names:
        turned = _TURNED[str(parts[1])]  # 4000 < mass
        return _compare(_of_column(names[1], schema, text), turned, names[0])
    clause = _of_column(names[0], schema, text)
    if node.data == "missing":
        return _missing(clause)
    if node.data == "present":
        return _any(clause)
    if node.data == "compare":
        return _compare(clause, str(parts[1]), names[1])
    if node.data == "between":
        low = _compare(clause, ">=" if parts[1] == "[" else ">", names[1])
        return low.both(_compare(clause, "<=" if parts[4] == "]" else "<", names[2]))
    values = [None if str(v).lower() == "missing" else _bare(v) for v in parts[1].children]
    if node.data == "within":
        return _one_of(clause, values)
    others = (_compare(clause, "!=", value) for value in values if value is not None)
    return reduce(Allowed.both, others, _any(clause))  # which leaves missing ones out


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "==": "=", "!=": "!="}


def _of_column(name: str, schema: Schema, text: str) -> Clause:
    if name not in schema.names:
        raise ConditionError(no_such_column(name, schema.names, f"the model, for {text!r},"))
    column = schema.column(name)
    if column.kind in ("identifier", "text"):
        raise ConditionError(
            f"a condition must be on a column that is part of x, and {name!r} is an {column.kind}, "
            "made afresh for every row; leave it out."
        )
    return Clause(column, text, schema.origin.forms.get(name))


def _missing(clause: Clause) -> Allowed:
    column = clause.column
    if not column.missing or column.ignore_missing:
        why = "its missing values are ignored" if column.ignore_missing else "it never is"
        named = "; the value of that name is written in quotes, 'missing'"
        raise ConditionError(
            f"{clause.text!r} asks for a column that can be missing, and for {column.name!r} {why} "
            "in the data of this model; leave the clause out"
            f"{named if 'missing' in (column.levels or ()) else ''}."
        )
    return Allowed(column, clause.text, missing=True)


def _any(clause: Clause) -> Allowed:
    column = clause.column
    if column.kind in LEVEL_KINDS:
        return Allowed(column, clause.text, levels=frozenset(_all(column)))
    return Allowed(column, clause.text, ranges=((None, None),))


def _one_of(clause: Clause, values: Iterable[Any]) -> Allowed:
    """What is one of the values; None is missing."""
    each = [_missing(clause) if v is None else _compare(clause, "=", v) for v in values]
    return Allowed(
        clause.column,
        clause.text,
        frozenset[int]().union(*(one.levels for one in each)),
        tuple(sorted({r for one in each for r in one.ranges})),
        any(one.missing for one in each),
    )


def _compare(clause: Clause, operator: str, value: Any) -> Allowed:
    operator = "=" if operator == "==" else operator
    column, text = clause.column, clause.text
    if column.kind not in LEVEL_KINDS:
        bound = _bound(clause, value)
        return Allowed(column, text, ranges=_RANGES[operator](bound))
    level = level_of(clause, value)
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


def _bound(clause: Clause, value: Any) -> Bound:
    numbers = clause.column.kind in ("continuous", "integer")
    return (number_of if numbers else times_of)(clause, value)


def _mapping(given: Mapping[Any, Any], schema: Schema) -> list[Allowed]:
    for name in given:
        if not isinstance(name, str):
            raise ConditionError(
                f"a condition must name columns by text, and {name!r} is of type "
                f"{type(name).__name__}; write {str(name)!r}."
            )
    return [_of_value(name, value, schema) for name, value in given.items()]


def _of_value(name: str, value: Any, schema: Schema) -> Allowed:
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | tuple)
    values = _members(name, value) if several else []
    clause = _of_column(name, schema, f"{name}: {_shown(values) if several else repr(value)}")
    if several:
        return _one_of(clause, [None if is_missing(v) else v for v in values])
    if isinstance(value, tuple):
        return _between(clause, value)
    return _missing(clause) if is_missing(value) else _compare(clause, "=", value)


def _members(name: str, values: Iterable[Any]) -> list[Any]:
    if getattr(values, "ndim", 1) != 1:
        raise ConditionError(
            f"the values that {name!r} may have must be a set, a list, a series or an array of one "
            f"dimension, and came as {getattr(values, 'ndim', 0)}; flatten them."
        )
    return list(values)


_MOST_SHOWN = 20


def _shown(values: Sequence[Any]) -> str:
    plain = [v.item() if isinstance(v, np.str_ | np.number) else v for v in values[:_MOST_SHOWN]]
    more = ", ..." if len(values) > _MOST_SHOWN else ""
    return f"{{{', '.join(map(repr, plain))}{more}}}"


def _between(clause: Clause, bounds: tuple[Any, ...]) -> Allowed:
    if len(bounds) != 2:
        raise ConditionError(f"{clause.text}: bounds must be a pair (low, high); mend it.")
    ends = zip((">=", "<="), bounds, strict=True)
    parts = (_compare(clause, o, v) for o, v in ends if v is not None)
    return reduce(Allowed.both, parts, _any(clause))
