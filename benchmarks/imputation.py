"""Gaps filled by jensen and by the imputers people use, on values that were hidden.

    python -m benchmarks.imputation [--data abalone,shoppers] [--patterns mcar20,mcar50,mar]
                                    [--methods jensen,mean] [--rows 4000] [--limit 3600] [--again]

Values of complete tables are hidden, at random (mcar: 20 or 50 of 100) or more often in rows
whose first number is above its median (mar: 50 against 10 of 100). Each method is a process of its
own (benchmarks/imputers), sees what is left and fills the gaps of the same table. What is in
results/imputation.json already, of as many rows and the same seed, is not run again. At the end
docs/imputation.md is written from all of it. What is measured: benchmarks/filling.py.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import environments
from benchmarks.datasets import MISSING, load
from benchmarks.filling import Filled, measured
from benchmarks.imputation_page import FIGURES, page

TABLES = "abalone,wine_red,magic,california_housing,shoppers,default,hypothyroid"
RESULTS, PAGE = Path("benchmarks/results/imputation.json"), Path("docs/imputation.md")
ROOT = Path(__file__).resolve().parents[1]
COPIES = 20


@dataclass(frozen=True)
class Method:
    """The module that holds a method, and the environment it needs, None for jensen's own."""

    module: str
    environment: str | None = None

    def command(self) -> list[str]:
        """How the module is started; makes its environment where there is none."""
        own = self.environment is None
        python = sys.executable if own else environments.python(self.environment)
        return [str(python), "-m", self.module]


METHODS = {
    "jensen": Method("benchmarks.imputers.jensen"),
    **dict.fromkeys(("mean", "knn", "iterative", "forest"), Method("benchmarks.imputers.scikit")),
    "miceforest": Method("benchmarks.imputers.miceforest", "miceforest"),
    **dict.fromkeys(
        ("miwae", "hyperimpute"), Method("benchmarks.imputers.hyperimpute", "hyperimpute")
    ),
}


class MethodError(RuntimeError):
    """A method was over the limit, or failed; the message is its own last line."""


def complete(name: str, rows: int) -> pl.DataFrame:
    """Rows of a table without real gaps, the same ones for every method.

    Columns that are mostly gaps, or then hold but one value, are left out.
    """
    table = load(name).train
    table = table.with_columns(pl.col(pl.String).replace(MISSING, None))
    table = table.select(c for c in table if c.null_count() < len(table) / 2).drop_nulls()
    table = table.select(c for c in table if c.n_unique() > 1)
    return table.sample(min(rows, len(table)), seed=0)


def hide(table: pl.DataFrame, pattern: str, seed: int) -> np.ndarray:
    """Which cells are hidden, shape (n, d)."""
    rng = np.random.default_rng(seed)
    n, d = table.shape
    if pattern.startswith("mcar"):
        return rng.random((n, d)) < int(pattern[4:]) / 100
    at = [dtype == pl.Float64 for dtype in table.dtypes].index(True)
    first = table.to_series(at).to_numpy()
    rate = np.where(first > np.median(first), 0.5, 0.1)
    hidden = rng.random((n, d)) < rate[:, None]
    hidden[:, at] = False
    return hidden


def with_gaps(table: pl.DataFrame, hidden: np.ndarray) -> pl.DataFrame:
    """The table, null where hidden."""
    columns = zip(table.columns, hidden.T, strict=True)
    return table.with_columns(table[name].set(pl.Series(h), None) for name, h in columns)


def fill(method: str, seen: pl.DataFrame, seed: int, limit: float) -> tuple[Filled, dict]:
    """What the method made of the table, and what it printed: its seconds, its version.

    Raises:
        MethodError: it took more than ``limit`` seconds, all included, or failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        seen.write_csv(folder / "seen.csv")
        kinds = {c: "number" if t == pl.Float64 else "category" for c, t in seen.schema.items()}
        (folder / "kinds.json").write_text(json.dumps(kinds))
        arguments = [method, scratch, str(COPIES), str(seed)]
        try:
            command = [*METHODS[method].command(), *arguments]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=limit, cwd=ROOT, check=False
            )
        except subprocess.TimeoutExpired:
            raise MethodError(f"over the limit of {limit:g} s") from None
        except subprocess.CalledProcessError:
            raise MethodError("its environment cannot be made") from None
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise MethodError(said[-1][:200])
        return Filled.read(folder, seen), json.loads(done.stdout.strip().splitlines()[-1])


def run(method: str, table: pl.DataFrame, pattern: str, options: argparse.Namespace) -> dict:
    """Figures of a method on one table, or why there are none."""
    hidden = hide(table, pattern, options.seed)
    about = {"rows": len(table), "seed": options.seed}
    try:
        filled, printed = fill(method, with_gaps(table, hidden), options.seed, options.limit)
        return measured(table, hidden, filled) | printed | about
    except MethodError as error:
        return {"failed": str(error)} | about


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default=TABLES, help="sets, comma-separated")
    parser.add_argument("--patterns", default="mcar20,mcar50,mar")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--rows", type=int, default=4_000, help="most rows of a table")
    parser.add_argument("--seed", type=int, default=0, help="of what is hidden, and of methods")
    parser.add_argument("--limit", type=float, default=3_600, help="seconds a method may take")
    parser.add_argument("--again", action="store_true", help="also what is recorded, or failed")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where results are kept")
    parser.add_argument("--page", type=Path, help=f"where they are shown; {PAGE} for {RESULTS}")
    options = parser.parse_args(arguments)
    if unknown := set(options.methods.split(",")) - set(METHODS):
        parser.error(f"no method {', '.join(sorted(unknown))}; there are {', '.join(METHODS)}")
    if options.page is None and options.out == RESULTS:
        options.page = PAGE
    return options


def main(arguments: list[str] | None = None) -> None:
    """Run what is not recorded; print a line for each; write results, and their page."""
    options = parse(arguments)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    for name in options.data.split(","):
        table = complete(name, options.rows)
        for pattern in options.patterns.split(","):
            found = results.setdefault(name, {}).setdefault(pattern, {})
            for method in options.methods.split(","):
                old = found.get(method, {})
                same = (old.get("rows"), old.get("seed")) == (len(table), options.seed)
                if options.again or not same:
                    found[method] = run(method, table, pattern, options)
                    options.out.write_text(json.dumps(results, indent=1) + "\n")
                print(name, pattern, method, line(found[method]), flush=True)
    if options.page:
        options.page.write_text(page(results))


def line(found: dict) -> str:
    return found.get("failed") or ", ".join(f"{k} {found[k]:.3f}" for k in FIGURES if k in found)


if __name__ == "__main__":
    main()
