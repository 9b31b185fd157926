"""What all tests of copying say together, and the rows that it is about."""

from collections.abc import Mapping

import numpy as np

from jensen.evidence.copying import NEARLY, Search, Tested, near_copies
from jensen.evidence.intervals import more_often_p
from jensen.evidence.neighbours import equal_rows
from jensen.evidence.results import CopiedRow, Copying, percent
from jensen.evidence.sample import Sample

ERROR_RATE = 0.01
"""Chance that a table without copies is said to have any, over all tests together."""
LISTED = 20


def verdict(
    copied: Mapping[str, Tested],
    signs: Mapping[str, Tested],
    rows: tuple[CopiedRow, ...],
    *,
    held_out: bool,
) -> Copying:
    """Copies, signs or none, at an error rate of 1 % over all tests (Bonferroni).

    Rows are listed with every verdict, unless no more of them equal a training row than real ones.

    Args:
        copied: tests whose p-value holds for any sampler that did not see the rows.
        signs: the other tests; "exact_copies" and "near_copies" are in one of the two.
        rows: the copies.
        held_out: whether there are held-out rows.
    """
    tests = len(copied) + len(signs)
    level = ERROR_RATE / tests
    for test in copied.values():
        if test.p_value <= level:
            return Copying("copies", ERROR_RATE, test.why, rows)
    exact, near = ({**copied, **signs}[name] for name in ("exact_copies", "near_copies"))
    yet = _yet(exact, near, level, held_out=held_out)
    found = {name: test for name, test in signs.items() if test.p_value <= level}
    if found:
        repeated = next((test.why for test in found.values() if test.why), "")
        words = "; ".join([repeated or "; ".join(found), *([yet] if yet and not repeated else [])])
        return Copying("signs of copying", ERROR_RATE, words, rows if repeated or yet else ())
    how = "" if held_out else "; without held-out rows only copies and near copies can be found"
    words = f"none of {tests} tests found any{f', yet {yet}' if yet else ''}{how}"
    return Copying("no sign of copying", ERROR_RATE, words, rows if yet else ())


def _yet(exact: Tested, near: Tested, level: float, *, held_out: bool) -> str:
    """How many samples equal a training row, where real rows do so less often; else nothing.

    A word beside the verdict and no test: one copy is told where no real row repeats.
    """
    for test, what in ((exact, "equal"), (near, NEARLY)):
        n, real = round(test.estimate.value * test.rows), round(test.floor * test.beside)
        unheard = what == "equal" and n > 0 and real == 0
        if unheard or more_often_p(n, test.rows, real, test.beside) <= ERROR_RATE:
            rows = "held-out rows {}" if held_out else "training rows {} equal another one"
            words = (
                f"{n:,} of the {test.rows:,} samples ({percent(test.estimate.value)}) {what} a "
                f"training row, of the {rows.format(percent(test.floor))}"
            )
            few = (
                f"; so few different rows are met that beside {test.beside:,} held-out ones no "
                "test could tell"
            )
            return words + (few if test.least_p > level else "")
    return ""


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
