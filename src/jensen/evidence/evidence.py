"""All that one check found."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from jensen.evidence import telling
from jensen.evidence.results import ColumnFinding, Copying, Measure, PairFinding, Region

FORMAT = 1
"""Of the JSON; raised when a field changes its meaning or goes."""


@dataclass(frozen=True)
class Evidence:
    """All that a check found; prints as a table, draws itself in a notebook.

    Attributes:
        rows: table -> number of rows.
        columns_left_out: column -> why it takes no part.
        measures: the figures.
        columns: every column, the farthest first.
        pairs: the 20 farthest pairs of columns.
        regions: where there are too few or too many samples, the worst first.
        copying: the verdict on copies.
        seed: of everything random.
    """

    rows: dict[str, int]
    columns_left_out: dict[str, str]
    measures: tuple[Measure, ...]
    columns: tuple[ColumnFinding, ...]
    pairs: tuple[PairFinding, ...]
    regions: tuple[Region, ...]
    copying: Copying
    seed: int
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
    def verdict(self) -> str:
        """In plain words: are they alike, is anything copied, what is missing."""
        return telling.verdict(self)

    def to_dict(self) -> dict[str, Any]:
        """As plain lists and mappings, with the verdict."""
        return {"verdict": self.verdict} | asdict(self)

    def to_json(self) -> str:
        """As JSON; its JSON Schema is `jensen/evidence/evidence.schema.json`."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def to_markdown(self) -> str:
        """As a short page for a pull request or a model card."""
        return telling.markdown(self)

    def __str__(self) -> str:
        return telling.text(self)

    def _repr_html_(self) -> str:
        return telling.html(self)
