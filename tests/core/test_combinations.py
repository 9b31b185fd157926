"""Priors and posteriors of real vectors: the bound rises, and a saved model is the model."""

import itertools
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import paramax
import polars as pl
import pytest
from flowjax.bijections import Affine, Invert
from flowjax.distributions import Normal, Transformed

import jensen
import registry
from jensen import VAE
from jensen.bijections import coupling, spline
from jensen.bounds import elbo_rows
from jensen.errors import OptionError
from jensen.estimator.file import _fill, _named, _part
from jensen.estimator.fitting_terms import support
from jensen.estimator.terms import resolve
from jensen.latent_model import LatentModel, trainable
from jensen.likelihoods import Independent
from jensen.posteriors import POSTERIORS as ALL_POSTERIORS
from jensen.posteriors import MeanField
from jensen.priors import PRIORS as ALL_PRIORS
from jensen.priors import VampPrior, of_x, standard_normal
from jensen.training import TrainingConfig, fit_model
from test_training import rows

LAYERED = ("hierarchy", "ladder")
PRIORS = {n: k for n, k in ALL_PRIORS.items() if support(k) == "real" and n not in LAYERED}
POSTERIORS = {n: k for n, k in ALL_POSTERIORS.items() if support(k) == "real" and n not in LAYERED}
"""Those about real vectors without layers; the others are in test_spaces.py."""

SINGLES = [(p, "mean_field") for p in PRIORS] + [("normal", q) for q in POSTERIORS]
SINGLES = list(dict.fromkeys(SINGLES))
PAIRS = list(zip(PRIORS, itertools.cycle(POSTERIORS), strict=False))
"""Every prior and every posterior at least once, most of them with a partner out of the way."""


def built(prior: str, posterior: str) -> LatentModel:
    """All three terms for the small table, before any training."""
    p = PRIORS[prior]().build(registry.LATENT, hidden=registry.WIDTH, key=jax.random.key(3))
    return LatentModel(p, registry.decoder(Independent), registry.encoder(POSTERIORS[posterior]))


@pytest.mark.parametrize(("prior", "posterior"), SINGLES)
def test_the_bound_rises(prior: str, posterior: str):
    config = TrainingConfig(steps=100, batch_size=32, n_checks=2).resolve(180, 3, 3.0)
    model = built(prior, posterior)
    _, history = fit_model(model, rows(180, 0), rows(60, 1), config, 0, lambda _: None)
    assert history.events == []
    assert history.best.held_out > history.checks[0].held_out + 0.3


def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    real = rng.normal(size=60)
    kind = np.where(real + 0.5 * rng.normal(size=60) > 0, "high", "low")
    return pl.DataFrame({"real": real, "kind": kind, "count": rng.poisson(3, 60)})


@pytest.mark.parametrize(("prior", "posterior"), PAIRS)
def test_a_saved_model_is_the_model(prior: str, posterior: str, tmp_path: Path):
    size: dict[str, Any] = {"steps": 25, "width": 8, "n_blocks": 1, "latent_dim": 2, "seed": 3}
    vae = VAE(prior=prior, posterior=posterior, likelihood="independent", **size).fit(table())
    assert np.isfinite(vae.held_out_.bound)
    vae.save(tmp_path / "model.jensen")
    loaded = jensen.load(tmp_path / "model.jensen")
    np.testing.assert_array_equal(loaded.score_samples(table()), vae.score_samples(table()))
    assert loaded.sample(20, seed=1).equals(vae.sample(20, seed=1))


def heads() -> dict[str, tuple[Any, Any]]:
    """Every prior and posterior of five dimensions, built with one key and with another."""
    keys = jax.random.key(0), jax.random.key(1)
    priors = {n: tuple(p().build(5, hidden=8, key=k) for k in keys) for n, p in PRIORS.items()}
    posteriors = {n: tuple(q().build(8, 5, key=k) for k in keys) for n, q in POSTERIORS.items()}
    return {f"prior {n}": v for n, v in priors.items()} | {
        f"posterior {n}": v for n, v in posteriors.items()
    }


HEADS = [f"prior {name}" for name in PRIORS] + [f"posterior {name}" for name in POSTERIORS]


@pytest.fixture(scope="module")
def twins() -> dict[str, tuple[Any, Any]]:
    return heads()


@pytest.mark.parametrize("name", HEADS)
def test_what_is_not_trained_does_not_depend_on_the_key(name: str, twins: Any):
    one, other = (LatentModel(term, None, None) for term in twins[name])
    kept, (blank, rest) = _named("weights", trainable(one)[0]), trainable(other)
    refilled = eqx.combine(_fill(blank, _part("weights", kept)), rest)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(refilled), strict=True):
        if eqx.is_array(a):
            np.testing.assert_array_equal(a, b)


def one_dimensional(name: str) -> Any:
    kind, _, name = name.partition(" ")
    if kind == "prior":
        return PRIORS[name]().build(1, hidden=8, key=jax.random.key(0))
    return POSTERIORS[name]().build(8, 1, key=jax.random.key(0))(jnp.ones(8))


@pytest.mark.parametrize("name", HEADS)
def test_one_dimension_works_or_is_refused(name: str):
    if name in {"prior flow", "prior realnvp", "prior maf"}:
        with pytest.raises(OptionError, match="latent_dim of at least 2"):
            one_dimensional(name)
        return
    law = one_dimensional(name)
    if name == "prior vamp":
        law = law.given(registry.encoder(MeanField))
        z = law.sample(jax.random.key(1))
        assert z.shape == (registry.LATENT,)
        return
    z = law.sample(jax.random.key(1))
    assert z.shape == (1,)
    grid = jnp.linspace(-60.0, 60.0, 24_001)[:, None]
    density = np.exp(eqx.filter_jit(lambda d, z: jax.vmap(d.log_prob)(z))(law, grid))
    assert density.sum() * 120 / 24_000 == pytest.approx(1.0, abs=5e-3)


@pytest.mark.parametrize(
    ("term", "text", "why"),
    [
        ("prior", "mixture:components=0", "components must be at least 1"),
        ("prior", "vamp:components=0", "components must be at least 1"),
        ("prior", "student_t:df=0", "df must be a number above 0"),
        ("prior", "flow:layers=0", "layers must be at least 1"),
        ("prior", "flow:knots=1", "knots must be at least 2"),
        ("prior", "realnvp:layers=0", "layers must be at least 1"),
        ("prior", "maf:layers=0", "layers must be at least 1"),
        ("posterior", "low_rank:rank=0", "rank must be at least 1"),
        ("posterior", "planar:layers=0", "layers must be at least 1"),
        ("posterior", "iaf:layers=0", "layers must be at least 1"),
        ("posterior", "spline:layers=0", "layers must be at least 1"),
        ("posterior", "spline:knots=1", "knots must be at least 2"),
        ("posterior", "mixture:components=0", "components must be at least 1"),
    ],
)
def test_settings_out_of_range_are_refused(term: str, text: str, why: str):
    with pytest.raises(OptionError, match=why):
        resolve(term, text)


def test_a_vamp_prior_needs_an_encoder_or_rows():
    vamp = PRIORS["vamp"]().build(2, hidden=8, key=jax.random.key(0))
    plain = registry.encoder(MeanField)
    with pytest.raises(OptionError, match="a head on an encoder"):
        vamp.given(lambda x: plain(x))
    x = jnp.asarray(registry.all_rows()[:3])
    given = VampPrior(x, of_x).given(lambda row: plain(row))
    z = jnp.array([0.3, -0.2])
    wanted = np.log(np.mean([np.exp(plain(row).log_prob(z)) for row in x]))
    assert float(given.log_prob(z)) == pytest.approx(float(wanted), abs=1e-5)


def test_a_vamp_prior_refuses_what_it_cannot_mix():
    silent = eqx.tree_at(lambda q: q.head, registry.encoder(MeanField), lambda h: h)
    vamp = PRIORS["vamp"]().build(2, hidden=8, key=jax.random.key(0))
    with pytest.raises(OptionError, match="knows log q"):
        vamp.given(silent)


def test_a_vamp_prior_reads_without_the_noise_of_training():
    vamp = PRIORS["vamp"]().build(2, hidden=8, key=jax.random.key(0))
    quiet = registry.encoder(MeanField)
    noisy = quiet.with_noise(jax.random.key(1), jnp.zeros(()))
    z = jnp.array([0.3, -0.2])
    assert float(vamp.given(noisy).log_prob(z)) == float(vamp.given(quiet).log_prob(z))


def test_what_flowjax_marks_as_not_trainable_is_not_trained():
    base = paramax.non_trainable(Normal(jnp.ones(2), 2.0 * jnp.ones(2)))
    fixed = paramax.non_trainable(Affine(jnp.ones(2)))
    flow = coupling(spline(4), 2, 1, key=jax.random.key(0))
    for bijection, trained in ((fixed, False), (Invert(flow), True)):
        weights, rest = trainable(LatentModel(Transformed(base, bijection), None, None))
        names = [jax.tree_util.keystr(p) for p, _ in jax.tree_util.tree_leaves_with_path(weights)]
        assert bool(names) == trained
        assert not [name for name in names if "base_dist" in name]
        assert sum(eqx.is_inexact_array(leaf) for leaf in jax.tree.leaves(rest)) >= 2


def test_a_flow_keeps_its_base_through_weight_decay():
    base = paramax.non_trainable(Normal(jnp.full(2, 0.5), jnp.ones(2)))
    prior = Transformed(base, Invert(coupling(spline(4), 2, 1, key=jax.random.key(0))))
    start = LatentModel(prior, registry.decoder(Independent), registry.encoder(MeanField))
    config = TrainingConfig(steps=25, batch_size=32, n_checks=1).resolve(180, 3, 3.0)
    model, _ = fit_model(start, rows(180, 0), rows(60, 1), config, 0, lambda _: None)
    after, before = (paramax.unwrap(m.prior.base_dist).loc for m in (model, start))
    np.testing.assert_array_equal(after, before)
    last = [m.prior.bijection.bijection.bijection.bijections[0].conditioner for m in (model, start)]
    moved = [np.asarray(mlp.layers[-1].weight) for mlp in last]
    assert not np.array_equal(*moved)


def test_a_standard_normal_by_another_way_gives_the_same_bound():
    """A mixture of one component, at the prior, has no closed form of KL; its draws agree."""
    x = np.repeat(registry.all_rows()[:1], 4_000, 0)
    closed = LatentModel(
        standard_normal(2), registry.decoder(Independent), registry.encoder(MeanField)
    )
    one = PRIORS["mixture"](components=1).build(2, hidden=8, key=jax.random.key(0))
    drawn = eqx.tree_at(lambda m: m.prior, closed, eqx.tree_at(lambda p: p.loc, one, one.loc * 0))
    kls = [elbo_rows(jax.random.key(0), m, x).kl for m in (closed, drawn)]
    error = np.std(kls[1]) / np.sqrt(len(x))
    assert error > 0
    assert abs(np.mean(kls[1]) - np.mean(kls[0])) < 4.0 * error
