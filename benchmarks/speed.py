"""How fast rows are drawn, once compiled, and how fast the command line answers.

    python -m benchmarks.speed [--rows 200000]

Rates are of whole rows of Shoppers as a table in memory, codes decoded into values. They do
not depend on the weights, so the models are hardly trained.
"""

import argparse
import subprocess
import sys
import tempfile
import time

from benchmarks.datasets import load

TARGETS = {"autoregressive": 30_000, "independent": 100_000}
HELP_SECONDS = 0.3


def sampling_rate(path, likelihood: str, rows: int) -> float:
    """Rows per second of `sample_table`, best of three, after a first call has compiled it."""
    from jensen import VAE

    vae = VAE(likelihood=likelihood, steps=25).fit(path)
    vae.sample_table(0, 10)
    best = 0.0
    for repeat in range(3):
        start = time.perf_counter()
        vae.sample_table(repeat * rows, (repeat + 1) * rows)
        best = max(best, rows / (time.perf_counter() - start))
    return best


def help_seconds() -> float:
    """Wall time of `jensen --help`, best of five."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "jensen", "--help"], capture_output=True, check=True)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> int:
    """Print every figure beside its target; 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    reached = []
    with tempfile.TemporaryDirectory() as folder:
        path = load("shoppers").write(folder)
        for likelihood, target in TARGETS.items():
            rate = sampling_rate(path, likelihood, rows)
            reached.append(rate >= target)
            print(f"sampling, {likelihood}: {rate:,.0f} rows/s (to reach: {target:,})", flush=True)
    seconds = help_seconds()
    reached.append(seconds < HELP_SECONDS)
    print(f"jensen --help: {seconds:.2f} s (to reach: under {HELP_SECONDS} s)")
    return 0 if all(reached) else 1


if __name__ == "__main__":
    raise SystemExit(main())
