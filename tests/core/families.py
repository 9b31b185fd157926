"""Every family of `jensen.likelihoods.FAMILIES`, with SciPy's word on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats

from jensen.likelihoods import FAMILIES, Facts
from jensen.likelihoods.families.mixture import MIXED

MEAN, SD, LOW, HIGH = 3.0, 2.0, -1.0, 6.0
"""Facts of the count and integer columns."""
REALS = np.linspace(-60.0, 60.0, 60_001)
POSITIVE = np.exp(np.linspace(-30.0, 12.0, 60_001))
UNIT = special.expit(np.linspace(-40.0, 40.0, 60_001)).clip(1e-12, 1 - 1e-7)
COUNTS = np.arange(0.0, 400.0)
WHOLE = np.arange(-80.0, 90.0)


@dataclass(frozen=True)
class Law:
    """A family, where its values are, and log p(x) of parameters p and shared numbers s."""

    family: Any
    support: np.ndarray
    log_prob: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    discrete: bool = False
    mean: float = MEAN


def facts(n: int, mean: float = MEAN, dtype: Any = np.float32) -> Facts:
    """The same facts for n columns."""
    return Facts(*(np.full(n, v, dtype) for v in (mean, SD, LOW, HIGH)))


def _nb(x: np.ndarray, mean: float, concentration: float) -> np.ndarray:
    return stats.nbinom(concentration, concentration / (concentration + mean)).logpmf(x)


def _inflated(x: np.ndarray, logit: float, log_p: np.ndarray) -> np.ndarray:
    gate = special.expit(logit - 2.0)
    return np.log(np.where(x == 0, gate, 0.0) + (1 - gate) * np.exp(log_p))


def _logistics(x: np.ndarray, p: np.ndarray, bounded: bool) -> np.ndarray:
    logits, loc, log_scale = np.split(p, 3)
    n, total = len(logits), 0.0
    offset = np.linspace(-1.5, 1.5, n) if n > 1 else np.zeros(1)
    for w, m, s in zip(special.softmax(logits), loc + offset, log_scale, strict=True):
        law = stats.logistic(MEAN + SD * m, 0.4 * SD * np.exp(s))
        upper, lower = law.cdf(x + 0.5), law.cdf(x - 0.5)
        mass = np.where(x > law.mean(), law.sf(x - 0.5) - law.sf(x + 0.5), upper - lower)
        if bounded:
            mass = np.where(x == HIGH, law.sf(x - 0.5), np.where(x == LOW, upper, mass))
        total = total + w * mass
    return np.log(total)


def _ordinal(x: np.ndarray, p: np.ndarray, s: np.ndarray) -> np.ndarray:
    step = np.log1p(np.exp(s)) * 6.0 / len(s) + 1e-3
    cuts = np.cumsum(step) - step.sum() / 2
    cdf = np.concatenate([[0.0], special.expit(cuts - p[0]), [1.0]])
    return np.log(np.diff(cdf))[(x - LOW).astype(int)]


def _continuous_bernoulli(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return x * p[0] - np.log(np.expm1(p[0]) / p[0])


def _mixture(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    w, rest = special.log_softmax(p[:3]), p[3:].reshape(3, 2)
    loc, scale = rest[:, 0] + np.linspace(-1.5, 1.5, 3), np.exp(rest[:, 1])
    return special.logsumexp(w + stats.norm(loc, scale).logpdf(x[:, None]), axis=1)


F = FAMILIES
LAWS: dict[str, Law] = {
    "normal": Law(F["normal"](), REALS, lambda x, p, s: stats.norm(p[0], np.exp(p[1])).logpdf(x)),
    "normal_shared": Law(
        F["normal_shared"](), REALS, lambda x, p, s: stats.norm(p[0], np.exp(s[0])).logpdf(x)
    ),
    "normal_fixed": Law(
        F["normal_fixed"](scale=0.7), REALS, lambda x, p, s: stats.norm(p[0], 0.7).logpdf(x)
    ),
    "student_t": Law(
        F["student_t"](),
        1e4 * np.sinh(np.linspace(-20, 20, 200_001)) / np.sinh(20),
        lambda x, p, s: stats.t(5 * np.exp(s[0]), p[0], np.exp(p[1])).logpdf(x),
    ),
    "laplace": Law(
        F["laplace"](), REALS, lambda x, p, s: stats.laplace(p[0], np.exp(p[1])).logpdf(x)
    ),
    "log_normal": Law(
        F["log_normal"](),
        POSITIVE,
        lambda x, p, s: stats.lognorm(np.exp(p[1]), scale=np.exp(p[0])).logpdf(x),
    ),
    "gamma": Law(
        F["gamma"](),
        POSITIVE,
        lambda x, p, s: stats.gamma(np.exp(p[1]), scale=MEAN * np.exp(p[0]) / np.exp(p[1])).logpdf(
            x
        ),
    ),
    "beta": Law(
        F["beta"](), UNIT, lambda x, p, s: stats.beta(np.exp(p[0]), np.exp(p[1])).logpdf(x)
    ),
    "continuous_bernoulli": Law(
        F["continuous_bernoulli"](), UNIT, lambda x, p, s: _continuous_bernoulli(x, p)
    ),
    "von_mises": Law(
        F["von_mises"](),
        np.linspace(-np.pi, np.pi, 20_001),
        lambda x, p, s: stats.vonmises(np.hypot(*p), np.arctan2(p[1], p[0])).logpdf(x),
    ),
    "bernoulli": Law(
        F["bernoulli"](),
        np.array([0.0, 1.0]),
        lambda x, p, s: stats.bernoulli(special.expit(p[0] + special.logit(0.3))).logpmf(x),
        discrete=True,
        mean=0.3,
    ),
    "poisson": Law(
        F["poisson"](),
        COUNTS,
        lambda x, p, s: stats.poisson(MEAN * np.exp(p[0])).logpmf(x),
        discrete=True,
    ),
    "negative_binomial": Law(
        F["negative_binomial"](),
        COUNTS,
        lambda x, p, s: _nb(x, MEAN * np.exp(p[0]), np.exp(p[1])),
        discrete=True,
    ),
    "zero_inflated_poisson": Law(
        F["zero_inflated_poisson"](),
        np.arange(0.0, 60.0),
        lambda x, p, s: _inflated(x, p[1], stats.poisson(MEAN * np.exp(p[0])).logpmf(x)),
        discrete=True,
    ),
    "zero_inflated_negative_binomial": Law(
        F["zero_inflated_negative_binomial"](),
        COUNTS,
        lambda x, p, s: _inflated(x, p[2], _nb(x, MEAN * np.exp(p[0]), np.exp(p[1]))),
        discrete=True,
    ),
    "discretized_logistic": Law(
        F["discretized_logistic"](components=3),
        WHOLE,
        lambda x, p, s: _logistics(x, p, False),
        discrete=True,
    ),
    "discretized_logistic, bounded": Law(
        F["discretized_logistic"](components=2, bounded=True),
        np.arange(LOW, HIGH + 1),
        lambda x, p, s: _logistics(x, p, True),
        discrete=True,
    ),
    "ordinal": Law(
        F["ordinal"](),
        np.arange(LOW, HIGH + 1),
        lambda x, p, s: _ordinal(x, p, s),
        discrete=True,
    ),
    "mixture": Law(F["mixture"](components=3), REALS, lambda x, p, s: _mixture(x, p)),
}
"""Families with one distribution a column."""


def _mixture_of(name: str, c: int = 2) -> Law:
    """Two components of a family, by the law of that family."""
    of = LAWS[name]
    starts = np.zeros((c, of.family.n_parameters))
    starts[:, 0] = [-1.5, 1.5]
    if name == "von_mises":
        starts = np.array([[1.0, 0.0], [-1.0, 0.0]])

    def log_prob(x: np.ndarray, p: np.ndarray, s: np.ndarray) -> np.ndarray:
        rest = p[c:].reshape(starts.shape) + starts
        each = [of.log_prob(x, one, s) for one in rest]
        return special.logsumexp(special.log_softmax(p[:c])[:, None] + each, axis=0)

    return Law(F["mixture"](family=name, components=c), of.support, log_prob, of.discrete)


LAWS |= {f"mixture, {name}": _mixture_of(name) for name in MIXED if name != "normal"}
JOINT = ("normal_full", "multinomial")
