"""What a fitted VAE says of rows that are known in part: conditions, gaps, single cells."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from jaxtyping import Float64

from jensen.conditionals import Guide
from jensen.data import Schema, Table, read_table, to_native
from jensen.data.conditions import Given, parse
from jensen.errors import OptionError
from jensen.estimator.arguments import MAX_ROW, whole
from jensen.estimator.cells import Cells, score_cells, strange_cells
from jensen.estimator.doubts import doubts_of_gaps, doubts_of_lines, warn
from jensen.estimator.filling import POINTS, Imputed, impute
from jensen.estimator.fitted import Fitted
from jensen.estimator.given import Condition, guide_of, prepare
from jensen.estimator.given_table import Completed, rows_given_table

Report = Callable[[int, int], None]


class Conditionals:
    """The part of `VAE` that answers p(x_missing | x_observed) and p(x | condition)."""

    fitted_: Fitted

    @property
    def schema_(self) -> Schema:
        """What each column was taken to be."""
        return self._fitted().codec.schema

    def condition(
        self, given: Given | Condition, report: Callable[[str], object] = str
    ) -> Condition:
        """A condition made ready: its probability, and how well rows that fulfil it can be drawn.

        Raises:
            ConditionError: it cannot be understood, or no row fulfils it.
        """
        if isinstance(given, Condition):
            return given
        return prepare(self._fitted(), parse(given, self.schema_), self._guide, report)

    def impute(
        self,
        X: Any,
        n: int = 0,
        *,
        point: str = "mean",
        seed: int | None = None,
        report: Report | None = None,
    ) -> Imputed:
        """X with its gaps filled: `.native()`, `.cells()`, and n copies if asked for: `.native(0)`.

        Columns that were dropped from the fit come back as they came, in their places.

        Args:
            X: rows with the columns of the fit, gaps anywhere.
            n: completed copies to draw from p(x_missing | x_observed) besides.
            point: what stands in the gap of a number: "mean", which has the least squared error,
                or "median", which has the least absolute one.
            seed: of the draws; None takes the model's own.
            report: called with the rows done, and those to do.

        Raises:
            OptionError: another `point`, or n below 0.

        Warns:
            DrawWarning: of rows for which few draws count, and of columns never seen.
        """
        n = whole("the number of copies", n, 0, MAX_ROW)
        if point not in POINTS:
            raise OptionError(f"point must be {' or '.join(map(repr, POINTS))}; got {point!r}.")
        fitted, seed = self._fitted(), self._seed(seed)
        found = impute(fitted, _table(X), self._guide, seed, n, point, report)
        warn(doubts_of_gaps(found))
        return replace(found, like=X)

    def sample_given_table(
        self, conditions: Any, k: int = 1, *, seed: int | None = None, report: Report | None = None
    ) -> Any:
        """k rows for every line of a table of conditions, whose values they keep.

        Row j of line i depends on the model, the seed, i, j and the line alone.

        Args:
            conditions: a table of some of the columns; an empty cell leaves its column free.
            k: rows for each line, at least 1.
            seed: of the draws; None takes the model's own.
            report: called with the lines done, and those to do.

        Warns:
            DrawWarning: of lines for which few draws count.
        """
        completed = self.complete(conditions, k, seed=seed, report=report)
        warn(doubts_of_lines(completed))
        return to_native(completed.table)

    def complete(
        self, conditions: Any, k: int = 1, *, seed: int | None = None, report: Report | None = None
    ) -> Completed:
        """The rows of `sample_given_table`, and how well those of each line could be drawn."""
        k = whole("the number of rows for each line", k, 1, MAX_ROW)
        table, seed = _table(conditions), self._seed(seed)
        return rows_given_table(self._fitted(), table, self._guide, seed, k, report)

    def score_cells(
        self, X: Any, *, n: int = 16, seed: int | None = None, report: Report | None = None
    ) -> Cells:
        """-log p(x_j | the rest of the row) of every cell of X, nats: what does not belong.

        A value that no row of the model can have, such as an unknown category, has a surprise of
        infinity; of the other cells of its row nothing is said.

        Args:
            X: rows with the columns of the fit.
            n: draws for each cell, at least 2.
            seed: of the draws; None takes the model's own.
            report: called with the rows done, and those to do.
        """
        n = whole("n", n, 2, MAX_ROW)
        table, strange = strange_cells(self._fitted(), _table(X))
        known = score_cells(self._fitted(), table, self._guide, self._seed(seed), n, report)
        return known.with_strange(strange)

    def score_given(
        self, X: Any, given: Given | Condition, **bound: Any
    ) -> Float64[np.ndarray, " n"]:
        """A bound on log p(x | condition) = log p(x) - log p(condition) of every row of X, nats.

        The first is bounded from below as by `score_samples(X, **bound)`; the second is an
        estimate, whose standard error `condition(given).log_p_error` tells: where that is not
        small, subtract it a few times to stay below. Where a clause asks for a single value of
        a column that has a density, the density at that value is part of log p(condition).

        Raises:
            ConditionError: a row does not fulfil the condition.
        """
        condition, table = self.condition(given), self._conform(X)
        condition.refuse_others(table)
        log_p = condition.log_p_of(self._fitted().codec, table)
        return self.score_samples(table, **bound) - log_p

    def score_samples(
        self, X: Any, *, bound: str = "elbo", k: int | None = None, refine: int = 0
    ) -> Float64[np.ndarray, " n"]:
        """A lower bound on log p(x) of every row."""
        raise NotImplementedError

    def train_guide(self) -> Self:
        """Train now what conditions and gaps would train when they first need it.

        `save` writes it with the model, so that they start sooner from the file. It changes no row
        that comes out. Where z is no vector of reals there is none, and nothing is done.

        Raises:
            OptionError: the model is none that conditions and gaps can be put to.
        """
        self._guide()
        return self

    def _guide(self) -> Guide | None:
        """The guide of the fitted model, trained when it is first needed, and kept with it."""
        if self._fitted().guide is None:
            self.fitted_ = replace(self._fitted(), guide=guide_of(self._fitted()))
        return self._fitted().guide

    def _fitted(self) -> Fitted:
        raise NotImplementedError

    def _seed(self, seed: int | None) -> int:
        raise NotImplementedError

    def _conform(self, X: Any) -> Table:
        raise NotImplementedError


def _table(X: Any) -> Table:
    return X if isinstance(X, Table) else read_table(X)
