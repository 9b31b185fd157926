"""Is what a model draws like what it was fitted to? Evidence of fresh rows."""

from collections.abc import Callable

from jensen.data import Table
from jensen.errors import TableError
from jensen.estimator.arguments import split
from jensen.estimator.checking import compare
from jensen.estimator.vae import VAE
from jensen.evidence import LEAST_ROWS, Evidence
from jensen.training import TrainingConfig

MOST_ROWS = 50_000
"""Fresh rows that are compared at most: as many as a check looks at in halves."""


def check_enough(n: int, name: str) -> None:
    """Check early that there are rows enough for evidence, with a part of them held out.

    Raises:
        TableError: there are not.
    """
    if len(split(n, TrainingConfig(), 0)[0]) < LEAST_ROWS:
        raise TableError(
            f"{name} must have at least {LEAST_ROWS} rows to fit beside the held-out tenth, "
            f"for a report, and has {n} in all; add rows, or do without the report."
        )


def fresh_evidence(
    vae: VAE,
    table: Table,
    rows: Table | None = None,
    report: Callable[[str], object] = str,
) -> Evidence:
    """Rows drawn from a fitted model against those it was fitted to.

    Row i of a seed is always the same row, so these begin with the rows that a user was given.
    Held-out rows are those that the fit kept out; fewer than a check needs count as none.

    Args:
        vae: fitted to `table`, all of it.
        table: the rows, among them those that the fit held out.
        rows: rows 0, 1, ... of the model's seed, if there are any at hand.
        report: called with a sentence before each part.
    """
    fitted = vae.fitted_
    table = vae.schema_.conform(table)
    train, held_out = split(len(table), fitted.training_config, fitted.seed)
    wanted = min(len(train), MOST_ROWS)
    if rows is None or len(rows) < wanted:
        report("Drawing fresh rows")
        rows = vae.sample_table(0, wanted)
    tables = [table.take(train), rows]
    if len(held_out) >= LEAST_ROWS and len(table) > 1:
        tables.append(table.take(held_out))
    return compare(tables, vae.schema_, vae, None, fitted.seed, report)
