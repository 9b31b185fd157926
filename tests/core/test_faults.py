"""Planted faults: what a slip of the pen would do, and that a law of ours catches each."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from numpyro.distributions import kl_divergence

import bin_laws
import laws
import registry
from jensen.bounds import Bound, elbo, elbo_rows, iwae
from jensen.data.codec import Bins, fit_bins
from jensen.latent_model import LatentModel, sample_block
from jensen.likelihoods import Codes, autoregressive, codes
from linear_gaussian import LinearGaussian, factor_analysis


@pytest.fixture
def float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


# --- the bound -----------------------------------------------------------------------------


def with_flipped_kl(key: Any, model: LatentModel, x: Any, **options: Any) -> Bound:
    bound = elbo(key, model, x, **options)
    return Bound(bound.reconstruction + bound.kl, bound.reconstruction, -bound.kl)


def with_flipped_value(key: Any, model: LatentModel, x: Any, **options: Any) -> Bound:
    bound = elbo(key, model, x, **options)
    return Bound(bound.reconstruction + bound.kl, bound.reconstruction, bound.kl)


def with_reversed_kl(key: Any, model: LatentModel, x: Any) -> Bound:
    bound = elbo(key, model, x)
    kl = kl_divergence(model.prior, model.posterior(x))
    return Bound(bound.reconstruction - kl, bound.reconstruction, kl)


def with_weighted_kl(key: Any, model: LatentModel, x: Any) -> Bound:
    bound = elbo(key, model, x)
    return Bound(bound.reconstruction - 0.999 * bound.kl, bound.reconstruction, 0.999 * bound.kl)


def per_dimension(key: Any, model: LatentModel, x: Any) -> Bound:
    return Bound(*(term / len(x) for term in elbo(key, model, x)))


def without_constant(case: LinearGaussian) -> LinearGaussian:
    class Kernel(dist.Normal):
        def log_prob(self, value: Any, intermediates: Any = None) -> Any:
            return super().log_prob(value) + 0.5 * jnp.log(2 * jnp.pi)

    def likelihood(z: Any) -> Any:
        right = case.likelihood(z).base_dist
        return Kernel(right.loc, right.scale).to_event(1)

    return with_likelihood(case, likelihood)


def variance_for_deviation(case: LinearGaussian) -> LinearGaussian:
    def likelihood(z: Any) -> Any:
        right = case.likelihood(z).base_dist
        return dist.Normal(right.loc, right.scale**2).to_event(1)

    return with_likelihood(case, likelihood)


def with_likelihood(case: LinearGaussian, likelihood: Callable[[Any], Any]) -> LinearGaussian:
    class Faulty(LinearGaussian):
        def likelihood(self, z: Any) -> Any:
            return likelihood(z)

    return Faulty(**{f.name: getattr(case, f.name) for f in dataclasses.fields(case)})


def wide_posterior(case: LinearGaussian) -> LinearGaussian:
    class Faulty(LinearGaussian):
        def exact(self, x: Any) -> Any:
            loc, scale = super().exact(x)
            return loc, jnp.tril(scale @ scale.T)  # a covariance for its Cholesky factor

    return Faulty(**{f.name: getattr(case, f.name) for f in dataclasses.fields(case)})


def exact_law(bound: Any, case: LinearGaussian) -> None:
    zero = np.zeros(len(case.rows))
    laws.elbo_and_gap_equal_log_p(bound, case, lambda e: case.model(case.exact, e), zero)


BOUNDS = [with_flipped_kl, with_flipped_value, with_reversed_kl, with_weighted_kl, per_dimension]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("fault", BOUNDS, ids=lambda f: f.__name__)
def test_a_faulty_bound_is_caught(fault: Any):
    case = factor_analysis()
    exact_law(elbo, case)
    with pytest.raises(AssertionError):
        exact_law(fault, case)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("fault", [without_constant, variance_for_deviation, wide_posterior])
def test_a_faulty_density_is_caught(fault: Callable[[LinearGaussian], LinearGaussian]):
    with pytest.raises(AssertionError):
        exact_law(elbo, fault(factor_analysis()))


def with_sum_for_mean(key: Any, model: LatentModel, x: Any, *, n_samples: int) -> Any:
    return iwae(key, model, x, n_samples=n_samples) + jnp.log(1.0 * n_samples)


def with_mean_of_logs(key: Any, model: LatentModel, x: Any, *, n_samples: int) -> Any:
    keys = jax.random.split(key, n_samples)
    return jnp.mean(jax.vmap(lambda k: iwae(k, model, x, n_samples=1))(keys))


def with_more_draws_than_asked(key: Any, model: LatentModel, x: Any, *, n_samples: int) -> Any:
    draws = n_samples + n_samples % 3
    return iwae(key, model, x, n_samples=draws) + jnp.log(1.0 * draws / n_samples)


def without_posterior(key: Any, model: LatentModel, x: Any, *, n_samples: int) -> Any:
    q = model.posterior(x)
    return iwae(key, model, x, n_samples=n_samples) + q.log_prob(q.sample(key))


def iwae_laws(bound: Any, case: LinearGaussian) -> None:
    laws.iwae_equals_log_p(bound, case, 7)
    laws.bounds_are_ordered(elbo, bound, case, (1, 4, 32))


IWAES = [with_sum_for_mean, with_mean_of_logs, with_more_draws_than_asked, without_posterior]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("fault", IWAES, ids=lambda f: f.__name__)
def test_a_faulty_iwae_is_caught(fault: Any):
    with pytest.raises(AssertionError):
        iwae_laws(fault, factor_analysis())


# --- keys ----------------------------------------------------------------------------------

MODEL = registry.small_model()
ROW = np.array([1, 2, 0], np.int32)


def scores(rows: Callable[[Any, LatentModel, np.ndarray], Bound]) -> Callable[[int], np.ndarray]:
    key = jax.random.key(5)
    return lambda n: np.asarray(rows(key, MODEL, np.tile(ROW, (n, 1))).reconstruction)


def with_one_key(key: Any, model: LatentModel, x: np.ndarray) -> Bound:
    return jax.jit(jax.vmap(lambda row: elbo(key, model, row)))(jnp.asarray(x))


def with_split_keys(key: Any, model: LatentModel, x: np.ndarray) -> Bound:
    keys = jax.random.split(jax.random.fold_in(key, len(x)), len(x))
    return jax.jit(jax.vmap(lambda k, row: elbo(k, model, row)))(keys, jnp.asarray(x))


def test_rows_have_their_own_draws():
    laws.rows_have_their_own_draws(scores(elbo_rows))


@pytest.mark.parametrize("fault", [with_one_key, with_split_keys])
def test_shared_keys_are_caught(fault: Any):
    with pytest.raises(AssertionError):
        laws.rows_have_their_own_draws(scores(fault))


def bits(draw: Callable[[Any, LatentModel, Any, int], Any]) -> Callable[[int], np.ndarray]:
    def rows(n: int) -> np.ndarray:
        _, u = draw(jax.random.key(6), MODEL, jnp.uint32(0), n)
        return np.asarray(u)[:, 0, 0]

    return rows


def with_the_same_bits(key: Any, model: LatentModel, first: Any, size: int) -> Any:
    x, u = sample_block(key, model, first, size)
    return x, jnp.broadcast_to(u[:1], u.shape)


def test_drawn_rows_have_their_own_draws():
    laws.rows_have_their_own_draws(bits(sample_block))
    with pytest.raises(AssertionError):
        laws.rows_have_their_own_draws(bits(with_the_same_bits))


# --- distributions over codes ---------------------------------------------------------------


def log_prob_of(change: Callable[[Codes], Codes], name: str) -> Callable[[Any], Any]:
    row = registry.ROWS[name]()
    faulty = dataclasses.replace(row.decoder, codes=change(row.decoder.codes))
    return dataclasses.replace(row, decoder=faulty).log_prob


NORMALISERS = {
    "no rest": lambda c: dataclasses.replace(c, log_rest=c.log_rest * 0),
    "no floor": lambda c: dataclasses.replace(c, log_floor=c.log_floor - 1e9),
    "twice the floor": lambda c: dataclasses.replace(c, log_floor=c.log_floor + np.float32(0.7)),
    "padding that counts": lambda c: dataclasses.replace(c, seen=c.seen | True),
}


@pytest.mark.parametrize("name", registry.ROWS)
@pytest.mark.parametrize("fault", NORMALISERS)
def test_a_wrong_normaliser_is_caught(fault: str, name: str):
    with pytest.raises(AssertionError):
        laws.sums_to_one(log_prob_of(NORMALISERS[fault], name), registry.all_rows())


def likeliest(logits: Any, u: Any) -> Any:
    return jnp.argmax(logits + 0 * u[..., None], -1).astype(jnp.int32)


def warm(logits: Any, u: Any) -> Any:
    return codes.draw_code(logits / 1.3, u)


def shifted(logits: Any, u: Any) -> Any:
    return codes.draw_code(logits, jnp.minimum(u * 1.05, 0.999))


@pytest.mark.parametrize("name", registry.ROWS)
@pytest.mark.parametrize("fault", [likeliest, warm, shifted], ids=lambda f: f.__name__)
def test_a_wrong_draw_is_caught(fault: Any, name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(f"jensen.likelihoods.{name}.draw_code", fault)
    with pytest.raises(AssertionError):
        laws.sample_agrees(registry.ROWS[name](), registry.all_rows(seen=True))


def test_a_decoder_that_sees_the_column_at_hand_is_caught(monkeypatch: pytest.MonkeyPatch):
    honest = autoregressive.columns_before
    with_itself = lambda order: honest(order) + np.eye(len(order), dtype=np.float32)  # noqa: E731
    monkeypatch.setattr(autoregressive, "columns_before", with_itself)
    row = registry.ROWS["autoregressive"]()
    with pytest.raises(AssertionError):
        laws.sums_to_one(row.log_prob, registry.all_rows())


def test_a_wrong_closed_form_of_kl_is_caught():
    q, p = registry.POSTERIORS["mean_field"]().ours, registry.standard_normal(registry.LATENT)
    variance = dist.Normal(q.base_dist.loc, q.base_dist.scale**2).to_event(1)
    for wrong in (-kl_divergence(q, p), kl_divergence(p, q), kl_divergence(variance, p)):
        with pytest.raises(AssertionError):
            laws.kl_agrees_with_draws(q, p, float(wrong))


# --- bins ----------------------------------------------------------------------------------


class WithoutWidth(Bins):
    def log_density(self, x: Any) -> Any:
        _, segment = self._locate(x)
        return np.where(segment >= 0, np.log(self.mass)[segment], super().log_density(x))


class WithFlippedSign(Bins):
    def log_density(self, x: Any) -> Any:
        return -super().log_density(x)


class EvenInsideABin(Bins):
    """Scores what is inside a bin by its segments, but draws it evenly."""

    def _value_in_bin(self, bins: Any, u: Any) -> Any:
        first = np.searchsorted(self.bin_of, np.arange(self.n_bins))
        edges = np.append(self.starts[first], self.starts[-1])
        x = edges[bins] + u * (edges[bins + 1] - edges[bins])
        return x.astype(self.starts.dtype)


class AtomsInBins(Bins):
    """Forgets that the ticks of atoms were taken out of the grid."""

    @property
    def _folded_out(self) -> Any:
        return self.atoms[:0]


class ThinTails(Bins):
    def _log_tail(self, gap: Any) -> Any:
        return -gap / self.scale


def all_bin_laws(bins: Bins) -> None:
    for law in bin_laws.LAWS:
        law(bins)


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (WithoutWidth, "normal"),
        (WithoutWidth, "beyond 2^53"),
        (WithFlippedSign, "normal"),
        (EvenInsideABin, "heavy tails"),
        (EvenInsideABin, "normal on a grid"),
        (AtomsInBins, "atoms and spikes among integers"),
        (ThinTails, "heavy tails"),
        (ThinTails, "counts"),
    ],
)
def test_faulty_bins_are_caught(fault: type[Bins], name: str):
    sound = fit_bins(registry.NUMBERS[name])
    all_bin_laws(sound)
    faulty = fault(**{f.name: getattr(sound, f.name) for f in dataclasses.fields(Bins)})
    with pytest.raises(AssertionError):
        all_bin_laws(faulty)
