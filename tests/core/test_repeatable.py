"""Same seed, same rows, same bytes; and no row knows of the others."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jensen import VAE, load
from jensen.errors import OptionError
from jensen.estimator.draw import block_size
from jensen.likelihoods import LIKELIHOODS
from small_fits import fitted, mixed


def test_the_same_seed_gives_the_same_bytes(vae: VAE, saved: Path, tmp_path: Path):
    again, other = fitted(), fitted(seed=1)
    again.save(tmp_path / "again")
    other.save(tmp_path / "other")
    assert (tmp_path / "again").read_bytes() == saved.read_bytes()
    assert (tmp_path / "other").read_bytes() != saved.read_bytes()
    assert again.sample(20).equals(vae.sample(20))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_loaded_model_is_the_one_that_was_saved(
    likelihood: str, vaes: dict[str, VAE], tmp_path: Path
):
    vae = vaes[likelihood]
    vae.save(tmp_path / "a")
    loaded = load(tmp_path / "a")
    loaded.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert loaded.sample(20).equals(vae.sample(20))
    np.testing.assert_array_equal(loaded.score_samples(mixed()), vae.score_samples(mixed()))
    assert loaded.held_out_ == vae.held_out_
    assert loaded.history_ == vae.history_
    assert loaded.schema_ == vae.schema_


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_few_rows_are_the_head_of_many_rows(likelihood: str, vaes: dict[str, VAE]):
    vae = vaes[likelihood]
    size = block_size(len(vae.fitted_.codec.coded))
    many = vae.sample(2 * size + 100)
    assert many.height == 2 * size + 100
    for n in (1, 10, size, size + 1):
        assert vae.sample(n).equals(many.head(n))
    parts = [(0, 1), (5, 9), (size - 3, size + 4), (size, 2 * size), (2 * size - 1, 2 * size + 100)]
    for start, stop in parts:
        part = vae.sample_table(start, stop).frame
        assert part.equals(many.slice(start, stop - start)), (start, stop)
    assert many["key"].n_unique() == many.height


def test_other_seeds_give_other_rows(vae: VAE):
    first, second = vae.sample(50, seed=1), vae.sample(50, seed=2)
    assert vae.sample(50).equals(vae.sample(50, seed=0))
    for name in ("real", "cents", "large", "key"):
        assert not first[name].equals(second[name])
    assert not (first["real"] == vae.sample(50)["real"]).any()


def test_rows_differ_from_each_other(vae: VAE):
    rows = vae.sample(500)
    assert rows["real"].n_unique() == 500
    assert rows.drop("key", "real", "atom").n_unique() > 450


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_score_of_a_row_does_not_depend_on_its_companions(
    likelihood: str, vaes: dict[str, VAE]
):
    vae, rows, others = vaes[likelihood], mixed(), mixed(3_000, seed=1)
    alone = vae.score_samples(rows)
    assert np.isfinite(alone).all()
    np.testing.assert_array_equal(vae.score_samples(rows.head(7)), alone[:7])
    together = pl.concat([rows, others])
    np.testing.assert_array_equal(vae.score_samples(together)[: len(rows)], alone)
    np.testing.assert_array_equal(vae.transform(together)[:300], vae.transform(rows))


def test_the_terms_of_a_score_add_up(vae: VAE):
    terms = vae.score_terms(mixed(), n_samples=3)
    np.testing.assert_allclose(terms.value, terms.reconstruction - terms.kl, rtol=0, atol=1e-4)
    assert (np.asarray(terms.kl) >= 0).all()
    other = vae.score_terms(mixed(), n_samples=3, seed=9)
    np.testing.assert_array_equal(other.kl, terms.kl)
    assert (np.asarray(other.value) != np.asarray(terms.value)).mean() > 0.9
    assert abs(np.mean(other.value) - np.mean(terms.value)) < 0.5


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (3, 3), (4, 2), (0, 2**32 + 1)])
def test_rows_that_cannot_be_had(vae: VAE, start: int, stop: int):
    with pytest.raises(OptionError, match=f"{stop}"):
        vae.sample_table(start, stop)


def test_the_last_rows_there_are(vae: VAE):
    last = vae.sample_table(2**32 - 3, 2**32).frame
    assert last.height == 3
    assert not last.drop("key").equals(vae.sample(3).drop("key"))
