"""A short fit of every objective, to the end: saved, loaded, and scored by the ELBO."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jensen import VAE, load
from jensen.bounds.objectives import OBJECTIVES, Iwae
from jensen.cli.info import describe, text
from jensen.errors import OptionError
from small_fits import SMALL

NAMES = [*OBJECTIVES, "elbo:gradient=stl", "iwae:gradient=dreg", "iwae:gradient=stl"]
X = np.random.default_rng(0).normal(size=(60, 2)).round(2)


def fit(bound: Any, **more: Any) -> VAE:
    return VAE(**(SMALL | {"steps": 25, "bound": bound} | more)).fit(X)


@pytest.mark.parametrize("name", NAMES)
def test_every_objective_fits_saves_and_loads(name: str, tmp_path: Path):
    vae = fit(name)
    vae.save(tmp_path / "model.jensen")
    again = load(tmp_path / "model.jensen")
    assert np.isfinite(vae.held_out_.bound)
    assert vae.held_out_.bound == pytest.approx(
        vae.held_out_.reconstruction - vae.held_out_.kl, abs=1e-5
    )
    assert vae.history_.checks[-1].step == 25
    assert np.isfinite(vae.history_.checks[-1].objective or np.nan)
    assert [event.what for event in vae.history_.events if event.what == "went back"] == []
    np.testing.assert_array_equal(again.score_samples(X[:5]), vae.score_samples(X[:5]))
    is_bound = OBJECTIVES[name.partition(":")[0]]().is_bound
    assert describe(again, "m")["objective"] == {"name": name, "is_bound": is_bound}
    kind = (
        "a bound on log p(x)" if is_bound else "an objective, not reported as a bound on log p(x)"
    )
    assert f"{name}, {kind}\n" in text(again, "m")


def test_the_kl_may_be_warmed_up_or_not(tmp_path: Path):
    """The setting is in the file, is what the fit was made with, and matters."""
    bounds = {}
    for share in (0.0, 1.0):
        vae = fit("elbo", kl_warm_up=share)
        vae.save(tmp_path / f"{share}.jensen")
        again = load(tmp_path / f"{share}.jensen")
        assert again.kl_warm_up == share
        assert again.fitted_.training_config.kl_warm_up == share
        bounds[share] = vae.held_out_.bound
    assert bounds[0.0] != bounds[1.0]


def test_an_objective_may_be_an_object(tmp_path: Path):
    vae = fit(Iwae(k=2))
    assert describe(vae, "m")["objective"] == {"name": "object Iwae", "is_bound": True}
    vae.save(tmp_path / "model.jensen")
    again = load(tmp_path / "model.jensen", bound=Iwae(k=2))
    assert describe(again, "m")["objective"] == {"name": "object Iwae", "is_bound": True}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("iwae:gradient=best", "gradient must be one of plain, stl, dreg, and is 'best'"),
        ("iwae:n=3", "it has k, gradient"),
        ("iwae:k=many", "k must be of type int"),
        ("ivae", "Did you mean 'iwae'"),
    ],
)
def test_a_wrong_setting_is_an_error_that_helps(name: str, why: str):
    with pytest.raises(OptionError, match=why):
        fit(name)
