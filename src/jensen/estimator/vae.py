"""VAE: samples in, samples out."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from jaxtyping import Float64

from jensen.bounds import Bound, Weighted, posterior_means
from jensen.data import Schema, Table, read_table, refuse_nothing, refuse_text, to_native
from jensen.data.codec import Codec, only_codes
from jensen.data.conditions import Given
from jensen.errors import FitError, OptionError
from jensen.estimator.arguments import MAX_ROW, MAX_SEED, TRAINING, config_of, split, whole
from jensen.estimator.build import ModelConfig, build_model, codes_of
from jensen.estimator.calibrate import calibrate
from jensen.estimator.conditional import Conditionals
from jensen.estimator.doubts import doubts_of_condition, warn
from jensen.estimator.draw import draw_given, draw_rows, random_key
from jensen.estimator.families import spaces, with_families
from jensen.estimator.file import save_model
from jensen.estimator.fitted import Fitted, HeldOut, library_versions, measure_held_out
from jensen.estimator.gap import Gap, GapSizes, measure_gap
from jensen.estimator.given import Condition, rows_given
from jensen.estimator.score import check_bound, score_bound, score_terms
from jensen.estimator.terms import TERMS, resolve, spelled
from jensen.training import History, Progress, Rows, TrainingConfig, fit_model

SCORE_DRAWS = 8
VALUE_ENTROPY = 3.0
"""Nats that a parametric value counts for when the number of steps is chosen: those of 20 bins."""


class VAE(Conditionals):
    """A variational autoencoder of a table: log p(x) >= E_q[log p(x|z)] - KL(q(z|x) || p(z)).

    The constructor stores, `fit` learns, what was learned ends in an underscore.

    Args:
        latent_dim: dimensions of z, at least 1.
        prior: p(z): a name of `jensen.priors.PRIORS`, with settings as "NAME:setting=value,...",
            or an object with a `build` as those have.
        likelihood: p(x|z): "autoregressive" over the columns, "independent" given z, or another
            name of `jensen.likelihoods.LIKELIHOODS`, or an object. A family of
            `jensen.likelihoods.FAMILIES` is the independent decoder with that family for every
            column that it suits; `columns` gives one to a single column.
        posterior: q(z|x): a name of `jensen.posteriors.POSTERIORS`, or an object.
        bound: what is maximised: a name of `jensen.bounds.objectives.OBJECTIVES`, or an object.
        width, n_blocks: size of the networks; None chooses the width from the table.
        steps, batch_size, learning_rate: of the optimiser; None chooses from the table.
        kl_warm_up: share of the steps over which the weight of the KL rises from 0 to 1, so that z
            is used before it costs; from 0, full weight from the start, to 1.
        minutes: a time budget for `fit`; None is as long as the steps take. With a budget the
            result depends on the speed of the machine.
        schema: a `Schema`, or None to infer one.
        columns: column -> kind, or a mapping of fields, that the inference must take over.
        ordinal: column -> its levels in their order.
        drop: columns to leave out.
        missing: "model": that a value is missing is part of x, and is sampled like the rest;
            "ignore": the bound is on log p of what is observed, and samples have no gaps; or
            column -> one of them.
        seed: of everything random, at least 0.
        progress: called with a `Progress` about twice a second while fitting.

    Attributes:
        schema_: what each column was taken to be.
        held_out_: the bound on rows that took no part in the training, and its terms.
        history_: checks and events of the fit.

    Example:
        >>> import numpy as np
        >>> from jensen import VAE
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> vae = VAE(steps=50).fit(x)
        >>> vae.sample(3).shape
        (3, 2)
    """

    def __init__(
        self,
        *,
        latent_dim: int = 8,
        prior: Any = "normal",
        likelihood: Any = "autoregressive",
        posterior: Any = "mean_field",
        bound: Any = "elbo",
        width: int | None = None,
        n_blocks: int = 2,
        steps: int | None = None,
        batch_size: int | None = None,
        learning_rate: float = 2e-3,
        kl_warm_up: float = 0.3,
        minutes: float | None = None,
        schema: Schema | None = None,
        columns: Mapping[str, Any] | None = None,
        ordinal: Mapping[str, Sequence[Any]] | None = None,
        drop: Sequence[str] = (),
        missing: str | Mapping[str, str] = "model",
        seed: int = 0,
        progress: Callable[[Progress], None] | None = None,
    ):
        self.latent_dim = latent_dim
        self.prior = prior
        self.likelihood = likelihood
        self.posterior = posterior
        self.bound = bound
        self.width = width
        self.n_blocks = n_blocks
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.kl_warm_up = kl_warm_up
        self.minutes = minutes
        self.schema = schema
        self.columns = columns
        self.ordinal = ordinal
        self.drop = drop
        self.missing = missing
        self.seed = seed
        self.progress = progress

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments, as scikit-learn asks for them."""
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **params: Any) -> Self:
        """Change the constructor's arguments."""
        for name, value in params.items():
            if name not in _PARAMETERS:
                raise OptionError(
                    f"VAE has no parameter {name!r}; it has {', '.join(_PARAMETERS)}."
                )
            setattr(self, name, value)
        return self

    def fit(self, X: Any, y: None = None) -> Self:
        """Maximise the mean bound of the rows of X; y is ignored.

        Args:
            X: a pandas, Polars or PyArrow frame, a 2-d array, a `Table`, or a path.

        Raises:
            TableError, SchemaError, OptionError: X or a parameter must change.
            FitError: stopped before there was a model.
        """
        started = time.monotonic()
        seed = whole("seed", self.seed, 0, MAX_SEED)
        deadline = None if self.minutes is None else started + 60.0 * self.minutes
        terms = {term: getattr(self, term) for term in TERMS}
        objects = {term: value for term, value in terms.items() if not isinstance(value, str)}
        model_config = config_of(ModelConfig, self, ("latent_dim", "width", "n_blocks"))
        names = {term: spelled(term, value) for term, value in terms.items()}
        model_config = model_config.model_copy(update=names)
        objective = objects.get("bound") or resolve("bound", model_config.bound)
        training = config_of(TrainingConfig, self, TRAINING)
        table = X if isinstance(X, Table) else read_table(X)
        schema = self.schema or Schema.infer(
            table,
            overrides=self.columns,
            ordinal=self.ordinal,
            drop=self.drop,
            missing=self.missing,
        )
        refuse_text(schema)
        likelihood = objects.get("likelihood") or resolve("likelihood", model_config.likelihood)
        schema = with_families(schema, likelihood, model_config.likelihood)
        table = schema.conform(table)
        refuse_nothing(table)
        train, held_out = split(table.n_rows, training, seed)
        parametric = spaces(schema, likelihood)
        codec = Codec.fit(table.take(train), schema, known=table, spaces=parametric)
        rows = Rows(*codec.encode_with_log_det(table))
        parts = [rows.take(i) for i in (train, held_out)]
        entropy = -float(codes_of(codec).log_marginals(only_codes(parts[0].x)).mean())
        entropy += VALUE_ENTROPY * len(parametric)
        continuous = sum(c.bin_entropy for c in codec.coded) / max(entropy, 1e-9)
        training = training.resolve(len(train), len(codec.coded), entropy, continuous)
        model_config = model_config.resolve(codec)
        model = build_model(codec, model_config, random_key(seed), objects)
        report = self.progress or _silent
        model, history = fit_model(
            model, parts[0], parts[1], training, seed, report, deadline, objective
        )
        if not history.checks:
            raise FitError("stopped before the first look at the held-out rows: no model was kept.")
        key = random_key(seed + 1)
        model, event = calibrate(key, model, codec, parts[1], history.best.step)
        history.events.extend([event] if event else [])
        marginals = codec.value_marginals(table.take(held_out))
        measured = measure_held_out(model, codes_of(codec), parts[1], len(train), key, marginals)
        self.fitted_ = Fitted(
            model, codec, model_config, training, seed, history, measured, library_versions()
        )
        return self

    @property
    def held_out_(self) -> HeldOut:
        """The bound on rows that took no part in the training, nats per row."""
        return self._fitted().held_out

    @property
    def history_(self) -> History:
        """Checks and events of the fit."""
        return self._fitted().history

    @property
    def n_features_in_(self) -> int:
        """Number of columns."""
        return len(self.schema_.columns)

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns."""
        return np.array(self.schema_.names, dtype=object)

    def sample(
        self, n: int, *, seed: int | None = None, given: Given | Condition | None = None
    ) -> Any:
        """n new rows, as the same kind of table as was fitted.

        Row i depends on the model, the seed and i alone: `sample(10)` is the head of
        `sample(1000)`. Another seed gives other rows.

        Args:
            n: number of rows, at least 1.
            seed: None takes the model's own.
            given: a condition that every row fulfils, such as "species = Adelie and mass > 4000",
                or column -> value, set of values or (low, high); see `jensen.data.conditions`.

        Warns:
            DrawWarning: few draws count, or the training rows speak against the condition.
        """
        n = whole("the number of rows", n, 1, MAX_ROW)
        condition = None if given is None else self.condition(given)
        if condition is not None:
            warn(doubts_of_condition(condition))
        return to_native(self.sample_table(0, n, seed=seed, given=condition))

    def sample_table(
        self,
        start: int,
        stop: int,
        *,
        seed: int | None = None,
        given: Given | Condition | None = None,
        report: Callable[[int], None] | None = None,
    ) -> Table:
        """Rows start .. stop - 1 of the sample of a seed, or of it and a condition."""
        if not 0 <= start < stop:
            raise OptionError(
                f"rows must be START:STOP with 0 <= START < STOP, not {start}:{stop}."
            )
        if stop > MAX_ROW:
            raise OptionError(f"row numbers must be below {MAX_ROW}, and {stop} was asked for.")
        if given is not None:
            condition = self.condition(given)
            return rows_given(self._fitted(), condition, self._seed(seed), start, stop, report)
        return draw_rows(self._fitted(), self._seed(seed), start, stop, report)

    def score_terms(
        self, X: Any, *, n_samples: int = SCORE_DRAWS, refine: int = 0, seed: int | None = None
    ) -> Bound:
        """The bound of every row of X and its two terms, each of shape (n,), nats per row.

        Args:
            X: rows with the columns of the fit; a row's values need not have been seen.
            n_samples: draws of z per row, at least 1.
            refine: steps of Adam on q(z|x) of each row by itself, for a tighter bound; 0 takes
                q(z|x) as the encoder has it. The posterior must be "mean_field".
        """
        n_samples = whole("n_samples", n_samples, 1, MAX_ROW)
        return score_terms(self._fitted(), self._conform(X), n_samples, refine, self._seed(seed))

    def score_bound(
        self, X: Any, *, bound: str = "iwae", k: int | None = None, seed: int | None = None
    ) -> Weighted:
        """A tighter bound of every row of X, nats, and the effective number of its weights.

        Args:
            X: rows with the columns of the fit.
            bound: "iwae", a mean of k weights; or "ais", annealed importance sampling by 8
                chains over k temperatures, for a z of real numbers.
            k: at least 1; None is 100.
        """
        return score_bound(self._fitted(), self._conform(X), bound, k, self._seed(seed))

    def score_samples(
        self, X: Any, *, bound: str = "elbo", k: int | None = None, refine: int = 0
    ) -> Float64[np.ndarray, " n"]:
        """A lower bound on log p(x) of every row, shape (n,), nats in the units of X.

        `bound` is "elbo" with k draws, 8 if None, and `refine` as in `score_terms`; or "iwae" or
        "ais" as in `score_bound`.
        """
        if bound == "elbo":
            n_samples = SCORE_DRAWS if k is None else k
            return np.asarray(self.score_terms(X, n_samples=n_samples, refine=refine).value)
        check_bound(bound, k, refine)
        return np.asarray(self.score_bound(X, bound=bound, k=k).value)

    def gap(
        self,
        X: Any,
        *,
        seed: int | None = None,
        report: Callable[[str], object] | None = None,
        **sizes: int,
    ) -> Gap:
        """How good the bound is on rows of X: KL(q(z|x) || p(z|x)) from below and from above.

        Args:
            X: rows with the columns of the fit.
            seed: of everything random; None is the model's own.
            report: called with a sentence before each part.
            sizes: rows, k, temperatures, chains: the fields of `GapSizes`.
        """
        fitted, table = self._fitted(), self._conform(X)
        return measure_gap(fitted, table, self._seed(seed), report or str, GapSizes.of(sizes))

    def score(self, X: Any, y: None = None) -> float:
        """Mean of `score_samples`, nats per row."""
        return float(self.score_samples(X).mean())

    def transform(self, X: Any) -> Float64[np.ndarray, "n l"]:
        """The latent vectors E_q[z|x], shape (n, latent_dim)."""
        fitted = self._fitted()
        return posterior_means(fitted.model, fitted.codec.encode(self._conform(X)))

    def fit_transform(self, X: Any, y: None = None) -> Float64[np.ndarray, "n l"]:
        """`fit`, then `transform` of the same rows."""
        return self.fit(X).transform(X)

    def inverse_transform(self, Z: Float64[np.ndarray, "n l"], *, seed: int | None = None) -> Any:
        """A draw x ~ p(x|z) for every row of Z, shape (n, latent_dim)."""
        fitted = self._fitted()
        z = np.asarray(Z, np.float64)
        if z.ndim != 2 or z.shape[1] != fitted.model_config.latent_dim:
            raise OptionError(
                f"Z must have shape (n, {fitted.model_config.latent_dim}), and has {z.shape}."
            )
        if not np.isfinite(z).all():
            raise OptionError("Z must hold finite numbers, and holds NaN or infinities.")
        return to_native(draw_given(fitted, self._seed(seed), z))

    def save(self, path: str | Path, *, force: bool = True) -> None:
        """Write the model to one file that holds no code."""
        save_model(self._fitted(), path, force=force)

    def _fitted(self) -> Fitted:
        if not hasattr(self, "fitted_"):
            raise OptionError("this VAE must be fitted first: call fit(X), or jensen.load(path).")
        return self.fitted_

    def _seed(self, seed: int | None) -> int:
        return self._fitted().seed if seed is None else whole("seed", seed, 0, MAX_SEED)

    def _conform(self, X: Any) -> Table:
        return self.schema_.conform(X if isinstance(X, Table) else read_table(X))


_PARAMETERS = tuple(VAE.__init__.__kwdefaults__ or ())


def _silent(progress: Progress) -> None:
    pass
