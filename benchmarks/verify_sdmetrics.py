"""Checks the measures against SDMetrics 0.11.1 itself, column by column and pair by pair.

    python -m benchmarks.verify_sdmetrics            # makes an environment, compares, exits 0 or 1
    python -m benchmarks.verify_sdmetrics --env DIR  # keeps the environment in DIR for next time

SDMetrics 0.11.1 needs NumPy 1 and is best run with a pandas of its time: pandas 3 drops missing
categories from its contingency tables, earlier ones count them. Hence an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.datasets import Dataset, load
from benchmarks.detection import xgb_score
from benchmarks.measures import (
    CATEGORICAL,
    NUMERIC,
    column_error,
    column_scores,
    pair_error,
    pair_scores,
)

PACKAGES = ["sdmetrics==0.11.1", "pandas==2.1.4", "setuptools<81", "xgboost==3.2.0"]
TOLERANCE = {"shapes": 1e-9, "trends": 1e-9, "column_error": 1e-9, "pair_error": 1e-9, "xgb": 0.1}

# Runs inside the other environment; argv: folder with the tables and their kinds.
INSIDE = """
import json, sys
import numpy as np, pandas as pd
from sdmetrics.reports.single_table import QualityReport
from sdmetrics.single_table.detection.sklearn import ScikitLearnClassifierDetectionMetric
from xgboost import XGBClassifier

folder = sys.argv[1]
kinds = json.load(open(f"{folder}/kinds.json"))
text = {name: str for name, kind in kinds.items() if kind == "categorical"}
# Exact parsing: a value on the edge of a bin must not move by the last bit.
real, changed = (
    pd.read_csv(f"{folder}/{n}.csv", dtype=text, float_precision="round_trip")
    for n in ("real", "changed")
)
sdtypes = {"numeric": "numerical", "categorical": "categorical"}
metadata = {"columns": {name: {"sdtype": sdtypes[kind]} for name, kind in kinds.items()}}
report = QualityReport()
report.generate(real, changed, metadata, verbose=False)
shapes = report.get_details("Column Shapes")
trends = report.get_details("Column Pair Trends")

class XGBoostDetection(ScikitLearnClassifierDetectionMetric):
    @staticmethod
    def _get_classifier():
        return XGBClassifier(random_state=0)

# The classifier sees the files as the papers' code reads them: number-coded categories are numbers.
real, plain = (pd.read_csv(f"{folder}/{n}.csv") for n in ("real", "plain"))
np.random.seed(0)  # StratifiedKFold takes its shuffle from here
json.dump({
    "shapes": shapes["Score"].tolist(),
    "trends": trends["Score"].tolist(),
    "column_error": 100 * (1 - report.get_properties()["Score"][0]),
    "pair_error": 100 * (1 - report.get_properties()["Score"][1]),
    "xgb": 100 * XGBoostDetection.compute(real, plain),
}, sys.stdout)
"""


def make_environment(folder: Path) -> Path:
    """A virtual environment with SDMetrics 0.11.1; returns its Python. Kept if already there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *PACKAGES], check=True)
    return python


def _mixed(data: Dataset, rng: np.random.Generator) -> pl.DataFrame:
    """Resampled training rows, two columns permuted: the classifier is neither lost nor sure."""
    table = data.train.sample(fraction=1.0, with_replacement=True, seed=int(rng.integers(1000)))
    for name in table.columns[1:3]:
        column = table[name].to_numpy()
        table = table.with_columns(pl.Series(name, column[rng.permutation(len(column))]))
    return table


def _harder(data: Dataset, table: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """The same with missing values, numbers off by 2 % and a category that no real row has."""
    for name in table.columns:
        column = table[name].to_list()
        if data.kinds[name] == NUMERIC:
            column = [None if value is None else 1.02 * value for value in column]
        for row in np.flatnonzero(rng.random(len(column)) < 0.03):
            column[row] = None
        if data.kinds[name] == CATEGORICAL:
            column[0] = "a category of no real row"
        table = table.with_columns(pl.Series(name, column, dtype=table[name].dtype))
    return table


def _ours(real, changed, plain, kinds) -> dict:
    return {
        "shapes": list(column_scores(real, changed, kinds).values()),
        "trends": list(pair_scores(real, changed, kinds).values()),
        "column_error": column_error(real, changed, kinds),
        "pair_error": pair_error(real, changed, kinds),
        "xgb": xgb_score(real, plain, kinds, seed=0),
    }


def compare(name: str, python: Path, folder: Path) -> dict[str, float]:
    """Largest absolute difference of each figure on one data set."""
    data, rng = load(name), np.random.default_rng(0)
    # Missing is missing here, not the category 'nan', so that the rules for it are checked too.
    real = data.train.with_columns(pl.col(pl.String).replace("nan", None))
    plain = _mixed(data, rng).with_columns(pl.col(pl.String).replace("nan", None))
    changed = _harder(data, plain, rng)
    for title, table in {"real": real, "changed": changed, "plain": plain}.items():
        table.write_csv(folder / f"{title}.csv")
    (folder / "kinds.json").write_text(json.dumps(data.kinds))
    (folder / "inside.py").write_text(INSIDE)
    command = [str(python), "-W", "ignore", str(folder / "inside.py"), str(folder)]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    ours = _ours(real, changed, plain, data.kinds)
    print(
        f"{name}: theirs column {theirs['column_error']:.9f} pair {theirs['pair_error']:.9f} "
        f"XGB {theirs['xgb']:.4f}; ours {ours['column_error']:.9f} {ours['pair_error']:.9f} "
        f"{ours['xgb']:.4f}"
    )
    return {key: _difference(ours[key], theirs[key]) for key in TOLERANCE}


def _difference(ours, theirs) -> float:
    """max |ours - theirs|; infinite where one has a score and the other has none."""
    ours, theirs = (np.atleast_1d(np.array(x, np.float64)) for x in (ours, theirs))
    if (np.isnan(ours) != np.isnan(theirs)).any():
        return np.inf
    return float(np.nanmax(np.abs(ours - theirs)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="adult", help="data sets, separated by commas")
    parser.add_argument("--env", type=Path, help="folder of the environment, made if absent")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        python = make_environment(options.env or Path(scratch) / "env")
        for name in options.data.split(","):
            for key, difference in compare(name, python, Path(scratch)).items():
                verdict = "equal" if difference <= TOLERANCE[key] else "DIFFERENT"
                failed |= verdict != "equal"
                print(f"  {key:13} largest difference {difference:.1e}  {verdict}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
