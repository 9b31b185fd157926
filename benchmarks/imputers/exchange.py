"""How a method is handed a table with gaps, and hands it back filled: files in one folder.

A method's module is run as ``python -m MODULE METHOD FOLDER COPIES SEED``. It finds ``seen.csv``,
an empty field being a gap, and ``kinds.json``, which tells numbers from categories. It writes
``copies.csv``, the completed copies one below the other, and what it has of ``best.csv``, one best
guess, and ``low.csv`` and ``high.csv``, 90 % intervals of numbers. It prints its seconds, which
begin when its libraries are imported and the table is read, and end when the gaps are filled.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pandas as pd

NUMBER, CATEGORY = "number", "category"


@dataclass(frozen=True)
class Filled:
    """What a method made of a table: its best guess, copies if it draws any, its own intervals."""

    best: pd.DataFrame | None
    copies: list[pd.DataFrame] = field(default_factory=list)
    low: pd.DataFrame | None = None
    high: pd.DataFrame | None = None


Fill = Callable[[pd.DataFrame, int, int], Filled]
"""From a table, a number of copies and a seed; a method that draws nothing leaves out copies."""


def read(path: Path, kinds: dict[str, str]) -> pd.DataFrame:
    """Numbers as float64 with nan, categories as pandas has them, each of them a text."""
    types = {c: "float64" if kind == NUMBER else "str" for c, kind in kinds.items()}
    table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])
    return table.astype({c: "category" for c, kind in kinds.items() if kind != NUMBER})


def categories(table: pd.DataFrame) -> list[str]:
    """The columns that are no numbers."""
    return [c for c in table.columns if table[c].dtype == "category"]


def serve(methods: Mapping[str, Fill], package: str) -> None:
    """Do what the command line says, with the method of that name."""
    folder, copies, seed = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    table = read(folder / "seen.csv", json.loads((folder / "kinds.json").read_text()))
    start, cpu = time.perf_counter(), cpu_seconds()
    filled = methods[sys.argv[1]](table, copies, seed)
    took = {"seconds": time.perf_counter() - start, "cpu_seconds": cpu_seconds() - cpu}
    for name in ("best", "low", "high"):
        if (frame := getattr(filled, name)) is not None:
            frame.to_csv(folder / f"{name}.csv", index=False)
    if filled.copies:
        pd.concat(filled.copies).to_csv(folder / "copies.csv", index=False)
    print(json.dumps({**took, "version": version(package)}))


def cpu_seconds() -> float:
    """Of this process and of those it has waited for."""
    return sum(os.times()[:4])
