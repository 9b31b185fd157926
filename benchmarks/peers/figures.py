"""Which figures are shown and how; means over seeds and over data sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.peers.methods import METHODS, PEERS
from benchmarks.peers.store import FAILED, FINISHED, LEFT_OUT

COSTS = ("seconds", "cpu_seconds", "fit_seconds", "sample_seconds", "peak_mb")


@dataclass(frozen=True)
class Figure:
    """A column: ``better`` is "lower", "higher", "half" (nearest to ½) or "real" (nearest to that
    of real rows); what is recorded is multiplied by ``times``."""

    key: str
    heading: str
    decimals: int
    better: str
    times: float = 1.0


_ALL = (
    Figure("seconds", "wall s", 0, "lower"),
    Figure("cpu_seconds", "CPU s", 0, "lower"),
    Figure("fit_seconds", "fit s", 0, "lower"),
    Figure("sample_seconds", "draw s", 1, "lower"),
    Figure("peak_mb", "peak MB", 0, "lower"),
    Figure("xgb", "XGB %", 1, "higher"),
    Figure("xgb_held_out", "XGB % held-out", 1, "higher"),
    Figure("c2st_auc", "AUC", 3, "half"),
    Figure("energy", "energy ×1000", 1, "lower", 1000),
    Figure("column_error", "column error %", 2, "lower"),
    Figure("pair_error_shared_deciles", "pair error %", 2, "lower"),
    Figure("wnmi_error", "wNMI error ×100", 2, "lower", 100),
    Figure("alpha_precision", "α-precision", 3, "higher"),
    Figure("beta_recall", "β-recall", 3, "real"),
    Figure("density", "density", 3, "real"),
    Figure("coverage", "coverage", 3, "higher"),
    Figure("missing_gap", "missing gap %", 1, "lower", 100),
    Figure("tstr", "utility", 3, "higher"),
    Figure("tstr_gap", "utility lost", 3, "lower"),
    Figure("dcr_share", "DCR share", 3, "half"),
    Figure("membership_auc", "membership AUC", 3, "half"),
    Figure("exact_copies", "exact copies %", 1, "real", 100),
)
FIGURES = {figure.key: figure for figure in _ALL}
SUMMARY = [
    FIGURES[k] for k in FIGURES if k not in ("fit_seconds", "sample_seconds", "tstr", "energy")
]
EACH = [FIGURES[k] for k in FIGURES if k not in ("tstr_gap",)]


def every_run(results: dict) -> Iterator[tuple[str, str, str, dict]]:
    """Data set, seed, method, run."""
    for name, entry in results["data"].items():
        for seed, runs in entry["seeds"].items():
            for method, run in runs.items():
                yield name, seed, method, run


class Grid:
    """What is recorded, by data set, method and figure."""

    def __init__(self, results: dict):
        self.runs: dict[tuple[str, str], list[dict]] = {}
        for name, _, method, run in every_run(results):
            self.runs.setdefault((name, method), []).append(run)
        size = {name: entry["rows"] for name, entry in results["data"].items()}
        self.sets = sorted({name for name, _ in self.runs}, key=lambda name: (size[name], name))

    def values(self, name: str, method: str, key: str) -> list[float]:
        """A figure of every seed that finished."""
        found = []
        for run in self.runs.get((name, method), []):
            value = run.get(key) if key in COSTS else run.get("figures", {}).get(key)
            if run["status"] == FINISHED and value is not None:
                found.append(value)
        return found

    def value(self, name: str, method: str, key: str) -> float | None:
        """The mean over seeds."""
        values = self.values(name, method, key)
        return sum(values) / len(values) if values else None

    def spread(self, name: str, method: str, key: str) -> float:
        """Half of the range over seeds."""
        values = self.values(name, method, key)
        return (max(values) - min(values)) / 2 if values else 0.0

    def over(self, method: str, key: str, names: list[str]) -> float | None:
        """The mean over data sets that have the figure, if the method has it for all of these."""
        having = [name for name in names if self.known(key, [name])]
        values = [self.value(name, method, key) for name in having]
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known and len(known) == len(values) else None

    def known(self, key: str, names: list[str]) -> bool:
        """Whether a synthesizer has this figure on one of these; a gap of 0 everywhere is none."""
        every = [v for name in names for m in PEERS for v in self.values(name, m, key)]
        return any(every) if key == "missing_gap" else bool(every)

    def sets_of(self, method: str) -> list[str]:
        """Data sets of which every recorded run finished."""
        return [name for name in self.tried(method) if not self.reason(name, method)]

    def tried(self, method: str) -> list[str]:
        """Data sets that a method was meant for and has a run of."""
        meant = {
            n: [r["status"] != LEFT_OUT for r in self.runs.get((n, method), [])] for n in self.sets
        }
        return [name for name, runs in meant.items() if runs and all(runs)]

    def common(self, methods: list[str]) -> list[str]:
        """Data sets that all of these finished, but for those that finished less than half of
        theirs, or less than half as many as another."""
        finished = {m: len(self.sets_of(m)) for m in methods}
        most = max(finished.values(), default=0)
        counted = [m for m in methods if 2 * finished[m] >= max(1, most, len(self.tried(m)))]
        return [name for name in self.sets if all(name in self.sets_of(m) for m in counted)]

    def reason(self, name: str, method: str) -> str:
        """Why a method did not finish; empty if it did, or was not meant for the table."""
        runs = [r for r in self.runs.get((name, method), []) if r["status"] != LEFT_OUT]
        failed = [r for r in runs if r["status"] != FINISHED]
        if not failed:
            return ""
        which = f" ({len(failed)} of {len(runs)} seeds)" if len(failed) < len(runs) else ""
        said = failed[0]["reason"].replace("`", "'")
        return (f"fails, `{said}`" if failed[0]["status"] == FAILED else said) + which

    def short(self, name: str, method: str) -> str:
        """For a cell without a figure: what became of the run."""
        runs = self.runs.get((name, method), [])
        return next((r["status"] for r in runs if r["status"] not in (FINISHED, LEFT_OUT)), "")

    def best(self, name: str, key: str) -> set[str]:
        """The synthesizers whose figure is the best of this data set."""
        cells = {m: [self.value(name, m, key)] for m in METHODS}
        return {m for m in PEERS if is_best(m, cells, 0, FIGURES[key])}

    def version(self, method: str) -> str:
        """As the last run tells it."""
        found = [
            r["version"]
            for (_, m), runs in self.runs.items()
            if m == method
            for r in runs
            if "version" in r
        ]
        return found[-1] if found else ""


Cells = dict[str, list[float | None]]


def is_best(method: str, cells: Cells, column: int, figure: Figure) -> bool:
    """Whether no synthesizer is better, as far as the decimals show."""
    if method not in PEERS or cells[method][column] is None:
        return False
    ideal = cells["real"][column] if "real" in cells else None
    marks = {
        name: badness(round(value * figure.times, figure.decimals), figure, ideal)
        for name, values in cells.items()
        if name in PEERS and (value := values[column]) is not None
    }
    return marks[method] == min(marks.values())


def badness(value: float, figure: Figure, real: float | None) -> float:
    """Smaller is better."""
    if figure.better in ("lower", "higher"):
        return value if figure.better == "lower" else -value
    ideal = 0.5 if figure.better == "half" or real is None else real * figure.times
    return round(abs(value - round(ideal, figure.decimals)), figure.decimals)


def row(method: str, cells: Cells, columns: list[Figure], spreads=None) -> list[str]:
    """The cells of one method: mean, spread where it shows, the best one bold."""
    told = []
    for i, figure in enumerate(columns):
        value = cells[method][i]
        if value is None:
            told.append("")
            continue
        text = f"{value * figure.times:.{figure.decimals}f}"
        text = f"**{text}**" if is_best(method, cells, i, figure) else text
        spread = f"{spreads[i] * figure.times:.{figure.decimals}f}" if spreads else "0"
        told.append(f"{text} ± {spread}" if float(spread) else text)
    return told
