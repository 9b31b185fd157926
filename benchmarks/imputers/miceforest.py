"""miceforest: multiple imputation by chained LightGBM with predictive mean matching.

On one thread: on small tables those of LightGBM mostly wait for each other.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when LightGBM is loaded

import miceforest as mf
import pandas as pd

from benchmarks.imputers.exchange import Filled, serve


def miceforest(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """Five rounds for each copy, as is usual for chained equations.

    Its default matches by log-odds, which ends in an error where a probability is 1 to the last
    digit. There categories are drawn by their probabilities, its "fast" strategy.
    """
    try:
        kernel = _chained(table, copies, seed, "normal")
    except ValueError:
        kernel = _chained(table, copies, seed, "fast")
    return Filled(None, [kernel.complete_data(i) for i in range(copies)])


def _chained(table: pd.DataFrame, copies: int, seed: int, words: str) -> mf.ImputationKernel:
    numbers = set(table.select_dtypes("number").columns)
    strategy = {c: "normal" if c in numbers else words for c in table.columns}
    kernel = mf.ImputationKernel(
        table, num_datasets=copies, random_state=seed, mean_match_strategy=strategy
    )
    kernel.mice(5)
    return kernel


if __name__ == "__main__":
    serve({"miceforest": miceforest}, "miceforest")
