"""The benchmark of synthetic tables.

    python -m benchmarks.tables                                   # four data sets, three seeds
    python -m benchmarks.tables --data magic --seeds 0            # one fit
    python -m benchmarks.tables --data magic --synthetic more.csv # measure a file, fit nothing

Each data set is split, its training rows written to a file, fitted and sampled by
``jensen more`` with default settings as a process of its own, and as many synthetic rows as
training rows are measured. Baselines and floors stand beside every run. The result is written to
``benchmarks/results/tables.md`` and ``tables.json``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import evaluation, rendering, running
from benchmarks.datasets import PAPER_TABLES, Dataset, load, names

RESULTS = Path(__file__).parent / "results"


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tables",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", default=",".join(PAPER_TABLES), help="names, comma-separated")
    parser.add_argument("--seeds", default="0,1,2", help="seeds, comma-separated")
    parser.add_argument("--out", type=Path, help="folder of the results (benchmarks/results)")
    parser.add_argument("--synthetic", type=Path, help="measure this CSV file, run nothing")
    parser.add_argument("--command", help="the program to run instead of jensen")
    parser.add_argument("--work", type=Path, help="keep splits and synthetic files in this folder")
    parser.add_argument("--worst", type=int, default=5, help="columns and pairs to name per run")
    parser.add_argument("--jobs", type=int, help="threads of the measures (all cores)")
    parser.add_argument("--keep", action="store_true", help="keep what is recorded of other sets")
    parser.add_argument("--quick", action="store_true", help="no baselines, fewer measures")
    options = parser.parse_args(arguments)
    options.data = options.data.split(",")
    options.seeds = [int(seed) for seed in options.seeds.split(",")]
    if unknown := [name for name in options.data if name not in names()]:
        parser.error(f"no data set {', '.join(unknown)}; there are {', '.join(names())}")
    if options.synthetic and len(options.data) != 1:
        parser.error("--synthetic needs the one --data set that the file imitates")
    return options


def fit_and_measure(data: Dataset, seed: int, options, work: Path) -> dict:
    """One run of the synthesizer and all its figures."""
    out = work / data.name / f"seed-{seed}" / "synthetic.csv"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    row = running.run(data.write(work), out, len(data.train), seed, options.command)
    return row | _measured(data, out, options)


def _measured(data: Dataset, path: Path, options) -> dict:
    """All figures of a synthetic file, the time they took, and where it is worst."""
    start, synthetic = time.perf_counter(), data.read(path)
    row = evaluation.measure(data, synthetic, quick=options.quick, n_jobs=options.jobs)
    row["measuring_seconds"] = time.perf_counter() - start
    return row | {"worst": evaluation.worst(data, synthetic, options.worst)}


def benchmark(name: str, options, work: Path) -> dict:
    """All runs on one data set, printed as they end, then the baselines and the verdicts."""
    data, runs = load(name), {}
    say(f"\n## {name}: {len(data.train)} training rows, {len(data.held_out)} held out")
    if options.synthetic:
        runs[options.synthetic.name] = _measured(data, options.synthetic, options)
    else:
        for seed in options.seeds:
            runs[f"jensen, seed {seed}"] = fit_and_measure(data, seed, options, work)
            say(brief(f"seed {seed}", runs[f"jensen, seed {seed}"]))
    start = time.perf_counter()
    baselines = {} if options.quick else evaluation.baselines(data, options.jobs)
    result = {
        "rows": len(data.train),
        "held_out_rows": len(data.held_out),
        "runs": runs,
        "baselines": baselines,
        "baseline_seconds": time.perf_counter() - start,
        "targets": evaluation.judge(name, list(runs.values())),
    }
    say(rendering.figures(runs | baselines) + "\n" + rendering.verdicts(result["targets"]))
    for title, row in runs.items():
        for kind, items in row["worst"].items():
            say(f"{title}, worst {kind}: " + ", ".join(f"{key} {v:.2f}" for key, v in items))
    return result


def brief(title: str, row: dict) -> str:
    return f"{title}: " + ", ".join(
        f"{heading} {rendering.cell(row, key)}"
        for key, (heading, _) in rendering.COLUMNS.items()
        if row.get(key) is not None
    )


def say(text: str) -> None:
    print(text, flush=True)


def write(results: dict, folder: Path) -> None:
    """``tables.md`` and ``tables.json`` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tables.md").write_text(rendering.document(results))
    text = json.dumps(results, indent=1) + "\n"
    temporary = re.escape(tempfile.gettempdir())  # where runs worked is of no interest
    (folder / "tables.json").write_text(re.sub(rf"{temporary}/\w+", "build", text))


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    # A file measured by hand does not replace the recorded results unless a folder is named.
    out = options.out or (None if options.synthetic or options.quick else RESULTS)
    given = sys.argv[1:] if arguments is None else arguments
    results = {
        "command": " ".join(["python -m benchmarks.tables", *given]),
        "date": rendering.today(),
        "machine": rendering.machine(),
        "data": {},
    }
    if options.keep and out and (out / "tables.json").exists():
        before = json.loads((out / "tables.json").read_text())
        results["data"] = before["data"]
        results["command"] = before["command"] + "`, `" + results["command"]
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.data:
            results["data"][name] = benchmark(name, options, options.work or Path(scratch))
            if out:  # after each data set, so that an interrupted benchmark keeps what it has
                write(results, out)
    verdicts = [
        item["verdict"] for result in results["data"].values() for item in result["targets"]
    ]
    return int(any(verdict != "reached" for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
