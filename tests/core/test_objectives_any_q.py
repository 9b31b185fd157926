"""What is maximised, with a q of weighted draws and without a formula for its KL."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import linear_toy
from jensen.bounds.objectives import Elbo
from jensen.errors import OptionError
from jensen.estimator.terms import resolve
from jensen.latent_model import LatentModel
from jensen.priors import standard_normal
from linear_toy import toy
from test_objectives import BOUNDS, _float64, each, is_above

__all__ = ["_float64"]  # a fixture that every test uses


class Pair(eqx.Module):
    """1/4 N(loc - 1, 1) + 3/4 N(loc + 1/2, 1), a draw of each by its weight; no closed form."""

    loc: Any

    def parts(self) -> dist.Distribution:
        return dist.Normal(
            self.loc[None, :] + jnp.array([[-1.0], [0.5]]), jnp.ones((2, 1))
        ).to_event(1)

    def log_prob(self, z: Any) -> Any:
        each = self.parts().log_prob(z[None, :])
        return jax.nn.logsumexp(each, b=jnp.array([0.25, 0.75]))

    def sample(self, key: Any) -> Any:
        return self.points(key, 1)[0][jax.random.bernoulli(key, 0.75).astype(int)]

    def points(self, key: Any, n: int) -> Any:
        z = jax.vmap(self.parts().sample)(jax.random.split(key, n))  # n, 2, 1
        z = jnp.moveaxis(z, 0, 1).reshape(2 * n, 1)
        weight = jnp.repeat(jnp.array([0.25, 0.75]), n) / n
        return z, weight, jax.vmap(self.log_prob)(z)


def paired() -> LatentModel:
    model = toy()
    return eqx.tree_at(lambda m: m.posterior, model, lambda x: Pair(model.posterior(x).mean))


WITH_POINTS = [b for b in BOUNDS if "dreg" not in b and not b.startswith(("beta_tc", "free_bits"))]


@pytest.mark.parametrize("text", WITH_POINTS)
def test_a_bound_with_weighted_points_is_below_log_p(text: str):
    x = np.repeat(linear_toy.X[None], 20_000, 0)
    value = each(resolve("bound", text), paired(), x)
    is_above(np.full(len(x), linear_toy.log_p(toy())), value)
    assert value.mean() > linear_toy.log_p(toy()) - 4.0  # alpha = 3 is loose


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("iwae:gradient=dreg", "reparameterised"),
        ("free_bits", "whose dimensions are independent"),
        ("beta_tc", "whose dimensions are independent"),
    ],
)
def test_what_a_q_cannot_do_is_refused(text: str, why: str):
    with pytest.raises(OptionError, match=why):
        each(resolve("bound", text), paired(), linear_toy.X[None])


def test_a_q_whose_parameters_are_hidden_is_refused():
    class Hidden:
        sample = staticmethod(standard_normal(1).sample)
        log_prob = staticmethod(standard_normal(1).log_prob)

    model = eqx.tree_at(lambda m: m.posterior, toy(), lambda _: Hidden())
    with pytest.raises(OptionError, match="held constant"):
        each(Elbo(gradient="stl"), model, linear_toy.X[None])


@pytest.mark.parametrize(
    "text",
    [
        "elbo:n_samples=0", "elbo:gradient=dreg", "iwae:k=0", "iwae:gradient=best", "miwae:m=0",
        "piwae:k=0", "ciwae:beta=1.5", "renyi:alpha=nan", "beta:beta=-1", "capacity:nats=-1",
        "free_bits:nats=-1", "beta_tc:beta=-1", "mmd:weight=-1", "mmd:weight=inf",
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(text: str):
    with pytest.raises(OptionError, match="must be"):
        resolve("bound", text)
