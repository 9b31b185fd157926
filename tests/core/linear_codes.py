"""A linear-Gaussian model inside the decoder of a table: its own weights, set by hand.

x_j = w_j z + b_j + s_j e on a grid of codes much finer than s_j, so that sums over codes are
integrals, and every conditional is the closed form of a Gaussian's.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from jensen.latent_model import LatentModel
from jensen.likelihoods import CodeCounts, Codes, Independent
from jensen.priors import standard_normal

W = np.array([[1.0, 0.2], [-0.7, 0.6], [0.3, -1.1], [0.8, 0.8]])
B = np.array([0.3, -0.5, 0.0, 0.4])
S = np.array([0.5, 0.6, 0.7, 0.6])
GRID = np.linspace(-7.0, 7.0, 71)
"""Values that the codes of every column stand for."""
COVARIANCE = W @ W.T + np.diag(S**2)
LARGE = 1_000.0
"""An entry beside which z hardly changes the length of a vector, which the head divides by."""


def linear_model() -> LatentModel:
    """The model; its encoder is not needed."""
    d, c = len(B), len(GRID)
    counts = np.ones(c, np.int64)
    codes = Codes.of([CodeCounts(counts, np.ones(c, bool)) for _ in range(d)])
    decoder = Independent.create(codes, 2, width=4, n_blocks=0, key=jax.random.key(0))
    scaled = np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]])
    mean = np.concatenate([W * LARGE / 2, B[:, None] / 2, np.zeros((d, 1))], 1)
    slope = GRID[None] / S[:, None] ** 2
    square = -0.5 * GRID[None] ** 2 / S[:, None] ** 2
    weights = {
        "latent.weight": scaled,
        "latent.bias": np.array([0, 0, LARGE, 0]),
        # gelu(a) - gelu(-a) = a: two units of a column's own layer carry its mean
        "head.own": np.stack([mean, -mean], 2),
        "head.smooth": np.zeros(decoder.head.smooth.shape),
        "head.free": np.stack([slope, -slope], 2),
        "head.bias": square - np.asarray(codes.log_marginal),
    }
    for path, value in weights.items():
        part, leaf = path.split(".")
        at = lambda m, part=part, leaf=leaf: getattr(getattr(m, part), leaf)  # noqa: E731
        decoder = eqx.tree_at(at, decoder, jnp.asarray(value, jnp.float32))
    return LatentModel(standard_normal(2), decoder, None)


def given(known: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the other columns, given values of some."""
    o = list(known)
    m = [j for j in range(len(B)) if j not in known]
    gain = COVARIANCE[np.ix_(m, o)] @ np.linalg.inv(COVARIANCE[np.ix_(o, o)])
    mean = B[m] + gain @ (np.array(list(known.values())) - B[o])
    return mean, COVARIANCE[np.ix_(m, m)] - gain @ COVARIANCE[np.ix_(o, m)]


def in_range(j: int, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of all columns, given that column j has one of some values."""
    p = np.exp(-0.5 * (inside - B[j]) ** 2 / COVARIANCE[j, j])
    p /= p.sum()
    mean = (p * inside).sum()
    slope = COVARIANCE[:, j] / COVARIANCE[j, j]
    rest = COVARIANCE - np.outer(slope, COVARIANCE[j])
    spread = (p * (inside - mean) ** 2).sum()
    return B + slope * (mean - B[j]), rest + np.outer(slope, slope) * spread


def moments(x: Any, log_w: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """Weighted mean and covariance of rows of codes, as values, and the effective number."""
    v, w = GRID[np.asarray(x)], np.exp(np.asarray(log_w, np.float64))
    w /= w.sum()
    mean = w @ v
    return mean, (w[:, None] * (v - mean)).T @ (v - mean), 1 / (w**2).sum()
