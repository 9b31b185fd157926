"""Which decoder should be the default: the held-out bound of both, on every table.

    python -m benchmarks.decoders [--steps 300] [--data adult,penguins] [--again]

Each table is fitted twice with the same split, seed and number of steps; only p(x|z) differs.
The bounds are comparable, since one schema and one codec serve both. Tables in the results
already are not fitted again, unless asked for.
"""

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.arrays import ARRAYS, write
from benchmarks.datasets import load, names

DECODERS = ("autoregressive", "independent")


def path_of(name: str, folder: str) -> Path:
    """A data set's rows as a file."""
    return write(name, folder) if name in ARRAYS else load(name).write(folder)


def held_out(path: Path, likelihood: str, steps: int) -> dict[str, float]:
    """Held-out bound, its standard error and KL, and what the product of marginals has."""
    from jensen import VAE

    found = VAE(likelihood=likelihood, steps=steps).fit(path).held_out_
    return found.model_dump(include={"bound", "standard_error", "kl", "marginals"})


def row(name: str, result: dict[str, dict[str, float]]) -> str:
    """One line of the table that is printed."""
    ar, independent = (result[d] for d in DECODERS)
    cells = [f"{r['bound']:.2f} ± {r['standard_error']:.2f}" for r in (independent, ar)]
    gain = ar["bound"] - independent["bound"]
    return "| " + " | ".join([name, f"{ar['marginals']:.2f}", *cells, f"{gain:+.2f}"]) + " |"


def main() -> None:
    """Print one line a table and write them all to benchmarks/results/decoders.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--data", default=",".join([*names(), *ARRAYS]))
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "decoders.json"
    known = json.loads(file.read_text()) if file.exists() and not options.again else {}
    results = known["tables"] if known.get("steps") == options.steps else {}
    print("| data | marginals | independent | autoregressive | gain of the latter |")
    print("|---|---|---|---|---|")
    for name in options.data.split(","):
        if name not in results:
            with tempfile.TemporaryDirectory() as folder:
                path = path_of(name, folder)
                results[name] = {d: held_out(path, d, options.steps) for d in DECODERS}
        print(row(name, results[name]), flush=True)
        text = json.dumps({"steps": options.steps, "tables": results}, indent=1)
        file.write_text(text + "\n")


if __name__ == "__main__":
    main()
