"""Annealed importance sampling against log p(x), where that is known, and planted faults in it."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

import laws
from jensen.bounds import (
    Ais,
    ais_rows,
    bdmc_rows,
    elbo_rows,
    iwae_rows,
    log_weight_rows,
    tightening,
)
from jensen.bounds import ais as module
from jensen.errors import OptionError
from jensen.latent_model import LatentModel
from jensen.priors import standard_normal
from laws import SIGMAS
from linear_gaussian import factor_analysis

N = 64
"""Rows: many times the same few, since what is random is the chains."""


@pytest.fixture(autouse=True)
def _float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


CASE = factor_analysis()
ROWS, LOG_P = np.repeat(CASE.rows[:8], N // 8, 0), np.repeat(CASE.log_p[:8], N // 8)
FEW, MANY = Ais(4, 4, 3), Ais(60, 8, 5)


def forwards(ais: Ais, seed: int = 0) -> np.ndarray:
    """log p(x) as the chains say it, less log p(x), of every row."""
    keys = jax.random.split(jax.random.key(seed), N)
    model = CASE.independent(CASE.wide)
    of_row = eqx.filter_jit(jax.vmap(lambda key, x: ais(key, model, x).value))
    return np.asarray(of_row(keys, jnp.asarray(ROWS))) - LOG_P


Start = Callable[[Any, Any], Any]


def exact_start(key: Any, x: Any) -> Any:
    loc, scale = CASE.exact(x)
    return dist.MultivariateNormal(loc, scale_tril=scale).sample(key)


def prior_start(key: Any, x: Any) -> Any:
    return standard_normal(len(CASE.loadings)).sample(key)


def backwards(ais: Ais, start: Start = exact_start) -> np.ndarray:
    """-log p(x) as reverse chains say it, plus log p(x): the log of weights of mean one."""
    model = CASE.independent(CASE.wide)

    def of_row(key: Any, x: Any) -> Any:
        fkey, zkey, rkey = jax.random.split(key, 3)
        _, walk, steps = ais.walk_there(fkey, model, x)
        z = start(zkey, x)
        z = jnp.broadcast_to(z, (ais.n_chains, *z.shape))
        return module.weighted(module.backward(rkey, walk, z, steps)).value

    keys = jax.random.split(jax.random.key(1), N)
    return np.asarray(eqx.filter_jit(jax.vmap(of_row))(keys, jnp.asarray(ROWS))) + LOG_P


def is_a_sandwich(found: Any) -> None:
    """The sides at most a nat apart in the mean and, but for chance, the right way round."""
    between = np.asarray(found.upper - found.lower)
    mean, error = between.mean(), between.std(ddof=1) / np.sqrt(len(between))
    assert -SIGMAS * error < mean <= 1.0, f"{mean} +- {error} nats between the two sides"


def weights_have_mean_one(log_w: np.ndarray) -> None:
    """E[w] = p(x) of chains that are no more than proper, however short and few they are."""
    w = np.exp(log_w)
    mean, error = w.mean(), w.std(ddof=1) / np.sqrt(len(w))
    assert error < 0.2 * mean, "the weights spread too widely to judge their mean"
    assert abs(mean - 1.0) < SIGMAS * error, f"the mean weight is {mean} +- {error}, and not 1"


def is_tight(error: np.ndarray) -> None:
    """Within 0.05 nats of log p(x) and, but for chance, not above it."""
    mean, spread = error.mean(), error.std(ddof=1) / np.sqrt(len(error))
    assert -0.05 < mean < SIGMAS * spread, f"{mean} +- {spread} nats from log p(x)"


@pytest.mark.parametrize("start", ["posterior", "prior"])
def test_weights_are_unbiased_however_short_the_walk(start: str):
    ais = FEW if start == "posterior" else Ais(20, 16, 3, start)
    weights_have_mean_one(forwards(ais))


def test_reverse_weights_are_unbiased():
    weights_have_mean_one(backwards(FEW))


def test_a_long_walk_ends_at_log_p():
    is_tight(forwards(MANY))
    above = -backwards(MANY)
    assert -0.05 < -above.mean() < SIGMAS * above.std(ddof=1) / np.sqrt(N)


def test_log_p_lies_between_the_two_sides():
    model, few = CASE.independent(CASE.wide), Ais(6, 4, 3)
    found = bdmc_rows(jax.random.key(5), model, N, few, block=N)
    skey, _ = jax.random.split(jax.random.key(5))
    _, x = module.simulate(skey, model, N)
    w, v = CASE.loadings, np.diag(CASE.variance)
    marginal = dist.MultivariateNormal(jnp.asarray(CASE.mean), jnp.asarray(w.T @ w + v))
    log_p = np.asarray(jax.vmap(marginal.log_prob)(x))
    for side in (log_p - found.lower, found.upper - log_p):
        error = side.std(ddof=1) / np.sqrt(N)
        assert side.mean() + SIGMAS * error > 0.0
        assert side.mean() < 0.3
    assert (found.upper - found.lower).mean() > 0.0
    is_a_sandwich(found)
    assert (log_p - found.elbo).mean() > (found.upper - found.lower).mean()


def test_bounds_are_ordered():
    model, key = CASE.independent(CASE.wide), jax.random.key(2)
    log_w = log_weight_rows(key, model, ROWS, n_samples=50)
    rows = [*tightening(log_w, (1, 5)), ais_rows(key, model, ROWS, MANY, block=N).value]
    elbo = elbo_rows(key, model, ROWS, n_samples=16).value - rows[0]
    assert abs(elbo.mean()) < SIGMAS * elbo.std(ddof=1) / np.sqrt(N)
    for tighter, looser in zip(rows[1:], rows[:-1], strict=True):
        rise = tighter - looser
        assert rise.mean() > SIGMAS * rise.std(ddof=1) / np.sqrt(N)
    is_tight(rows[-1] - LOG_P)


def test_rows_have_their_own_chains_whatever_their_company():
    model, same = CASE.independent(CASE.wide), np.repeat(CASE.rows[:1], N, 0)
    rows = lambda n: ais_rows(jax.random.key(3), model, same[:n], FEW).value  # noqa: E731
    laws.rows_have_their_own_draws(rows)


def test_what_is_told_of_the_chains():
    model = CASE.independent(CASE.wide)
    found = ais_rows(jax.random.key(3), model, ROWS, FEW, block=N)
    assert (found.ess >= 1.0).all()
    assert (found.ess <= 4.0).all()
    assert 0.5 < found.accepted.mean() < 1.0
    many = forwards(FEW, seed=7).std(), found.standard_error.mean()
    assert many[0] == pytest.approx(many[1], rel=0.5)


# --- planted faults ------------------------------------------------------------------------


def test_a_schedule_that_starts_late_is_caught(monkeypatch: pytest.MonkeyPatch):
    """Its first weight is missing: the chains set out from q, and are weighed from b_1 on."""
    right = module.schedule
    monkeypatch.setattr(module, "schedule", lambda n: right(n + 1)[1:])
    with pytest.raises(AssertionError, match="mean weight"):
        weights_have_mean_one(forwards(FEW))


def test_a_sum_for_a_mean_of_chains_is_caught():
    with pytest.raises(AssertionError, match="mean weight"):
        weights_have_mean_one(forwards(FEW) + np.log(FEW.n_chains))


def test_a_reverse_chain_from_the_prior_is_caught():
    with pytest.raises(AssertionError, match=r"mean weight|too widely"):
        weights_have_mean_one(backwards(FEW, prior_start))


@pytest.mark.parametrize("moved", [-1.0, 1.0])
def test_sides_that_are_reversed_or_far_apart_are_caught(moved: float):
    upper = np.linspace(0.2, 0.9, 8)
    right = module.Sandwich(np.zeros(8), upper, np.zeros(8), np.ones(8))
    is_a_sandwich(right)
    wrong = right._replace(upper=-upper if moved < 0 else upper + moved)
    with pytest.raises(AssertionError, match="between the two sides"):
        is_a_sandwich(wrong)


def always_accepted(
    key: Any, z: Any, log_f: Any, step: Any, inverse_mass: Any, n_leapfrog: int
) -> tuple[Any, Any]:
    """Leapfrog without its accept step; the steps are long, so that it matters."""
    p = jax.random.normal(key, z.shape, z.dtype) / jnp.sqrt(inverse_mass)
    for _ in range(n_leapfrog):
        p = p + 0.5 * 1.6 * jax.grad(log_f)(z)
        z = z + 1.6 * inverse_mass * p
        p = p + 0.5 * 1.6 * jax.grad(log_f)(z)
    return z, jnp.ones((), z.dtype)


def test_a_left_out_accept_step_is_caught(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "move", always_accepted)
    with pytest.raises(AssertionError, match=r"mean weight|too widely"):
        weights_have_mean_one(forwards(FEW))


def test_a_gradient_of_the_wrong_sign_is_caught(monkeypatch: pytest.MonkeyPatch):
    """The accept step keeps such moves proper: they only lead nowhere, and the bound is loose."""
    right = module.move

    def uphill(key: Any, z: Any, log_f: Any, *rest: Any) -> Any:
        @jax.custom_jvp
        def flipped(z: Any) -> Any:
            return log_f(z)

        flipped.defjvp(lambda p, t: (log_f(p[0]), -jnp.sum(jax.grad(log_f)(p[0]) * t[0])))
        return right(key, z, flipped, *rest)

    monkeypatch.setattr(module, "move", uphill)
    with pytest.raises(AssertionError, match="nats from"):
        is_tight(forwards(Ais(20, 2, 5)))


# --- what it is not for --------------------------------------------------------------------


class Choice(eqx.Module):
    """One of three values, enumerated."""

    def sample(self, key: Any) -> Any:
        return jax.nn.one_hot(jax.random.randint(key, (), 0, 3), 3)

    def log_prob(self, z: Any) -> Any:
        return jnp.log(1 / 3) * z.sum()

    def points(self, key: Any, n: int) -> Any:
        return jnp.eye(3), jnp.full(3, 1 / 3), jnp.log(jnp.full(3, 1 / 3))


@pytest.mark.parametrize(
    "term",
    [Choice(), dist.Bernoulli(0.5 * np.ones(3)).to_event(1), dist.Beta(np.ones(3), 1.0)],
    ids=["enumerated", "whole numbers", "an interval"],
)
def test_z_must_be_real(term: Any):
    model = LatentModel(term, CASE.likelihood, lambda x: term)
    with pytest.raises(OptionError, match="must have a latent vector of real numbers"):
        ais_rows(jax.random.key(0), model, ROWS, FEW)


@pytest.mark.parametrize(
    "settings", [{"n_chains": 0}, {"n_temperatures": 0}, {"n_leapfrog": 0}, {"start": "end"}]
)
def test_settings_out_of_range(settings: dict[str, Any]):
    with pytest.raises(ValueError, match=f"{next(iter(settings))} must be"):
        Ais(**settings)


# --- a decoder of the size of MNIST --------------------------------------------------------


def pictures(latent_dim: int) -> LatentModel:
    """784 pixels from 200 units whose weights are large enough for pixels near 0 and 1."""
    rng = np.random.default_rng(latent_dim)
    inner = jnp.asarray(rng.normal(size=(latent_dim, 200)) / latent_dim**0.5, jnp.float32)
    outer = jnp.asarray(2.0 * rng.normal(size=(200, 784)) / 200**0.5, jnp.float32)
    prior = standard_normal(latent_dim)

    def likelihood(z: Any) -> dist.Distribution:
        return dist.Bernoulli(logits=jnp.tanh(z @ inner) @ outer).to_event(1)

    return LatentModel(prior, likelihood, lambda x: prior)


@pytest.mark.parametrize(("latent_dim", "n_temperatures", "n"), [(10, 400, 8), (50, 1000, 2)])
def test_a_decoder_of_pictures_is_sandwiched_within_a_nat(
    latent_dim: int, n_temperatures: int, n: int
):
    # NumPyro's Bernoulli, which is not ours to check, relies on the standard promotion
    with jax.enable_x64(False), jax.numpy_dtype_promotion("standard"):
        model = pictures(latent_dim)
        ais = Ais(n_temperatures, n_chains=4, n_leapfrog=5)
        found = bdmc_rows(jax.random.key(0), model, n, ais, block=n)
        x = module.simulate(jax.random.split(jax.random.key(0))[0], model, n)[1]
        iwae = iwae_rows(jax.random.key(1), model, np.asarray(x), n_samples=1000).value
    is_a_sandwich(found)
    assert (found.lower - iwae > 5.0).all(), (found, iwae)
