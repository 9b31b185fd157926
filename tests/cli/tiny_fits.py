"""Fits that are over in a moment, and what one of them left."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

TINY = ["--steps", "50", "--latent-dim", "2", "--width", "16", "--likelihood", "independent"]


@dataclass(frozen=True)
class Fitted:
    """What one run of `jensen more --model` left: a place, its files then, and the run's JSON."""

    place: Path
    files: list[str]
    told: dict[str, Any]
    stderr: str

    @property
    def model(self) -> Path:
        return self.place / "penguins.jensen"
