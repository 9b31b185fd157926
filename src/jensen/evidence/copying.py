"""Are rows copied? Tests of it, each with the p-value that nothing was."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jensen.evidence.intervals import (
    Z,
    auc_interval,
    auc_permutation_p,
    more_often_p,
    permutation_p,
    permuted_sums,
    wilson,
)
from jensen.evidence.neighbours import (
    TIE,
    Nearest,
    Points,
    equal_parts,
    equal_rows,
    nearest,
    points,
    row_codes,
)
from jensen.evidence.results import Estimate, percent
from jensen.evidence.sample import Sample

NEARLY = "equal or all but equal"
NEAR = 0.1
"""A near copy: at most so far from its nearest training row as from the second nearest."""
PERMUTATIONS = 999
BUDGET = 5_000_000_000
"""Distances times columns that one search for neighbours may take."""


@dataclass(frozen=True)
class Tested:
    """One figure of copying, the p-value that nothing was copied, and what it rests on in words.

    `beside` is the number of real rows that the floor is the share of, `least_p` the smallest
    p-value that could have come of as many meetings of samples with real rows.
    """

    estimate: Estimate
    floor: float
    p_value: float
    rows: int
    why: str = ""
    beside: int = 0
    least_p: float = 0.0


@dataclass(frozen=True)
class Search:
    """The rows that were looked at, and where their nearest training rows are.

    `reference` are real rows that the training rows of the search do not include: under the null
    hypothesis they and the synthetic rows are draws of one distribution, given these.
    """

    training: Points
    synthetic: Points
    reference: Points
    to_training: Nearest
    reference_to_training: Nearest

    @cached_property
    def to_reference(self) -> Nearest:
        """The nearest reference rows of synthetic rows."""
        return nearest(self.synthetic, self.reference)


def search(
    training: Sample, synthetic: Sample, reference: Sample, n_jobs: int | None = None
) -> Search:
    """Nearest training rows of synthetic rows and of the reference."""
    train, drawn, real = points(training, synthetic, reference)
    near, near_real = (nearest(side, train, n_jobs) for side in (drawn, real))
    return Search(train, drawn, real, near, near_real)


def search_all(training: Sample, synthetic: Sample, most: int) -> Search:
    """Nearest training rows of synthetic rows, and of the first training rows among the others.

    Every training row is looked at and none stands apart, so this is for figures and not for tests.
    """
    train, drawn = points(training, synthetic)
    some = train.rows(slice(0, most))
    return Search(train, drawn, some, nearest(drawn, train), nearest(some, train, itself=True))


def affordable(n_columns: int, *sizes: int) -> list[int]:
    """Sizes scaled down so that all pairs of the first two cost no more than `BUDGET`."""
    cost = sizes[0] * sizes[1] * max(1, n_columns)
    share = min(1.0, float(np.sqrt(BUDGET / cost)))
    return [max(1, int(share * size)) for size in sizes]


def near_copies(found: Nearest) -> np.ndarray:
    """Where a row sits, or all but sits, on a training row: d₁ ≤ d₂ / 10; bool [n]."""
    return found.first <= NEAR * found.second


def met_near_test(found: Search) -> Tested:
    """The share of near copies, and whether training rows are met more often than held-out ones.

    For the test all real rows stand in one pool: a sample meets one of them if it all but sits on
    it, d₁ ≤ d₂ / 10 within the pool, not both 0. If nothing was copied, which of the rows that are
    met were fitted is a draw without replacement, whatever the sampler: Fisher's test is exact.
    """
    a, b = found.to_training, found.to_reference
    in_training = a.first < b.first
    second = np.where(in_training, np.minimum(a.second, b.first), np.minimum(b.second, a.first))
    which = np.where(in_training, a.which, b.which)
    # of two equal rows neither is met: which of them was fitted could not be said
    near = near_copies(Nearest(np.minimum(a.first, b.first), second, which)) & (second > 0)
    met = [len(np.unique(which[near & side])) for side in (in_training, ~in_training)]
    mine, theirs = _near_sides(found)
    sizes = len(found.training), len(found.reference)
    share = wilson(int(mine.sum()), len(mine))
    return _met(share, float(theirs.mean()), met, sizes, len(mine), NEARLY)


def met_exactly_test(training: Sample, held_out: Sample, synthetic: Sample) -> Tested:
    """The share of rows that equal a training row in every column, and whether training rows are
    met more often than held-out ones: Fisher's test on real rows, exact as in `met_near_test`."""
    known, other, drawn = row_codes(training, held_out, synthetic)
    met = [int(np.isin(side, drawn).sum()) for side in (known, other)]
    equal = int(np.isin(drawn, known).sum())
    beside = float(np.isin(other, known).mean())
    share = wilson(equal, len(drawn))
    return _met(share, beside, met, (len(known), len(other)), len(drawn), "equal")


def _met(
    share: Estimate, floor: float, met: list[int], sizes: tuple[int, int], rows: int, what: str
) -> Tested:
    p = more_often_p(met[0], sizes[0], met[1], sizes[1])
    most = min(sum(met), sizes[0])
    least = more_often_p(most, sizes[0], sum(met) - most, sizes[1])
    shares = [percent(m / n) for m, n in zip(met, sizes, strict=True)]
    why = (
        f"{percent(share.value)} of the samples {what} a training row; they meet {shares[0]} of "
        f"the training rows and {shares[1]} of the held-out ones"
    )
    return Tested(share, floor, p, rows, why, sizes[1], least)


_AS_SPREAD = (
    "the error rate is that of samples as spread out as the data: sharper ones repeat rows more "
    "often without having seen them, which held-out rows would tell"
)


def near_copy_test(found: Search, whole: Search | None = None) -> Tested:
    """The share of near copies, exact ones among them, beside that of rows that were not fitted.

    The p-value is Fisher's exact one, that it is no higher. It supposes that the samples are as
    spread out as the data; with held-out rows `met_near_test` supposes nothing.

    Args:
        found: by rows that were set apart, for the p-value.
        whole: by all training rows, for the share and its floor; `found` where None.
    """
    mine, theirs = _near_sides(found)
    return _more_often(mine, theirs, *_near_sides(whole or found), NEARLY)


def _near_sides(found: Search) -> tuple[np.ndarray, np.ndarray]:
    return near_copies(found.to_training), near_copies(found.reference_to_training)


def exact_copy_test(training: Sample, synthetic: Sample, part: Sample, reference: Sample) -> Tested:
    """The share of rows that equal a training row in every column, of all rows, beside that of
    training rows which equal another one.

    The p-value is Fisher's exact one, that rows of `part` of the training are met no more often
    than by real rows that are not in it. It supposes what that of `near_copy_test` does.
    """
    mine, theirs = (equal_rows(part, rows) >= 0 for rows in (synthetic, reference))
    (known,) = row_codes(training)
    again = np.bincount(known)[known] > 1
    return _more_often(mine, theirs, equal_rows(training, synthetic) >= 0, again, "equal")


def _more_often(
    mine: np.ndarray, theirs: np.ndarray, shown: np.ndarray, beside: np.ndarray, what: str
) -> Tested:
    p = more_often_p(int(mine.sum()), len(mine), int(theirs.sum()), len(theirs))
    share, floor = wilson(int(shown.sum()), len(shown)), float(beside.mean())
    why = (
        f"{percent(share.value)} of the samples {what} a training row, more often than the data "
        f"repeat themselves ({percent(floor)}); {_AS_SPREAD}"
    )
    return Tested(share, floor, p, len(shown), why, len(beside))


def unseen_test(training: Sample, synthetic: Sample) -> Tested:
    """The share of exact copies, and whether a sampler that never saw the rows could have it.

    Of the distinct samples let e₀, e₁ and e₂ be how many one expects to find in the training table
    not at all, once and twice. If that is a draw of any law whatever, and the samples did not see
    it, e₁² ≤ 2 n / (n - 1) e₀ e₂ (Cauchy and Schwarz over the multinomial probabilities), and
    e₁ ≤ (1 - 1 / n)ⁿ⁻¹ of them, near 1 / e. The p-value puts Poisson bounds in place of e₀ and e₂
    and adds the chance that these fail. It sees copies by the mass only, but needs no held-out row.
    """
    known, drawn = row_codes(training, synthetic)
    size = int(max(known.max(), drawn.max())) + 1
    times = np.bincount(known, minlength=size)[np.unique(drawn)]
    n, (none, once, twice) = len(known), (int(np.sum(times == k)) for k in range(3))
    most = min(
        np.sqrt(2 * n / (n - 1) * _at_most(none) * _at_most(twice)),
        len(times) * (1 - 1 / n) ** (n - 1),
    )
    equal = int(np.isin(drawn, known).sum())
    share = wilson(equal, len(drawn))
    why = (
        f"{percent(share.value)} of the samples equal a training row; {once:,} rows that occur "
        "once are met, more than by any sampler that never saw them"
    )
    return Tested(share, 0.0, _poisson_above(once, most), len(drawn), why)


BOUND_ERROR = 5e-4
"""Chance that a Poisson bound within `unseen_test` fails."""


def _at_most(count: int) -> float:
    """An upper confidence bound of a Poisson mean (Garwood 1936)."""
    from scipy.special import gammaincinv

    return float(gammaincinv(count + 1, 1 - BOUND_ERROR))


def _poisson_above(count: int, mean: float) -> float:
    """P(Poisson ≥ count), and the chance that a bound of its mean has failed."""
    from scipy.special import gammainc

    tail = float(gammainc(count, mean)) if count else 1.0
    return min(1.0, 2 * BOUND_ERROR + tail)


def nearer_share_test(found: Search, rng: np.random.Generator, n_jobs: int | None = None) -> Tested:
    """The share of synthetic rows nearer to training than to held-out rows; ½ if none is copied.

    At equal sizes, the larger side in parts over which the share is averaged, ties half. A real
    row may be the nearest of many synthetic ones, so these do not count as independent: the
    variance is that of a sum over real rows, each with all that it owns. The p-value permutes
    which real rows are the training ones, exact because nothing else tells them apart if nothing
    was copied.
    """
    size = min(len(found.training), len(found.reference))
    sides = [
        [(p, nearest(found.synthetic, s.rows(p), n_jobs)) for p in equal_parts(len(s), size, 0)]
        for s in (found.training, found.reference)
    ]
    n = len(found.synthetic)
    owned = [np.zeros(len(s)) for s in (found.training, found.reference)]
    pairs = len(sides[0]) * len(sides[1])
    for a, near in sides[0]:
        for b, other in sides[1]:
            to_training = _nearer(near, other, 0.5)
            owned[0] += np.bincount(a[near.which], to_training / pairs, len(owned[0]))
            owned[1] += np.bincount(b[other.which], (1 - to_training) / pairs, len(owned[1]))
    value = float(owned[0].sum() / n)
    half = Z * 0.5 * float(np.sqrt(sum(np.sum(o**2) for o in owned))) / n
    estimate = Estimate(value, max(0.0, value - half), min(1.0, value + half))
    whole = _owned(found.to_training, found.to_reference, found)
    return Tested(estimate, 0.5, _label_p(whole, len(found.training), rng), n)


def _nearer(a: Nearest, b: Nearest, tie: float) -> np.ndarray:
    """1 where a is nearer, 0 where b is, `tie` where neither; float64 [n]."""
    return np.where(np.abs(a.first - b.first) < TIE, tie, a.first < b.first)


def _owned(training: Nearest, held: Nearest, found: Search) -> np.ndarray:
    """How many synthetic rows each real row is the nearest of; training ones first.

    Of a tie each side has its share of all real rows, which says nothing either way.
    """
    n = len(found.training)
    share = n / (n + len(found.reference))
    to_training = _nearer(training, held, share)
    counts = np.bincount(training.which, to_training, minlength=n)
    others = np.bincount(held.which, 1 - to_training, minlength=len(found.reference))
    return np.concatenate([counts, others])


def _label_p(owned: np.ndarray, n_training: int, rng: np.random.Generator) -> float:
    drawn = permuted_sums(owned, n_training, PERMUTATIONS, rng)
    return permutation_p(float(owned[:n_training].sum()), drawn)


def members_of(found: Search) -> int:
    """How many training rows `membership_test` looks at."""
    return min(len(found.training), max(len(found.reference), 1000))


def membership_test(found: Search, rng: np.random.Generator, n_jobs: int | None = None) -> Tested:
    """The AUC of guessing which real rows were fitted, by their distance to a synthetic row.

    ½ if nothing was copied. The interval is DeLong's; the p-value permutes which rows were
    fitted, exact because nothing else tells them apart.
    Source: Chen et al. 2020 (arXiv 1909.03935), their attack with nothing but the samples.
    """
    held_out = found.reference
    members = found.training.rows(slice(0, members_of(found)))
    near = [-nearest(side, found.synthetic, n_jobs).first for side in (members, held_out)]
    p = auc_permutation_p(near[0], near[1], rng, PERMUTATIONS)
    return Tested(auc_interval(near[0], near[1]), 0.5, p, len(held_out))


def distance_ratio(found: Nearest) -> np.ndarray:
    """d₁ / d₂ of each row, the nearest-neighbour distance ratio; 1 where both are 0."""
    return np.where(found.second > 0, found.first / np.maximum(found.second, 1e-30), 1.0)
