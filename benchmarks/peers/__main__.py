"""jensen beside other synthesizers of tables, each in an environment and a process of its own.

    python -m benchmarks.peers                                 # all that is not recorded yet
    python -m benchmarks.peers --data penguins --seeds 0       # a few minutes
    python -m benchmarks.peers --methods jensen --again        # renew jensen's runs
    python -m benchmarks.peers --data magic --whole            # all 17,117 rows, a line of its own
    python -m benchmarks.peers --document                      # write the page anew, run nothing

Each method gets the training rows of a split with its default settings and makes as many rows;
these are compared with the training and the held-out rows. What is recorded in
``benchmarks/results/peers.json`` is not run again, nor what was over the limit with another seed or
on a smaller table. At the end ``docs/benchmarks.md`` and its
picture are written. ``benchmarks.tables`` is the benchmark of jensen alone, with its targets.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import rendering, running
from benchmarks.datasets import Dataset, load
from benchmarks.measures import sample_rows
from benchmarks.peers import document, measuring, store
from benchmarks.peers.methods import METHODS, command, why_not

ROOT = Path(__file__).parents[2]
SETS = (
    *("penguins", "exoplanets", "wine_red", "hypothyroid", "abalone", "wine_white"),
    *("news_subset", "shoppers", "htru2", "magic", "california_housing", "nyc_weather"),
    *("default", "adult", "protein", "diamonds"),
)
"""Tables from small to large. Without pbmc68k: 295,000 pairs of columns."""
ROWS = 4_000
"""Of larger tables so many training rows are drawn: whole, 16 tables, 3 seeds take a day."""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", default=",".join(SETS), help="names, comma-separated")
    parser.add_argument("--seeds", default="0,1,2", help="seeds, comma-separated")
    parser.add_argument("--methods", default=",".join(METHODS), help="names, comma-separated")
    parser.add_argument("--limit", type=float, default=600, help="seconds for each run (600)")
    parser.add_argument(
        "--rows", type=int, default=ROWS, help=f"at most so many training rows ({ROWS:,})"
    )
    parser.add_argument("--whole", action="store_true", help="all training rows, beside the others")
    parser.add_argument("--again", action="store_true", help="run what is recorded, too")
    parser.add_argument("--remark", help="a sentence on how these runs were made, for the page")
    parser.add_argument("--document", action="store_true", help="write the page, run nothing")
    parser.add_argument("--out", type=Path, default=store.RESULTS, help="the file of the results")
    parser.add_argument("--page", type=Path, default=document.PAGE, help="the page to write")
    options = parser.parse_args(arguments)
    options.seeds = [int(seed) for seed in options.seeds.split(",")]
    for what, known in (("data", SETS), ("methods", METHODS)):
        chosen = getattr(options, what).split(",")
        if unknown := [name for name in chosen if name not in known]:
            parser.error(f"--{what}: no {', '.join(unknown)}; there are {', '.join(known)}")
        setattr(options, what, chosen)
    return options


def capped(data: Dataset, rows: int, whole: bool) -> Dataset:
    """The data set with at most so many training rows, the same ones for every method; or with all
    of them, under another name where these are more."""
    if whole:
        more = len(data.train_text) > rows
        return replace(data, name=f"{data.name}, whole") if more else data
    return replace(data, train_text=sample_rows(data.train_text, rows))


def outcome(method: str, data: Dataset, seed: int, limit: float, folder: Path) -> dict:
    """One run: what it cost and what came of it, or why nothing did."""
    n = len(data.train_text)
    record = {"rows": n, "date": rendering.today()}
    if method == "real":
        return record | {"status": store.FINISHED} | measuring.floor(data)
    if reason := why_not(method, data.train, data):
        return record | {"status": store.LEFT_OUT, "reason": reason}
    record["limit"] = limit
    try:
        run = running.timed(command(method, folder, n, seed), folder, limit, ROOT)
        record |= {key: run[key] for key in ("seconds", "cpu_seconds", "peak_mb")}
        record |= _reported(run["report"])
        measured = measuring.measure(data, data.read(folder / "synthetic.csv"))
    except running.OverLimitError as error:
        return record | {"status": store.OVER, "reason": str(error)}
    except (running.RunError, subprocess.CalledProcessError) as error:
        return record | {"status": store.FAILED, "reason": last_line(str(error))}
    except Exception as error:  # its table cannot be read or measured
        return record | {"status": store.FAILED, "reason": f"its table: {last_line(str(error))}"}
    return record | {"status": store.FINISHED} | measured


def _reported(report: dict) -> dict:
    """Seconds that fit and draw took, and the version of the program, as it tells them."""
    seconds = report.get("seconds", {})
    told = {f"{key}_seconds": seconds[key] for key in ("fit", "sample") if key in seconds}
    return told | {key: report[key] for key in ("version",) if key in report}


def last_line(text: str) -> str:
    """What a traceback ends with, without names of folders."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else "nothing was said"
    short = re.sub(r"(?<![\w:/])(/[^\s/'\"]+)+/", "", last)
    return short if len(short) <= 200 else short[:197] + "..."


def prepare(data: Dataset, folder: Path) -> None:
    """``train.csv`` and ``meta.json``, as every method gets them; nothing of an earlier run."""
    (folder / "synthetic.csv").unlink(missing_ok=True)
    data.train_text.write_csv(folder / "train.csv")
    meta = {"kinds": data.kinds, "times": data.times, "target": data.target}
    (folder / "meta.json").write_text(json.dumps(meta))


def benchmark(name: str, options: argparse.Namespace, results: dict) -> None:
    """All runs on one data set that are still to be made, recorded as they end."""
    everything = load(name)
    data = capped(everything, options.rows, options.whole)
    n, sizes = len(data.train_text), (len(everything.train_text), len(data.held_out_text))
    store.describe(results, data.name, n, *sizes, data.kinds)
    for seed in options.seeds:
        for method in options.methods:
            asked = (results, data.name, seed, method)
            if METHODS[method].certain and store.with_another_seed(*asked, n):
                continue
            if not (options.again or store.wanted(*asked, n, options.limit)):
                continue
            run = attempt(method, data, seed, options.limit, results)
            store.put(*asked, run)
            store.save(results, options.out)
            document.write_text(results, options.page)
            print(brief(data.name, seed, method, run), flush=True)


def attempt(method: str, data: Dataset, seed: int, limit: float, results: dict) -> dict:
    """One run and the seconds it took in all, or why it need not be made."""
    start = time.perf_counter()
    if smaller := store.over_already(results, data.name, method, limit):
        reason = f"not run: over the limit of {limit:g} s on {smaller}"
        reason += " with another seed" if smaller == data.name else ", which is smaller"
        run = {"rows": len(data.train_text), "date": rendering.today(), "limit": limit}
        run |= {"status": store.OVER, "reason": reason}
    else:
        with tempfile.TemporaryDirectory() as scratch:
            prepare(data, Path(scratch))
            run = outcome(method, data, seed, limit, Path(scratch))
    return run | {"total_seconds": time.perf_counter() - start}


def brief(name: str, seed: int, method: str, run: dict) -> str:
    """One line for one run."""
    found = run.get("figures", {})
    parts = [f"{run['seconds']:.0f} s"] if "seconds" in run else []
    shown = ("xgb", "column_error", "c2st_auc")
    parts += [f"{key} {found[key]:.3g}" for key in shown if key in found]
    told = ", ".join(parts) or run.get("reason", "")
    return f"{name} {seed} {method}: {run['status']}: {told} ({run['total_seconds']:.0f} s in all)"


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    results = store.load(options.out)
    if not options.document:
        given = sys.argv[1:] if arguments is None else arguments
        line = " ".join(["python -m benchmarks.peers", *given])
        results["machine"] = rendering.machine()
        if options.remark:
            results["remark"] = options.remark
        results["commands"] = [*(c for c in results["commands"] if c != line), line]
        for name in options.data:
            benchmark(name, options, results)
    document.write(results, options.page)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs is stopped, too
    sys.exit(main())
