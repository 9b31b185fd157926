"""A latent-variable model: z ~ p(z), then x ~ p(x|z); and q(z|x), which looks back."""

from typing import Any, Protocol, runtime_checkable

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key, PyTree
from numpyro.distributions import Distribution as NumPyroDistribution
from paramax import NonTrainable

from jensen.likelihoods import Codes, Facts


@runtime_checkable
class Distribution(Protocol):
    """What a term of the bound must be able to do; every NumPyro distribution can."""

    def log_prob(self, value: Any, /) -> Any:
        """Log-probability or log-density of one value, in nats."""
        ...

    def sample(self, key: Any, /) -> Any:
        """One draw."""
        ...


class LatentModel(eqx.Module):
    """p(z), p(x|z) and q(z|x), each replaceable alone.

    Attributes:
        prior: a `Distribution` over z; or something with `given(posterior)`, which returns one,
            for a prior that is made of posteriors.
        likelihood: z -> `Distribution` over x; any callable will do.
        posterior: x -> `Distribution` over z; any callable will do; or something with
            `given(prior)`, which returns one, for a posterior that goes down the prior's layers.
    """

    prior: Any
    likelihood: Any
    posterior: Any

    def p_z(self) -> Distribution:
        """p(z)."""
        prior = self.prior
        return prior.given(self.posterior) if hasattr(prior, "given") else prior

    def q_z(self, x: Any) -> Distribution:
        """q(z|x) of one x."""
        posterior = self.posterior
        return (posterior.given(self.prior) if hasattr(posterior, "given") else posterior)(x)

    def sample(self, key: Key[Array, ""]) -> Any:
        """One x: z ~ p(z), then x ~ p(x|z)."""
        zkey, xkey = jax.random.split(key)
        return self.likelihood(self.p_z().sample(zkey)).sample(xkey)

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "LatentModel":
        """The same model with what it is trained under: dropped units and hidden columns."""
        lkey, qkey = jax.random.split(key)
        return LatentModel(
            self.prior,
            _with_noise(self.likelihood, lkey, progress),
            _with_noise(self.posterior, qkey, progress),
        )


def _with_noise(term: Any, key: Key[Array, ""], progress: Float[Array, ""]) -> Any:
    """The term as it is trained, if it knows any noise."""
    return term.with_noise(key, progress) if hasattr(term, "with_noise") else term


@eqx.filter_jit
def sample_block(
    key: Key[Array, ""], model: LatentModel, first: Array, size: int
) -> tuple[Any, Array]:
    """Rows first .. first + size - 1 of the endless sample that belongs to a key.

    Row i is drawn with fold_in(key, i), so it is the same row whatever else is drawn.

    Returns:
        x, its arrays of shape (size, ...), and 64 random bits for every entry of the first of
        them, uint32 (size, d, 2).
    """

    def draw(i: Array) -> tuple[Any, Array]:
        xkey, ukey = jax.random.split(jax.random.fold_in(key, i))
        x = model.sample(xkey)
        return x, jax.random.bits(ukey, (*jax.tree.leaves(x)[0].shape, 2), "uint32")

    return jax.vmap(draw)(first + jax.numpy.arange(size, dtype="uint32"))


def trainable(model: eqx.Module) -> tuple[PyTree, PyTree]:
    """The weights of a model or of a part, and all the rest: its constants and its structure.

    A NumPyro distribution is prescribed, so not trained; a prior to be learned is a module. Nor
    is trained what flowjax marks as `NonTrainable`, whose gradient is zero: weight decay would
    move it all the same.
    """

    def is_constant(node: object) -> bool:
        return isinstance(node, Codes | NumPyroDistribution | Facts | NonTrainable)

    free = jax.tree.map(
        lambda node: False if is_constant(node) else eqx.is_inexact_array(node),
        model,
        is_leaf=is_constant,
    )
    return eqx.partition(model, free)
