"""Scores by SDMetrics itself, run by the Python of its own environment.

    PYTHON benchmarks/inside_sdmetrics.py FOLDER    # real.csv, changed.csv, plain.csv, kinds.json

Prints as JSON the scores of columns and of pairs of `changed.csv` against `real.csv`, the two
properties of the QualityReport and, with `plain.csv`, the XGB score of that one.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

SDTYPES = {"numeric": "numerical", "categorical": "categorical"}


def table(file: Path, text: dict) -> pd.DataFrame:
    """Exactly parsed: a value on the edge of a bin must not move by the last bit."""
    return pd.read_csv(file, dtype=text, float_precision="round_trip")


def quality(folder: Path) -> dict:
    """Column Shapes and Column Pair Trends, one by one and as a whole."""
    import sdmetrics
    from sdmetrics.reports.single_table import QualityReport

    kinds = json.loads((folder / "kinds.json").read_text())
    text = {name: str for name, kind in kinds.items() if kind == "categorical"}
    real, changed = (table(folder / f"{name}.csv", text) for name in ("real", "changed"))
    metadata = {"columns": {name: {"sdtype": SDTYPES[kind]} for name, kind in kinds.items()}}
    report = QualityReport()
    report.generate(real, changed, metadata, verbose=False)
    shapes = report.get_details("Column Shapes")
    trends = report.get_details("Column Pair Trends")
    column_score, pair_score = report.get_properties()["Score"]
    versions = {"sdmetrics": sdmetrics, "numpy": np, "pandas": pd}
    return {
        "versions": {name: module.__version__ for name, module in versions.items()},
        "columns": shapes["Column"].tolist(),
        "shapes": shapes["Score"].tolist(),
        "pairs": trends[["Column 1", "Column 2"]].to_numpy().tolist(),
        "trends": [None if np.isnan(score) else score for score in trends["Score"]],
        "column_shapes": column_score,
        "pair_trends": pair_score,
    }


def xgb(folder: Path) -> float:
    """The detection metric with an XGBClassifier, which sees the files as the papers' code does:
    number-coded categories are numbers."""
    from sdmetrics.single_table.detection.sklearn import ScikitLearnClassifierDetectionMetric
    from xgboost import XGBClassifier

    class XGBoostDetection(ScikitLearnClassifierDetectionMetric):
        @staticmethod
        def _get_classifier():
            return XGBClassifier(random_state=0)

    real, plain = (pd.read_csv(folder / f"{name}.csv") for name in ("real", "plain"))
    np.random.seed(0)  # StratifiedKFold takes its shuffle from here
    return 100 * XGBoostDetection.compute(real, plain)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    found = quality(place)
    if (place / "plain.csv").exists():
        found["xgb"] = xgb(place)
    json.dump(found, sys.stdout)
