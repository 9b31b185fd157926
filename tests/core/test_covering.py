"""Every allowed pair of values of two of the four terms, and why others are not allowed.

A pair is checked by a step of the fit that is traced and not run: shapes, types, draws and
gradients go together. Numbers are for the fits here and in test_combinations.py, test_spaces.py,
test_objective_fits.py and test_value_columns.py.
"""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest

import registry
from covering import (
    AXES,
    FIRST,
    GROUPS,
    Combination,
    covering,
    decoders_of,
    everything,
    model_of,
    refusal,
)
from jensen import VAE
from jensen.errors import OptionError
from jensen.estimator.terms import resolve
from jensen.latent_model import trainable
from jensen.likelihoods import FAMILIES
from jensen.training.objective import loss

COVERING = list(covering())


def gradient_of(one: Combination) -> tuple[Any, Any]:
    """Shapes of the weights and of their gradient in a step of the fit, which is not run."""
    weights, rest = trainable(model_of(one))
    x, objective = jnp.asarray(registry.all_rows()[:4]), resolve("bound", one.bound)

    def of(weights: Any) -> Any:
        half = jnp.asarray(0.5)
        return loss(weights, rest, objective, jax.random.key(0), x, half, 0.3)

    return weights, jax.eval_shape(jax.grad(of), weights)


def test_the_list_has_every_pair_that_is_allowed():
    allowed = {pair for one in everything() if refusal(one) is None for pair in one.pairs()}
    assert {pair for one in COVERING for pair in one.pairs()} == allowed
    assert len(COVERING) < 260
    values = {f"{axis} {value}" for axis in AXES for value in AXES[axis]}
    assert {value for pair in allowed for value in pair} == values


@pytest.mark.parametrize("first", range(10))
def test_every_pair_has_a_step_of_the_fit(first: int):
    """Its gradient has the shape of the weights."""
    for one in COVERING[first::10]:
        weights, gradient = gradient_of(one)
        shapes = [jax.tree.map(lambda leaf: leaf.shape, tree) for tree in (weights, gradient)]
        assert shapes[0] == shapes[1], one


REFUSED = {
    (getattr(one, why[0]), one.bound, why[1]): one for one in everything() if (why := refusal(one))
}
"""One combination for each pair of a term and a bound that is refused."""


@pytest.mark.parametrize("pair", REFUSED, ids=lambda pair: " ".join(pair[:2]))
def test_a_pair_that_is_refused_has_a_reason(pair: tuple[str, str, str]):
    with pytest.raises(OptionError, match=pair[2]):
        gradient_of(REFUSED[pair])


# --- fits ----------------------------------------------------------------------------------

N = 40
_rng = np.random.default_rng(0)
_real = _rng.normal(size=(2, N))
VALUES: dict[str, np.ndarray] = {
    "real": _real[0],
    "positive": np.exp(_real[0]),
    "unit": _rng.beta(2.0, 3.0, N),
    "closed_unit": _rng.random(N),
    "angle": _rng.random(N) * 360.0,
    "binary": _rng.integers(0, 2, N),
    "count": _rng.poisson(3.0, N),
    "grid": np.round(10 * _real[1]).astype(np.int64),
    "levels": _rng.integers(0, 5, N),
}
"""A column for every domain of a family."""


def fit(one: Combination) -> VAE:
    """A few steps on forty rows: of columns with families, and one of codes."""
    decoder, names = decoders_of(one)
    columns = {name: VALUES[FAMILIES[name]().domain] for name in names}
    kind = np.where(_real[0] > 0, "high", "low")
    vae = VAE(
        prior=one.prior, posterior=one.posterior, likelihood=decoder, bound=one.bound,
        columns={name: {"likelihood": name} for name in names},
        latent_dim=2, width=8, n_blocks=1, steps=25,
    )  # fmt: skip
    return vae.fit(pl.DataFrame(columns | {"kind": kind}))


def test_every_family_is_in_a_group():
    assert sorted(name for group in GROUPS for name in group) == sorted(FAMILIES)
    assert {FAMILIES[name]().domain for name in FAMILIES} == set(VALUES)


@pytest.mark.parametrize("one", FIRST, ids=" ".join)
def test_a_short_fit_of_what_was_once_left_out(one: Combination):
    vae = fit(one)
    held_out = vae.held_out_
    assert np.isfinite([held_out.bound, held_out.reconstruction, held_out.kl]).all()
    assert held_out.bound == pytest.approx(held_out.reconstruction - held_out.kl, abs=1e-4)
    assert [event.what for event in vae.history_.events if event.what == "went back"] == []


@pytest.mark.parametrize("name", ["normal_full", "multinomial"])
def test_the_autoregressive_decoder_refuses_families_of_several_columns(name: str):
    one = {"columns": {"x": {"likelihood": name}}, "likelihood": "autoregressive"}
    with pytest.raises(OptionError, match=re.escape("say likelihood='independent'")):
        VAE(**one).fit(pl.DataFrame({"x": VALUES[FAMILIES[name]().domain]}))
