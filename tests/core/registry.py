"""Everything that is a distribution, by name. A new class is a new line in one of the tables."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from jensen.latent_model import LatentModel
from jensen.likelihoods import (
    Autoregressive,
    CodeCounts,
    CodeEmbedding,
    Codes,
    Independent,
    RowEmbedding,
)
from jensen.networks import Conditional, ResidualMLP
from jensen.posteriors import Encoder, MeanField
from jensen.priors import standard_normal

LATENT, WIDTH = 2, 8
COUNTS = ([5, 3, 2, 0, 0], [4, 0, 4], [6, 1])
"""Rows of every code of three columns: the zeros are codes that were never seen."""
SIZE = {"width": WIDTH, "n_blocks": 1}


def small_codes() -> Codes:
    """Three columns: on a line, partly so, and not."""
    on_line = ([True] * 5, [True, True, False], [False, False])
    pairs = zip(COUNTS, on_line, strict=True)
    return Codes.of([CodeCounts(np.array(c), np.array(o)) for c, o in pairs])


def all_rows(*, seen: bool = False) -> np.ndarray:
    """Every row of codes there is; with `seen`, those of codes that were seen."""
    columns = [[k for k, n in enumerate(c) if n > 0 or not seen] for c in COUNTS]
    return np.array(list(itertools.product(*columns)), np.int32)


def shaken(module: Any, seed: int = 0, size: float = 0.4) -> Any:
    """Weights far from where they start, so that columns depend on each other and on z."""
    keys = iter(jax.random.split(jax.random.key(seed), 100))

    def move(leaf: Any) -> Any:
        if isinstance(leaf, Codes) or not eqx.is_inexact_array(leaf):
            return leaf
        return leaf + size * jax.random.normal(next(keys), leaf.shape, leaf.dtype)

    return jax.tree.map(move, module, is_leaf=lambda leaf: isinstance(leaf, Codes))


def decoder(kind: Any) -> Any:
    """A likelihood of the small table."""
    return shaken(kind.create(small_codes(), LATENT, key=jax.random.key(0), **SIZE))


def encoder(kind: Any) -> Any:
    """A posterior of the small table."""
    codes = small_codes()
    embedding = CodeEmbedding(codes, WIDTH, scale=0.5, key=jax.random.key(1))
    embed = RowEmbedding(codes, embedding)
    hkey, tkey = jax.random.split(jax.random.key(2))
    network = Encoder(embed, ResidualMLP(WIDTH, 1, key=tkey))
    return shaken(Conditional(network, kind().build(WIDTH, LATENT, key=hkey)), size=0.1)


def small_model(likelihood: Any = Independent) -> LatentModel:
    """All three terms for the small table."""
    return LatentModel(standard_normal(LATENT), decoder(likelihood), encoder(MeanField))


Z = jnp.array([0.7, -1.1])
X = jnp.array([1, 2, 0], jnp.int32)

ROWS: dict[str, Callable[[], Any]] = {
    "independent": lambda: decoder(Independent)(Z),
    "autoregressive": lambda: decoder(Autoregressive)(Z),
}
"""p(x|z) over rows of codes, by the names of `LIKELIHOODS`."""


@dataclass(frozen=True)
class Real:
    """A distribution over real vectors, and the same one in SciPy."""

    ours: Any
    scipys: Any
    """One frozen distribution for each entry of the vector."""


def _posterior(kind: Any) -> Real:
    q = encoder(kind)(X)
    loc, scale = np.asarray(q.base_dist.loc), np.asarray(q.base_dist.scale)
    return Real(q, [stats.norm(m, s) for m, s in zip(loc, scale, strict=True)])


PRIORS: dict[str, Callable[[], Real]] = {
    "normal": lambda: Real(standard_normal(3), [stats.norm()] * 3),
}
"""p(z), by the names of `PRIORS`."""

POSTERIORS: dict[str, Callable[[], Real]] = {
    "mean_field": lambda: _posterior(MeanField),
}
"""q(z|x), by the names of `POSTERIORS`."""

REALS = {f"prior {k}": v for k, v in PRIORS.items()} | {
    f"posterior {k}": v for k, v in POSTERIORS.items()
}

_rng = np.random.default_rng(0)
_N = 3_000


def _money(n: int) -> np.ndarray:
    round_sums = _rng.choice([500, 1000, 2000], n)
    free = _rng.lognormal(7, 1, n).astype(np.int64)
    return np.where(_rng.random(n) < 0.4, 0, np.where(_rng.random(n) < 0.3, round_sums, free))


NUMBERS: dict[str, np.ndarray] = {
    "normal": _rng.normal(size=_N),
    "heavy tails": _rng.standard_cauchy(_N),
    "normal on a grid": np.round(100 * _rng.normal(size=_N)).astype(np.int64),
    "counts": _rng.poisson(30, _N),
    "few values": _rng.integers(0, 3, _N),
    "atoms among reals": np.where(_rng.random(_N) < 0.3, 0.0, _rng.exponential(size=_N)),
    "atoms and spikes among integers": _money(_N),
    "beyond 2^53": 2**60 + _rng.integers(0, 5_000, _N),
    "from one end of int64 to the other": _rng.integers(-(2**62), 2**62, 500),
    "two reals": np.array([1.5, 2.5]),
    "one integer": np.array([5]),
    "one value, often": np.full(50, -3.25),
    "nothing": np.zeros(0),
}
"""Columns of numbers whose bins must be sound."""
