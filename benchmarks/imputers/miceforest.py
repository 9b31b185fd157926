"""miceforest: multiple imputation by chained LightGBM with predictive mean matching.

On one thread: on small tables those of LightGBM mostly wait for each other.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when LightGBM is loaded

import miceforest as mf
import pandas as pd

from benchmarks.imputers.exchange import Filled, serve


def miceforest(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """Five rounds for each copy, as is usual for chained equations."""
    kernel = mf.ImputationKernel(table, num_datasets=copies, random_state=seed)
    kernel.mice(5)
    return Filled(None, [kernel.complete_data(i) for i in range(copies)])


if __name__ == "__main__":
    serve({"miceforest": miceforest}, "miceforest")
