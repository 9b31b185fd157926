"""One clause of a condition while it is read: whose values, in which words."""

from typing import Any, NamedTuple

from jensen.data.column import Column
from jensen.data.origin import TextForm


class Clause(NamedTuple):
    """What a value inside a condition is read for.

    Attributes:
        column: the column.
        text: the clause as it was given, for messages.
        form: how the column was written as text, where it was.
    """

    column: Column
    text: str
    form: TextForm | None = None


def is_missing(value: Any) -> bool:
    """Whether a Python value stands for a gap: None, NaN, NaT or pandas' NA."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):  # NA is neither equal to itself nor not
        return type(value).__name__ == "NAType"
