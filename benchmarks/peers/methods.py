"""What is compared: one line for each method."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks import environments, running
from benchmarks.datasets import Dataset
from benchmarks.measures import CATEGORICAL


@dataclass(frozen=True)
class Method:
    """How a method is run, and what it is called in the tables.

    Attributes:
        title: its heading.
        module: in ``benchmarks.synthesizers``; empty for jensen, which is a program, and for real
            rows, which nothing makes.
        environment: in ``benchmarks.environments``; empty for jensen's own.
        peer: a synthesizer, not a floor or a baseline.
        numbers: takes numbers without gaps only.
        certain: makes the same rows with every seed, so one seed is enough.
        note: how it is run, and what must be known of it.
    """

    title: str
    module: str = ""
    environment: str = ""
    peer: bool = True
    numbers: bool = False
    certain: bool = False
    note: str = ""


SDV = "told the kinds of the columns, gaps as they are"
METHODS = {
    "real": Method("*real rows*", peer=False, certain=True),
    "copy": Method("*copy of training*", "plain", peer=False, certain=True),
    "marginals": Method("*product of marginals*", "plain", peer=False),
    "jensen": Method("jensen", note="`jensen more`, which infers the kinds of the columns"),
    "tvae": Method("TVAE", "sdv", "sdv", note=f"SDV's; {SDV}"),
    "ctgan": Method("CTGAN", "sdv", "sdv", note=f"SDV's; {SDV}"),
    "copula": Method("Gaussian copula", "sdv", "sdv", note=f"SDV's; {SDV}"),
    "forestdiffusion": Method(
        "ForestDiffusion",
        "forestdiffusion",
        "forestdiffusion",
        note="flow matching by boosted trees; told which columns are categories and whole numbers, "
        "a missing category is a category, numbers with gaps as they are; rows it makes have none",
    ),
    "arf": Method(
        "ARF",
        "arf",
        "arf",
        note="adversarial random forests, arfpy; told the categories, a missing one is a "
        "category, numbers with gaps as they are; rows it makes have none; whole numbers are "
        "rounded for it",
    ),
    "mostlyai": Method(
        "TabularARGN",
        "mostlyai",
        "mostlyai",
        note="mostlyai-engine; told the categories, gaps as they are; rare categories and extreme "
        "values are replaced by default, to protect them",
    ),
    "mixture": Method(
        "Gaussian mixture",
        "plain",
        numbers=True,
        note="scikit-learn's, of standardised columns; 1, 2, 4 ... or 32 components by BIC",
    ),
    "kde": Method(
        "kernel density",
        "plain",
        numbers=True,
        note="scikit-learn's, of standardised columns; Gaussian kernels, Scott's rule",
    ),
}

PEERS = [name for name, method in METHODS.items() if method.peer]
GENERAL = [name for name in PEERS if not METHODS[name].numbers]
"""Synthesizers that are meant for any table."""


def why_not(method: str, train: pl.DataFrame, data: Dataset) -> str | None:
    """Why a method is not meant for a table, if it is not."""
    if not METHODS[method].numbers:
        return None
    if CATEGORICAL in data.kinds.values():
        return "takes numbers only"
    return "takes no gaps" if sum(train.null_count().row(0)) else None


def command(method: str, folder: Path, n: int, seed: int) -> list[str]:
    """What makes ``folder/synthetic.csv`` of ``train.csv`` and ``meta.json`` there."""
    train, meta, out = (str(folder / file) for file in ("train.csv", "meta.json", "synthetic.csv"))
    chosen = METHODS[method]
    if not chosen.module:
        options = ["-n", str(n), "-o", out, "--seed", str(seed), "--json"]
        return [*running.default_command(), "more", train, *options]
    interpreter = environments.python(chosen.environment) if chosen.environment else sys.executable
    module = f"benchmarks.synthesizers.{chosen.module}"
    return [str(interpreter), "-m", module, method, train, meta, str(n), str(seed), out]
