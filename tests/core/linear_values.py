"""A linear-Gaussian model inside the decoder of values: x_j = w_j z + b_j + s_j e, set by hand.

The numbers are those of `linear_codes`, without its grid: every conditional has a closed form.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from jensen.conditionals import Evidence, ValueEvidence
from jensen.conditionals.evidence import UNKNOWN
from jensen.data.codec import Cells
from jensen.latent_model import LatentModel
from jensen.likelihoods import FAMILIES, CodeCounts, Codes, Mixed, MixedColumns, ValueColumn, Values
from jensen.likelihoods.independent import IndependentColumns
from jensen.priors import standard_normal
from linear_codes import LARGE, B, S, W

D = len(B)
FULL = np.tril(0.3 * np.ones((D, D)), -1) + np.diag(S)
"""L of the joint family: what is left, given z, has covariance L L^T."""


def values_of(families: Any, moments: Any) -> tuple[Codes, Values]:
    """Codes that say observed, and values of the families."""
    one = CodeCounts(np.array([10]), np.array([False]))
    columns = [
        ValueColumn(j, f, *m) for j, (f, m) in enumerate(zip(families, moments, strict=True))
    ]
    return Codes.of([one] * len(columns)), Values.of(columns)


def linear_model(*, joint: bool = False) -> LatentModel:
    """The model; its encoder is not needed."""
    family = FAMILIES["normal_full" if joint else "normal"]()
    codes, values = values_of([family] * D, [(0.0, 1.0, -3.0, 3.0)] * D)
    build = MixedColumns(IndependentColumns()).build
    decoder = build(codes, values, 2, width=4, n_blocks=0, key=jax.random.key(0))
    loc = np.concatenate([W * LARGE / 2, B[:, None] / 2, np.zeros((D, 1))], 1)
    weight = np.zeros((D, 4, 1 if joint else 2))
    weight[:, :, 0] = loc
    if not joint:
        weight[:, 2, 1] = np.log(S) / 2
    lower = np.tril(FULL, -1) + np.diag(np.log(np.diag(FULL)))
    parts = {
        "latent.weight": np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]]),
        "latent.bias": np.array([0, 0, LARGE, 0]),
        "heads.0.weight": weight,
        "heads.0.shared": lower if joint else np.zeros((D, 0)),
    }
    net = decoder.of_values
    for path, value in parts.items():
        net = eqx.tree_at(lambda m, p=path: _at(m, p), net, jnp.asarray(value, jnp.float32))
    return LatentModel(standard_normal(2), Mixed(decoder.of_codes, net), None)


def _at(module: Any, path: str) -> Any:
    for name in path.split("."):
        module = module[int(name)] if name.isdigit() else getattr(module, name)
    return module


def evidence(model: LatentModel, known: dict[int, float], cells: dict[int, Cells]) -> Evidence:
    """Of values that are known and of what others may be."""
    decoder = model.likelihood
    codes, values = decoder.codes, decoder.of_values.values
    nothing = Evidence.nothing(codes, len(values.code))
    said = ValueEvidence.of_cells(values, cells, 32)
    x, is_known = np.zeros(len(values.code), np.float32), np.zeros(len(values.code), bool)
    for j, v in known.items():
        x[j], is_known[j] = v, True
    said = eqx.tree_at(lambda s: (s.x, s.known), said, (jnp.asarray(x), jnp.asarray(is_known)))
    observed = jnp.where(said.known | said.constrained, 0, UNKNOWN).astype(jnp.int32)
    code = nothing.x.at[np.array(values.code)].set(observed)
    return Evidence(code, nothing.allowed, said)


def truncated(
    covariance: np.ndarray, j: int, inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean and covariance of all columns, given that j lies in the middle points `inside` of a
    fine grid, and the density-weighted number of these points."""
    p = np.exp(-0.5 * (inside - B[j]) ** 2 / covariance[j, j])
    p /= np.sqrt(2 * np.pi * covariance[j, j])
    total = p.sum()
    p = p / total
    mean = (p * inside).sum()
    slope = covariance[:, j] / covariance[j, j]
    rest = covariance - np.outer(slope, covariance[j])
    spread = (p * (inside - mean) ** 2).sum()
    return B + slope * (mean - B[j]), rest + np.outer(slope, slope) * spread, float(total)


def conditional(
    covariance: np.ndarray, known: dict[int, float]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean and covariance of the other columns, and log-density of the known ones."""
    o, m = list(known), [j for j in range(D) if j not in known]
    inner = covariance[np.ix_(o, o)]
    gain = covariance[np.ix_(m, o)] @ np.linalg.inv(inner)
    away = np.array(list(known.values())) - B[o]
    log_p = -0.5 * away @ np.linalg.solve(inner, away)
    log_p -= 0.5 * np.linalg.slogdet(2 * np.pi * inner)[1]
    rest = covariance[np.ix_(m, m)] - gain @ covariance[np.ix_(o, m)]
    return B[m] + gain @ away, rest, float(log_p)
