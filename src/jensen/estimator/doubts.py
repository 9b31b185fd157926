"""What is doubtful of rows drawn under conditions and of filled gaps, in sentences.

Whether there is a doubt is decided here alone; Python warns of it, a command tells it.
"""

import warnings
from collections.abc import Iterable

import numpy as np

from jensen.data.table import row_name
from jensen.errors import DrawWarning
from jensen.estimator.filling import Imputed
from jensen.estimator.given import LOW_ESS, Condition
from jensen.estimator.given_table import Completed

LOW_ESS_OF_GAPS = 4.0
"""Effective draws below which an interval is doubtful."""
SHOWN = 5
"""Lines that are named."""
_FEW = "few of the draws count, so rows may be less varied than they should be"


def doubts_of_condition(condition: Condition) -> list[str]:
    """What is doubtful of rows that fulfil a condition."""
    doubts: list[str] = []
    if condition.ess < LOW_ESS:
        doubts.append(f"{_FEW}; widen a clause.")
    if condition.improbable:
        doubts.append(
            f"its clauses meet {np.exp(-condition.log_lift):,.0f} times more seldom than chance "
            f"would have it, and {condition.expected:.2g} of the training rows are expected to "
            "fulfil it: such rows rest on the model alone."
        )
    return doubts


def poor_lines(completed: Completed) -> list[int]:
    """The lines, counted from 1, for which too few of the draws count."""
    return (np.flatnonzero(completed.ess < LOW_ESS) + 1).tolist()


def doubts_of_lines(completed: Completed) -> list[str]:
    """What is doubtful of rows for a table of conditions."""
    poor = poor_lines(completed)
    if not poor:
        return []
    named = ", ".join(row_name(i - 1) for i in poor[:SHOWN])
    rest = f" and {len(poor) - SHOWN:,} more" if len(poor) > SHOWN else ""
    return [f"of {named}{rest} {_FEW}; leave a cell of it empty."]


def poor_rows(imputed: Imputed) -> int:
    """Of how many rows too few of the draws count."""
    return int((imputed.ess < LOW_ESS_OF_GAPS).sum())


def doubts_of_gaps(imputed: Imputed) -> list[str]:
    """What is doubtful of gaps that were filled."""
    doubts: list[str] = []
    if poor := poor_rows(imputed):
        doubts.append(
            f"in {poor:,} row{'' if poor == 1 else 's'} fewer than {LOW_ESS_OF_GAPS:.0f} draws "
            "count; their intervals may be too narrow."
        )
    for name, rows in imputed.strange.items():
        table = imputed.table
        value = (table.frame if table.text is None else table.text)[name][int(rows[0])]
        doubts.append(
            f"{name!r} has {value!r} in {row_name(int(rows[0]))}, which no row of the model has"
            f"{f', and {len(rows) - 1:,} more such' if len(rows) > 1 else ''}: left as it is, and "
            "not used to fill the others."
        )
    if imputed.left:
        names = ", ".join(map(repr, imputed.left))
        doubts.append(
            f"nothing says what is missing of {names}, an identifier or never observed: left empty."
        )
    return doubts


def warn(doubts: Iterable[str]) -> None:
    """Tell them to whoever called a method of `VAE`."""
    for doubt in doubts:
        warnings.warn(doubt, DrawWarning, stacklevel=3)
