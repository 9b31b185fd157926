"""The loop: what it does when all goes well, and when a step, the user or the clock goes wrong."""

import time
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import registry
from jensen.estimator.fitted import HeldOut, measure_held_out
from jensen.latent_model import LatentModel, trainable
from jensen.training import History, Progress, Rows, TrainingConfig, fit_model, loop
from jensen.training.objective import loss
from small_fits import fitted, mixed

CONFIG = TrainingConfig(steps=200, batch_size=32, n_checks=4).resolve(180, 3, 3.0)


def epochs(n_rows: int, entropy: float, continuous: float) -> float:
    config = TrainingConfig().resolve(n_rows, 10, entropy, continuous)
    return (config.steps or 0) * (config.batch_size or 0) / n_rows


def test_many_rows_of_continuous_columns_are_seen_more_often():
    assert epochs(16_000, 33.0, 0.0) == pytest.approx(16.5, rel=0.01)
    assert epochs(16_000, 33.0, 1.0) == pytest.approx(34.0, rel=0.01)
    assert epochs(16_000, 33.0, 0.3) == pytest.approx(16.5, rel=0.01)
    assert epochs(4_000, 33.0, 1.0) == epochs(4_000, 33.0, 0.0)


def rows(n: int, seed: int) -> Rows:
    """Rows of the registry's small table whose columns depend on each other."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 3, n)
    second = np.where(rng.random(n) < 0.8, 2 * (first == 0), 2 - 2 * (first == 0))
    codes = np.stack([first, second, rng.integers(0, 2, n)], 1).astype(np.int32)
    return Rows(codes, np.full(n, -1.5))


def run(
    model: LatentModel | None = None,
    report: Callable[[Progress], None] = lambda _: None,
    deadline: float | None = None,
    config: TrainingConfig = CONFIG,
) -> tuple[LatentModel, History]:
    start = registry.small_model() if model is None else model
    return fit_model(start, rows(180, 0), rows(20, 1), config, 0, report, deadline)


def weights(model: LatentModel) -> list[np.ndarray]:
    return [np.asarray(w) for w in jax.tree.leaves(trainable(model)[0])]


def same(a: LatentModel, b: LatentModel) -> bool:
    return all(np.array_equal(u, v) for u, v in zip(weights(a), weights(b), strict=True))


def all_finite(model: LatentModel) -> bool:
    return all(np.isfinite(w).all() for w in weights(model))


def events(history: History) -> list[str]:
    return [event.what for event in history.events]


def poison(monkeypatch: pytest.MonkeyPatch, when: Callable[[int], bool], spoil: Any) -> None:
    """After the n-th call of the compiled steps, if `when(n)`, `spoil` the state."""
    honest, calls = loop._Fit.advance, iter(range(10_000))

    def advance(self: Any) -> float:
        objective = honest(self)
        return spoil(self, objective) if when(next(calls)) else objective

    monkeypatch.setattr(loop._Fit, "advance", advance)


def turn_to_nan(fit: Any, objective: float) -> float:
    del objective
    fit.state = fit.state._replace(weights=jax.tree.map(lambda w: w * jnp.nan, fit.state.weights))
    fit.state = fit.state._replace(average=jax.tree.map(lambda w: w * jnp.nan, fit.state.average))
    return float("nan")


def blow_up(fit: Any, objective: float) -> float:
    fit.state = fit.state._replace(average=jax.tree.map(lambda w: w * 1e3, fit.state.average))
    return objective


def test_the_bound_rises_and_the_model_given_is_left_alone():
    start = registry.small_model()
    before = weights(start)
    seen: list[Progress] = []
    model, history = run(start, seen.append)
    assert history.best.held_out > history.checks[0].held_out + 0.5
    assert [check.step for check in history.checks] == [0, 50, 100, 150, 200]
    assert events(history) == []
    for check in history.checks:
        assert check.held_out == pytest.approx(check.reconstruction - check.kl, abs=1e-4)
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(start), strict=True))
    assert not same(model, start)
    assert [p.step for p in seen] == list(range(0, 201, 25))
    assert all(p.total == 200 and p.best >= p.held_out for p in seen)
    assert History.from_json(history.to_json()) == history


def test_a_fit_is_repeatable():
    assert same(run()[0], run(report=print)[0])


def test_a_step_to_nan_is_undone(monkeypatch: pytest.MonkeyPatch):
    poison(monkeypatch, lambda n: n == 4, turn_to_nan)
    model, history = run()
    assert events(history) == ["went back"]
    event = history.events[0]
    assert "nan" in event.why
    assert "half the step" in event.why
    assert all_finite(model)
    assert history.checks[-1].step == CONFIG.steps
    assert np.isfinite([c.held_out for c in history.checks]).all()
    assert history.best.held_out > history.checks[0].held_out + 0.3


def test_a_bound_that_falls_without_end_is_undone(monkeypatch: pytest.MonkeyPatch):
    poison(monkeypatch, lambda n: n == 3, blow_up)
    model, history = run()
    assert events(history) == ["went back"]
    assert "held-out bound fell" in history.events[0].why
    assert all_finite(model)
    lowest = min(check.held_out for check in history.checks)
    assert lowest > history.checks[0].held_out - loop.DIVERGED * 3


def test_what_cannot_be_undone_ends_the_fit_with_the_best_weights(monkeypatch: pytest.MonkeyPatch):
    poison(monkeypatch, lambda n: n >= 4, turn_to_nan)
    model, history = run()
    assert events(history) == ["went back"] * loop.MAX_RETRIES + ["gave up"]
    assert all_finite(model)
    assert history.best.step == 100


def test_weights_that_are_nan_from_the_start_do_not_break_the_fit():
    start = registry.small_model()
    weight = start.likelihood.latent.weight * jnp.nan
    broken = eqx.tree_at(lambda m: m.likelihood.latent.weight, start, weight)
    _, history = run(broken)
    assert events(history) == ["gave up"]


def test_a_bound_that_stops_rising_stops_the_fit(monkeypatch: pytest.MonkeyPatch):
    honest, calls = loop.elbo_rows, iter(range(1_000))

    def falling(*args: Any, **kwargs: Any) -> Any:
        bound = honest(*args, **kwargs)
        n = next(calls)
        return bound._replace(value=bound.reconstruction * 0 - (5.0 if n == 0 else 1.0 + 0.1 * n))

    monkeypatch.setattr(loop, "elbo_rows", falling)
    config = CONFIG.model_copy(update={"steps": 1_000, "n_checks": 20})
    _, history = run(config=config)
    assert events(history) == ["early stop"]
    assert history.best.step == 50
    # not before the KL has its full weight, and then after the share of steps that is patience
    earliest = (config.kl_warm_up + config.patience) * 1_000
    assert history.checks[-1].step <= earliest + 51
    assert history.checks[-1].step > earliest


def test_the_best_weights_are_kept_and_not_the_last(monkeypatch: pytest.MonkeyPatch):
    honest, calls = loop.elbo_rows, iter(range(1_000))

    def peaked(*args: Any, **kwargs: Any) -> Any:
        bound = honest(*args, **kwargs)
        return bound._replace(value=bound.value * 0 - abs(next(calls) - 2.0))

    monkeypatch.setattr(loop, "elbo_rows", peaked)
    kept: list[Any] = []
    check = loop._Fit.check

    def watched(self: Any, objective: float | None) -> bool:
        kept.append(jax.tree.map(np.asarray, self.state.average))
        return check(self, objective)

    monkeypatch.setattr(loop._Fit, "check", watched)
    model, history = run(config=CONFIG.model_copy(update={"patience": 1.0}))
    assert len(history.checks) == 5
    assert history.best.step == 100
    for found, wanted in zip(weights(model), jax.tree.leaves(kept[2]), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("stop_at", [25, 125])
def test_an_interrupt_keeps_the_best_so_far(stop_at: int):
    def report(progress: Progress) -> None:
        if progress.step == stop_at:
            raise KeyboardInterrupt

    start = registry.small_model()
    model, history = run(start, report)
    assert events(history) == ["interrupted"]
    assert history.checks[-1].step == stop_at // 50 * 50
    assert all_finite(model)
    assert same(model, start) == (stop_at == 25)


def test_an_interrupt_leaves_a_vae_that_works():
    def report(progress: Progress) -> None:
        if progress.step >= 25:
            raise KeyboardInterrupt

    vae = fitted(progress=report)
    assert events(vae.history_) == ["interrupted", "calibrated"]
    assert vae.sample(4).height == 4
    assert np.isfinite(vae.score(mixed()))


def test_a_budget_of_time_shortens_the_schedule():
    started = time.monotonic()
    seen: list[Progress] = []
    config = CONFIG.model_copy(update={"steps": 10_000_000})
    _, history = run(None, seen.append, time.monotonic() + 5.0, config)
    assert time.monotonic() - started < 30.0
    assert seen[0].total == 10_000_000
    assert history.checks[-1].step == seen[-1].step == seen[-1].total
    assert 50 <= seen[-1].total < 10_000_000


def test_a_budget_that_is_used_up_still_gives_a_model():
    model, history = run(deadline=time.monotonic() - 1.0)
    assert all_finite(model)
    assert history.checks[-1].step <= 50
    assert fitted(minutes=1e-9).sample(2).height == 2


def zero_posterior(model: LatentModel) -> LatentModel:
    """q(z|x) = p(z) whatever x is."""
    return eqx.tree_at(lambda m: m.posterior.head.out.weight, model, replace_fn=jnp.zeros_like)


def test_a_collapsed_posterior_is_noticed():
    live = registry.small_model()
    dead = zero_posterior(live)
    dead = eqx.tree_at(lambda m: m.posterior.head.out.bias, dead, replace_fn=jnp.zeros_like)
    codes, data = registry.small_codes(), rows(50, 3)
    found = {}
    for name, model in (("live", live), ("dead", dead)):
        found[name] = measure_held_out(model, codes, data, 100, jax.random.key(0))
    assert found["dead"].collapsed
    assert found["dead"].kl == 0.0
    assert found["dead"].active_units == 0
    assert found["dead"].kl_per_dimension == (0.0, 0.0)
    assert not found["live"].collapsed
    assert found["live"].active_units > 0
    shifted = eqx.tree_at(lambda m: m.posterior.head.out.bias, dead, replace_fn=lambda b: b + 1.0)
    told = measure_held_out(shifted, codes, data, 100, jax.random.key(0))
    assert told.kl > 0.5
    assert told.collapsed, "KL without any word about x is a collapse too"


def test_held_out_is_what_the_bound_says_of_the_rows_held_out():
    model, codes, data = registry.small_model(), registry.small_codes(), rows(50, 3)
    held: HeldOut = measure_held_out(model, codes, data, 100, jax.random.key(0))
    assert held.n_rows == 50
    marginals = codes.log_marginals(data.x).mean() - 1.5
    assert held.marginals == pytest.approx(marginals)
    shifted = Rows(data.x, data.log_det + 2.0)
    other = measure_held_out(model, codes, shifted, 100, jax.random.key(0))
    assert other.bound == pytest.approx(held.bound + 2.0)
    assert other.marginals == pytest.approx(held.marginals + 2.0)
    assert other.standard_error == pytest.approx(held.standard_error)


class WeightOfKl:
    """An objective that is the weight it is told."""

    is_bound = False

    def __call__(self, keys: Any, model_at: Any, x: Any, kl_weight: Any) -> Any:
        return kl_weight


@pytest.mark.parametrize(
    ("progress", "share", "weight"), [(0.1, 0.4, 0.25), (0.5, 0.4, 1.0), (0.1, 0.0, 1.0)]
)
def test_the_weight_of_the_kl_rises_over_its_share_of_the_steps(
    progress: float, share: float, weight: float
):
    weights, rest = trainable(registry.small_model())
    told = loss(
        weights,
        rest,
        WeightOfKl(),
        jax.random.key(0),
        jnp.asarray(registry.all_rows()[:2]),
        jnp.asarray(progress),
        share,
    )
    assert float(told) == pytest.approx(-weight)
