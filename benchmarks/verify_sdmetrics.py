"""Checks the measures against SDMetrics 0.11.1 itself, column by column and pair by pair.

    python -m benchmarks.verify_sdmetrics            # makes an environment, compares, exits 0 or 1
    python -m benchmarks.verify_sdmetrics --golden   # writes what it says of small tables for tests

SDMetrics 0.11.1 needs NumPy 1 and is best run with a pandas of its time: pandas 3 drops missing
categories from its contingency tables, earlier ones count them. Hence an environment of its own,
`environments/sdmetrics.txt`; what runs in it is `inside_sdmetrics.py`.
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
from benchmarks.environments import python
from benchmarks.measures import (
    CATEGORICAL,
    NUMERIC,
    column_error,
    column_scores,
    pair_error,
    pair_scores,
)

TOLERANCE = {"shapes": 1e-9, "trends": 1e-9, "column_error": 1e-9, "pair_error": 1e-9, "xgb": 0.1}

INSIDE = Path(__file__).with_name("inside_sdmetrics.py")
GOLDEN = Path(__file__).parent.parent / "tests" / "evidence" / "golden" / "sdmetrics"


def asked(folder: Path) -> dict:
    """What SDMetrics says of the tables in this folder."""
    command = [str(python("sdmetrics")), "-W", "ignore", str(INSIDE), str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def write_golden() -> None:
    """Its answer to the tables that the tests have, beside them."""
    text = json.dumps(asked(GOLDEN), indent=1, ensure_ascii=False)
    (GOLDEN / "answer.json").write_text(text + "\n", encoding="utf-8")


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


def compare(name: str, folder: Path) -> dict[str, float]:
    """Largest absolute difference of each figure on one data set."""
    data, rng = load(name), np.random.default_rng(0)
    # Missing is missing here, not the category 'nan', so that the rules for it are checked too.
    real = data.train.with_columns(pl.col(pl.String).replace("nan", None))
    plain = _mixed(data, rng).with_columns(pl.col(pl.String).replace("nan", None))
    changed = _harder(data, plain, rng)
    for title, table in {"real": real, "changed": changed, "plain": plain}.items():
        table.write_csv(folder / f"{title}.csv")
    (folder / "kinds.json").write_text(json.dumps(data.kinds))
    theirs = asked(folder)
    theirs["column_error"] = 100 * (1 - theirs["column_shapes"])
    theirs["pair_error"] = 100 * (1 - theirs["pair_trends"])
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
    parser.add_argument("--golden", action="store_true", help="write the tests' file, no more")
    options = parser.parse_args()
    if options.golden:
        write_golden()
        return 0
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.data.split(","):
            for key, difference in compare(name, Path(scratch)).items():
                verdict = "equal" if difference <= TOLERANCE[key] else "DIFFERENT"
                failed |= verdict != "equal"
                print(f"  {key:13} largest difference {difference:.1e}  {verdict}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
