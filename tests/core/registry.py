"""Everything that is a distribution, by name. A new class is a new line in one of the tables."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from scipy import special, stats

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
from jensen.posteriors import POSTERIORS as KINDS_OF_POSTERIOR
from jensen.posteriors import (
    CategoricalPosterior,
    Encoder,
    Ladder,
    MeanField,
    RelaxedCategoricalPosterior,
    VonMisesFisherPosterior,
)
from jensen.priors import PRIORS as KINDS_OF_PRIOR
from jensen.priors import Categorical, Hierarchy, RelaxedCategorical, Sphere, standard_normal

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
    """A distribution over real vectors of two entries, and the same one in SciPy, if it is there.

    `module` holds its weights, and `of(module)` is the distribution.
    """

    module: Any
    of: Callable[[Any], Any] = lambda module: module
    scipys: list[Any] | None = None
    """One frozen distribution for each entry of the vector, where they are independent."""
    mixed: list[tuple[float, Any]] | None = None
    """Else weights and frozen distributions of the vector."""

    @property
    def ours(self) -> Any:
        return self.of(self.module)

    def log_p(self, z: np.ndarray) -> np.ndarray | None:
        """The log-density of rows z, shape (n, 2), as SciPy has it."""
        if self.scipys is not None:
            return np.sum([one.logpdf(z[:, i]) for i, one in enumerate(self.scipys)], 0)
        if self.mixed is not None:
            each = np.stack([np.log(weight) + one.logpdf(z) for weight, one in self.mixed])
            return special.logsumexp(each, 0)
        return None


def _mixed(weights: Any, locs: Any, scales: Any) -> list[tuple[float, Any]]:
    """Diagonal Normals of SciPy."""
    return [
        (float(w), stats.multivariate_normal(np.asarray(m), np.diag(np.asarray(s) ** 2)))
        for w, m, s in zip(weights, locs, scales, strict=True)
    ]


def _prior(name: str, **settings: Any) -> Any:
    key = jax.random.key(5)
    return KINDS_OF_PRIOR[name](**settings).build(LATENT, hidden=WIDTH, key=key)


def _learned_normal() -> Real:
    p = shaken(_prior("learned_normal"))
    scale = np.exp(p.log_scale)
    return Real(p, scipys=[stats.norm(m, s) for m, s in zip(p.loc, scale, strict=True)])


def _mixture() -> Real:
    p = shaken(_prior("mixture", components=3))
    return Real(p, mixed=_mixed(special.softmax(p.logits), p.loc, np.exp(p.log_scale)))


def _vamp() -> Real:
    prior, q = shaken(_prior("vamp", components=3)), encoder(MeanField)
    each = [q.head(q.network.of_sum(u)).base_dist for u in prior.pseudo_inputs]
    mixed = _mixed([1 / 3] * 3, [one.loc for one in each], [one.scale for one in each])
    return Real(prior, lambda p: p.given(q), mixed=mixed)


def _flow(name: str) -> Real:
    return Real(shaken(_prior(name, layers=2), size=0.1))


PRIORS: dict[str, Callable[[], Real]] = {
    "normal": lambda: Real(_prior("normal"), scipys=[stats.norm()] * 2),
    "learned_normal": _learned_normal,
    "laplace": lambda: Real(_prior("laplace"), scipys=[stats.laplace()] * 2),
    "logistic": lambda: Real(_prior("logistic"), scipys=[stats.logistic()] * 2),
    "student_t": lambda: Real(_prior("student_t", df=5.0), scipys=[stats.t(5)] * 2),
    "mixture": _mixture,
    "vamp": _vamp,
    "flow": lambda: _flow("flow"),
    "realnvp": lambda: _flow("realnvp"),
    "maf": lambda: _flow("maf"),
}
"""p(z), by the names of `PRIORS`."""


def _posterior(name: str, **oracle: Any) -> Real:
    return Real(encoder(KINDS_OF_POSTERIOR[name]), lambda q: q(X), **oracle)


def _mean_field() -> Real:
    q = encoder(MeanField)(X).base_dist
    pairs = zip(np.asarray(q.loc), np.asarray(q.scale), strict=True)
    return _posterior("mean_field", scipys=[stats.norm(m, s) for m, s in pairs])


def _correlated(name: str) -> Real:
    q = _posterior(name).ours.law
    if name == "full_rank":
        covariance = np.asarray(q.scale_tril) @ np.asarray(q.scale_tril).T
    else:
        factor = np.asarray(q.cov_factor)
        covariance = factor @ factor.T + np.diag(np.asarray(q.cov_diag))
    return _posterior(name, mixed=[(1.0, stats.multivariate_normal(np.asarray(q.loc), covariance))])


def _posterior_mixture() -> Real:
    q = _posterior("mixture").ours
    return _posterior("mixture", mixed=_mixed(special.softmax(q.logits), q.loc, q.scale))


POSTERIORS: dict[str, Callable[[], Real]] = {
    "mean_field": _mean_field,
    "full_rank": lambda: _correlated("full_rank"),
    "low_rank": lambda: _correlated("low_rank"),
    "mixture": _posterior_mixture,
    "planar": lambda: _posterior("planar"),
    "iaf": lambda: _posterior("iaf"),
    "spline": lambda: _posterior("spline"),
}
"""q(z|x), by the names of `POSTERIORS`."""


@dataclass(frozen=True)
class Curved:
    """A distribution whose entries depend on each other, and an oracle of its log-density."""

    ours: Any
    log_density: Callable[[np.ndarray], np.ndarray]
    """Of values, shape (n, d), in nats."""
    values: np.ndarray


def head(kind: Any, dim: int) -> Any:
    """q(z|x) of one row, by a head whose weights are far from where they start."""
    network = encoder(MeanField).network
    return Conditional(network, shaken(kind().build(WIDTH, dim, key=jax.random.key(7))))


def prior(kind: Any, dim: int) -> Any:
    """p(z) with weights far from where they start."""
    return shaken(kind().build(dim, hidden=WIDTH, key=jax.random.key(8)), size=0.2)


def directions(dim: int) -> np.ndarray:
    """Unit vectors."""
    return stats.uniform_direction(dim, seed=np.random.default_rng(0)).rvs(50)


def _sphere() -> Curved:
    nearly = stats.vonmises_fisher(np.eye(3)[0], 1e-9)
    return Curved(prior(Sphere, 3), nearly.logpdf, directions(3))


def _von_mises_fisher() -> Curved:
    q = head(VonMisesFisherPosterior, 3)(X)
    loc = np.asarray(q.loc, np.float64)
    same = stats.vonmises_fisher(loc / np.linalg.norm(loc), float(q.concentration))
    return Curved(q, same.logpdf, directions(3))


def _one_hot(ours: Any, logits: Any) -> Curved:
    p = np.exp(np.asarray(logits, np.float64))
    return Curved(ours, stats.multinomial(1, p / p.sum()).logpmf, np.eye(len(p)))


def concrete(logits: Any, t: float, z: np.ndarray) -> np.ndarray:
    """Eq. 10 of Maddison et al. 2017 as it is printed, in float64."""
    alpha, k = np.exp(np.asarray(logits, np.float64)), z.shape[1]
    terms = alpha * z ** (-t - 1)
    ratio = terms / (alpha * z**-t).sum(1, keepdims=True)
    return np.log(math.factorial(k - 1) * t ** (k - 1)) + np.log(ratio).sum(1)


def _relaxed(ours: Any, logits: Any) -> Curved:
    z = np.random.default_rng(0).dirichlet(np.ones(len(logits)), 50)
    return Curved(ours, lambda z: concrete(logits, 0.5, z), z)


def layered(ours: Any, step: Any) -> Curved:
    """Two layers of one entry each: SciPy's Normals with the loc and scale that `step` gives."""

    def log_density(z: np.ndarray) -> np.ndarray:
        top = step(0, None).base_dist
        low = jax.vmap(lambda a: step(1, a).base_dist)(jnp.asarray(z[:, :1], jnp.float32))
        locs, scales = np.asarray(low.loc)[:, 0], np.asarray(low.scale)[:, 0]
        upper = stats.norm(float(top.loc[0]), float(top.scale[0])).logpdf(z[:, 0])
        return upper + stats.norm(locs, scales).logpdf(z[:, 1])

    return Curved(ours, log_density, np.random.default_rng(0).normal(size=(50, 2)))


def _hierarchy() -> Curved:
    p = prior(Hierarchy, 2)
    return layered(p, p.step)


def ladder() -> Any:
    """q(z|x) down two layers of one entry each."""
    return head(Ladder, 2).given(prior(Hierarchy, 2))(X)


def _ladder() -> Curved:
    q = ladder()
    return layered(q, q.step)


def _of_logits(make: Callable[[Any, Any], Curved], ours: Any) -> Curved:
    return make(ours, (ours.distribution() if hasattr(ours, "distribution") else ours).logits)


CURVED_PRIORS: dict[str, Callable[[], Curved]] = {
    "sphere": _sphere,
    "categorical": lambda: _of_logits(_one_hot, prior(Categorical, 4)),
    "relaxed_categorical": lambda: _of_logits(_relaxed, prior(RelaxedCategorical, 3)),
    "hierarchy": _hierarchy,
}
"""p(z) whose entries depend on each other, by the names of `PRIORS`."""

CURVED_POSTERIORS: dict[str, Callable[[], Curved]] = {
    "von_mises_fisher": _von_mises_fisher,
    "categorical": lambda: _of_logits(_one_hot, head(CategoricalPosterior, 4)(X)),
    "relaxed_categorical": lambda: _of_logits(_relaxed, head(RelaxedCategoricalPosterior, 3)(X)),
    "ladder": _ladder,
}
"""q(z|x) whose entries depend on each other, by the names of `POSTERIORS`."""

CURVED = {f"prior {k}": v for k, v in CURVED_PRIORS.items()} | {
    f"posterior {k}": v for k, v in CURVED_POSTERIORS.items()
}

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
