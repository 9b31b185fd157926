"""Make the pictures of docs/derivation.md anew: a fit of samples in the plane, two minutes.

python -m docs.pictures.derivation

Both x and z lie in the plane, so log p(x) = log of the integral of p(x|z) p(z) over z is a sum over
a fine grid, and what the bounds leave out can be seen.
"""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import numpyro.distributions as dist

from jensen.bounds import elbo_rows, iwae, over_rows
from jensen.latent_model import LatentModel, sample_block
from jensen.networks import Linear
from jensen.priors import standard_normal
from jensen.training import Rows, TrainingConfig, fit_model

HERE = Path(__file__).resolve().parent
N_TRAIN, N_HELD_OUT, HIDDEN = 4_000, 1_000, 64
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
EDGE = 3.2
"""The pictures show x from -EDGE to EDGE."""
LEAST = -12
"""nats: where log p(x) is less, the gap is not shown."""
STEP = np.linspace(-5, 5, 401)
"""The grid of z, one direction; steps half as wide change no log p(x) that is shown by 0.001."""
plt.rcParams.update({"font.size": 10, "axes.titlesize": 11, "axes.titlelocation": "left"})


def network(n: int, m: int, key: Any) -> list[Linear]:
    """Three layers."""
    sizes = [(n, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, m)]
    keys = jax.random.split(key, 3)
    return [Linear(*size, key=key) for size, key in zip(sizes, keys, strict=True)]


def run(layers: list[Linear], h: Any) -> Any:
    """tanh between the layers."""
    for layer in layers[:-1]:
        h = jnp.tanh(layer(h))
    return layers[-1](h)


class Decoder(eqx.Module):
    """p(x|z) = N(network(z), scale^2 I)."""

    layers: list[Linear]
    log_scale: jax.Array

    def __call__(self, z: jax.Array) -> dist.Distribution:
        """p(x|z) of one z."""
        return dist.Normal(run(self.layers, z), jnp.full(2, jnp.exp(self.log_scale))).to_event(1)


class Encoder(eqx.Module):
    """q(z|x) = N(loc, diag(scale^2)), both by a network."""

    layers: list[Linear]

    def __call__(self, x: jax.Array) -> dist.Distribution:
        """q(z|x) of one x."""
        loc, log_scale = jnp.split(run(self.layers, x), 2)
        return dist.Normal(loc, jnp.exp(log_scale)).to_event(1)


def spiral(n: int, seed: int) -> np.ndarray:
    """n samples around one turn and a half of a spiral."""
    rng = np.random.default_rng(seed)
    turn = 2 * np.pi * (0.25 + 1.5 * np.sqrt(rng.random(n)))
    arm = turn[:, None] / 4.2 * np.stack([np.cos(turn), np.sin(turn)], 1)
    return (arm + 0.12 * rng.normal(size=(n, 2))).astype(np.float32)


def fit() -> LatentModel:
    """The model of the pictures."""
    pkey, qkey = jax.random.split(jax.random.key(0))
    decoder = Decoder(network(2, 2, pkey), jnp.asarray(-1.0))
    start = LatentModel(standard_normal(2), decoder, Encoder(network(2, 4, qkey)))
    train, held_out = (
        Rows(spiral(n, seed), np.zeros(n)) for n, seed in [(N_TRAIN, 0), (N_HELD_OUT, 1)]
    )
    config = TrainingConfig(
        steps=6_000, batch_size=256, learning_rate=5e-3, weight_decay=0.0, patience=1.0
    )
    return fit_model(start, train, held_out, config, 0, lambda progress: None)[0]


@eqx.filter_jit
def _log_p(model: LatentModel, x: jax.Array) -> jax.Array:
    z = jnp.stack(jnp.meshgrid(jnp.asarray(STEP), jnp.asarray(STEP)), -1).reshape(-1, 2)
    z = z.astype(x.dtype)
    loc = jax.vmap(lambda one: run(model.likelihood.layers, one))(z)
    scale = jnp.exp(model.likelihood.log_scale)
    log_mass = jax.vmap(model.p_z().log_prob)(z) + 2 * np.log(STEP[1] - STEP[0])

    def of_row(row: jax.Array) -> jax.Array:
        square = jnp.sum(((row[None] - loc) / scale) ** 2, 1)
        log_likelihood = -0.5 * square - 2 * jnp.log(scale) - np.log(2 * np.pi)
        return jax.nn.logsumexp(log_likelihood + log_mass)

    return jax.lax.map(of_row, x)


def log_p(model: LatentModel, x: np.ndarray) -> np.ndarray:
    """log p(x) of every row, summed over the grid of z, in nats."""
    return np.asarray(_log_p(model, jnp.asarray(x)), np.float64)


def plane(n: int) -> tuple[np.ndarray, np.ndarray]:
    """n positions of an edge, and the n * n points of the plane that they make."""
    edge = np.linspace(-EDGE, EDGE, n)
    points = np.stack(np.meshgrid(edge, edge), -1).reshape(-1, 2)
    return edge, points.astype(np.float32)


def save(figure: Any, name: str) -> None:
    """As PNG beside this file."""
    figure.savefig(HERE / f"{name}.png", dpi=100, metadata={"Software": None})
    plt.close(figure)


def draw_samples(model: LatentModel) -> None:
    """Samples, and as many of the model, over contours of its density."""
    given = spiral(1_000, 2)
    more = np.asarray(sample_block(jax.random.key(1), model, jnp.uint32(0), 1_000)[0])
    edge, points = plane(110)
    density = np.exp(log_p(model, points)).reshape(110, 110)
    figure, axes = plt.subplots(
        1, 2, figsize=(8.6, 4.7), sharex=True, sharey=True, layout="constrained"
    )
    for axis, x, title in zip(axes, [given, more], ["samples x", "more samples"], strict=True):
        levels = density.max() * np.array([0.02, 0.1, 0.25, 0.5, 0.75])
        axis.scatter(*x.T, s=4, color="tab:blue", linewidths=0)
        axis.contour(edge, edge, density, levels=levels, colors="tab:orange", linewidths=1)
        axis.set(title=f"1,000 {title}", aspect="equal", xlabel="$x_1$")
        axis.set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE))
    axes[0].set_ylabel("$x_2$")
    save(figure, "derivation-samples")


def of_size(n_samples: int) -> Any:
    """iwae_K of one row."""
    return lambda key, model, x: iwae(key, model, x, n_samples=n_samples)


def draw_bound(model: LatentModel) -> None:
    """The mean bound of held-out rows against K, below log p(x)."""
    x, key = spiral(4_000, 3), jax.random.key(2)
    truth = log_p(model, x)
    below = [over_rows(key, of_size(k), model, x) - truth for k in SIZES]
    mean, error = np.mean(below, 1), np.std(below, 1) / len(x) ** 0.5
    low = elbo_rows(key, model, x, n_samples=8).value.mean() - truth.mean()
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    axis.axhline(truth.mean(), color="black", label="log p(x), integrated over z")
    axis.errorbar(SIZES, truth.mean() + mean, 2 * error, marker="o", capsize=3, label="iwae$_K$")
    axis.axhline(truth.mean() + low, color="tab:red", linestyle="--", label="elbo")
    axis.set_xscale("log", base=2)
    axis.set_xticks(SIZES, [str(k) for k in SIZES])
    axis.set(title=f"{len(x):,} held-out rows", xlabel="K, draws of z for one bound")
    axis.set_ylabel("mean, nats per row (larger is better)")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(loc="center right", frameon=False)
    save(figure, "derivation-bound")


def draw_gap(model: LatentModel) -> None:
    """log p(x), the elbo, and their difference, over the plane; grey where x is improbable."""
    n = 110
    edge, points = plane(n)
    truth = log_p(model, points)
    bound = elbo_rows(jax.random.key(3), model, points, n_samples=256).value
    figure, axes = plt.subplots(1, 3, figsize=(11.5, 3.9), sharey=True, layout="constrained")
    gap = np.where(truth < LEAST, np.nan, truth - bound)
    shown = [("log p(x)", truth), ("elbo", bound), ("gap = log p(x) - elbo", gap)]
    for axis, (title, value) in zip(axes, shown, strict=True):
        last = value is gap
        low, high, colours = (0, 4, "magma_r") if last else (LEAST, 0, "viridis")
        image = axis.pcolormesh(
            edge, edge, value.reshape(n, n), vmin=low, vmax=high, cmap=colours, rasterized=True
        )
        axis.set_facecolor("lightgrey")
        axis.set(title=title, aspect="equal", xlabel="$x_1$")
        if axis is not axes[0]:
            extend = "max" if last else "min"
            where = axis if last else list(axes[:2])
            figure.colorbar(image, ax=where, label="nats", extend=extend, shrink=0.85)
    axes[0].set_ylabel("$x_2$")
    save(figure, "derivation-gap")


if __name__ == "__main__":
    model = fit()
    draw_samples(model)
    draw_bound(model)
    draw_gap(model)
