"""What pictures of a check are drawn from: small tables of plain numbers, no rows of the data."""

from dataclasses import dataclass

Counts = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Axis:
    """How the values of a column are cut into cells.

    Attributes:
        name: of the column.
        kind: "numeric", "time" or "categorical".
        edges: of the bins of numbers, or of times in seconds since 1970; one more than bins.
        beyond: whether the first, and the last, bin holds values beyond its edge as well.
        labels: of the cells of categories, the frequent ones first; "others" last where needed.
        gaps: whether one more cell, the last, is for missing values.
    """

    name: str
    kind: str
    edges: tuple[float, ...] = ()
    beyond: tuple[bool, bool] = (False, False)
    labels: tuple[str, ...] = ()
    gaps: bool = False

    def __len__(self) -> int:
        return (len(self.labels) or max(0, len(self.edges) - 1)) + self.gaps


@dataclass(frozen=True)
class Marginal:
    """One column by itself: the share of the known values of both tables in each cell."""

    axis: Axis
    real: tuple[float, ...]
    synthetic: tuple[float, ...]


@dataclass(frozen=True)
class PairTable:
    """Two columns together: rows in each cell, [cells of first][cells of second].

    `distance` and `floor` are those of `PairFinding`.
    """

    first: Axis
    second: Axis
    real: Counts
    synthetic: Counts
    distance: float
    floor: float


@dataclass(frozen=True)
class PairGrid:
    """Distances of all pairs of some columns, those of a wide table that are farthest.

    Row i of `distance` and of `floor` has the pairs of names[i] with names[0], ..., names[i - 1].
    """

    names: tuple[str, ...]
    distance: tuple[tuple[float, ...], ...]
    floor: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Histogram:
    """Shares of several groups of rows in common bins; the last holds what lies beyond as well."""

    what: str
    edges: tuple[float, ...]
    names: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]
    medians: tuple[float, ...]


@dataclass(frozen=True)
class Importance:
    """By how much the AUC of a classifier falls when one column of its test rows is shuffled."""

    name: str
    drop: float


@dataclass(frozen=True)
class Look:
    """Where a classifier sees the difference: boosted trees, fitted to two thirds of the rows.

    Attributes:
        auc: on the other third.
        rows: rows a side, of both parts together.
        importances: of columns, the largest first.
        scores: what it gives to real and to synthetic rows of that third.
    """

    auc: float
    rows: int
    importances: tuple[Importance, ...]
    scores: Histogram


@dataclass(frozen=True)
class FitPortrait:
    """How a model was fitted, and where rows lie in its latent space.

    Attributes:
        steps: of the checks on held-out rows, beside which are the bound there and its terms.
        best: the step whose weights were kept.
        marginals: log-likelihood of a product of marginals on these rows, nats per row.
        kl_per_dimension: KL(q(z|x) ‖ p(z)) of each latent dimension, nats.
        dimensions: the two, counted from 1, that `real` and `synthetic` are about; or fewer.
        real, synthetic: posterior means E_q[z|x] of a few rows.
    """

    steps: tuple[int, ...]
    held_out: tuple[float, ...]
    reconstruction: tuple[float, ...]
    kl: tuple[float, ...]
    best: int
    marginals: float
    kl_per_dimension: tuple[float, ...]
    dimensions: tuple[int, ...] = ()
    real: tuple[tuple[float, ...], ...] = ()
    synthetic: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class Portrait:
    """Everything that is drawn and is no figure; None or empty where there is nothing to draw."""

    columns: tuple[Marginal, ...] = ()
    pairs: tuple[PairTable, ...] = ()
    grid: PairGrid | None = None
    look: Look | None = None
    distances: tuple[Histogram, ...] = ()
    fit: FitPortrait | None = None
