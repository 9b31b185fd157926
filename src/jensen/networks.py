"""Networks R^n -> R^m; they know no probability.

Every network acts on the last axis, so it takes one vector, shape (n,), or a stack of them.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key


def normal(key: Key[Array, ""], *shape: int, scale: Any = 1.0) -> Float[Array, "..."]:
    """Normal numbers of mean 0 and standard deviation `scale` to start weights from.

    Drawn and scaled on the host: each shape drawn by JAX is a program to compile, and a model's
    worth took longer than reading its table. The key is spent as the key of another
    counter-based generator.
    """
    words = np.asarray(jax.random.key_data(key)).astype(np.uint64).reshape(-1)
    rng = np.random.Generator(np.random.Philox(key=np.resize(words, 2)))
    return jnp.asarray(rng.standard_normal(shape, np.float32) * np.asarray(scale, np.float32))


def zeros(*shape: int) -> Float[Array, "..."]:
    """Zeros to start weights from, made on the host for the same reason."""
    return jnp.asarray(np.zeros(shape, np.float32))


FADE_AT, DROPOUT = (0.6, 1.0), (0.1, 0.0)
"""Share of the steps done, and the rate of dropped units then."""


class Dropout(eqx.Module):
    """Switch units off while training: a key and the share of units to drop.

    One mask serves a whole stack of vectors: the units of a row are off for all its columns.
    """

    key: Key[Array, ""]
    rate: Float[Array, ""]

    @classmethod
    def at(cls, key: Key[Array, ""], progress: Float[Array, ""]) -> "Dropout":
        """Units are dropped at a constant rate, and towards the end of training ever fewer.

        What samples in the end is the network without dropout: it should be the one trained.
        """
        return cls(key, jnp.interp(progress, jnp.array(FADE_AT), jnp.array(DROPOUT)))

    def __call__(self, h: Float[Array, "*stack n"], layer: int) -> Float[Array, "*stack n"]:
        """h with a share `rate` of its units at 0 and the others scaled up."""
        key = jax.random.fold_in(self.key, layer)
        keep = jax.random.bernoulli(key, 1.0 - self.rate, h.shape[-1:])
        return jnp.where(keep, h / (1.0 - self.rate), 0.0)


class Linear(eqx.Module):
    """x W + b."""

    weight: Float[Array, "n m"]
    bias: Float[Array, " m"]

    def __init__(self, n: int, m: int, *, scale: float = 1.0, key: Key[Array, ""]):
        self.weight = normal(key, n, m, scale=scale / n**0.5)
        self.bias = zeros(m)

    def __call__(self, x: Float[Array, "*stack n"]) -> Float[Array, "*stack m"]:
        """x W + b."""
        y = x @ self.weight
        return y + jnp.broadcast_to(self.bias, y.shape)


def rms_norm(h: Float[Array, "*stack n"]) -> Float[Array, "*stack n"]:
    """h over its root mean square (Zhang & Sennrich 2019, arXiv 1910.07467)."""
    return h * jax.lax.rsqrt(jnp.mean(h * h, axis=-1, keepdims=True) + 1e-5)


class ResidualMLP(eqx.Module):
    """h <- h + W2 gelu(W1 norm(h)), block after block (He et al. 2016, arXiv 1603.05027)."""

    inner: list[Linear]
    outer: list[Linear]

    def __init__(self, width: int, n_blocks: int, *, key: Key[Array, ""]):
        ikey, okey = jax.random.split(key)
        self.inner = [Linear(width, width, key=k) for k in jax.random.split(ikey, n_blocks)]
        self.outer = [
            Linear(width, width, scale=0.5, key=k) for k in jax.random.split(okey, n_blocks)
        ]

    def __call__(
        self, h: Float[Array, "*stack n"], dropout: Dropout | None = None
    ) -> Float[Array, "*stack n"]:
        """The last block's output, not normalised."""
        for layer, (inner, outer) in enumerate(zip(self.inner, self.outer, strict=True)):
            y = jax.nn.gelu(inner(rms_norm(h)))
            h = h + outer(y if dropout is None else dropout(y, layer))
        return h


class Conditional(eqx.Module):
    """head(network(x)): from what is given to a distribution, for p(x|z) and q(z|x) alike.

    Attributes:
        network: x -> a vector h; one with `with_noise` hides something of x while it trains.
        head: h -> a distribution.
    """

    network: Any
    head: Any

    def with_noise(self, key: Key[Array, ""], progress: Float[Array, ""]) -> "Conditional":
        """The same as it is trained, for one row."""
        if not hasattr(self.network, "with_noise"):
            return self
        return Conditional(self.network.with_noise(key, progress), self.head)

    def given(self, other: Any) -> "Conditional":
        """The same with a head that knows `other`, if it asks for it with a `given` of its own."""
        if not hasattr(self.head, "given"):
            return self
        return Conditional(self.network, self.head.given(other))

    def __call__(self, x: Any) -> Any:
        """The distribution that belongs to x."""
        return self.head(self.network(x))
