"""What happened while a model was fitted; nothing in it depends on the speed of the machine."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Check:
    """One look at the held-out rows: mean bound and its terms, nats per row, in the data's units.

    The objective is the mean of the steps just before, under training noise; None at the start.
    """

    step: int
    objective: float | None
    held_out: float
    reconstruction: float
    kl: float


@dataclass(frozen=True)
class Event:
    """Something worth telling: an early stop, a return to older weights, an interruption."""

    step: int
    what: str
    why: str


@dataclass(frozen=True)
class Progress:
    """How far a fit has come. Bounds as in `Check`.

    Speed and time left are None until the second call of the compiled steps has been timed.
    """

    step: int
    total: int
    objective: float | None
    held_out: float
    best: float
    rows_per_second: float | None
    seconds_left: float | None


@dataclass(frozen=True)
class History:
    """All checks and events of a fit, in their order."""

    checks: list[Check] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def best(self) -> Check:
        """The check with the highest held-out bound."""
        return max(self.checks, key=lambda check: check.held_out)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "History":
        """The inverse of `to_json`."""
        checks = [Check(**check) for check in data["checks"]]
        return cls(checks, [Event(**event) for event in data["events"]])
