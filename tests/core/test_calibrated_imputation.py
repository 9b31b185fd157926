"""What `VAE.impute` gives is p(x_missing | x_observed), by rows whose truth the model itself made.

A row drawn from the model and a value hidden from it make the truth one more draw of that very
distribution: its rank among the copies is uniform (simulation-based calibration: Talts et al. 2018,
arXiv 1804.06788), and the 90 % interval holds it nine times in ten.
"""

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

import jensen
from jensen.estimator import gap_draws

RNG = np.random.default_rng(3)
N, COPIES, ROWS = 600, 7, 384
Z = RNG.normal(size=N)
TABLE = pl.DataFrame(
    {
        "first": Z + RNG.normal(size=N, scale=0.5),
        "group": np.where(Z + RNG.normal(size=N) > 0, "high", "low"),
        "last": -Z + RNG.normal(size=N, scale=0.5),
    }
)
RATE = 1e-4
"""Of each test here to fail though all is right."""


@pytest.fixture(scope="module", params=["autoregressive", "independent"])
def vae(request: Any) -> Any:
    likelihood = request.param
    return jensen.VAE(steps=300, width=24, latent_dim=2, likelihood=likelihood).fit(TABLE)


def ranks(vae: Any, column: str, rows: pl.DataFrame) -> tuple[np.ndarray, Any]:
    """Of each hidden value, how many copies lie below it; equal ones are ordered by chance."""
    hidden = rows.with_columns(pl.lit(None, rows[column].dtype).alias(column))
    found = vae.impute(hidden, COPIES, seed=5)
    both = [rows[column], *(copy.frame[column] for copy in found.copies)]
    x = np.stack([(s == "high" if s.dtype == pl.String else s).to_numpy() for s in both])
    order = np.random.default_rng(7).random(x.shape)
    below = (x[1:] < x[0]) | ((x[1:] == x[0]) & (order[1:] < order[0]))
    return below.sum(0), found


def uniform(rank: np.ndarray) -> float:
    """p-value of ranks 0 .. COPIES being equally frequent."""
    return stats.chisquare(np.bincount(rank, minlength=COPIES + 1)).pvalue


@pytest.mark.parametrize("column", ["first", "group", "last"])
def test_ranks_among_the_copies_are_uniform_and_intervals_hold_the_truth(vae: Any, column: str):
    rows = vae.sample(ROWS, seed=11)
    rank, found = ranks(vae, column, rows)
    assert uniform(rank) > RATE
    cells = found.columns[0]
    if column == "group":
        # the most likely value is wrong as often as it is said to be
        wrong = (cells.values != rows["group"]).to_numpy()
        sd = np.sqrt((cells.standard_error * (1 - cells.standard_error)).sum())
        assert abs(wrong.sum() - cells.standard_error.sum()) < 4 * sd
        return
    inside = ((cells.low <= rows[column]) & (rows[column] <= cells.high)).sum()
    assert stats.binomtest(int(inside), ROWS, 0.9).pvalue > RATE
    # the error that is told is the error that is made
    error = (cells.values - rows[column]).to_numpy()
    assert 0.8 < np.sqrt((error**2).mean()) / np.sqrt((cells.standard_error**2).mean()) < 1.2


@pytest.mark.parametrize("vae", ["autoregressive"], indirect=True)
def test_draws_of_chains_are_uniform_too(vae: Any, monkeypatch: pytest.MonkeyPatch):
    """All rows walk, as those do of whose weighted draws too few count."""
    monkeypatch.setattr(gap_draws, "LOW_ESS", np.inf)
    monkeypatch.setattr(gap_draws, "AGAIN", 32)
    rank, found = ranks(vae, "first", vae.sample(64, seed=11))
    assert found.walked.all()
    assert uniform(rank) > RATE
