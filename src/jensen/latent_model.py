"""A latent-variable model: z ~ p(z), then x ~ p(x|z); and q(z|x), which looks back."""

from typing import Any, Protocol

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key


class Distribution(Protocol):
    """What a term of the bound must be able to do; every NumPyro distribution can."""

    def log_prob(self, value: Any, /) -> Array:
        """Log-probability or log-density of one value, in nats."""
        ...

    def sample(self, key: Any, /) -> Array:
        """One draw."""
        ...


class LatentModel(eqx.Module):
    """p(z), p(x|z) and q(z|x), each replaceable alone.

    Attributes:
        prior: a `Distribution` over z.
        likelihood: z -> `Distribution` over x; any callable will do.
        posterior: x -> `Distribution` over z; any callable will do.
    """

    prior: Any
    likelihood: Any
    posterior: Any

    def sample(self, key: Key[Array, ""]) -> Array:
        """One x: z ~ p(z), then x ~ p(x|z)."""
        zkey, xkey = jax.random.split(key)
        return self.likelihood(self.prior.sample(zkey)).sample(xkey)

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "LatentModel":
        """The same model with what it is trained under: dropped units and hidden columns."""
        lkey, qkey = jax.random.split(key)
        return LatentModel(
            self.prior,
            self.likelihood.with_noise(lkey, progress),
            self.posterior.with_noise(qkey, progress),
        )


@eqx.filter_jit
def sample_block(
    key: Key[Array, ""], model: LatentModel, first: Array, size: int
) -> tuple[Array, Array]:
    """Rows first .. first + size - 1 of the endless sample that belongs to a key.

    Row i is drawn with fold_in(key, i), so it is the same row whatever else is drawn.

    Returns:
        x, shape (size, d), and 64 random bits for every entry of x, uint32 (size, d, 2).
    """

    def draw(i: Array) -> tuple[Array, Array]:
        xkey, ukey = jax.random.split(jax.random.fold_in(key, i))
        x = model.sample(xkey)
        return x, jax.random.bits(ukey, (*x.shape, 2), "uint32")

    return jax.vmap(draw)(first + jax.numpy.arange(size, dtype="uint32"))
