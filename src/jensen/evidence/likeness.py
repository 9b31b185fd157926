"""Are the samples like the data? What tests, columns and pairs say together, and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from jensen.evidence.intervals import holm
from jensen.evidence.results import Found, PairFinding

SURE = 0.01
"""p-values below this are called a difference."""
Grade = Literal["good", "fair", "poor"]
CLOSE, VISIBLE, PLAIN = 0.55, 0.65, 0.8
"""AUC up to which samples are called close, a little off, and off."""
MISLED = 0.02
"""How far below ½ an interval of the AUC must lie to be put down to rows in both tables."""

CLASSIFIERS = {"c2st_auc": "boosted trees", "c2st_logistic_auc": "a logistic regression"}
PLAIN_CHANGE = 0.1
"""Difference of correlations from which on these are told of a pair that differs."""
MOST_NAMED = 3
"""Columns that differ which the verdict names."""
LIKENESS = CLASSIFIERS | {"mmd": "MMD²", "energy": "the energy distance"}
"""The tests that the verdict on likeness follows, and what they are called."""


@dataclass(frozen=True)
class Alike:
    """What four tests say together, by Holm's method (1979): the chance that any of them sees a
    difference that is not there is at most `SURE`. Columns, and pairs of columns, are two more
    families of tests, each with that chance of its own.

    Attributes:
        misled: a classifier takes samples for data, so that rows must be in both tables.
        seen_by: the tests that see a difference.
        p_value: the smallest of the adjusted ones.
        auc: the largest of the classifiers that see one; of the trees if none does.
        above: whether the interval of a classifier's AUC lies above ½.
        differ: whether a column, or a pair of columns, differs.
    """

    misled: bool
    seen_by: tuple[str, ...]
    p_value: float
    auc: float
    above: bool
    differ: bool

    @property
    def grade(self) -> Grade:
        """ "good": no test sees a difference and no column differs, or classifiers barely see one;
        "fair"; "poor"."""
        if self.by_classifier and self.auc > PLAIN and not self.misled:
            return "poor"
        if self.misled or self.differ:
            return "fair"
        if not self.seen_by:
            return "good"
        return "good" if self.by_classifier and self.auc <= CLOSE else "fair"

    @property
    def by_classifier(self) -> bool:
        """Whether a classifier is among the tests that see a difference."""
        return any(name in self.seen_by for name in CLASSIFIERS.values())


def alike(found: Found) -> Alike:
    """Trees, logistic regression, MMD² and energy distance, as one verdict; columns beside it."""
    tests = {m.name: m for m in found.measures if m.name in LIKENESS}
    adjusted = holm(np.array([1.0 if m.p_value is None else m.p_value for m in tests.values()]))
    sure = [name for name, p in zip(tests, adjusted, strict=True) if p <= SURE]
    values = [tests[name].estimate.value for name in sure if name in CLASSIFIERS]
    trees = tests["c2st_auc"].estimate
    return Alike(
        trees.high < 0.5 - MISLED,
        tuple(LIKENESS[name] for name in sure),
        float(adjusted.min()),
        max(values, default=trees.value),
        any(tests[name].estimate.low > 0.5 for name in CLASSIFIERS if name in tests),
        bool(found.pairs_differ) or any(column.differs for column in found.columns),
    )


def likeness(found: Found) -> str:
    """Whether a test can tell the tables apart, which, and how easily; and what else differs."""
    said = alike(found)
    rows = next(m.rows for m in found.measures if m.name == "c2st_auc")
    told = f"AUC {said.auc:.3f}, ½ is ideal; "
    if said.seen_by:
        told += f"seen by {listed(said.seen_by)}; "
    told = f"({told}p = {said.p_value:.3g} over 4 tests; {rows:,} rows a side)"
    if not said.differ:
        return f"{_told_apart(said)} {told}."
    joint = "; " if said.seen_by or said.misled else ", yet "
    return f"{_told_apart(said)} {told}{joint}{differences(found)}."


def _told_apart(said: Alike) -> str:
    """What the four tests say, without a stop."""
    if said.misled:
        return "A classifier takes samples for data, as if rows were in both tables"
    if not said.seen_by:
        if said.above:
            return (
                "No test tells the samples from the data for sure, though a classifier comes near"
            )
        return "A classifier cannot tell the samples from the data"
    if not said.by_classifier:
        how = "and a classifier comes near to" if said.above else "though no classifier"
        return (
            f"The samples differ from the data, {how} {'telling' if said.above else 'tells'} them"
        )
    if said.auc <= CLOSE:
        return "The samples are close to the data; a classifier barely tells them"
    if said.auc <= VISIBLE:
        return "The samples differ a little from the data"
    if said.auc <= PLAIN:
        return "The samples differ from the data: a classifier often tells which is which"
    return "The samples are easily told from the data"


def differences(found: Found) -> str:
    """2 columns differ: age and job; 3 pairs of columns differ, first of all pay and job (...)."""
    names = [column.name for column in found.columns if column.differs]
    told: list[str] = []
    if names:
        more = len(names) - MOST_NAMED
        shown = [*names[:MOST_NAMED], *([f"{more:,} more"] if more > 0 else [])]
        differ = "1 column differs" if len(names) == 1 else f"{len(names):,} columns differ"
        told.append(f"{differ}: {listed(shown)}")
    pairs = [pair for pair in found.pairs if pair.differs]
    if pairs:  # rather one whose columns are by themselves as they should be
        alone = (p for p in pairs if p.first not in names and p.second not in names)
        pair, n = next(alone, pairs[0]), found.pairs_differ
        first = "1 pair of columns differs:" if n == 1 else f"{n:,} pairs of columns differ, first"
        told.append(f"{first} {pair.first} and {pair.second} ({_dependence(pair)})")
    return "; ".join(told)


def _dependence(pair: PairFinding) -> str:
    """How a pair depends in both tables: by what shows the difference."""
    real, synthetic = pair.correlation_real, pair.correlation_synthetic
    if real is not None and synthetic is not None and abs(real - synthetic) >= PLAIN_CHANGE:
        return f"correlation {real:.2f} in the data, {synthetic:.2f} in the samples"
    return (
        f"normalised mutual information {pair.nmi_real:.3f} in the data, "
        f"{pair.nmi_synthetic:.3f} in the samples"
    )


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
