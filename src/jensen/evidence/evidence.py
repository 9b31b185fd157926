"""All that one check found."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

from jensen.errors import OptionError
from jensen.evidence import telling
from jensen.evidence.portrait import Portrait
from jensen.evidence.results import (
    ColumnFinding,
    Copying,
    Measure,
    PairFinding,
    Prediction,
    Region,
)

FORMAT = 1
"""Of the JSON; raised when a field changes its meaning or goes."""


class Keeper(Protocol):
    """Writes evidence to a file."""

    def __call__(self, evidence: "Evidence", path: str | Path, *, force: bool) -> None:
        """As `Evidence.save`."""
        ...


class Drawer(Protocol):
    """Draws evidence for a notebook."""

    def __call__(self, evidence: "Evidence") -> str:
        """HTML, one element."""
        ...


@dataclass(frozen=True, repr=False)
class Evidence:
    """All that a check found; prints as a table, draws itself in a notebook.

    Attributes:
        rows: table -> number of rows.
        columns_left_out: column -> why it takes no part.
        measures: the figures.
        columns: every column: those that differ first, then by how far they lie above the floor.
        pairs: the 20 farthest pairs of columns, in the same order.
        regions: where there are too few or too many samples, the worst first.
        copying: the verdict on copies.
        seed: of everything random.
        predictions: every column as a target, the worst first, where that was asked for.
        portrait: what pictures are drawn from.
        pairs_differ: how many of the pairs of columns that were compared differ, listed or not.
        notes: what else is to be known: rows and columns that took no part in some figure, and why.
        format: of the JSON; raised when a field changes its meaning or goes.
    """

    keeper: ClassVar[Keeper | None] = None
    """What `save` calls. `report`, the room above that knows pages and files, puts it here."""
    drawer: ClassVar[Drawer | None] = None
    """What a notebook calls, from there too."""

    rows: dict[str, int]
    columns_left_out: dict[str, str]
    measures: tuple[Measure, ...]
    columns: tuple[ColumnFinding, ...]
    pairs: tuple[PairFinding, ...]
    regions: tuple[Region, ...]
    copying: Copying
    seed: int
    predictions: tuple[Prediction, ...] = ()
    portrait: Portrait = field(default_factory=Portrait)
    pairs_differ: int = 0
    notes: tuple[str, ...] = ()
    format: int = field(default=FORMAT)

    def __getitem__(self, name: str) -> Measure:
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """Names of the measures."""
        return [measure.name for measure in self.measures]

    @property
    def columns_differ(self) -> int:
        """How many columns differ."""
        return sum(column.differs for column in self.columns)

    @property
    def verdict(self) -> str:
        """In plain words: are they alike, is anything copied, what is missing."""
        return telling.verdict(self)

    def to_dict(self) -> dict[str, Any]:
        """As plain lists and mappings, with the verdict."""
        return {"verdict": self.verdict} | asdict(self)

    def to_json(self) -> str:
        """As JSON; its JSON Schema is `jensen/evidence/evidence.schema.json`."""
        told = self.to_dict()
        portrait = json.dumps(told.pop("portrait"), ensure_ascii=False, allow_nan=False)
        text = json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False)
        return f'{text[:-2]},\n "portrait": {portrait}\n}}\n'  # long rows of counts on one line

    def to_markdown(self) -> str:
        """As a short page for a pull request or a model card."""
        return telling.markdown(self)

    def save(self, path: str | Path, *, force: bool = True) -> None:
        """Write it all to a file, whole or not at all.

        Args:
            path: ends in .html, a page to read; .json; or .md, a short page.
            force: replace a file that exists.

        Raises:
            OptionError: another ending.
            OutputError: an existing file, a place that cannot be written.
        """
        if (keeper := Evidence.keeper) is None:
            raise OptionError("to save evidence import jensen.report first, which writes pages.")
        keeper(self, path, force=force)

    def __str__(self) -> str:
        return telling.text(self)

    def __repr__(self) -> str:
        return f"<Evidence: {telling.brief(self)}>"

    def _repr_html_(self) -> str:
        drawer = Evidence.drawer
        return telling.html(self) if drawer is None else drawer(self)
