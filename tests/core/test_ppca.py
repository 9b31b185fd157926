"""A linear VAE of one shared variance is probabilistic PCA (Lucas et al. 2019, 1911.02469)."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from numpyro.distributions import kl_divergence
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from jensen.bounds import elbo_rows
from jensen.latent_model import LatentModel
from jensen.likelihoods import FAMILIES, Facts
from jensen.priors import standard_normal
from jensen.training import Rows, TrainingConfig, fit_model

N, D, K = 300, 5, 2
SPREAD = np.array([2.0, 1.2])


class Decoder(eqx.Module):
    """p(x|z) = N(x; W z + b, s^2), by the family whose scale is learned."""

    weight: jax.Array
    bias: jax.Array
    log_scale: jax.Array

    def __call__(self, z: jax.Array) -> Any:
        shared = jnp.broadcast_to(self.log_scale, (D, 1))
        facts = Facts(*(np.zeros(D, np.float32),) * 4)
        loc = self.weight @ z + self.bias
        return FAMILIES["normal_shared"]()(loc[:, None], shared, facts).to_event(1)


class Points(eqx.Module):
    """A Normal q(z|x) whose draws are 2 k points: exact for what is quadratic in z."""

    loc: jax.Array
    lower: jax.Array

    @property
    def normal(self) -> dist.Distribution:
        return dist.MultivariateNormal(self.loc, scale_tril=self.lower)

    def points(self, key: Any, n: int) -> tuple[jax.Array, jax.Array, jax.Array]:
        steps = jnp.sqrt(1.0 * K) * jnp.concatenate([self.lower.T, -self.lower.T])
        z = self.loc[None] + steps
        return z, jnp.full(2 * K, 0.5 / K), jax.vmap(self.normal.log_prob)(z)

    def sample(self, key: Any) -> jax.Array:
        return self.normal.sample(key)

    def log_prob(self, z: jax.Array) -> jax.Array:
        return self.normal.log_prob(z)

    def kl(self, p: Any) -> jax.Array:
        wide = dist.MultivariateNormal(jnp.zeros(K), scale_tril=jnp.eye(K))
        return kl_divergence(self.normal, wide)


class Encoder(eqx.Module):
    """loc = A x + b; one Cholesky factor for all rows, a diagonal one if mean-field."""

    weight: jax.Array
    bias: jax.Array
    log_diagonal: jax.Array
    below: jax.Array | None

    def __call__(self, x: jax.Array) -> Points:
        lower = jnp.diag(jnp.exp(self.log_diagonal))
        if self.below is not None:
            lower = lower + jnp.tril(self.below, -1)
        return Points(self.weight @ x + self.bias, lower)


def data() -> np.ndarray:
    rng = np.random.default_rng(0)
    loadings = np.linalg.qr(rng.normal(size=(D, K)))[0] * SPREAD
    x = rng.normal(size=(N, K)) @ loadings.T + 0.6 * rng.normal(size=(N, D)) + 0.5
    return x.astype(np.float32)


def start(full: bool) -> LatentModel:
    a, b = (0.3 * jax.random.normal(k, (D, K)) for k in jax.random.split(jax.random.key(0)))
    decoder = Decoder(a, jnp.zeros(D), jnp.zeros(1))
    below = jnp.zeros((K, K)) if full else None
    encoder = Encoder(b.T, jnp.zeros(K), jnp.zeros(K), below)
    return LatentModel(standard_normal(K), decoder, encoder)


@pytest.mark.parametrize("full", [True, False], ids=["full rank", "mean-field"])
def test_a_linear_vae_reaches_the_likelihood_and_the_subspace_of_ppca(full: bool):
    x = data()
    rows = Rows(x, np.zeros(N))
    config = TrainingConfig(
        steps=3_000, batch_size=N, learning_rate=0.01, weight_decay=0.0, kl_warm_up=0.0,
        average=0.9, patience=1.0,
    )  # fmt: skip
    model, _ = fit_model(start(full), rows, rows, config, 0, lambda progress: None)
    pca = PCA(n_components=K).fit(x)
    most = float(pca.score(x))
    found = float(elbo_rows(jax.random.key(0), model, x).value.mean())
    assert most - 0.01 < found < most + 1e-4
    angle = subspace_angles(np.asarray(model.likelihood.weight, np.float64), pca.components_.T)
    assert np.degrees(angle.max()) < 1.0
    noise = float(np.exp(2 * model.likelihood.log_scale[0]))
    # scikit-learn divides by n - 1 where the maximum of the likelihood divides by n
    np.testing.assert_allclose(noise, pca.noise_variance_ * (N - 1) / N, rtol=0.02)
