"""Maximise the ELBO with its KL in three parts, each with a weight."""

from dataclasses import dataclass
from math import log
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from jensen.bounds.objectives.factors import factors
from jensen.bounds.objectives.rows import ModelAt, at_least, each_row
from jensen.latent_model import LatentModel


@dataclass(frozen=True)
class BetaTc:
    """E_q[log p(x|z)] - alpha I(z;x) - beta TC - gamma sum_l KL(q(z_l) || p(z_l)).

    I is the information that z carries of the row, TC = KL(q(z) || prod_l q(z_l)) the total
    correlation; q(z), the mean of q(z|x) over all N rows, is estimated from the M of the batch as
    1/(N M) sum_j q(z|x_j) (Chen et al. 2018, arXiv 1802.04942, eq. 4, and section 3.1 for this
    minibatch-weighted sampling). With alpha = beta = gamma = 1 the estimates cancel and it is
    the ELBO, by draws; else it is reported as an objective.

    Args:
        alpha, beta, gamma: weights of the three terms, at least 0.
        rows: N, the rows of the data set; 0 takes the M of the batch in its place. N shifts
            the terms by multiples of log N, and has no effect on any gradient.
    """

    alpha: float = 1.0
    beta: float = 6.0
    gamma: float = 1.0
    rows: int = 0

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "gamma", "rows"):
            at_least(name, getattr(self, name), 0)

    @property
    def is_bound(self) -> bool:
        """Whether it is the ELBO."""
        return self.alpha == self.beta == self.gamma == 1.0

    def __call__(
        self, keys: Key[Array, " b"], model_at: ModelAt, x: Any, kl_weight: Float[Array, ""]
    ) -> Float[Array, ""]:
        """Mean over the rows, nats."""
        log_p, z, log_prior, q = each_row(self._terms, keys, model_at, x)
        # [i, j, l]: dimension l of draw i under q(z|x_j)
        each = jax.vmap(lambda v: jax.vmap(lambda one: one.log_prob(v))(q))(z)
        n = len(z)
        rest = log(n) + log(self.rows or n)
        log_q = jnp.sum(each[jnp.arange(n), jnp.arange(n)], -1)
        log_joint = jax.nn.logsumexp(jnp.sum(each, -1), 1) - rest
        log_product = jnp.sum(jax.nn.logsumexp(each, 1) - rest, -1)
        information = self.alpha * (log_q - log_joint)
        correlation = self.beta * (log_joint - log_product)
        marginals = self.gamma * (log_product - log_prior)
        return jnp.mean(log_p - kl_weight * (information + correlation + marginals))

    def _terms(self, key: Key[Array, ""], model: LatentModel, x: Any) -> tuple[Any, ...]:
        """log p(x|z), z, log p(z) and the factors of q(z|x), for one draw."""
        q, p = model.q_z(x), model.p_z()
        each_q = factors("beta_tc", "posterior", q)
        z = q.sample(key)
        return model.likelihood(z).log_prob(x), z, p.log_prob(z), each_q
