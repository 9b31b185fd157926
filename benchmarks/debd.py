"""Binary tables of density estimation: our bounds on log p of their test rows.

    python -m benchmarks.debd [--data nltcs,plants] [--k 100]

Each set is fitted with default settings to its training rows (a tenth of them choose the weights;
its validation rows are not used), and its test rows are scored by the ELBO and by IWAE with K
draws, both below log p(x). Sets in the results already are not fitted again.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.datasets import data_folder

SETS = "nltcs,plants,baudio,jester,bnetflix,accidents,dna,mushrooms,nips,moviereview"


def rows(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows of zeros and ones."""
    with np.load(data_folder() / "debd" / f"{name}.npz", allow_pickle=False) as arrays:
        return arrays["train"], arrays["test"]


def product_of_marginals(train: np.ndarray, test: np.ndarray) -> float:
    """Mean test log-likelihood of independent Bernoullis with one more row of each value."""
    p = (train.sum(0) + 1) / (len(train) + 2)
    return float((test * np.log(p) + (1 - test) * np.log1p(-p)).sum(1).mean())


def measure(name: str, k: int, seed: int) -> dict[str, float]:
    """A fit, and the bounds of the test rows, nats per row with their standard errors."""
    from jensen import VAE

    train, test = rows(name)
    names = [f"x{i}" for i in range(train.shape[1])]
    started = time.perf_counter()
    frames = [pl.DataFrame(x.astype(np.int64), schema=names) for x in (train, test)]
    kinds = dict.fromkeys(names, "categorical")  # a mass on 0 and 1 and on nothing else
    vae = VAE(seed=seed, columns=kinds).fit(frames[0])
    seconds = time.perf_counter() - started
    found: dict[str, float] = {"marginals": product_of_marginals(train, test), "seconds": seconds}
    for bound in ("elbo", "iwae"):
        value = vae.score_samples(frames[1], bound=bound, k=k if bound == "iwae" else None)
        found[bound] = float(value.mean())
        found[f"{bound}_error"] = float(value.std(ddof=1) / np.sqrt(len(value)))
    return found | {"k": k, "kl": vae.held_out_.kl}


def line(name: str, r: dict[str, float]) -> str:
    """One line of the table that is printed."""
    bounds = [f"{r[b]:.2f} ± {r[f'{b}_error']:.2f}" for b in ("elbo", "iwae")]
    cells = [name, f"{r['marginals']:.2f}", *bounds, f"{r['seconds']:.0f}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print one line a set and write them all to benchmarks/results/debd.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=SETS)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "debd.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    print("| set | product of marginals | ELBO | IWAE | fit s |")
    print("|---|---|---|---|---|")
    for name in options.data.split(","):
        if name not in results:
            results[name] = measure(name, options.k, options.seed)
            file.write_text(json.dumps(results, indent=1) + "\n")
        print(line(name, results[name]), flush=True)


if __name__ == "__main__":
    main()
