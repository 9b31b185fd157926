"""What all these programs share: arguments, a table as the library wants it, times, the output.

    python -m benchmarks.synthesizers.sdv METHOD TRAIN.csv META.json N SEED OUT.csv

``META.json`` has the ``kinds`` of the columns, "numeric" or "categorical", and the names of those
that are ``times``. A program prints the seconds that fit and draw took, and the library's version.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pandas as pd

MISSING = "nan"  # as benchmarks.datasets spells a missing category


def main(
    package: str,
    fit: Callable[[str, pd.DataFrame, dict, int], object],
    draw: Callable[[object, int], pd.DataFrame],
) -> None:
    """Fit METHOD to TRAIN, write N rows to OUT, print a JSON object."""
    method, train, meta_path, n, seed, out = sys.argv[1:]
    with open(meta_path) as file:
        meta = json.load(file)
    random.seed(int(seed))
    np.random.seed(int(seed))  # these libraries draw from the global state
    table = read(train, meta)
    start = time.perf_counter()
    model = fit(method, table, meta, int(seed))
    fitted = time.perf_counter()
    rows = draw(model, int(n))
    drawn = time.perf_counter()
    rows[list(meta["kinds"])].to_csv(out, index=False)
    seconds = {"fit": fitted - start, "sample": drawn - fitted}
    print(json.dumps({"seconds": seconds, "version": f"{package} {version(package)}"}))


def read(path: str, meta: dict) -> pd.DataFrame:
    """Categories as text, times as datetime64, numbers as pandas infers; an empty field is NaN."""
    words = [name for name, kind in meta["kinds"].items() if kind == "categorical"]
    table = pd.read_csv(
        path, dtype=dict.fromkeys(words, "object"), keep_default_na=False, na_values=[""]
    )
    for name in meta["times"]:
        table[name] = pd.to_datetime(table[name], utc=True).dt.tz_localize(None)
    return table[list(meta["kinds"])]


def categories(meta: dict) -> list[str]:
    return [name for name, kind in meta["kinds"].items() if kind == "categorical"]


def whole_numbers(table: pd.DataFrame, meta: dict) -> list[str]:
    """Numeric columns of whole numbers only."""
    numbers = [name for name, kind in meta["kinds"].items() if kind == "numeric"]
    return [name for name in numbers if (table[name].dropna() % 1 == 0).all()]


def without_times(table: pd.DataFrame, meta: dict) -> pd.DataFrame:
    """Times as seconds since 1970, for a library that has none."""
    seconds = {name: _seconds(table[name]) for name in meta["times"]}
    return table.assign(**seconds)


def _seconds(column: pd.Series) -> pd.Series:
    return (column - pd.Timestamp(0)) / pd.Timedelta(seconds=1)


def with_times(table: pd.DataFrame, meta: dict) -> pd.DataFrame:
    """The way back."""
    times = {name: pd.to_datetime(table[name].round(), unit="s") for name in meta["times"]}
    return table.assign(**times)
