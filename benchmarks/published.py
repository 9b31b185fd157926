"""The networks of the published models of binary images, put together from jensen's terms.

Encoder and decoder have two layers of 300 gated units (Tomczak & Welling 2018, arXiv 1705.07120)
or of 200 tanh units (Burda et al. 2016, arXiv 1509.00519); x is a vector of zeros and ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist

from jensen.networks import Conditional, Linear
from jensen.posteriors import MeanField


class Gated(eqx.Module):
    """(x W + b) sigmoid(x V + c) (Dauphin et al. 2017, arXiv 1612.08083)."""

    value: Linear
    gate: Linear

    def __init__(self, n: int, m: int, *, key):
        vkey, gkey = jax.random.split(key)
        self.value, self.gate = Linear(n, m, key=vkey), Linear(n, m, key=gkey)

    def __call__(self, x):
        return self.value(x) * jax.nn.sigmoid(self.gate(x))


class Tanh(eqx.Module):
    """tanh(x W + b)."""

    linear: Linear

    def __init__(self, n: int, m: int, *, key):
        self.linear = Linear(n, m, key=key)

    def __call__(self, x):
        return jnp.tanh(self.linear(x))


class Layers(eqx.Module):
    """One layer after the other."""

    layers: list[Any]

    def __init__(self, kind: Callable[..., Any], sizes: list[int], *, key):
        keys = jax.random.split(key, len(sizes) - 1)
        pairs = zip(sizes[:-1], sizes[1:], keys, strict=True)
        self.layers = [kind(n, m, key=k) for n, m, k in pairs]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class BernoulliHead(eqx.Module):
    """p(x|z) = prod_j Bernoulli(x_j; sigmoid(logits_j))."""

    out: Linear

    def __call__(self, h):
        return dist.Bernoulli(logits=self.out(h)).to_event(1)


def decoder(kind, latent_dim: int, width: int, shares: jnp.ndarray, *, key) -> Conditional:
    """p(x|z); its offsets start at the pixels' shares of ones."""
    nkey, okey = jax.random.split(key)
    out = Linear(width, len(shares), key=okey)
    share = jnp.clip(shares, 1e-3, 1 - 1e-3)
    out = eqx.tree_at(lambda o: o.bias, out, jnp.log(share) - jnp.log1p(-share))
    return Conditional(Layers(kind, [latent_dim, width, width], key=nkey), BernoulliHead(out))


def encoder(kind, n_inputs: int, width: int, latent_dim: int, *, key) -> Conditional:
    """q(z|x), a Normal with independent dimensions."""
    nkey, hkey = jax.random.split(key)
    head = MeanField().build(width, latent_dim, key=hkey)
    return Conditional(Layers(kind, [n_inputs, width, width], key=nkey), head)
