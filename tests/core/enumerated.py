"""p(x | evidence) of the small table by enumeration of its rows and quadrature over z."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import registry
from jensen.conditionals import Evidence
from jensen.conditionals.evidence import UNKNOWN
from jensen.latent_model import LatentModel

SIZES = tuple(map(len, registry.COUNTS))

Said = dict[int, Any]
"""Column -> a code that is known, a set of codes, or the share of each code that is allowed."""


def evidence(said: Said) -> Evidence:
    """The same for a model."""
    d, c = len(SIZES), max(SIZES)
    x = np.full(d, UNKNOWN, np.int32)
    allowed = (np.arange(c)[None] < np.array(SIZES)[:, None]).astype(np.float32)
    for j, what in said.items():
        if isinstance(what, int):
            x[j] = what
        else:
            shares = what if isinstance(what, dict) else dict.fromkeys(what, 1.0)
            allowed[j] = [shares.get(k, 0.0) for k in range(c)]
    return Evidence(jnp.asarray(x), jnp.asarray(allowed))


def joint(model: LatentModel) -> tuple[np.ndarray, np.ndarray]:
    """p(x) of every row, over a fine grid of z, and the rows."""
    axis = np.linspace(-6.0, 6.0, 121)
    z = jnp.asarray(np.array(list(itertools.product(axis, axis))), jnp.float32)
    rows = jnp.asarray(registry.all_rows())
    p_z = model.p_z()

    @jax.jit
    def of(z: Any) -> Any:
        p_x = model.likelihood(z)
        return jax.vmap(p_x.log_prob)(rows) + p_z.log_prob(z)

    log_p = np.asarray(jax.lax.map(of, z, batch_size=256), np.float64)
    return np.exp(log_p).sum(0) * (axis[1] - axis[0]) ** 2, np.asarray(rows)


def exact(said: Said, p: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """p(x, evidence) of every row; a code that is drawn is one that was seen."""
    out = p.copy()
    codes = registry.small_codes()
    for j in set(range(len(SIZES))) - {j for j, what in said.items() if isinstance(what, int)}:
        out *= np.asarray(codes.seen)[j][rows[:, j]] / np.exp(codes.log_rest[j])
    for j, what in said.items():
        shares = {what: 1.0} if isinstance(what, int) else what
        shares = shares if isinstance(shares, dict) else dict.fromkeys(shares, 1.0)
        out *= [shares.get(int(k), 0.0) for k in rows[:, j]]
    return out


def chi_square(x: np.ndarray, wanted: np.ndarray, rows: np.ndarray, n: float) -> tuple[float, int]:
    """Of rows x against probabilities, and its degrees of freedom; n: what x counts for."""
    index = {tuple(row): i for i, row in enumerate(rows)}
    share = np.bincount([index[tuple(row)] for row in x], minlength=len(rows)) / len(x)
    p = wanted / wanted.sum()
    likely = n * p > 5
    share, p = (
        np.append(share[likely], share[~likely].sum()),
        np.append(p[likely], p[~likely].sum()),
    )
    p = np.maximum(p, 1e-12)
    return float((n * (share - p) ** 2 / p)[n * p > 5].sum()), int((n * p > 5).sum()) - 1
