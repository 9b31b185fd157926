"""Runs the synthesizer as a user would: a process, timed and weighed from outside."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# The names under which a run's own report may hold a figure, the first found is taken.
FIELDS = {
    "held_out_bound": ("held_out_bound", "heldout_bound", "validation_bound", "elbo", "bound"),
    "kl": ("kl", "held_out_kl", "kl_total"),
    "active_units": ("active_units", "n_active_units", "active"),
    "epochs": ("epochs", "n_epochs", "epoch"),
}
INSIDE = ("mean", "value", "held_out", "total", "count")  # where a figure is itself an object

# Between this process and the measured one, since Linux counts the memory of whoever starts a
# process to that process's peak, and this one, with its tables and classifiers, is large.
LAUNCHER = """
import json, os, sys, time
start = time.perf_counter()
pid = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - start
result = {"seconds": seconds, "code": os.waitstatus_to_exitcode(status), "maxrss": usage.ru_maxrss}
result["cpu_seconds"] = usage.ru_utime + usage.ru_stime
json.dump(result, open(sys.argv[1], "w"))
"""


class RunError(RuntimeError):
    """The synthesizer failed; the message ends with what it printed."""


def default_command() -> list[str]:
    """``jensen`` of this environment, else the one on the path."""
    beside = Path(sys.executable).with_name("jensen")
    return [str(beside)] if beside.exists() else [shutil.which("jensen") or "jensen"]


def run(train: Path, out: Path, n: int, seed: int, command: str | None = None) -> dict:
    """Fits ``train`` and writes ``n`` rows to ``out`` in one process with default settings.

    Returns ``seconds`` (wall time from start to exit), ``cpu_seconds`` (of all its threads, which
    other work on the machine does not lengthen much), ``peak_mb`` (largest resident memory in
    10^6 bytes), the figures named in ``FIELDS`` and the whole printed ``report``.
    """
    program = shlex.split(command) if command else default_command()
    options = ["-n", str(n), "-o", str(out), "--seed", str(seed), "--json"]
    return timed([*program, "more", str(train), *options], out.parent)


def timed(arguments: list[str], folder: Path) -> dict:
    """Runs a process, its output going to files in ``folder``; see ``run`` for what it returns."""
    printed, complained = folder / "stdout.txt", folder / "stderr.txt"
    launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(folder / "usage.json")]
    with printed.open("w") as stdout, complained.open("w") as stderr:
        subprocess.run([*launcher, *arguments], stdout=stdout, stderr=stderr, check=True)
    usage = json.loads((folder / "usage.json").read_text())
    if usage["code"]:
        said = complained.read_text()[-2000:]
        raise RunError(f"{Path(arguments[0]).name} exited with {usage['code']}:\n{said}")
    report = parse_report(printed.read_text())
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB on Linux
    return {
        "seconds": usage["seconds"],
        "cpu_seconds": usage["cpu_seconds"],
        "peak_mb": usage["maxrss"] * unit / 1e6,
        **{name: find(report, names) for name, names in FIELDS.items()},
        "report": report,
    }


def parse_report(text: str) -> dict:
    """The JSON object printed, whole or on the last line that holds one; {} when there is none."""
    for candidate in (text, *reversed(text.splitlines())):
        try:
            value = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(value, dict):
            return value
    return {}


def _objects(report: dict) -> Iterator[dict]:
    """The object and those inside it, outer ones first."""
    queue = [report]
    while queue:
        current = queue.pop(0)
        queue.extend(value for value in current.values() if isinstance(value, dict))
        yield current


def _number(value) -> float | None:
    """The number a field holds: itself, its mean or value, or the length of a list."""
    if isinstance(value, dict):
        inside = (_number(value[key]) for key in INSIDE if key in value)
        return next((number for number in inside if number is not None), None)
    if isinstance(value, list):
        return float(len(value))
    return float(value) if isinstance(value, (int, float)) else None


def find(report: dict, names: tuple[str, ...]) -> float | None:
    """The first of these names that occurs in the report at any depth, hyphens as underscores."""
    for name in names:
        for current in _objects(report):
            for key, value in current.items():
                if key.lower().replace("-", "_") == name and (number := _number(value)) is not None:
                    return number
    return None
