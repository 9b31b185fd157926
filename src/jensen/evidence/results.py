"""What a check finds, as plain frozen records."""

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", "half", "real"]
Group = Literal["fidelity", "utility", "copying", "bound"]
CopyingVerdict = Literal["no sign of copying", "signs of copying", "copies"]


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

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
        name, kind: of the column.
        distance: Kolmogorov-Smirnov's D or the total variation, None if a side has no value.
        floor: the same of real rows from real rows.
        wasserstein: W₁ in units of the data's range from the 5 % to the 95 % quantile.
        missing_real, missing_synthetic: shares of missing values.
        low, high: ends of the 95 % interval of `distance`.
        copy: the same of training rows drawn again; those of a product of marginals are the same
            for a single column.
        wasserstein_low, wasserstein_high, wasserstein_floor: the same of `wasserstein`.
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

    `distance` is the total variation at the data's deciles, with the ends of its 95 % interval and
    what it is of real rows, of a product of marginals and of training rows drawn again; the
    correlations are Pearson's, of two columns of numbers; `nmi` is the normalised mutual
    information.
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


@dataclass(frozen=True)
class Prediction:
    """How well a column is predicted by a model fitted to samples, to real rows, to marginals.

    `real`, with the ends of its 95 % interval, is what a copy of the training rows gives too: to
    fit to a copy is to fit to real rows.
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
    """Rows that a rule describes, and their shares of the data and of the samples."""

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
    """A synthetic row that equals or almost equals a training row; rows count from 1."""

    synthetic_row: int
    training_row: int
    distance: float
    exact: bool


@dataclass(frozen=True)
class Copying:
    """The verdict on copying, the error rate it was reached at, and the rows it is about."""

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
