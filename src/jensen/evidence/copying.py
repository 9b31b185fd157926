"""Are rows copied? Tests at a stated error rate, and the rows they are about."""

from collections.abc import Mapping
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
from jensen.evidence.results import CopiedRow, Copying, Estimate, percent
from jensen.evidence.sample import Sample

ERROR_RATE = 0.01
"""Chance that a table without copies is said to have any, over all tests together."""
NEAR = 0.1
"""A near copy: at most so far from its nearest training row as from the second nearest."""
PERMUTATIONS = 999
LISTED = 20
BUDGET = 5_000_000_000
"""Distances times columns that one search for neighbours may take."""


@dataclass(frozen=True)
class Tested:
    """One figure of copying, the p-value that nothing was copied, and what it rests on in words."""

    estimate: Estimate
    floor: float
    p_value: float
    rows: int
    why: str = ""


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


def affordable(n_columns: int, *sizes: int) -> list[int]:
    """Sizes scaled down so that all pairs of the first two cost no more than `BUDGET`."""
    cost = sizes[0] * sizes[1] * max(1, n_columns)
    share = min(1.0, float(np.sqrt(BUDGET / cost)))
    return [max(1, int(share * size)) for size in sizes]


def near_copies(found: Nearest) -> np.ndarray:
    """Where a row all but sits on a training row: d₁ ≤ d₂ / 10, and not both 0; bool [n]."""
    return (found.first <= NEAR * found.second) & (found.second > 0)


def met_near_test(found: Search) -> Tested:
    """The share of near copies, and whether training rows are met more often than held-out ones.

    For the test all real rows stand in one pool: a sample meets one of them if it all but sits on
    it, d₁ ≤ d₂ / 10 within the pool. If nothing was copied, which of the rows that are met were
    fitted is a draw without replacement, whatever the sampler: Fisher's test is exact.
    """
    a, b = found.to_training, found.to_reference
    in_training = a.first < b.first
    second = np.where(in_training, np.minimum(a.second, b.first), np.minimum(b.second, a.first))
    which = np.where(in_training, a.which, b.which)
    near = near_copies(Nearest(np.minimum(a.first, b.first), second, which))
    met = [len(np.unique(which[near & side])) for side in (in_training, ~in_training)]
    mine, theirs = (near_copies(n) for n in (a, found.reference_to_training))
    sizes = len(found.training), len(found.reference)
    share = wilson(int(mine.sum()), len(mine))
    return _met(share, float(theirs.mean()), met, sizes, len(mine), "equal or all but equal")


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
    shares = [percent(m / n) for m, n in zip(met, sizes, strict=True)]
    why = (
        f"{percent(share.value)} of the samples {what} a training row; they meet {shares[0]} of "
        f"the training rows and {shares[1]} of the held-out ones"
    )
    return Tested(share, floor, p, rows, why)


_AS_SPREAD = (
    "the error rate is that of samples as spread out as the data: sharper ones repeat rows more "
    "often without having seen them, which held-out rows would tell"
)


def near_copy_test(found: Search) -> Tested:
    """The share of near copies, exact ones among them, beside that of rows that were not fitted.

    The p-value is Fisher's exact one, that it is no higher. It supposes that the samples are as
    spread out as the data; with held-out rows `met_near_test` supposes nothing.
    """
    mine, theirs = (near_copies(n) for n in (found.to_training, found.reference_to_training))
    return _repeated(mine, theirs, mine, "equal or all but equal")


def exact_copy_test(training: Sample, synthetic: Sample, part: Sample, reference: Sample) -> Tested:
    """The share of rows that equal a training row in every column, of all rows.

    The p-value is Fisher's exact one, that rows of `part` of the training are met no more often
    than by real rows that are not in it. It supposes what that of `near_copy_test` does.
    """
    found = equal_rows(training, synthetic) >= 0
    mine, theirs = (equal_rows(part, rows) >= 0 for rows in (synthetic, reference))
    return _repeated(mine, theirs, found, "equal")


def _repeated(mine: np.ndarray, theirs: np.ndarray, shown: np.ndarray, what: str) -> Tested:
    p = more_often_p(int(mine.sum()), len(mine), int(theirs.sum()), len(theirs))
    share, floor = wilson(int(shown.sum()), len(shown)), float(theirs.mean())
    why = (
        f"{percent(share.value)} of the samples {what} a training row, more often than the data "
        f"repeat themselves ({percent(floor)}); {_AS_SPREAD}"
    )
    return Tested(share, floor, p, len(shown), why)


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


def verdict(
    copied: Mapping[str, Tested],
    signs: Mapping[str, Tested],
    rows: tuple[CopiedRow, ...],
    *,
    held_out: bool,
) -> Copying:
    """Copies, signs or none, at an error rate of 1 % over all tests (Bonferroni).

    Args:
        copied: tests whose p-value holds for any sampler that did not see the rows.
        signs: the other tests.
        rows: the copies.
        held_out: whether there are held-out rows.
    """
    tests = len(copied) + len(signs)
    level = ERROR_RATE / tests
    for test in copied.values():
        if test.p_value <= level:
            return Copying("copies", ERROR_RATE, test.why, rows)
    found = {name: test for name, test in signs.items() if test.p_value <= level}
    repeated = next((test.why for test in found.values() if test.why), "")
    if found:
        return Copying(
            "signs of copying", ERROR_RATE, repeated or "; ".join(found), rows if repeated else ()
        )
    how = "" if held_out else "; without held-out rows only copies and near copies can be found"
    return Copying("no sign of copying", ERROR_RATE, f"none of {tests} tests found any{how}")


def listed(
    training: Sample, synthetic: Sample, found: Search, numbers: tuple[np.ndarray, np.ndarray]
) -> tuple[CopiedRow, ...]:
    """The first copies: exact ones of the whole tables, then near ones of the rows looked at.

    Args:
        numbers: the positions in their tables of the training and synthetic rows of `found`.
    """
    where = equal_rows(training, synthetic)
    rows = [
        CopiedRow(int(i) + 1, int(where[i]) + 1, 0.0, True)
        for i in np.flatnonzero(where >= 0)[:LISTED]
    ]
    near = found.to_training
    for i in np.flatnonzero(near_copies(near)):
        row = int(numbers[1][i])
        if where[row] < 0 and len(rows) < LISTED:
            place = int(numbers[0][near.which[i]])
            rows.append(CopiedRow(row + 1, place + 1, float(near.first[i]), False))
    return tuple(rows)
