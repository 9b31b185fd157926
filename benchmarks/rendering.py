"""Benchmark results as Markdown, with a description of the machine they were made on."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Key -> heading, decimals.
COLUMNS = {
    "seconds": ("wall s", 0),
    "peak_mb": ("peak MB", 0),
    "column_error": ("column error %", 2),
    "pair_error": ("pair error %", 2),
    "pair_error_shared_deciles": ("pair error %, shared deciles", 2),
    "xgb": ("XGB %", 1),
    "xgb_held_out": ("XGB % held-out", 1),
    "nearer_to_training": ("nearer to training", 3),
    "copying": ("copying", 3),
    "exact_copies": ("exact copies %", 2),
    "held_out_bound": ("held-out bound, nats", 3),
    "kl": ("KL", 2),
    "active_units": ("active units", 0),
}
PACKAGES = (
    *("jensen", "jax", "numpy", "polars", "pandas", "scipy", "scikit-learn"),
    *("xgboost", "xgboost-cpu"),
)
LEGEND = """\
Errors are 100 (1 - score) of SDMetrics 0.11.1 against the training rows; 0 is perfect. "Shared
deciles": total variation of every pair's contingency table, numeric columns of both tables cut at
the real deciles. "XGB": 100 (2 - 2 max(1/2, AUC)) of an XGBClassifier, 3-fold, all training rows
against as many synthetic ones; 100 is indistinguishable. "Held-out": the same against the held-out
rows, as many of each; fewer rows, so a blunter classifier. "Nearer to training": share of synthetic
rows nearer to training than to held-out rows at equal sizes, 0.5 without copying. "Copying": 0
without, 1 for a copy of the training table. "Real" rows are floors: real rows in the synthetic
table's place.
"""


def table(headings: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def cell(row: dict, key: str) -> str:
    value = row.get(key)
    return "" if value is None else f"{value:.{COLUMNS[key][1]}f}"


def figures(rows: dict[str, dict]) -> str:
    """One line for each run and baseline; a column that nobody has is left out."""
    keys = [key for key in COLUMNS if any(row.get(key) is not None for row in rows.values())]
    lines = [[title, *(cell(row, key) for key in keys)] for title, row in rows.items()]
    return table(["", *(COLUMNS[key][0] for key in keys)], lines)


def verdicts(items: list[dict]) -> str:
    """One line for each target: what was asked, what came, reached or missed."""
    if not items:
        return ""
    lines = []
    for item in items:
        heading, decimals = COLUMNS[item["figure"]]
        found = [item[key] for key in ("mean", "lowest", "highest")]
        values = ["" if value is None else f"{value:.{decimals}f}" for value in found]
        lines.append([heading, item["target"], *values, item["verdict"]])
    return table(["figure", "target", "mean", "lowest", "highest", "every seed"], lines)


def machine() -> dict[str, str | int]:
    """Processor, cores, memory, system and versions; no names of machines or folders."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: found for name in PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def document(results: dict) -> str:
    """The whole result as Markdown."""
    parts = [
        "# Synthetic tables against real ones\n",
        f"`{results['command']}`, {results['date']}; "
        + ", ".join(f"{key} {value}" for key, value in results["machine"].items())
        + ".\n",
        LEGEND,
    ]
    for name, result in results["data"].items():
        parts.append(f"## {name}\n")
        parts.append(f"{result['rows']} training rows, {result['held_out_rows']} held out.\n")
        parts.append(figures(result["runs"] | result["baselines"]))
        parts.append(verdicts(result["targets"]))
    return "\n".join(part for part in parts if part)


def today() -> str:
    return time.strftime("%Y-%m-%d")
