"""A linear-Gaussian model of one latent dimension whose weights can be learned.

z ~ N(0, 1), x ~ N(w z + m, I) with x of two entries, q(z|x) = N(a.x + b, e^2c). Its ELBO has a
formula; its IWAE_2 is a two-dimensional Gauss-Hermite sum, exact to 1e-10 here.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist

from jensen.latent_model import LatentModel
from jensen.priors import standard_normal

X = np.array([1.2, -0.7])


class Decoder(eqx.Module):
    """p(x|z)."""

    w: Any
    m: Any

    def __call__(self, z: Any) -> dist.Distribution:
        return dist.Normal(self.m + z[0] * self.w, jnp.ones(2)).to_event(1)


class Encoder(eqx.Module):
    """q(z|x)."""

    a: Any
    b: Any
    c: Any

    def __call__(self, x: Any) -> dist.Distribution:
        return dist.Normal((self.a @ x + self.b)[None], jnp.exp(self.c)[None]).to_event(1)


def toy(*, exact: bool = False) -> LatentModel:
    """With a posterior that is wrong in mean and scale, or with the exact one."""
    w, m = jnp.array([0.9, -0.5]), jnp.array([0.1, 0.2])
    variance = 1 / (1 + w @ w)
    q = Encoder(w * variance, -variance * (w @ m), 0.5 * jnp.log(variance))
    if not exact:
        q = Encoder(q.a + 0.2, q.b - 0.3, q.c + 0.25)
    return LatentModel(standard_normal(1), Decoder(w, m), q)


def weights(model: LatentModel) -> np.ndarray:
    """w, m, a, b, c of a model, or of its gradient, as one vector of 8: 4 of p, then 4 of q."""
    p, q = model.likelihood, model.posterior
    return np.concatenate([np.atleast_1d(v) for v in (p.w, p.m, q.a, q.b, q.c)])


P, Q = slice(0, 4), slice(4, 8)


def log_p(model: LatentModel) -> float:
    """log p(x) = log N(x; m, I + w w')."""
    w = model.likelihood.w
    marginal = dist.MultivariateNormal(model.likelihood.m, jnp.eye(2) + jnp.outer(w, w))
    return float(marginal.log_prob(jnp.asarray(X)))


def exact_elbo(model: LatentModel) -> Any:
    """The ELBO from its formula."""
    p, q = model.likelihood, model.posterior
    loc, log_scale = q.a @ X + q.b, q.c
    variance = jnp.exp(2 * log_scale)
    rest = X - p.m - loc * p.w
    reconstruction = -jnp.log(2 * jnp.pi) - 0.5 * (rest @ rest + variance * p.w @ p.w)
    return reconstruction - 0.5 * (loc**2 + variance - 1 - 2 * log_scale)


def exact_iwae_2(model: LatentModel, kl_weight: float = 1.0) -> Any:
    """E[log 1/2 (w_1 + w_2)] by quadrature over the noise of both draws."""
    nodes, mass = np.polynomial.hermite_e.hermegauss(40)
    q, noise = model.posterior(jnp.asarray(X)), jnp.asarray(nodes)
    z = q.base_dist.loc + q.base_dist.scale * noise

    def log_w(one: Any) -> Any:
        at = one[None]
        ratio = model.prior.log_prob(at) - q.log_prob(at)
        return model.likelihood(at).log_prob(jnp.asarray(X)) + kl_weight * ratio

    each = jax.vmap(log_w)(z)
    pairs = jnp.logaddexp(each[:, None], each[None, :]) - jnp.log(2.0)
    share = jnp.asarray(mass / mass.sum())
    return share @ pairs @ share


def moved(model: LatentModel, by: np.ndarray) -> LatentModel:
    """The model with its vector of `weights` moved by another one."""
    to = jnp.asarray(weights(model) + by)
    parts = (to[:2], to[2:4], to[4:6], to[6], to[7])
    p, q = Decoder(*parts[:2]), Encoder(*parts[2:])
    return LatentModel(model.prior, p, q)


def differences(objective: Any, model: LatentModel, n: int, h: float = 1e-4) -> np.ndarray:
    """(f(weights + h e_i) - f(weights - h e_i)) / 2h of each of 8 weights, under the keys of
    `gradients`, the same on both sides, shape (n, 8)."""
    keys = jax.random.split(jax.random.key(0), n)

    @jax.jit
    def values(m: LatentModel) -> Any:
        one = lambda k: objective(k[None], lambda _: m, jnp.asarray(X)[None], jnp.ones(()))  # noqa: E731
        return jax.vmap(one)(keys)

    sides = [[values(moved(model, s * h * e)) for s in (1.0, -1.0)] for e in np.eye(8)]
    return np.stack([np.asarray(up - down) / (2 * h) for up, down in sides], axis=1)


def gradients(objective: Any, model: LatentModel, n: int, kl_weight: float = 1.0) -> np.ndarray:
    """The gradient of the objective for X under n keys, the same ones each time, shape (n, 8)."""

    def one(key: Any) -> Any:
        def value(m: LatentModel) -> Any:
            return objective(key[None], lambda _: m, jnp.asarray(X)[None], jnp.asarray(kl_weight))

        return eqx.filter_grad(value)(model)

    found = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), n))
    p, q = found.likelihood, found.posterior
    parts = [np.asarray(v).reshape(n, -1) for v in (p.w, p.m, q.a, q.b, q.c)]
    return np.concatenate(parts, axis=1)
