"""Test log-likelihoods of binary images, by the published networks, each model at one budget.

    python -m benchmarks.likelihood [--data binarized_mnist] [--models "vae;hvae"] [--epochs 40]

Binarised MNIST is the static set (Larochelle & Murray 2011), Caltech-101 Silhouettes split 1.
All models of a run have the same number of epochs; weights are chosen by the elbo of the
validation images, and the test images are scored with importance-sampled bounds (K draws from
q), as the papers take them. Models in the results already, at these epochs, are not fitted again.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import published
from benchmarks.datasets import data_folder
from jensen.bounds import iwae, over_rows
from jensen.estimator.terms import resolve
from jensen.latent_model import LatentModel
from jensen.training import Rows, TrainingConfig, fit_model


@dataclass(frozen=True)
class Model:
    """A published model: its prior, what is maximised, its layers and latent dimensions."""

    prior: str = "normal"
    bound: str = "elbo"
    layer: str = "gated"
    latent_dim: int = 40
    two_layers: bool = False


BATCH = 200
N_PSEUDO_INPUTS = 500
LAYERS = {"gated": published.Gated, "tanh": published.Tanh}
WIDTH = {"gated": 300, "tanh": 200}
MODELS = {
    "vae": Model(),
    "vae + vamp": Model(prior="vamp"),
    "vae + flow": Model(prior="realnvp:layers=6"),
    "hvae": Model(two_layers=True),
    "hvae + vamp": Model(prior="vamp", two_layers=True),
    "vae, tanh": Model(layer="tanh", latent_dim=50),
    "iwae-5, tanh": Model(bound="iwae:k=5", layer="tanh", latent_dim=50),
}
VAMP = "Tomczak & Welling 2018, table 1"
PUBLISHED = {
    "binarized_mnist": {
        "vae": f"-88.56 † ({VAMP})",
        "vae + vamp": f"-85.57 ({VAMP})",
        "hvae": f"-86.05 † ({VAMP})",
        "hvae + vamp": f"-83.19 ({VAMP})",
    },
    "caltech101_silhouettes": {
        "vae": f"-123.43 † ({VAMP})",
        "vae + vamp": f"-114.55 † ({VAMP})",
        "hvae": f"-112.08 † ({VAMP})",
        "hvae + vamp": f"-108.28 † ({VAMP})",
    },
}
"""Importance-sampled test log-likelihoods, nats; † as remembered, not looked up."""


def pseudo_inputs(data: str, n_pixels: int) -> np.ndarray:
    """Where those of a VampPrior begin: as in github.com/jmtomczak/vae_vampprior."""
    mean = {"binarized_mnist": 0.05, "caltech101_silhouettes": 0.8}[data]
    noise = np.random.default_rng(0).normal(size=(N_PSEUDO_INPUTS, n_pixels))
    return (mean + 0.01 * noise).astype(np.float32)


def images(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training, validation and test images of zeros and ones, shape (n, 784)."""
    if name == "binarized_mnist":
        file, fields = "binarized_mnist/binarized_mnist.npz", ("train", "valid", "test")
    else:
        file = "caltech101_silhouettes/caltech101_silhouettes_28_split1.npz"
        fields = ("x_train", "x_valid", "x_test")
    with np.load(data_folder() / file, allow_pickle=False) as arrays:
        parts = [arrays[f] for f in fields]
    if name == "binarized_mnist":
        parts = [np.unpackbits(x, axis=1) for x in parts]
    return tuple(x.reshape(len(x), -1).astype(np.float32) for x in parts)


def build(name: str, data: str, train: np.ndarray, key) -> LatentModel:
    """A model before any training."""
    spec, shares = MODELS[name], train.mean(0)
    layer, width = LAYERS[spec.layer], WIDTH[spec.layer]
    seeds = pseudo_inputs(data, len(shares)) if spec.prior == "vamp" else None
    if spec.two_layers:
        return LatentModel(
            *published.two_layers(layer, width, spec.latent_dim, shares, seeds, key=key)
        )
    pkey, lkey, qkey = jax.random.split(key, 3)
    q = published.encoder(layer, len(shares), width, spec.latent_dim, key=qkey)
    p_x = published.decoder(layer, spec.latent_dim, width, jnp.asarray(shares), key=lkey)
    if seeds is not None:
        return LatentModel(published.vamp(seeds), p_x, published.Pixels(q))
    p_z = resolve("prior", spec.prior).build(spec.latent_dim, hidden=len(shares), key=pkey)
    return LatentModel(p_z, p_x, q)


def fit(
    name: str, data: str, parts: tuple[np.ndarray, ...], epochs: int, seed: int
) -> dict[str, Any]:
    """Train at a budget, score the test images; all figures in nats per image."""
    train, valid, test = parts
    config = TrainingConfig(
        steps=epochs * len(train) // BATCH,
        batch_size=BATCH,
        learning_rate=1e-3,
        weight_decay=0.0,
        kl_warm_up=0.1,
        patience=1.0,
    )
    objective = resolve("bound", MODELS[name].bound)
    rows = [Rows(x, np.zeros(len(x))) for x in (train, valid)]
    model = build(name, data, train, jax.random.key(seed))
    model, history = fit_model(model, *rows, config, seed, lambda p: None, None, objective)
    return {
        "epochs": epochs,
        "seed": seed,
        "validation_elbo": history.best.held_out,
        "curve": [[c.step, round(c.held_out, 3)] for c in history.checks],
        **_test(model, test),
    }


def _test(model: LatentModel, test: np.ndarray, k: int = 500) -> dict[str, Any]:
    """IWAE-K of the test images, with the standard error over images."""
    of_row = eqx.Partial(_iwae, k)
    value = over_rows(jax.random.key(1), of_row, model, test)
    error = float(value.std(ddof=1) / np.sqrt(len(value)))
    return {"k": k, "test": float(value.mean()), "standard_error": error}


def _iwae(k: int, key, model: LatentModel, x):
    return iwae(key, model, x, n_samples=k)


def line(data: str, name: str, r: dict[str, Any]) -> str:
    """One line of the table that is printed."""
    figure = f"{r['test']:.2f} ± {r['standard_error']:.2f}"
    cells = [
        name,
        figure,
        f"{r['validation_elbo']:.2f}",
        f"{r['epochs']}",
        PUBLISHED.get(data, {}).get(name, ""),
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print one line a model and write all of them to benchmarks/results/likelihood.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="binarized_mnist")
    parser.add_argument("--models", default=";".join(MODELS), help="names, with ; between")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, default=None, help="training images (all)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    train, valid, test = images(options.data)
    parts = train[: options.rows], valid, test
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "likelihood.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    known = results.setdefault(options.data, {})
    print("| model | test, importance sampled | validation elbo | epochs | published |")
    print("|---|---|---|---|---|")
    for name in options.models.split(";"):
        if known.get(name, {}).get("epochs") != options.epochs:
            known[name] = fit(name, options.data, parts, options.epochs, options.seed)
            file.write_text(json.dumps(results, indent=1) + "\n")
        print(line(options.data, name, known[name]), flush=True)


if __name__ == "__main__":
    main()
