"""Which decoder should be the default: the held-out bound of both, on every table.

    python -m benchmarks.decoders [--steps 600] [--data adult,penguins]

Each table is fitted twice with the same split, seed and number of steps; only p(x|z) differs.
The bounds are comparable, since one schema and one codec serve both.
"""

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.datasets import load

TABLES = (
    *("abalone", "adult", "california_housing", "default", "diamonds", "exoplanets", "htru2"),
    *("hypothyroid", "magic", "news_subset", "nyc_weather", "penguins", "protein", "shoppers"),
    *("wine_red", "wine_white", "nltcs", "plants"),
)
DECODERS = ("autoregressive", "independent")


def held_out(path: Path, likelihood: str, steps: int) -> dict[str, float]:
    """Held-out bound, its standard error and KL, and what the product of marginals has."""
    from jensen import VAE

    found = VAE(likelihood=likelihood, steps=steps).fit(path).held_out_
    return found.model_dump(include={"bound", "standard_error", "kl", "marginals"})


def main() -> None:
    """Print one line a table and write them all to benchmarks/results/decoders.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--data", default=",".join(TABLES))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    print("| data | marginals | independent | autoregressive | gain of the latter |")
    print("|---|---|---|---|---|")
    results: dict[str, dict[str, dict[str, float]]] = {}
    for name in options.data.split(","):
        with tempfile.TemporaryDirectory() as folder:
            path = load(name).write(folder)
            results[name] = {d: held_out(path, d, options.steps) for d in DECODERS}
        ar, independent = (results[name][d] for d in DECODERS)
        cells = [f"{r['bound']:.2f} ± {r['standard_error']:.2f}" for r in (independent, ar)]
        gain = ar["bound"] - independent["bound"]
        row = [name, f"{ar['marginals']:.2f}", *cells, f"{gain:+.2f}"]
        print("| " + " | ".join(row) + " |", flush=True)
        options.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"steps": options.steps, "tables": results}, indent=1)
        (options.out / "decoders.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
