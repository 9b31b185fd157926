"""What one column is taken to be."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, field_validator

from jensen.data.dtypes import dtype_of
from jensen.errors import SchemaError

Kind = Literal[
    "continuous",
    "integer",
    "boolean",
    "categorical",
    "ordinal",
    "date",
    "datetime",
    "time",
    "duration",
    "constant",
    "identifier",
    "text",
]
KINDS: tuple[str, ...] = get_args(Kind)
LEVEL_KINDS = ("boolean", "categorical", "ordinal", "constant")
TIME_KINDS = ("date", "datetime", "time", "duration")
TICK_KINDS = ("integer", *TIME_KINDS)

Level = bool | int | float | str


class Column(BaseModel):
    """What one column is taken to be, and the base measure of its likelihood.

    Bounds are in physical numbers, those of `to_numbers`: the value itself for a continuous
    column of full precision, whole grid ticks for everything else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    kind: Kind
    dtype: str
    """The Polars type of the values, as text."""
    levels: tuple[Level, ...] | None = None
    """Boolean, categorical, ordinal, constant: the values there are; times as their ticks."""
    decimals: int | None = None
    """Continuous: every value is a whole number of 10**-decimals; None is full precision."""
    step: int | None = None
    """Integer and times: every value is minimum + k * step, in ticks."""
    minimum: int | float | None = None
    maximum: int | float | None = None
    atoms: tuple[float, ...] = ()
    """Continuous: exact values that carry probability mass of their own."""
    missing: tuple[str, ...] = ()
    """The kinds of missing value, most frequent first."""
    ignore_missing: bool = False
    """Leave a missing value out of x, instead of modelling that it is missing."""
    form: str | None = None
    """Identifier: its form, as JSON."""
    likelihood: str | None = None
    """A family of distributions, "NAME:setting=value,..."; None is bins, or levels."""
    reason: str = ""
    """In words, what decided."""

    @field_validator("dtype")
    @classmethod
    def _known_dtype(cls, dtype: str) -> str:
        try:
            dtype_of(dtype)
        except SchemaError as e:
            raise ValueError(str(e)) from e
        return dtype
