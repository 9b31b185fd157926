"""p(x | evidence) by weighted draws, against the same by enumeration and quadrature."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest
from scipy import stats

import registry
from enumerated import Said, evidence, exact, joint
from jensen.conditionals import Evidence, Guide, particles, train_guide
from jensen.conditionals.evidence import UNKNOWN
from jensen.latent_model import LatentModel
from jensen.likelihoods import Autoregressive, Independent
from small_fits import fitted

pytestmark = pytest.mark.usefixtures("optimised")

N = 8_000
RATE = 1e-4
"""Chance that a test of frequencies fails although the draws are right."""
SIZES = tuple(map(len, registry.COUNTS))
DECODERS = {"autoregressive": Autoregressive, "independent": Independent}

EVIDENCE: dict[str, Said] = {
    "nothing": {},
    "the first": {0: 1},
    "the middle one": {1: 2},
    "the last": {2: 0},
    "the last, rare": {2: 1},
    "a set first": {0: {0, 2}},
    "a set last": {2: {1}},
    "a range in the middle": {1: {0, 2}},
    "first and last": {0: 0, 2: 1},
    "all but the first": {1: 0, 2: 1},
    "half of a code": {0: {0: 0.5, 1: 1.0}},
}


@pytest.fixture(scope="module", params=DECODERS)
def case(request: Any) -> tuple[LatentModel, Guide, np.ndarray, np.ndarray]:
    model = registry.small_model(DECODERS[request.param])
    guide = train_guide(jax.random.key(5), model, model.likelihood.codes, registry.LATENT)
    return model, guide, *joint(model)


@eqx.filter_jit
def draw(key: Any, model: LatentModel, guide: Any, said: Evidence) -> Any:
    return particles(key, model, guide, said, N)


@pytest.mark.parametrize("guided", [False, True])
@pytest.mark.parametrize("name", EVIDENCE)
def test_weighted_draws_are_those_of_the_conditional(case: Any, name: str, guided: bool):
    model, guide, p, rows = case
    said = EVIDENCE[name]
    found = draw(jax.random.key(11), model, guide if guided else None, evidence(said))
    wanted = exact(said, p, rows)
    log_w, x = np.asarray(found.log_w, np.float64), np.asarray(found.x)
    w = np.exp(log_w)
    ess = w.sum() ** 2 / (w**2).sum()
    assert ess > 150
    error = w.std() / np.sqrt(N)
    assert abs(w.mean() - wanted.sum()) < 5 * error + 2e-3 * wanted.sum()
    share, given = w / w.sum(), wanted / wanted.sum()
    index = {tuple(row): i for i, row in enumerate(rows)}
    counts = np.bincount([index[tuple(r)] for r in x], share, len(rows))
    assert counts[given == 0].sum() == 0
    # chi-square over the rows that are likely enough, by the effective number of draws
    likely = given * ess > 5
    chi = ess * ((counts - given)[likely] ** 2 / given[likely]).sum()
    dof = int(likely.sum())
    assert chi < stats.chi2.isf(RATE, dof)


def test_a_guide_makes_more_of_the_draws_count():
    """Two columns say the same: drawing the first blindly, one draw in twelve agrees."""
    rng = np.random.default_rng(0)
    level = rng.integers(0, 12, 1_500)
    names = np.array([f"level {k}" for k in range(12)])
    table = pl.DataFrame({"first": names[level], "same": level, "other": rng.normal(size=1_500)})
    vae = fitted(table, steps=1_500, width=32, columns={"same": "categorical"})
    found = vae.condition("same = 7")
    assert found.guide is not None
    assert found.efficiency > 0.3
    more = vae.sample(200, given=found)
    assert (more["same"] == 7).all()
    assert (more["first"] == "level 7").mean() > 0.9
    assert np.exp(found.log_p) == pytest.approx((level == 7).mean(), rel=0.35)


def test_the_effective_number_of_draws_predicts_the_error(case: Any):
    """The spread of an estimate over many seeds is that of so many plain draws.

    So it is where what is estimated is not tied to the weights: a value that is likely both before
    and after what is said. Of one that the weights single out the error is another.
    """
    model, _, p, rows = case
    said = {1: 0}
    wanted = exact(said, p, rows)
    shares = np.bincount(rows[:, 0], wanted / wanted.sum())
    value = np.abs(shares - 0.5).argmin()
    truth, n, runs = shares[value], 400, 100

    @eqx.filter_jit
    def many(model: LatentModel, keys: Any) -> Any:
        return jax.vmap(lambda k: particles(k, model, None, evidence(said), n))(keys)

    found = many(model, jax.random.split(jax.random.key(4), runs))
    w = np.exp(np.asarray(found.log_w, np.float64))
    w /= w.sum(1, keepdims=True)
    estimate = (w * (np.asarray(found.x)[..., 0] == value)).sum(1)
    ess = (1 / (w**2).sum(1)).mean()
    spread = np.sqrt(((estimate - truth) ** 2).mean())
    predicted = np.sqrt(truth * (1 - truth) / ess)
    assert 0.5 < spread / predicted < 1.5


def test_ranks_of_the_truth_are_uniform(case: Any):
    """Simulation-based calibration (Talts et al. 2018, arXiv 1804.06788), ties broken at random."""
    model, guide, _, _ = case
    n, draws = 1_500, 7

    @eqx.filter_jit
    def one(key: Any) -> Any:
        xkey, pkey, ckey, ukey = jax.random.split(key, 4)
        x = model.sample(xkey)
        said = Evidence(jnp.where(jnp.array([False, True, True]), x, UNKNOWN), jnp.ones((3, 5)))
        allowed = jnp.arange(5)[None] < jnp.array(SIZES)[:, None]
        said = Evidence(said.x, allowed.astype(jnp.float32))
        found = particles(pkey, model, guide, said, 64)
        chosen = jax.random.categorical(ckey, found.log_w, shape=(draws,))
        values = found.x[chosen, 0].astype(float) + jax.random.uniform(ukey, (draws,))
        return jnp.sum(
            values < x[0].astype(float) + jax.random.uniform(jax.random.fold_in(ukey, 1))
        )

    ranks = np.asarray(jax.vmap(one)(jax.random.split(jax.random.key(6), n)))
    counts = np.bincount(ranks, minlength=draws + 1)
    wanted = n / (draws + 1)
    assert ((counts - wanted) ** 2 / wanted).sum() < 30  # chi-square of 7 degrees: 1e-4
