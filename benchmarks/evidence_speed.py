"""Seconds and memory of `jensen check`, run as a user would: a process with default settings.

    python -m benchmarks.evidence_speed                # Adult, 30,000 x 15 against 30,000 rows
    python -m benchmarks.evidence_speed --case million # 1,000,000 x 20 against as many

Writes `results/evidence_speed.json`: what was measured last of each case, with the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.datasets import load
from benchmarks.rendering import machine
from benchmarks.running import default_command, timed

RESULTS = Path(__file__).parent / "results" / "evidence_speed.json"
ROWS, MILLION, NUMBERS, CATEGORIES = 30_000, 1_000_000, 14, 6
LIMITS = {"adult": {"seconds": 60.0}, "million": {"peak_mb": 4_000.0}}
"""What is asked for: on 2 cores, permutation tests included."""


def adult(folder: Path) -> list[str]:
    """30,000 training rows against 30,000 with a tenth of each column shuffled; held-out rows."""
    data, rng = load("adult"), np.random.default_rng(0)
    data.train.head(ROWS).write_csv(folder / "train.csv")
    data.held_out.write_csv(folder / "held_out.csv")
    samples = data.train.sample(ROWS, seed=1, shuffle=True)
    for name in samples.columns:
        place = np.arange(ROWS)
        moved = rng.choice(ROWS, ROWS // 10, replace=False)
        place[moved] = rng.permutation(moved)
        samples = samples.with_columns(samples[name].gather(place))
    samples.write_csv(folder / "samples.csv")
    return ["--holdout", str(folder / "held_out.csv"), "--target", data.target or "all"]


def million(folder: Path) -> list[str]:
    """Numbers that share three factors, categories that follow them, gaps; samples are weaker."""
    for name, seed, shared in (("train", 0, 0.8), ("samples", 1, 0.75)):
        pl.DataFrame(dict(_columns(seed, shared))).write_csv(folder / f"{name}.csv")
    return []


def _columns(seed: int, shared: float) -> Iterator[tuple[str, pl.Series]]:
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(3, MILLION))
    for i in range(NUMBERS):
        own = rng.normal(size=MILLION)
        column = shared * factors[i % 3] + np.sqrt(1 - shared**2) * own
        made = pl.Series(np.round(column, 4))
        if i < 3:
            made = made.set(pl.Series(rng.random(MILLION) < 0.05), None)
        yield f"number_{i}", made
    for i in range(CATEGORIES):
        place = factors[i % 3] + rng.normal(size=MILLION)
        cuts = np.linspace(-2, 2, 3 + 4 * i)
        yield f"category_{i}", pl.Series([f"level {v}" for v in np.searchsorted(cuts, place)])


CASES = {"adult": adult, "million": million}


def measure(case: str, command: list[str]) -> dict:
    """Makes the tables, checks them in a process, and says what that took."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        options = CASES[case](folder)
        load_before = os.getloadavg()[0]
        files = [str(folder / "train.csv"), str(folder / "samples.csv")]
        found = timed([*command, "check", *files, *options, "--json", "--quiet"], folder)
    report = found["report"]
    return {
        "seconds": round(found["seconds"], 1),
        "cpu_seconds": round(found["cpu_seconds"], 1),
        "peak_mb": round(found["peak_mb"]),
        "limit": LIMITS[case],
        "within": all(found[name] <= most for name, most in LIMITS[case].items()),
        "rows": report["rows"],
        "columns": len(report["columns"]),
        "figures": len(report["measures"]),
        "stages": {name: round(value, 1) for name, value in report["seconds"].items()},
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": machine() | {"load_before": round(load_before, 1)},
        "command": f"python -m benchmarks.evidence_speed --case {case}",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=CASES, default="adult")
    case = parser.parse_args().case
    found = measure(case, default_command())
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps(kept | {case: found}, indent=1, sort_keys=True) + "\n")
    said = "within" if found["within"] else "BEYOND"
    took = f"{found['seconds']} s ({found['cpu_seconds']} s of processor), {found['peak_mb']:,} MB"
    print(f"{case}: {took}, {said} {found['limit']}")
    return int(not found["within"])


if __name__ == "__main__":
    sys.exit(main())
