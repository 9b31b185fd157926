"""Which prior goes with which posterior: a short fit of each pair, and why others are refused."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import jensen
from jensen import VAE
from jensen.errors import OptionError

PAIRS = [
    ("sphere", "von_mises_fisher"),
    ("categorical", "categorical"),
    ("categorical:learned=false", "categorical"),
    ("relaxed_categorical:temperature=0.7", "relaxed_categorical:temperature=0.5"),
    ("hierarchy:layers=2", "mean_field"),
    ("hierarchy:layers=2", "ladder"),
]


def table() -> pl.DataFrame:
    """60 rows of three columns."""
    rng = np.random.default_rng(0)
    real = rng.normal(size=60)
    kind = np.where(real > 0, "high", "low")
    return pl.DataFrame({"real": real, "count": rng.poisson(3, 60), "kind": kind})


def vae(prior: str, posterior: str, latent_dim: int = 4) -> VAE:
    return VAE(
        latent_dim=latent_dim, prior=prior, posterior=posterior, likelihood="independent",
        width=8, n_blocks=1, steps=25,
    )  # fmt: skip


@pytest.mark.parametrize(("prior", "posterior"), PAIRS)
def test_a_pair_is_fitted_saved_and_loaded(prior: str, posterior: str, tmp_path: Path):
    fitted = vae(prior, posterior).fit(table())
    scores, sample = fitted.score_samples(table()), fitted.sample(20)
    assert np.isfinite(scores).all()
    assert fitted.held_out_.kl > -0.5  # no less than 0, but for the noise of draws
    assert fitted.history_.checks[-1].step == 25
    assert fitted.transform(table()).shape == (60, 4)
    fitted.save(tmp_path / "model.jensen")
    again = jensen.load(tmp_path / "model.jensen")
    np.testing.assert_array_equal(again.score_samples(table()), scores)
    assert again.sample(20).equals(sample)


REFUSED = [
    ("normal", "von_mises_fisher", 4, "all real vectors.*with this posterior prior 'sphere'"),
    ("sphere", "mean_field", 4, "with this prior choose posterior 'von_mises_fisher'"),
    ("sphere", "categorical", 4, "prior 'sphere' is about unit vectors, posterior 'categorical'"),
    ("categorical", "mean_field", 4, "with this prior choose posterior 'categorical'"),
    ("categorical", "relaxed_categorical", 4, "prior 'relaxed_categorical'"),
    ("relaxed_categorical", "categorical", 4, "prior 'categorical'"),
    ("normal", "ladder", 4, "choose prior='hierarchy', or another posterior: .*'mean_field'"),
    ("sphere", "von_mises_fisher", 1, "at least 2.*latent_dim is 1"),
    ("categorical", "categorical", 1, "at least 2.*latent_dim is 1"),
    ("relaxed_categorical", "relaxed_categorical", 1, "at least 2.*latent_dim is 1"),
    ("hierarchy:layers=3", "ladder", 4, "multiple of the 3 layers.*latent_dim=3 or 6"),
    ("hierarchy:layers=1", "ladder", 4, "layers must be at least 2, and is 1"),
    ("hierarchy:width=0", "ladder", 4, "width must be at least 1, and is 0"),
    ("relaxed_categorical:temperature=0.1", "ladder", 4, "from 0.4 to 10, and is 0.1"),
    ("normal", "relaxed_categorical:temperature=11", 4, "from 0.4 to 10, and is 11"),
]


@pytest.mark.parametrize(("prior", "posterior", "latent_dim", "message"), REFUSED)
def test_what_does_not_fit_is_refused(prior: str, posterior: str, latent_dim: int, message: str):
    with pytest.raises(OptionError, match=message):
        vae(prior, posterior, latent_dim).fit(table())
