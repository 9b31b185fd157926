"""docs/imputation.md, from what the benchmark of imputation recorded."""

import numpy as np

from benchmarks.rendering import table

FIGURES = {"nmae": 3, "accuracy": 3, "crps": 3, "coverage": 3, "seconds": 1, "cpu_seconds": 1}
"""Figure -> decimals."""
OWN, COMPARED = "jensen", ("nmae", "crps", "cpu_seconds")
HEADINGS = {name: name.replace("cpu_seconds", "CPU seconds") for name in FIGURES}
PATTERNS = {
    "mcar20": "20 % missing at random",
    "mcar50": "50 % missing at random",
    "mar": "missing by the first number",
}
INTRODUCTION = """\
# Gaps filled, beside other imputers

Values of complete tables were hidden, each method filled the gaps of the same table, and what it
filled in was compared with the truth.

    python -m benchmarks.imputation

Cells are hidden at random, 20 or 50 of 100; or 50 of 100 in rows whose first number is above its
median and 10 of 100 in the others, the first number itself never. Rows with real gaps are left out.
The columns of the tables below:

- nmae: mean over numeric columns of \\|filled - true\\| over the column's standard deviation; lower
  is better;
- accuracy: share of hidden categories that were found;
- crps: as nmae, of 20 completed copies against the truth (Gneiting & Raftery 2007); of a method
  that draws none, its nmae;
- coverage: share of hidden numbers inside the 90 % interval: jensen's own, of others from the 5 to
  the 95 % quantile of the copies;
- seconds: fit and fill, copies included, by the clock, which other work on the machine lengthens;
  not the start of the program nor its imports;
- CPU seconds: the same, of all cores together.

jensen has its default settings, but for gaps missing at random (`--missing ignore`) and medians as
best guess (`--point median`). Of the others,

- `mean` is the mean, or the most frequent category;
- `knn` and `iterative` (chained Bayesian ridge) are scikit-learn's;
- `forest` is MissForest (Stekhoven & Buehlmann 2012) built from scikit-learn's forests;
- `miceforest` chains LightGBM with predictive mean matching; where its matching of categories ends
  in an error, they are drawn by their probabilities;
- `miwae` and `hyperimpute` are of the package HyperImpute: its MIWAE (Mattei & Frellsen 2019), with
  128 hidden units and 10 latent dimensions in place of its default of one each, and its own search
  of models.

What else was chosen for them stands in `benchmarks/imputers`.
"""


def page(results: dict) -> str:
    """The whole page: over all sets, then set by set.

    Args:
        results: set -> pattern -> method -> figures, or the reason why there are none.
    """
    patterns = {p: None for sets in results.values() for p in sets}
    parts = [INTRODUCTION]
    for pattern in sorted(patterns, key=[*PATTERNS, *patterns].index):
        sets = {name: of[pattern] for name, of in results.items() if of.get(pattern)}
        parts += [f"## {PATTERNS.get(pattern, pattern)}\n", *overall(sets), *by_set(sets)]
    return "\n".join(parts)


def overall(sets: dict[str, dict]) -> list[str]:
    """Means over sets, the comparisons, and what failed."""
    means = {m: figures for m in methods(sets) if (figures := mean(sets, m))}
    rows = [[m, str(f["sets"]), *cells(f)] for m, f in means.items()]
    parts = [
        f"Means over {', '.join(sets)}:\n",
        table(["", "sets", *HEADINGS.values()], rows),
        *compared(sets),
        *failures(sets),
    ]
    return [part for part in parts if part]


def methods(sets: dict[str, dict]) -> list[str]:
    """All methods, in the order of the first set that has them."""
    return list({m: None for found in sets.values() for m in found})


def mean(sets: dict[str, dict], method: str) -> dict[str, float]:
    """Of each figure over the sets where the method has it; empty if it never finished."""
    found = [of[method] for of in sets.values() if filled(of, method)]
    figures = {k: [f[k] for f in found if k in f] for k in FIGURES}
    out = {k: float(np.mean(v)) for k, v in figures.items() if v}
    return {**out, "sets": len(found)} if found else {}


def compared(sets: dict[str, dict]) -> list[str]:
    """jensen over each of the others, on the sets that both filled; nothing if there are none."""
    lines = []
    for other in methods(sets):
        both = {n: of for n, of in sets.items() if filled(of, OWN) and filled(of, other)}
        if other != OWN and both:
            own, theirs = mean(both, OWN), mean(both, other)
            ratios = [own[k] / theirs[k] if theirs.get(k) else np.inf for k in COMPARED]
            lines.append([other, str(len(both)), *(f"{r:.3g}" for r in ratios)])
    if not lines:
        return []
    return [
        "jensen's means over those of another, on the sets that both filled; below 1, jensen's\n"
        "are the better ones:\n",
        table(["", "sets", *(HEADINGS[k] for k in COMPARED)], lines),
    ]


def filled(of: dict[str, dict], method: str) -> bool:
    """Whether a method filled a set."""
    return "seconds" in of.get(method, {})


def failures(sets: dict[str, dict]) -> list[str]:
    """A line for each set that a method did not fill, with the reason."""
    lines = [
        f"- {m} on {name}: {found['failed']}"
        for name, of in sets.items()
        for m, found in of.items()
        if "failed" in found
    ]
    return ["Not filled:\n", "\n".join(lines) + "\n"] if lines else []


def by_set(sets: dict[str, dict]) -> list[str]:
    """Every figure of every set, under its heading."""
    rows = [
        [f"{name}, {next(iter(of.values()))['rows']} rows" if i == 0 else "", m, *cells(of[m])]
        for name, of in sets.items()
        for i, m in enumerate(of)
    ]
    return ["Set by set:\n", table(["set", "", *HEADINGS.values()], rows)]


def cells(figures: dict) -> list[str]:
    return [f"{figures[k]:.{d}f}" if k in figures else "" for k, d in FIGURES.items()]
