"""What is said of copies that held-out rows are too few for, and of one row repeated."""

import numpy as np
import polars as pl
import pytest
from planted import bit_tables, points, table, tables
from scipy.stats import nchypergeom_fisher

from jensen.evidence import samples
from jensen.evidence.copies import copies
from jensen.evidence.intervals import more_often_p
from jensen.evidence.repeats import (
    SHARPER,
    _log_tail,  # pyright: ignore[reportPrivateUsage]
    repeated_test,
)

N = 300
REAL, FRESH, HELD_OUT = table(N, 0), table(N, 1), table(150, 2)
BOTH = pytest.mark.parametrize("held_out", [HELD_OUT, None], ids=["held out", "none held out"])


def found(synthetic: pl.DataFrame, held_out: pl.DataFrame | None):
    measures, verdict, _ = copies(tables(REAL, synthetic, held_out))
    return {m.name: m for m in measures}, verdict


@BOTH
def test_one_row_that_half_of_the_samples_are(held_out):
    for row in (0, 17):  # whichever half of the training rows it is in
        again = pl.concat([FRESH.head(150), *[REAL.slice(row, 1)] * 150])
        _, verdict = found(again, held_out)
        assert verdict.verdict == "signs of copying"
        assert "50 % of the samples equal" in verdict.why
        assert len(verdict.rows) == 20
        assert {c.training_row for c in verdict.rows} == {row + 1}


@BOTH
def test_copies_too_few_for_a_test_are_counted_and_listed(held_out):
    few = pl.concat([FRESH.head(N - 5), REAL.head(5)])
    _, verdict = found(few, held_out)
    assert verdict.verdict == "no sign of copying"
    assert "yet 5 of the 300 samples (1.7 %) equal a training row, of the" in verdict.why
    assert ("no test could tell" in verdict.why) == (held_out is not None)
    assert [c.training_row for c in verdict.rows] == [1, 2, 3, 4, 5]


@BOTH
def test_near_copies_are_of_all_training_rows_and_exact_ones_among_them(held_out):
    noise = 1e-6 * np.random.default_rng(0).normal(size=N)
    figures, verdict = found(REAL.with_columns(pl.col("age") + noise), held_out)
    assert figures["near_copies"].estimate.value == 1
    assert figures["near_copies"].copy == 1
    assert verdict.verdict == ("signs of copying" if held_out is None else "copies")
    figures, _ = found(pl.concat([FRESH.head(270), REAL.head(30)]), held_out)
    assert figures["near_copies"].estimate.value >= figures["exact_copies"].estimate.value >= 0.1


def test_common_rows_are_not_listed_when_they_come_as_often_as_in_the_data():
    for held_out in (True, False):
        told = copies(bit_tables(0, 0.85, held_out=held_out))[1]
        assert told.verdict == "no sign of copying"
        assert told.rows == ()
        assert "yet" not in told.why


def test_the_tail_of_equal_rows():
    law = nchypergeom_fisher(90, 60, 12, SHARPER)
    assert np.exp(_log_tail(11, 60, 1, 30)) == pytest.approx(float(law.sf(10)), rel=1e-6)
    assert np.exp(_log_tail(300, 600, 1, 900)) < 1e-28


def test_a_row_comes_often_by_chance_no_more_than_stated():
    # at odds of one the p-value is far on the safe side, whatever the number of common rows
    p_values = []
    for seed in range(300):
        frames = [points(n, 3 * seed + i).cast(int) for i, n in enumerate((60, 200, 30))]
        made = samples(dict.fromkeys("ab", "numeric"), *frames)
        p_values.append(repeated_test(*made).p_value)
    assert np.mean(np.array(p_values) <= 0.01) <= 0.01
    assert more_often_p(1, 600, 0, 300) == pytest.approx(2 / 3)  # why no such test is enough
