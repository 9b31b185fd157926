"""Maximise the mean bound: steps, checks on held-out rows, the best weights kept."""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Float64, Int, Key, PyTree

from jensen.bounds import elbo_rows
from jensen.bounds.objectives import Elbo, Objective
from jensen.latent_model import LatentModel, trainable
from jensen.training.config import TrainingConfig
from jensen.training.history import Check, Event, History, Progress
from jensen.training.objective import loss

STEPS_PER_CALL = 25
"""Steps of one compiled call: long enough to cost nothing, short enough to report on."""
CHECK_ROWS = 4_096
DIVERGED = 5.0
"""Nats per column that a held-out bound may lie below its start before it counts as diverged."""
MAX_RETRIES = 8


class State(NamedTuple):
    """Everything that a step changes."""

    weights: PyTree
    optimizer: PyTree
    average: PyTree
    step: Int[Array, ""]


class Rows(NamedTuple):
    """Rows x, a tree of arrays of shape (n, ...), and the log-determinant of each, nats, (n,)."""

    x: PyTree
    log_det: Float64[np.ndarray, " n"]

    def take(self, rows: Int[np.ndarray, " m"] | slice) -> "Rows":
        """Those of these numbers."""
        return Rows(jax.tree.map(lambda leaf: leaf[rows], self.x), self.log_det[rows])


class Plan(NamedTuple):
    """What the steps of a call read and leave as it is; new numbers are not compiled anew."""

    total: Float[Array, ""]
    rate: Float[Array, ""]
    rest: PyTree
    x: PyTree
    rows: Int[Array, "steps batch"]
    key: Key[Array, ""]
    config: TrainingConfig
    objective: Objective


def fit_model(
    model: LatentModel,
    train: Rows,
    held_out: Rows,
    config: TrainingConfig,
    seed: int,
    report: Callable[[Progress], None],
    deadline: float | None = None,
    objective: Objective | None = None,
) -> tuple[LatentModel, History]:
    """The model with the best mean held-out bound that the steps came to.

    Args:
        model: where to start.
        train, held_out: rows; their log-determinants put all that is reported in the
            user's units.
        config: resolved settings.
        seed: of the order of rows, the draws of z, and the noise.
        report: told of the progress after every call of the compiled steps.
        deadline: `time.monotonic()` when to stop, None for never.
        objective: what the steps maximise, None for the elbo. The held-out elbo chooses the
            model all the same.

    Returns:
        The model and its history. Ctrl-C ends the fit early and keeps the best so far.
    """
    fit = _Fit(model, train, held_out, config, seed, report, deadline, objective or Elbo())
    try:
        fit.run()
    except KeyboardInterrupt:
        fit.note("interrupted", "stopped by the user; the best weights so far are kept")
    return fit.best_model(), fit.history


class _Fit:
    """One run of the optimiser: a small state machine around the compiled steps."""

    def __init__(
        self,
        model: LatentModel,
        train: Rows,
        held_out: Rows,
        config: TrainingConfig,
        seed: int,
        report: Callable[[Progress], None],
        deadline: float | None,
        objective: Objective,
    ):
        self.config, self.report, self.deadline = config, report, deadline
        weights, self.rest = trainable(model)
        self.key, self.check_key = jax.random.split(jax.random.key(seed))
        self.objective = objective
        self.state = _first_state(weights, config)
        self.x = jax.tree.map(jnp.asarray, train.x)
        self.held_out = held_out.take(slice(CHECK_ROWS))
        self.train_log_det = float(np.mean(train.log_det))
        self.batches = _batches(len(train.log_det), config.batch_size or 1, seed)
        self.total, self.rate = config.steps or 1, 1.0
        self.step, self.retries = 0, 0
        self.history = History()
        self.best: PyTree = weights
        self.good: State | None = None
        self.timed_from: float | None = None
        self.steps_timed = 0

    def run(self) -> None:
        """Step and check until the steps, the time or the patience are used up."""
        self.check(None)
        self.tell(None, None)
        every = max(1, self.total // (self.config.n_checks * STEPS_PER_CALL)) * STEPS_PER_CALL
        while self.step < self.total:
            objective = self.advance()
            per_step = self.seconds_per_step()
            self.fit_to_time(per_step)
            due = self.step % every == 0 or self.step >= self.total
            if not np.isfinite(objective):
                self.go_back(f"the objective was {objective}")
            elif due and not self.check(objective):
                self.go_back(f"the held-out bound fell to {self.history.checks.pop().held_out:.4g}")
            elif due and self.out_of_patience():
                self.note("early stop", "the held-out bound had stopped rising")
                break
            self.tell(objective, per_step)

    def advance(self) -> float:
        """One compiled call; the mean objective of its steps."""
        rows = np.stack([next(self.batches) for _ in range(STEPS_PER_CALL)])
        plan = Plan(
            total=jnp.float32(self.total),
            rate=jnp.float32(self.rate),
            rest=self.rest,
            x=self.x,
            rows=jnp.asarray(rows),
            key=self.key,
            config=self.config,
            objective=self.objective,
        )
        self.state, objective = _steps(plan, self.state)
        self.step += STEPS_PER_CALL
        return float(objective) + self.train_log_det

    def check(self, objective: float | None) -> bool:
        """Look at the held-out bound; False when it has diverged."""
        x, log_det = self.held_out
        bound = elbo_rows(self.check_key, self.model(), x)
        value = float(np.mean(bound.value + log_det))
        reconstruction, kl = (
            float(np.mean(bound.reconstruction + log_det)),
            float(np.mean(bound.kl)),
        )
        check = Check(self.step, objective, value, reconstruction, kl)
        first = self.history.checks[0].held_out if self.history.checks else value
        self.history.checks.append(check)
        if not value > first - DIVERGED * _width(x):
            return False
        if value >= self.history.best.held_out:
            self.best = _copy(self.state.average)
        self.good = _copy(self.state)
        return True

    def go_back(self, why: str) -> None:
        """Return to the last good weights with half the step."""
        self.retries += 1
        if self.good is None or self.retries > MAX_RETRIES:
            self.note("gave up", f"{why}, {self.retries} times; the best weights are kept")
            self.total = self.step
            return
        self.rate *= 0.5
        self.state = _copy(self.good)
        self.note("went back", f"{why}; back at step {int(self.good.step)} with half the step size")
        self.step = int(self.good.step)
        self.key = jax.random.fold_in(self.key, self.retries)

    def out_of_patience(self) -> bool:
        """Whether the held-out bound has not risen for long, after the KL has its full weight."""
        since = self.step - max(self.history.best.step, self.config.kl_warm_up * self.total)
        return since > self.config.patience * self.total

    def seconds_per_step(self) -> float | None:
        """Measured from the end of the first call, which also compiled; None before the second."""
        if self.timed_from is None:
            self.timed_from = time.monotonic()
            return None
        self.steps_timed += STEPS_PER_CALL
        return (time.monotonic() - self.timed_from) / self.steps_timed

    def fit_to_time(self, per_step: float | None) -> None:
        """Shorten the run, its schedules with it, to what the time left allows."""
        if self.deadline is None or per_step is None:
            return
        left = max(0.0, self.deadline - time.monotonic()) / max(per_step, 1e-9)
        total = int(self.step + left) // STEPS_PER_CALL * STEPS_PER_CALL
        if total < self.total:
            self.total = max(total, self.step)

    def model(self) -> LatentModel:
        """The model with the averaged weights."""
        return eqx.combine(self.state.average, self.rest)

    def best_model(self) -> LatentModel:
        """The model with the weights of the best check."""
        return eqx.combine(self.best, self.rest)

    def note(self, what: str, why: str) -> None:
        """Put something that happened on record."""
        self.history.events.append(Event(self.step, what, why))

    def tell(self, objective: float | None, per_step: float | None) -> None:
        """Report the progress."""
        batch, left = self.config.batch_size or 1, self.total - self.step
        self.report(
            Progress(
                step=self.step,
                total=self.total,
                objective=objective,
                held_out=self.history.checks[-1].held_out,
                best=self.history.best.held_out,
                rows_per_second=None if per_step is None else batch / max(per_step, 1e-9),
                seconds_left=None if per_step is None else left * per_step,
            )
        )


_copy = jax.jit(lambda tree: jax.tree.map(jnp.copy, tree))
"""Fresh buffers, since a step overwrites those it is given."""


def _width(x: PyTree) -> int:
    """Numbers of one row."""
    return sum(leaf[0].size for leaf in jax.tree.leaves(x))


def _optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101); the step's size comes from outside."""
    return optax.chain(
        optax.clip_by_global_norm(config.clip_norm),
        optax.scale_by_adam(b2=0.99),
        optax.add_decayed_weights(config.weight_decay),
    )


@eqx.filter_jit
def _first_state(weights: PyTree, config: TrainingConfig) -> State:
    copy = jax.tree.map(jnp.copy, weights)
    return State(weights, _optimizer(config).init(weights), copy, jnp.zeros((), int))


# Defined once, so that another fit of the same shape and settings finds the program compiled.
@eqx.filter_jit(donate="all-except-first")
def _steps(plan: Plan, state: State) -> tuple[State, Float[Array, ""]]:
    """The steps of one call: the state, updated in place, and the mean objective."""
    config, optimizer = plan.config, _optimizer(plan.config)

    def step(state: State, batch: Array) -> tuple[State, Float[Array, ""]]:
        progress = state.step.astype(jnp.float32) / plan.total
        key = jax.random.fold_in(plan.key, state.step)
        x = jax.tree.map(lambda leaf: leaf[batch], plan.x)
        value, grads = jax.value_and_grad(loss)(
            state.weights, plan.rest, plan.objective, key, x, progress, config.kl_warm_up
        )
        updates, optimizer_state = optimizer.update(grads, state.optimizer, state.weights)
        size = _step_size(config, state.step, progress) * plan.rate
        weights = jax.tree.map(lambda w, u: w - size * u, state.weights, updates)
        keep = jnp.minimum(config.average, (state.step + 1) / (state.step + 10))
        average = jax.tree.map(lambda a, w: keep * a + (1 - keep) * w, state.average, weights)
        return State(weights, optimizer_state, average, state.step + 1), -value

    state, values = jax.lax.scan(step, state, plan.rows)
    return state, jnp.mean(values)


def _step_size(
    config: TrainingConfig, step: Int[Array, ""], progress: Float[Array, ""]
) -> Float[Array, ""]:
    """Linear warm-up, then half a cosine down to (almost) nothing."""
    warm = jnp.minimum((step + 1) / max(config.warm_up_steps, 1), 1.0)
    cosine = 0.5 * (1.0 + jnp.cos(jnp.pi * jnp.minimum(progress, 1.0)))
    return config.learning_rate * warm * (cosine + 0.002)


def _batches(n: int, size: int, seed: int) -> Iterator[Int[np.ndarray, " size"]]:
    """Row numbers of one batch after another; every row once an epoch, in a new order each."""
    rng = np.random.default_rng([seed, 1])
    waiting = np.empty(0, np.int64)
    while True:
        while len(waiting) < size:
            waiting = np.concatenate([waiting, rng.permutation(n)])
        yield waiting[:size]
        waiting = waiting[size:]
