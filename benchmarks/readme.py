"""Put the measured figures into the README, from what the benchmark wrote.

    python -m benchmarks.readme

Reads benchmarks/results/tables.json and replaces what stands between the README's two marks.
"""

import json
from pathlib import Path

from benchmarks.rendering import table

RESULTS = Path("benchmarks/results/tables.json")
README = Path("README.md")
BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"
COLUMNS = {
    "column_error": ("column error %", 2),
    "pair_error_shared_deciles": ("pair error %, shared deciles", 2),
    "xgb": ("XGB %", 1),
    "xgb_held_out": ("XGB % held-out", 1),
    "nearer_to_training": ("nearer to training", 3),
    "kl": ("KL, nats", 2),
    "seconds": ("wall s", 0),
}
BASELINES = {
    "real: training resampled": "real rows drawn again",
    "product of marginals": "product of marginals",
    "copy of training": "copy of training",
}


def spread(rows: list[dict], key: str, decimals: int) -> str:
    """Mean, and lowest to highest where runs differ."""
    found = [row[key] for row in rows if row.get(key) is not None]
    if not found:
        return ""
    mean, low, high = (
        f"{v:.{decimals}f}" for v in (sum(found) / len(found), min(found), max(found))
    )
    return mean if low == high else f"{mean} ({low} to {high})"


def line(title: str, rows: list[dict]) -> list[str]:
    """One line of the table."""
    return [title, *(spread(rows, key, decimals) for key, (_, decimals) in COLUMNS.items())]


def block(results: dict) -> str:
    """The README's table: every data set, its floor and its baselines."""
    lines = []
    for name, result in results["data"].items():
        lines.append(line(f"**{name.capitalize()}**", list(result["runs"].values())))
        for key, title in BASELINES.items():
            lines.append(line(f"  {title}", [result["baselines"][key]]))
    seeds = max(len(result["runs"]) for result in results["data"].values())
    machine = results["machine"]
    cores = "one core" if machine["cores"] == 1 else f"{machine['cores']} cores"
    about = (
        f"Mean of {seeds} seeds (lowest to highest), default settings, {cores} of "
        f"an {machine['processor']}, {results['date']}. Wall time is that of `jensen more`, all "
        "included.\n"
    )
    return about + "\n" + table(["", *(heading for heading, _ in COLUMNS.values())], lines)


def main() -> None:
    """Rewrite the block of the README."""
    text = README.read_text()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    figures = block(json.loads(RESULTS.read_text()))
    README.write_text(f"{head}{BEGIN}\n{figures}{END}{tail}")


if __name__ == "__main__":
    main()
