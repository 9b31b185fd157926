"""What was found so far: data set -> seed -> method -> run, kept in one JSON file."""

from __future__ import annotations

import json
import os
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "results" / "peers.json"


def load(path: Path = RESULTS) -> dict:
    """What is recorded, or an empty record."""
    if path.exists():
        return json.loads(path.read_text())
    return {"commands": [], "machine": {}, "data": {}}


def save(results: dict, path: Path = RESULTS) -> None:
    """Write it whole or not at all: an interrupted benchmark keeps what it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(results, indent=1) + "\n")
    os.replace(partial, path)


def describe(results: dict, name: str, train: int, all_rows: int, held_out: int, kinds) -> None:
    """Record what a data set is, beside its runs."""
    entry = results["data"].setdefault(name, {"seeds": {}})
    entry |= {"rows": train, "rows_of_the_set": all_rows, "held_out_rows": held_out}
    entry["columns"] = len(kinds)


def wanted(results: dict, name: str, seed: int, method: str, rows: int, limit: float) -> bool:
    """Whether a run is still to be made.

    One that is recorded stands, unless it was of another number of training rows, or was stopped
    at a shorter limit than there is now.
    """
    run = find(results, name, seed, method)
    if run is None or run["rows"] != rows:
        return True
    return run["status"] == OVER and run["limit"] < limit


def with_another_seed(results: dict, name: str, seed: int, method: str, rows: int) -> bool:
    """Whether a run of another seed and as many training rows is recorded."""
    seeds = results["data"].get(name, {}).get("seeds", {})
    others = [runs.get(method) for key, runs in seeds.items() if key != str(seed)]
    return any(run is not None and run["rows"] == rows for run in others)


def over_already(results: dict, name: str, method: str, limit: float) -> str | None:
    """A table no larger than this one, with some seed, on which the method was over this limit."""
    entry = results["data"][name]
    for other, smaller in results["data"].items():
        fits = smaller["rows"] <= entry["rows"] and smaller["columns"] <= entry["columns"]
        runs = [runs[method] for runs in smaller["seeds"].values() if method in runs]
        if fits and any(run["status"] == OVER and run["limit"] >= limit for run in runs):
            return other
    return None


def find(results: dict, name: str, seed: int, method: str) -> dict | None:
    """The run of this method, if there is one."""
    return results["data"].get(name, {}).get("seeds", {}).get(str(seed), {}).get(method)


def put(results: dict, name: str, seed: int, method: str, run: dict) -> None:
    """Record a run in place of an earlier one."""
    results["data"][name]["seeds"].setdefault(str(seed), {})[method] = run


FINISHED, FAILED, OVER, LEFT_OUT = "finished", "failed", "over the limit", "left out"
