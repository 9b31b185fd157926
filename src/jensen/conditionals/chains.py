"""Joint families one column at a time: p(x_1) p(x_2|x_1) ..., in any order of the columns."""

from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jaxtyping import Array, Float, Int

from jensen.likelihoods.families.multinomial import Composition


class Chain(Protocol):
    """The columns in an order; `start` and what `add` returns is what is known of those before."""

    @property
    def start(self) -> Any:
        """Before any column."""
        ...

    def next(self, before: Any, i: Int[Array, ""]) -> Any:
        """p of the i-th column in the order, given those before, of batch shape (1,)."""
        ...

    def add(self, before: Any, i: Int[Array, ""], x: Float[Array, ""]) -> Any:
        """What is known once the i-th column is x."""
        ...


def has_chain(p: Any) -> bool:
    """Whether `chain_of` knows this joint distribution."""
    return isinstance(p, dist.MultivariateNormal | Composition)


def chain_of(p: Any, order: Int[Array, " g"]) -> Chain:
    """The columns of a joint distribution in an order."""
    if isinstance(p, dist.MultivariateNormal):
        lower = jnp.asarray(p.scale_tril)[order]
        return _Normals(jnp.asarray(p.loc)[order], jnp.linalg.cholesky(lower @ lower.T))
    if isinstance(p, Composition):
        total: Any = p.total
        w = jax.nn.softmax(p.logits)[order]
        if isinstance(total, dist.Poisson):
            return _Poissons(jnp.asarray(total.rate) * w)
        return _NegativeBinomials(total.concentration, total.rate, w)
    raise TypeError(f"no conditional distributions of a {type(p).__name__} are known")


class _Normals(NamedTuple):
    """x = loc + L e: given those before, e of each is known."""

    loc: Any
    lower: Any

    @property
    def start(self) -> Any:
        return jnp.zeros_like(self.loc)

    def next(self, before: Any, i: Any) -> Any:
        loc = self.loc[i] + self.lower[i] @ before
        return dist.Normal(loc[None], self.lower[i, i][None])

    def add(self, before: Any, i: Any, x: Any) -> Any:
        rest = x - self.loc[i] - self.lower[i] @ before
        return before.at[i].set(rest / self.lower[i, i])


class _Poissons(NamedTuple):
    """A Poisson total falls on the columns as Poisson numbers that know nothing of each other."""

    rate: Any

    @property
    def start(self) -> Any:
        return ()

    def next(self, before: Any, i: Any) -> Any:
        return dist.Poisson(self.rate[i][None])

    def add(self, before: Any, i: Any, x: Any) -> Any:
        return before


class _NegativeBinomials(NamedTuple):
    """A negative binomial total is Poisson of a gamma rate: what was counted tells of the rate."""

    concentration: Any
    rate: Any
    w: Any

    @property
    def start(self) -> Any:
        return jnp.asarray(self.concentration), jnp.asarray(self.rate)

    def next(self, before: Any, i: Any) -> Any:
        concentration, rate = before
        return dist.GammaPoisson(concentration[None], (rate / self.w[i])[None])

    def add(self, before: Any, i: Any, x: Any) -> Any:
        concentration, rate = before
        return concentration + x, rate + self.w[i]
