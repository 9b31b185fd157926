"""Is one training row repeated, far more often than any row of the data is?"""

import numpy as np

from jensen.evidence.copying import Tested
from jensen.evidence.intervals import wilson
from jensen.evidence.neighbours import row_codes
from jensen.evidence.results import percent
from jensen.evidence.sample import Sample

SHARPER = 10.0
"""Odds of a row among samples over those in the data that no sampler is blamed for."""


def repeated_test(training: Sample, synthetic: Sample, held_out: Sample | None = None) -> Tested:
    """The share of samples that equal the training row which comes most surely too often.

    Rows that a held-out row equals are left out: common ones, which nobody need have seen.
    A single row tells nothing by having been fitted: of 600 rows and 300 held out it is a fitted
    one in two cases of three. What tells is how often it comes. Of the t rows of both tables that
    are equal, the number of samples has Fisher's noncentral hypergeometric law if a sample is it
    with `SHARPER` times the odds of a real row; p is its tail, times the number of rows that occur
    twice among all (Bonferroni). Draws of the law of the data have odds 1, so the p-value is on the
    safe side for them, and with a margin for samples that are sharper.
    """
    sides = [training, synthetic] + ([] if held_out is None else [held_out])
    codes = row_codes(*sides)
    size = max(int(c.max()) for c in codes) + 1
    fitted, drawn, *spare = (np.bincount(c, minlength=size) for c in codes)
    other = sum(spare, np.zeros(size, np.int64))
    among = np.flatnonzero((fitted > 0) & (drawn > 0) & (other == 0))
    n, m = sum(len(s) for s in sides) - len(synthetic), len(synthetic)
    if not len(among):
        return Tested(wilson(0, m), 0.0, 1.0, m)
    times = int(np.sum(fitted + drawn + other > 1))
    # of rows that are equally frequent in the data the one that comes most often is the extreme one
    most = {int(r): int(drawn[among][fitted[among] == r].max()) for r in np.unique(fitted[among])}
    tails = {r: float(np.exp(_log_tail(c, m, r, n))) for r, c in most.items()}
    real = min(tails, key=lambda r: tails[r])
    share = wilson(most[real], m)
    why = (
        f"{percent(share.value)} of the samples equal one and the same training row, which is "
        f"{percent(real / n)} of the real rows: more than {SHARPER:.0f} times as often, as only "
        "a sampler that has collapsed onto a frequent row does without having seen it"
    )
    return Tested(share, real / n, min(1.0, times * tails[real]), m, why)


def _log_tail(drawn: int, m: int, real: int, n: int) -> float:
    """log P(X ≥ drawn) for X of m samples among drawn + real equal rows of m + n, at the odds."""
    from scipy.special import gammaln

    total = drawn + real
    x = np.arange(max(0, total - n), min(m, total) + 1)
    weights = x * np.log(SHARPER)
    for size, k in ((m, x), (n, total - x)):
        weights -= np.asarray(gammaln(k + 1) + gammaln(size - k + 1), np.float64)
    return float(np.logaddexp.reduce(weights[x >= drawn]) - np.logaddexp.reduce(weights))
