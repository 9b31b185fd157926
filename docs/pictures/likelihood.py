"""Learning curves of the published models of binary images: `make pictures`.

Reads what `python -m benchmarks.likelihood` wrote.
"""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from benchmarks.likelihood import MODELS

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parents[1] / "benchmarks" / "results" / "likelihood.json"
PANELS = {
    "binarized_mnist": ("binarised MNIST", (-125, -85)),
    "caltech101_silhouettes": ("Caltech-101 Silhouettes", (-200, -105)),
}


def curves(axes: plt.Axes, title: str, limits: tuple[float, float], results: Any) -> None:
    """The validation elbo of every model over its epochs, and its test bound as a dot."""
    for i, name in enumerate(MODELS):
        if name not in results:
            continue
        r = results[name]
        steps = [step for step, _ in r["curve"]]
        epochs = [step / steps[-1] * r["epochs"] for step in steps]
        axes.plot(epochs, [bound for _, bound in r["curve"]], color=f"C{i}", lw=1.4, label=name)
        axes.plot(1.03 * r["epochs"], r["test"], "o", color=f"C{i}", ms=5, clip_on=False)
    axes.set(ylim=limits, xlabel="epochs")
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    found = json.loads(RESULTS.read_text())
    figure, panels = plt.subplots(1, 2, figsize=(9.5, 4.0), layout="constrained")
    for panel, (data, (title, limits)) in zip(panels, PANELS.items(), strict=True):
        curves(panel, title, limits, found[data])
    panels[0].set_ylabel("nats per image: line elbo of validation,\ndot IWAE-500 of test images")
    panels[0].legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(HERE / "likelihood.png", dpi=130, metadata={"Software": None})
