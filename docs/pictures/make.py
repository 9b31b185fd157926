"""Make the pictures of the documentation anew: `make pictures`, some minutes.

python -m docs.pictures.make [GENERATED.csv]    # with rows that were generated before
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import polars as pl
from matplotlib.collections import PathCollection

import jensen
from benchmarks.datasets import data_folder

HERE = Path(__file__).resolve().parent
HOUSING = data_folder() / "california_housing" / "housing.csv.gz"
DEGREE_OF_LATITUDE = 1.25
"""How much longer it is on a map of California than one of longitude."""


def draw_map(axes: plt.Axes, table: pl.DataFrame, title: str) -> PathCollection:
    """Where the districts are, coloured by the median value of their houses."""
    table = table.sort("median_house_value")
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel("longitude")
    axes.set_aspect(DEGREE_OF_LATITUDE)
    axes.spines[["top", "right"]].set_visible(False)
    return axes.scatter(
        table["longitude"],
        table["latitude"],
        c=table["median_house_value"] / 1000,
        vmin=0,
        vmax=500,
        cmap="viridis_r",
        s=2.5,
        alpha=0.7,
        linewidths=0,
    )


def housing(real: pl.DataFrame, generated: pl.DataFrame) -> None:
    """Two of the ten columns as a map, a third as its colour: real rows beside generated ones."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 4.3), sharex=True, sharey=True, layout="constrained"
    )
    draw_map(left, real, f"{len(real):,} real rows")
    points = draw_map(right, generated, f"{len(generated):,} more")
    left.set_ylabel("latitude")
    figure.colorbar(points, ax=[left, right], label="median house value, 1000 dollars")
    figure.savefig(HERE / "california.png", dpi=130, metadata={"Software": None})


if __name__ == "__main__":
    rows = pl.read_csv(HOUSING)
    more = pl.read_csv(sys.argv[1]) if sys.argv[1:] else jensen.more(rows, len(rows), seed=0)
    housing(rows, more)
