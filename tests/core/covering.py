"""A list of combinations of the four terms that holds every allowed pair of values of two of them.

p(x|z) is a decoder over codes, or the product of two of the families of columns.
"""

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import registry
from families import LAWS, facts
from jensen.bounds.objectives import OBJECTIVES
from jensen.errors import OptionError
from jensen.estimator.fitting_terms import refuse_what_does_not_fit
from jensen.latent_model import LatentModel
from jensen.likelihoods import FAMILIES, LIKELIHOODS
from jensen.likelihoods.families import is_joint, n_shared
from jensen.networks import Conditional
from jensen.posteriors import POSTERIORS, MeanField
from jensen.priors import PRIORS

LATENT = 4
GROUPS = [list(FAMILIES)[i::10] for i in range(10)]
AXES: dict[str, list[str]] = {
    "prior": list(PRIORS),
    "posterior": list(POSTERIORS),
    "likelihood": [*LIKELIHOODS, *map(str, range(len(GROUPS)))],
    "bound": [*OBJECTIVES, "elbo:gradient=stl", "iwae:gradient=stl", "iwae:gradient=dreg"],
}
PRODUCTS = {
    "prior": {"normal", "learned_normal", "laplace", "logistic", "student_t"},
    "posterior": {"mean_field"},
}
"""Whose dimensions are independent."""
NO_DREG = {"mixture", "categorical"}
"""Posteriors with points in the place of draws that could be reparameterised."""


class Combination(NamedTuple):
    """A value of each axis."""

    prior: str
    posterior: str
    likelihood: str
    bound: str

    def pairs(self) -> set[tuple[str, str]]:
        """Those of any two axes, each value with the name of its axis."""
        named = [f"{axis} {value}" for axis, value in self._asdict().items()]
        return set(itertools.combinations(named, 2))


def one_z(prior: str, posterior: str) -> bool:
    """Whether both are about the same z; test_matrix.py looks at why others are refused."""
    terms = prior, PRIORS[prior](), posterior, POSTERIORS[posterior]()
    try:
        refuse_what_does_not_fit(*terms, LATENT)
    except OptionError:
        return False
    return True


def refusal(one: Combination) -> tuple[str, str] | None:
    """The term that does not go with the bound, and what the sentence says of it."""
    if one.bound in ("free_bits", "beta_tc") and one.posterior not in PRODUCTS["posterior"]:
        return "posterior", "needs a posterior whose dimensions are independent.*'mean_field'"
    if one.bound == "iwae:gradient=dreg" and one.posterior in NO_DREG:
        return "posterior", "gradient=dreg needs draws that are reparameterised.*gradient=plain"
    if one.bound == "free_bits" and one.prior not in PRODUCTS["prior"]:
        return "prior", "needs a prior whose dimensions are independent.*'learned_normal'"
    return None


FIRST = [
    Combination("categorical", "categorical", "0", "mmd"),
    Combination("sphere", "von_mises_fisher", "1", "elbo:gradient=stl"),
    Combination("vamp", "planar", "2", "elbo"),
]
"""Those that once were left out."""


def everything() -> list[Combination]:
    """All combinations whose prior and posterior are about the same z."""
    both = [pair for pair in itertools.product(PRIORS, POSTERIORS) if one_z(*pair)]
    rest = list(itertools.product(AXES["likelihood"], AXES["bound"]))
    return [Combination(*pair, *others) for pair in both for others in rest]


def covering() -> Iterator[Combination]:
    """One after the other that with the most pairs not seen before, until there are none."""
    allowed = [one for one in everything() if refusal(one) is None]
    number = {pair: i for i, pair in enumerate({p for one in allowed for p in one.pairs()})}
    pairs = np.array([[number[pair] for pair in sorted(one.pairs())] for one in allowed])
    new = np.ones(len(number), bool)
    order = [allowed.index(one) for one in FIRST]
    while new.any():
        i = order.pop(0) if order else int(np.argmax(new[pairs].sum(1)))
        new[pairs[i]] = False
        yield allowed[i]


class Families(eqx.Module):
    """p(x|z) of two families, a column each, the parameters given by z."""

    weights: list[Any]
    group: int = eqx.field(static=True)

    def __call__(self, z: Any) -> "Columns":
        return Columns([jnp.tanh(w @ z)[None] for w in self.weights], self.group)


class Columns(eqx.Module):
    """Their product; x only says whether the columns are low or high."""

    parameters: list[Any]
    group: int = eqx.field(static=True)

    def log_prob(self, x: Any) -> Any:
        total = jnp.zeros(())
        for p, name in zip(self.parameters, GROUPS[self.group], strict=True):
            law = LAWS.get(name)
            family, mean = FAMILIES[name](), 3.0 if law is None else law.mean
            shared = jnp.zeros((1, n_shared(family, facts(1))))
            support = np.arange(4.0) if law is None else law.support
            low, high = (jnp.full(1, support[len(support) * k // 4], "float32") for k in (1, 2))
            d = family(p, shared, facts(1, mean))
            total = total + jnp.sum(d.log_prob(jnp.where(x[0] > 1, high, low)))
        return total


@cache
def _likelihood(name: str) -> Any:
    if name in LIKELIHOODS:
        codes, key = registry.small_codes(), jax.random.key(0)
        return LIKELIHOODS[name]().build(codes, LATENT, key=key, **registry.SIZE)
    keys = iter(jax.random.split(jax.random.key(3), len(GROUPS[0])))
    sizes = [FAMILIES[family]().n_parameters for family in GROUPS[int(name)]]
    return Families([jax.random.normal(next(keys), (k, LATENT)) for k in sizes], int(name))


@cache
def _prior(name: str) -> Any:
    return PRIORS[name]().build(LATENT, hidden=registry.WIDTH, key=jax.random.key(1))


@cache
def _posterior(name: str) -> Any:
    head = POSTERIORS[name]().build(registry.WIDTH, LATENT, key=jax.random.key(2))
    return Conditional(_network(), head)


@cache
def _network() -> Any:
    return registry.encoder(MeanField).network


def model_of(one: Combination) -> LatentModel:
    """p(z), p(x|z) and q(z|x), before any training, for rows of `registry.all_rows`."""
    return LatentModel(_prior(one.prior), _likelihood(one.likelihood), _posterior(one.posterior))


def decoders_of(one: Combination) -> tuple[str, list[str]]:
    """The decoder of a fit, and the families of its columns."""
    if one.likelihood in LIKELIHOODS:
        return one.likelihood, []
    names = GROUPS[int(one.likelihood)]
    return "independent" if any(is_joint(FAMILIES[n]) for n in names) else "autoregressive", names
