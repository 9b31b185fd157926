"""Linear-Gaussian models, whose log p(x) and p(z|x) are known: z ~ N(0, I), x ~ N(Wz + m, D)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from sklearn.decomposition import PCA, FactorAnalysis

from jensen.latent_model import LatentModel
from jensen.priors import standard_normal


class At(dist.MultivariateNormal):
    """A Normal whose every draw is the same point: loc + scale_tril @ noise."""

    def __init__(self, loc: Any, scale_tril: Any, noise: Any):
        self.noise = noise
        super().__init__(loc, scale_tril=scale_tril)

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        return self.loc + self.scale_tril @ self.noise


class AtEach(dist.Normal):
    """Normals whose every draw is the same: loc + scale * noise."""

    def __init__(self, loc: Any, scale: Any, noise: Any):
        self.noise = noise
        super().__init__(loc, scale)

    def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Any:
        return self.loc + self.scale * self.noise


Moments = Callable[[Any], tuple[Any, Any]]
"""x -> mean, shape (k,), and Cholesky factor of the covariance, shape (k, k), of q(z|x)."""


@dataclass(frozen=True)
class LinearGaussian:
    """The model, rows of data, and log p(x) of each row as scikit-learn computes it."""

    loadings: np.ndarray  # (k, d)
    mean: np.ndarray  # (d,)
    variance: np.ndarray  # (d,)
    rows: np.ndarray  # (n, d)
    log_p: np.ndarray  # (n,)

    @property
    def covariance(self) -> np.ndarray:
        """Cov(z|x), the same for every x."""
        w, k = self.loadings, len(self.loadings)
        return np.linalg.inv(np.eye(k) + (w / self.variance) @ w.T)

    def posterior_loc(self, x: Any) -> Any:
        """E[z|x]."""
        return jnp.asarray(self.covariance @ (self.loadings / self.variance)) @ (x - self.mean)

    def likelihood(self, z: Any) -> dist.Distribution:
        """p(x|z)."""
        loc = jnp.asarray(self.mean) + z @ jnp.asarray(self.loadings)
        return dist.Normal(loc, jnp.sqrt(jnp.asarray(self.variance))).to_event(1)

    def exact(self, x: Any) -> tuple[Any, Any]:
        """Mean and scale of p(z|x)."""
        return self.posterior_loc(x), jnp.asarray(np.linalg.cholesky(self.covariance))

    def wrong(self, x: Any) -> tuple[Any, Any]:
        """Mean and scale of a q(z|x) that is shifted, and too narrow here, too wide there."""
        k = len(self.loadings)
        scale = np.sqrt(np.diag(self.covariance)) * np.linspace(0.7, 1.3, k)
        return self.posterior_loc(x) + 0.2, jnp.asarray(np.diag(scale))

    def wide(self, x: Any) -> tuple[Any, Any]:
        """Of a q(z|x) that is shifted and too wide: the variance of its weights is finite."""
        k = len(self.loadings)
        scale = np.sqrt(np.diag(self.covariance)) * np.linspace(1.1, 1.6, k)
        return self.posterior_loc(x) + 0.2, jnp.asarray(np.diag(scale))

    def independent(self, moments: Moments) -> LatentModel:
        """With our own prior, and a posterior of independent Normals."""

        def posterior(x: Any) -> dist.Distribution:
            loc, scale = moments(x)
            return dist.Normal(loc, jnp.diag(scale)).to_event(1)

        return LatentModel(standard_normal(len(self.loadings)), self.likelihood, posterior)

    def model(self, moments: Moments, noise: Any = None) -> LatentModel:
        """With a Normal posterior of these moments, which draws only `noise` if it is given."""
        k = len(self.loadings)
        prior = dist.MultivariateNormal(jnp.zeros(k), scale_tril=jnp.eye(k))

        def posterior(x: Any) -> dist.Distribution:
            loc, scale = moments(x)
            if noise is None:
                return dist.MultivariateNormal(loc, scale_tril=scale)
            return At(loc, scale, noise)

        return LatentModel(prior, self.likelihood, posterior)

    def mean_field(self, moments: Moments, noise: Any) -> LatentModel:
        """With our own prior, and a posterior of independent Normals that draws only `noise`."""

        def posterior(x: Any) -> dist.Distribution:
            loc, scale = moments(x)
            return AtEach(loc, jnp.diag(scale), noise).to_event(1)

        return LatentModel(standard_normal(len(self.loadings)), self.likelihood, posterior)

    def gap(self, moments: Moments) -> np.ndarray:
        """KL(q(z|x) || p(z|x)) of every row, from its formula."""
        precision = np.linalg.inv(self.covariance)
        out: list[float] = []
        for x in self.rows:
            loc, scale = (np.asarray(v) for v in moments(x))
            shift, s = loc - np.asarray(self.posterior_loc(x)), scale @ scale.T
            log_det = np.linalg.slogdet(self.covariance)[1] - np.linalg.slogdet(s)[1]
            total = np.trace(precision @ s) + shift @ precision @ shift - len(loc) + log_det
            out.append(0.5 * float(total))
        return np.array(out)


def data(n: int = 60, d: int = 6, k: int = 3) -> np.ndarray:
    """Rows of a linear-Gaussian model far from standardised."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(n, k))
    noise = rng.normal(size=(n, d)) * np.linspace(0.3, 2.0, d)
    return 5.0 + z @ rng.normal(size=(k, d)) * 2.0 + noise


def factor_analysis() -> LinearGaussian:
    """Every column has a noise of its own: FactorAnalysis of scikit-learn is the oracle."""
    x = data()
    fa = FactorAnalysis(3, svd_method="lapack", tol=1e-2).fit(x)
    return LinearGaussian(fa.components_, fa.mean_, fa.noise_variance_, x, fa.score_samples(x))


def probabilistic_pca() -> LinearGaussian:
    """One noise for all columns (Tipping & Bishop 1999): PCA of scikit-learn is the oracle."""
    x = data()
    pca = PCA(3).fit(x)
    scale = np.sqrt(pca.explained_variance_ - pca.noise_variance_)
    variance = np.full(x.shape[1], pca.noise_variance_)
    loadings = scale[:, None] * pca.components_
    return LinearGaussian(loadings, pca.mean_, variance, x, pca.score_samples(x))


CASES = {"factor analysis": factor_analysis, "probabilistic PCA": probabilistic_pca}
