"""Binary tables of density estimation: our bounds on log p of their test rows.

    python -m benchmarks.debd [--data nltcs,plants] [--k 100]

Each set is fitted with default settings to its training rows (a tenth of them choose the weights;
its validation rows are not used), and its test rows are scored by the ELBO and by IWAE with K
draws, both below log p(x). Beside them are exact likelihoods: of the product of marginals, and of
the best tree of pairwise dependences (Chow & Liu 1968); then what others have published. Sets in
the results already are not fitted again.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from benchmarks.datasets import data_folder

SETS = "nltcs,plants,baudio,jester,bnetflix,accidents,dna,mushrooms,nips,moviereview"
SPN = "ID-SPN, Rooshenas & Lowd 2014"
MADE = "MADE, Germain et al. 2015"
PUBLISHED = {
    "nltcs": f"-6.02 † ({SPN})",
    "plants": f"-12.54 † ({SPN})",
    "baudio": f"-39.79 † ({SPN})",
    "jester": f"-52.86 † ({SPN})",
    "bnetflix": f"-56.36 † ({SPN})",
    "accidents": f"-26.98 † ({SPN})",
    "dna": f"-79.66 † ({MADE})",
    "mushrooms": f"-9.68 † ({MADE})",
    "nips": f"-277.28 † ({MADE})",
}
"""Exact test log-likelihoods of models that have them, nats; † as remembered, not looked up."""


def rows(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows of zeros and ones."""
    with np.load(data_folder() / "debd" / f"{name}.npz", allow_pickle=False) as arrays:
        return arrays["train"], arrays["test"]


def product_of_marginals(train: np.ndarray, test: np.ndarray) -> float:
    """Mean test log-likelihood of independent Bernoullis with one more row of each value."""
    p = (train.sum(0) + 1) / (len(train) + 2)
    return float((test * np.log(p) + (1 - test) * np.log1p(-p)).sum(1).mean())


def chow_liu(train: np.ndarray, test: np.ndarray) -> float:
    """Mean test log-likelihood of the tree with the largest sum of mutual informations.

    Pairs of columns have a quarter of a row more of each of their four values, columns half a
    row of each of their two, so that pairs and columns agree.
    """
    x, n = train.astype(np.float64), len(train)
    both = np.stack([x.T @ x, x.T @ (1 - x), (1 - x).T @ x, (1 - x).T @ (1 - x)])
    pair = (both + 0.25) / (n + 1)  # 11, 10, 01, 00
    one = (x.sum(0) + 0.5) / (n + 1)
    sides = [(a, b) for a in (one, 1 - one) for b in (one, 1 - one)]
    information = sum(p * np.log(p / np.outer(a, b)) for p, (a, b) in zip(pair, sides, strict=True))
    np.fill_diagonal(information, 0.0)
    tree = minimum_spanning_tree(-information)
    order, parent = breadth_first_order(tree, 0, directed=False)
    child, mother = order[1:], parent[order[1:]]
    log_p = np.where(test[:, order[0]] == 1, np.log(one[order[0]]), np.log1p(-one[order[0]]))
    state = 3 - 2 * test[:, mother].astype(int) - test[:, child]
    share = pair[:, mother, child] / np.stack([one, one, 1 - one, 1 - one])[:, mother]
    terms = np.log(share)[state, np.arange(len(child))]
    return float((log_p + terms.sum(1)).mean())


def measure(name: str, k: int, seed: int, minutes: float | None) -> dict[str, float | None]:
    """A fit, and the bounds of the test rows, nats per row with their standard errors."""
    from jensen import VAE

    train, test = rows(name)
    names = [f"x{i}" for i in range(train.shape[1])]
    frames = [pl.DataFrame(x.astype(np.int64), schema=names) for x in (train, test)]
    # a mass on 0 and 1 and on nothing else, both known though training rows may have one alone
    kinds = {n: {"kind": "categorical", "levels": ["0", "1"]} for n in names}
    vae = VAE(seed=seed, columns=kinds, minutes=minutes).fit(frames[0])
    found: dict[str, float | None] = {"minutes": minutes}
    for bound in ("elbo", "iwae"):
        value = vae.score_samples(frames[1], bound=bound, k=k if bound == "iwae" else None)
        found[bound] = float(value.mean())
        found[f"{bound}_error"] = float(value.std(ddof=1) / np.sqrt(len(value)))
    return found | {"k": k, "kl": vae.held_out_.kl}


def line(name: str, r: dict[str, float | None]) -> str:
    """One line of the table that is printed."""
    exact = [f"{of(*rows(name)):.2f}" for of in (product_of_marginals, chow_liu)]
    bounds = [f"{r[b]:.2f} ± {r[f'{b}_error']:.2f}" for b in ("elbo", "iwae")]
    budget = f"{r['minutes']:g} min" if r.get("minutes") else "default"
    cells = [name, *exact, *bounds, budget, PUBLISHED.get(name, "")]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print one line a set and write them all to benchmarks/results/debd.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=SETS)
    parser.add_argument("--k", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, help="for each fit at most (default: no limit)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "debd.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    print("| set | product of marginals | Chow-Liu tree | ELBO | IWAE | fit | published, exact |")
    print("|---|---|---|---|---|---|---|")
    for name in options.data.split(","):
        if name not in results:
            results[name] = measure(name, options.k, options.seed, options.minutes)
            file.write_text(json.dumps(results, indent=1) + "\n")
        print(line(name, results[name]), flush=True)


if __name__ == "__main__":
    main()
