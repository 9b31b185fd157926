"""Where a table came from: all that is needed to give the same thing back."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

TextKind = Literal["text", "integer", "decimal", "boolean", "date", "datetime", "time", "duration"]
OriginKind = Literal["csv", "ndjson", "parquet", "arrow", "pandas", "polars", "pyarrow", "numpy"]


class TextForm(BaseModel):
    """How one column was written as text, so that new values can be written the same way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: TextKind = "text"
    decimals: int | None = None  # this many after the point in every value ("1.50")
    point: bool = True  # whole numbers carry ".0"
    exponent: Literal["e", "E"] | None = None  # tiny numbers are written as 9.8e-05
    comma: bool = False  # the decimal mark is a comma
    words: tuple[str, str] | None = None  # false, true
    format: str | None = None  # strftime, or "iso" and "days" for durations
    offset: int | None = None  # seconds east of UTC that every value carries


class Native(BaseModel):
    """A column's type in the frame it came from, in that library's own words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dtype: str
    categories: tuple[bool | int | float | str, ...] | None = None
    ordered: bool = False


class Origin(BaseModel):
    """What a table was before it was read, and how to make the same again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: OriginKind
    separator: str = ","
    blank: bool = False  # a blank follows each separator, as in "39, State-gov"
    header: bool = True
    line_end: Literal["\n", "\r\n"] = "\n"
    mark: bool = False  # a byte order mark comes first
    forms: dict[str, TextForm] = {}
    natives: dict[str, Native] = {}
    labels: tuple[int | float | str, ...] | None = None  # column labels that are not text
    label_dtype: str | None = None  # the type of a pandas frame's column index
    arrow_schema: str | None = None  # base64 of the serialised Arrow schema
    dtype: str | None = None  # the one dtype of a NumPy array

    @property
    def is_text(self) -> bool:
        """Whether missing values were written as literal markers."""
        return self.kind == "csv"

    def select(self, names: list[str], kept: list[int]) -> "Origin":
        """The origin of a table with only the columns `names`, at positions `kept`."""
        labels = None if self.labels is None else tuple(self.labels[i] for i in kept)
        return self.model_copy(
            update={
                "forms": {n: f for n, f in self.forms.items() if n in names},
                "natives": {n: f for n, f in self.natives.items() if n in names},
                "labels": labels,
            }
        )
