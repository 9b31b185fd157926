"""Fidelity over time of jensen and other synthesizers, a panel for each table: `make pictures`.

Reads what `python -m benchmarks.peers` wrote.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

from benchmarks.peers import store
from benchmarks.peers.figures import Grid
from benchmarks.peers.methods import METHODS, PEERS

HERE = Path(__file__).resolve().parent
MARKERS = dict(zip(PEERS, "o^vsDPX<>", strict=True))
ACROSS = 4


def color(method: str) -> str:
    """jensen is red; the others take the rest of the usual cycle."""
    others = [name for name in PEERS if name != "jensen"]
    cycle = [0, 1, 2, 4, 5, 6, 8, 9]
    return "C3" if method == "jensen" else f"C{cycle[others.index(method)]}"


def panel(axes: plt.Axes, grid: Grid, name: str, rows: int) -> None:
    """The methods that finished one table, and lines for real rows and for marginals."""
    for method, style in (("real", "-"), ("marginals", ":")):
        if (level := grid.value(name, method, "xgb")) is not None:
            axes.axhline(level, color="0.6", ls=style, lw=1.2, zorder=0)
    for method in PEERS:
        seconds, scores = (grid.values(name, method, key) for key in ("seconds", "xgb"))
        ours = method == "jensen"
        axes.scatter(
            seconds, scores, s=60 if ours else 34, marker=MARKERS[method], color=color(method),
            alpha=0.9, edgecolor="white", lw=0.6, zorder=3 if ours else 2, clip_on=False,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_title(f"{name}  ", loc="left", fontsize=10)
    axes.set_title(f"{rows:,} rows", loc="right", fontsize=8, color="0.4")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def legend(figure: plt.Figure, shown: list[str], across: int) -> None:
    """One for all panels, above them."""
    handles = [
        Line2D([], [], ls="", marker=MARKERS[m], color=color(m), ms=7, label=METHODS[m].title)
        for m in shown
    ]
    handles.append(Line2D([], [], color="0.6", label="real rows"))
    handles.append(Line2D([], [], color="0.6", ls=":", label="product of marginals"))
    figure.legend(
        handles=handles, loc="outside upper center", ncols=max(4, across + 2), frameon=False,
        fontsize=9,
    )  # fmt: skip


def span(grid: Grid) -> tuple[float, float]:
    """The shortest and the longest time, with room beside them."""
    every = [s for name in grid.sets for m in PEERS for s in grid.values(name, m, "seconds")]
    return min(every, default=1) / 1.6, max(every, default=1000) * 1.6


def draw(results: dict, path: Path) -> None:
    """Write the picture."""
    grid = Grid(results)
    if not grid.sets:
        return
    across = min(ACROSS, len(grid.sets))
    down = -(-len(grid.sets) // across)
    figure, panels = plt.subplots(
        down, across, figsize=(max(7.5, 2.9 * across), 0.9 + 2.4 * down), layout="constrained",
        sharex=True, sharey=True, squeeze=False,
    )  # fmt: skip
    for axes, name in zip(panels.flat, grid.sets, strict=False):
        panel(axes, grid, name, results["data"][name]["rows"])
    for axes in list(panels.flat)[len(grid.sets) :]:
        axes.set_visible(False)
    panels[0, 0].set(ylim=(-3, 103), xlim=span(grid))
    figure.supxlabel("wall time, seconds", fontsize=9)
    figure.supylabel("XGB score, 100 is indistinguishable", fontsize=9)
    legend(figure, [m for m in PEERS if any(grid.values(n, m, "xgb") for n in grid.sets)], across)
    figure.savefig(path, dpi=130, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    draw(store.load(), HERE / "peers.png")
