"""Pictures of the pages on gaps and on conditions: `make pictures`."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import polars as pl

import jensen

HERE = Path(__file__).resolve().parent
PENGUINS = pl.read_csv(HERE.parents[1] / "examples" / "penguins.csv")
UNITS = {
    "bill_length_mm": "bill length, mm",
    "flipper_length_mm": "flipper length, mm",
    "body_mass_g": "body mass, g",
}
COLOURS = {"Adelie": "#0072b2", "Chinstrap": "#e69f00", "Gentoo": "#009e73"}


def removed(table: pl.DataFrame, share: float) -> pl.DataFrame:
    """The table with a share of its numbers gone, at random."""
    rng = np.random.default_rng(0)
    gone = {name: pl.Series(rng.random(len(table)) < share) for name in UNITS}
    return table.with_columns(
        pl.when(~mask).then(pl.col(name)).alias(name) for name, mask in gone.items()
    )


def gaps() -> None:
    """True values against what was filled in, with intervals."""
    whole = PENGUINS.drop_nulls()
    rows = removed(whole, 0.3)
    cells = jensen.VAE(missing="ignore", seed=0).fit(rows).impute(rows).cells()
    figure, panels = plt.subplots(1, 3, figsize=(10.5, 3.6), layout="constrained")
    for axes, (name, unit) in zip(panels, UNITS.items(), strict=True):
        mine = cells.filter(pl.col("column") == name)
        number = {c: mine[c].cast(pl.Float64).to_numpy() for c in ("value", "low", "high")}
        true = whole[name].cast(pl.Float64).to_numpy()[mine["row"].cast(pl.Int64).to_numpy() - 1]
        inside = (number["low"] <= true) & (true <= number["high"])
        ends = [np.maximum(number["value"] - number["low"], 0)]
        ends.append(np.maximum(number["high"] - number["value"], 0))
        axes.errorbar(
            true, number["value"], ends, fmt="o", ms=3, lw=0.8, color="#0072b2", alpha=0.5
        )
        axes.plot(true[~inside], number["value"][~inside], "o", ms=4, color="#d55e00")
        ends = [true.min(), true.max()]
        axes.plot(ends, ends, color="0.4", lw=0.8, ls="--")
        axes.set(xlabel=f"true {unit}", ylabel="filled in")
        axes.set_title(f"{inside.sum()} of {len(true)} inside", loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "gaps.png", dpi=130, metadata={"Software": None})


def conditions() -> None:
    """Rows drawn under a condition among real ones, and a what-if for each species."""
    vae = jensen.VAE(seed=0).fit(PENGUINS)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.9), layout="constrained")
    said = "species = Gentoo and body_mass_g > 5000 and sex is not missing"
    rows = vae.sample(150, seed=1, given=said)
    x, y = "flipper_length_mm", "body_mass_g"
    left.plot(PENGUINS[x], PENGUINS[y], ".", color="0.7", ms=5, label="all real rows")
    fulfil = PENGUINS.filter(
        (pl.col("species") == "Gentoo") & (pl.col(y) > 5000) & pl.col("sex").is_not_null()
    )
    left.plot(fulfil[x], fulfil[y], "o", color="0.25", ms=4, label="real rows that fulfil it")
    left.plot(rows[x], rows[y], "x", color=COLOURS["Gentoo"], ms=4, label="drawn under it")
    left.axhline(5000, color="0.4", lw=0.8, ls="--")
    left.set(xlabel=UNITS[x], ylabel=UNITS[y])
    left.set_title("species = Gentoo and body_mass_g > 5000", loc="left", fontsize=10)
    left.legend(frameon=False, fontsize=8)
    for name, colour in COLOURS.items():
        drawn = vae.sample(400, seed=2, given=f"species = {name} and 3900 < body_mass_g < 4200")
        values = drawn["bill_length_mm"].drop_nulls()
        right.hist(values, 24, range=(33, 57), histtype="step", color=colour, lw=1.6, label=name)
    right.set(xlabel=UNITS["bill_length_mm"], ylabel="of 400 drawn rows")
    right.set_title("body mass between 3900 and 4200 g", loc="left", fontsize=10)
    right.legend(frameon=False, fontsize=8)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "conditions.png", dpi=130, metadata={"Software": None})


if __name__ == "__main__":
    gaps()
    conditions()
