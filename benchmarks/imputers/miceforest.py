"""miceforest: multiple imputation by chained LightGBM with predictive mean matching."""

import miceforest as mf
import pandas as pd

from benchmarks.imputers.exchange import Filled, serve


def miceforest(table: pd.DataFrame, copies: int, seed: int) -> Filled:
    """Five rounds for each copy, as is usual for chained equations.

    One thread: on tables of this size two of LightGBM's mostly wait for each other.
    """
    kernel = mf.ImputationKernel(table, num_datasets=copies, random_state=seed)
    kernel.mice(5, num_threads=1)
    return Filled(None, [kernel.complete_data(i) for i in range(copies)])


if __name__ == "__main__":
    serve({"miceforest": miceforest}, "miceforest")
