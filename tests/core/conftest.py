"""Fits that several files of tests share."""

from pathlib import Path

import pytest

from jensen import VAE
from jensen.likelihoods import LIKELIHOODS
from small_fits import fitted


@pytest.fixture(scope="session")
def vaes() -> dict[str, VAE]:
    """The mixed table, fitted with each likelihood."""
    return {name: fitted(likelihood=name) for name in LIKELIHOODS}


@pytest.fixture
def vae(vaes: dict[str, VAE]) -> VAE:
    """The mixed table, fitted."""
    return vaes["autoregressive"]


@pytest.fixture(scope="session")
def saved(vaes: dict[str, VAE], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file; not to be written to."""
    path = tmp_path_factory.mktemp("saved") / "model.jensen"
    vaes["autoregressive"].save(path)
    return path
