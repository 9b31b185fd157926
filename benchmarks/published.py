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

from jensen.distributions import Chain
from jensen.networks import Conditional, Linear
from jensen.posteriors import MeanField
from jensen.priors import VampPrior
from jensen.priors.vamp import Aggregate, of_x


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
    head = BernoulliHead(_output(width, shares, key=okey))
    return Conditional(Layers(kind, [latent_dim, width, width], key=nkey), head)


def encoder(kind, n_inputs: int, width: int, latent_dim: int, *, key) -> Conditional:
    """q(z|x), a Normal with independent dimensions."""
    nkey, hkey = jax.random.split(key)
    head = MeanField().build(width, latent_dim, key=hkey)
    return Conditional(Layers(kind, [n_inputs, width, width], key=nkey), head)


class Pixels(eqx.Module):
    """A posterior that reads pseudo-inputs too, which need not be zeros and ones, as in [0, 1]."""

    posterior: Any

    def __call__(self, x):
        return self.posterior(jnp.clip(x, 0.0, 1.0))


def vamp(images: jnp.ndarray) -> VampPrior:
    """p(z) = 1/K sum_k q(z|u_k), the pseudo-inputs u_k beginning at these images."""
    return VampPrior(jnp.asarray(images), of_x)


class NormalHead(eqx.Module):
    """A Normal with independent dimensions."""

    out: Linear

    def __call__(self, h):
        loc, log_scale = jnp.split(self.out(h), 2)
        return dist.Normal(loc, jnp.exp(jnp.clip(log_scale, -7.0, 3.0))).to_event(1)


def _normal(kind, sizes: list[int], latent_dim: int, *, key) -> Conditional:
    nkey, hkey = jax.random.split(key)
    out = Linear(sizes[-1], 2 * latent_dim, scale=0.3, key=hkey)
    return Conditional(Layers(kind, sizes, key=nkey), NormalHead(out))


class Two(eqx.Module):
    """Two vectors, each through a layer of its own, then both through one."""

    first: Any
    second: Any
    both: Any

    def __init__(self, kind, n_first: int, n_second: int, width: int, *, key):
        akey, bkey, ckey = jax.random.split(key, 3)
        self.first, self.second = kind(n_first, width, key=akey), kind(n_second, width, key=bkey)
        self.both = kind(2 * width, width, key=ckey)

    def __call__(self, pair):
        a, b = pair
        return self.both(jnp.concatenate([self.first(a), self.second(b)]))


class TwoLayerPosterior(eqx.Module):
    """q(z|x) = q(z2|x) q(z1|x, z2), z = (z2, z1)."""

    top: Conditional
    below: Conditional

    def __call__(self, x):
        return Chain(eqx.Partial(_layer, self.top(x), self.below, x), 2)


def _layer(top, below, x, layer: int, above):
    return top if above is None else below((x, above))


class TwoLayerPrior(eqx.Module):
    """p(z) = p(z2) p(z1|z2), z2 standard Normal or, with pseudo-inputs, 1/K sum_k q(z2|u_k)."""

    below: Conditional
    pseudo_inputs: Any
    latent_dim: int = eqx.field(static=True)

    def given(self, posterior: Pixels) -> Chain:
        """p(z), its top layer made of q(z2|x) where there are pseudo-inputs."""
        top = dist.Normal(jnp.zeros(self.latent_dim), jnp.ones(self.latent_dim)).to_event(1)
        if self.pseudo_inputs is not None:
            of = eqx.Partial(_top, posterior.posterior.top)
            top = Aggregate(self.pseudo_inputs, of)
        return Chain(eqx.Partial(_step, top, self.below), 2)


def _top(top, u):
    return top(jnp.clip(u, 0.0, 1.0))


def _step(top, below, layer: int, above):
    return top if above is None else below(above)


class SplitLatent(eqx.Module):
    """z = (z2, z1) as a pair."""

    network: Two

    def __call__(self, z):
        return self.network(tuple(jnp.split(z, 2)))


def two_layers(kind, width: int, latent_dim: int, shares, images, *, key):
    """Prior, p(x|z) and q(z|x) of the two-level HVAE, each latent layer of `latent_dim` entries.

    Args:
        images: where the pseudo-inputs begin, or None for a standard Normal at the top.

    Source: Tomczak & Welling 2018, arXiv 1705.07120, section 4.
    """
    akey, bkey, hkey, pkey, lkey, okey = jax.random.split(key, 6)
    n = len(shares)
    top = _normal(kind, [n, width, width], latent_dim, key=akey)
    out = Linear(width, 2 * latent_dim, scale=0.3, key=hkey)
    below = Conditional(Two(kind, n, latent_dim, width, key=bkey), NormalHead(out))
    prior = TwoLayerPrior(
        _normal(kind, [latent_dim, width, width], latent_dim, key=pkey),
        None if images is None else jnp.asarray(images),
        latent_dim,
    )
    network = SplitLatent(Two(kind, latent_dim, latent_dim, width, key=lkey))
    p_x = Conditional(network, BernoulliHead(_output(width, shares, key=okey)))
    return prior, p_x, Pixels(TwoLayerPosterior(top, below))


def _output(width: int, shares, *, key) -> Linear:
    """A layer of logits that starts at the pixels' shares of ones."""
    out = Linear(width, len(shares), key=key)
    share = jnp.clip(jnp.asarray(shares), 1e-3, 1 - 1e-3)
    return eqx.tree_at(lambda o: o.bias, out, jnp.log(share) - jnp.log1p(-share))
