"""What a check finds, as plain frozen records."""

from dataclasses import dataclass
from typing import Literal, Protocol

Better = Literal["lower", "higher", "half", "real"]
Group = Literal["fidelity", "utility", "copying", "bound"]
CopyingVerdict = Literal["no sign of copying", "signs of copying", "copies"]


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval.

    Attributes:
        value: the figure itself.
        low, high: ends of the interval; both are the value where there is none.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Measure:
    """One figure, its interval, and what stands beside it.

    Attributes:
        name: as in `--fail-if`.
        title: in words.
        group: the question it belongs to.
        estimate: of the synthetic table.
        floor: the same figure of real rows in the synthetic table's place.
        marginals: of a table with the right columns and no dependence.
        copy: of training rows drawn with replacement.
        better: which way is better; "half": nearest to ½; "real": nearest to that of real rows.
        rows: rows a side that it was computed from.
        p_value: of the hypothesis that both tables are draws of one distribution; for figures of
            copying, that nothing was copied; for `bound_gap`, that fitted rows are bounded no
            better than others.
        note: how the interval was made, and what else must be known.
        source: where the definition is from.
    """

    name: str
    title: str
    group: Group
    estimate: Estimate
    better: Better
    rows: int
    floor: float | None = None
    marginals: float | None = None
    copy: float | None = None
    p_value: float | None = None
    note: str = ""
    source: str = ""


@dataclass(frozen=True)
class ColumnFinding:
    """How far one column is from the data's.

    Attributes:
        name: of the column.
        kind: "numeric", "categorical", "time", "time of day" or "duration".
        distance: Kolmogorov-Smirnov's D, or the total variation of categories; None without values.
        floor: the same of real rows in the synthetic table's place.
        wasserstein: W₁ in units of the data's range from the 5 % to the 95 % quantile; None for
            categories and without values.
        missing_real: share of missing values in the data.
        missing_synthetic: share of missing values in the samples.
        low, high: ends of the 95 % interval of `distance`.
        copy: the same of training rows drawn again; those of a product of marginals are the same
            for a single column.
        wasserstein_low, wasserstein_high: ends of the 95 % interval of `wasserstein`.
        wasserstein_floor: the same of real rows in the synthetic table's place.
        p_value: that both tables have one distribution of it, by Holm's method over all columns.
        differs: whether the p-value is at most 1 %.
    """

    name: str
    kind: str
    distance: float | None
    floor: float | None
    wasserstein: float | None
    missing_real: float
    missing_synthetic: float
    low: float | None = None
    high: float | None = None
    copy: float | None = None
    wasserstein_low: float | None = None
    wasserstein_high: float | None = None
    wasserstein_floor: float | None = None
    p_value: float = 1.0
    differs: bool = False


@dataclass(frozen=True)
class PairFinding:
    """How far the joint distribution of two columns is from the data's.

    Attributes:
        first, second: names of the columns.
        distance: total variation, both tables cut at the deciles of the data.
        correlation_real: Pearson's correlation in the data; None unless both columns are numbers.
        correlation_synthetic: the same in the samples.
        nmi_real: normalised mutual information in the data, from 0 to 1.
        nmi_synthetic: the same in the samples.
        low, high: ends of the 95 % interval of `distance`.
        floor: the same of real rows in the synthetic table's place.
        marginals: the same of a product of marginals.
        copy: the same of training rows drawn again.
        p_value: that both tables have one joint distribution of them, by Holm's method over all
            pairs that are compared.
        differs: whether the p-value is at most 1 %.
    """

    first: str
    second: str
    distance: float
    correlation_real: float | None
    correlation_synthetic: float | None
    nmi_real: float
    nmi_synthetic: float
    low: float = 0.0
    high: float = 1.0
    floor: float | None = None
    marginals: float | None = None
    copy: float | None = None
    p_value: float = 1.0
    differs: bool = False


@dataclass(frozen=True)
class Prediction:
    """How well a column is predicted from the others, by the rows that a model is fitted to.

    Attributes:
        target: the column that is predicted.
        score: "AUC" of two classes, "accuracy" of more, "R²" of numbers; below 0 counts as 0.
        estimate: fitted to samples, with an interval over test rows.
        real: fitted to as many real rows; a copy of the training rows gives the same.
        marginals: fitted to rows with the right columns and no dependence.
        real_low, real_high: ends of the 95 % interval of `real`.
    """

    target: str
    score: str
    estimate: Estimate
    real: float
    marginals: float
    real_low: float = 0.0
    real_high: float = 1.0


@dataclass(frozen=True)
class Region:
    """Rows that a rule describes, and their shares of the data and of the samples.

    Attributes:
        rule: in words, such as "age > 60 and job = cook".
        real: share of the data.
        synthetic: share of the samples.
        p_value: of equal shares, by Fisher's exact test, corrected for all rules that were tested.
    """

    rule: str
    real: Estimate
    synthetic: Estimate
    p_value: float

    def __str__(self) -> str:
        return (
            f"rows with {self.rule}: {percent(self.real.value)} of the data, "
            f"{percent(self.synthetic.value)} of the samples"
        )


@dataclass(frozen=True)
class CopiedRow:
    """A synthetic row that equals or almost equals a training row; rows count from 1.

    Attributes:
        synthetic_row: its number.
        training_row: the number of the row that it equals.
        distance: between the two, as in `nndr`.
        exact: whether they are equal in every column.
    """

    synthetic_row: int
    training_row: int
    distance: float
    exact: bool


@dataclass(frozen=True)
class Copying:
    """The verdict on copying, the error rate it was reached at, and the rows it is about.

    Attributes:
        verdict: in a few words.
        error_rate: chance of another verdict than "no sign of copying" if nothing was copied.
        why: what was seen, in words.
        rows: the first copies.
    """

    verdict: CopyingVerdict
    error_rate: float
    why: str
    rows: tuple[CopiedRow, ...] = ()


def percent(share: float) -> str:
    """A share as a percentage with as many digits as tell: 0.05 %, 1.2 %, 34 %."""
    value = 100 * share
    if value == 0 or abs(value) >= 10:
        return f"{value:.0f} %"
    return f"{value:.1f} %" if abs(value) >= 0.1 else f"{value:.2g} %"


class Found(Protocol):
    """What is told of."""

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each table."""
        ...

    @property
    def columns_left_out(self) -> dict[str, str]:
        """Columns that took no part, and why."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What else is to be known."""
        ...

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The figures."""
        ...

    @property
    def columns(self) -> tuple[ColumnFinding, ...]:
        """Columns, those that differ first."""
        ...

    @property
    def pairs(self) -> tuple[PairFinding, ...]:
        """Pairs, those that differ first."""
        ...

    @property
    def pairs_differ(self) -> int:
        """How many pairs differ, listed or not."""
        ...

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions, the worst first."""
        ...

    @property
    def copying(self) -> Copying:
        """The verdict on copies."""
        ...
