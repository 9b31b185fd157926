"""Rows that a model can take: what it was fitted to says which columns and values those have."""

import numpy as np

from jensen.data import Table
from jensen.data.table import row_name
from jensen.errors import OptionError, TableError
from jensen.estimator.vae import VAE


def check_columns(vae: VAE, table: Table) -> None:
    """Whether a model may have been fitted to a table: it has the same columns.

    Raises:
        OptionError: it has others.
    """
    schema = vae.schema_
    lost = [name for name in schema.names if name not in table.names]
    extra = [n for n in table.names if n not in schema.names and n not in schema.dropped]
    if lost or extra:
        which = ("lacks " if lost else "has besides ") + ", ".join(map(repr, (lost or extra)[:5]))
        raise OptionError(
            f"the model must be one that was fitted to {table.name}, and is not: of its "
            f"{len(schema.names)} columns {table.name} {which}; name the model of this table, or "
            "leave it out."
        )


def fitting_rows(vae: VAE, table: Table) -> tuple[Table, str]:
    """The rows whose values the model knows, in its form; of others it has no bound.

    Returns:
        The rows, and in words how many are left out and why; "" if none is.

    Raises:
        OptionError: no row fits.
    """
    reasons: dict[int, str] = {}
    _search(vae, table, np.arange(len(table)), reasons)
    if not reasons:
        return vae.schema_.conform(table), ""
    if len(reasons) == len(table):
        raise OptionError(
            f"the model must know the values of {table.name}, and knows those of no row: "
            f"{reasons[0]}"
        )
    kept = np.setdiff1d(np.arange(len(table)), list(reasons))
    first = min(reasons)
    told = (
        f"{len(reasons):,} of {len(table):,} rows are left out, to which the model gives no "
        f"probability; the first: {reasons[first].partition('; ')[0]}"
    )
    return vae.schema_.conform(table.take(kept)), told


def _search(vae: VAE, table: Table, rows: np.ndarray, reasons: dict[int, str]) -> None:
    """Halve what does not fit until single rows are left, and say why each does not."""
    try:
        vae.schema_.conform(table.take(rows))
    except TableError as error:
        if len(rows) == 1:
            at = int(rows[0])
            reasons[at] = str(error).replace(f" in {row_name(0)};", f" in {row_name(at)};")
            return
        for part in np.array_split(rows, 2):
            _search(vae, table, part, reasons)
