"""Fit and sample in one call."""

from pathlib import Path
from typing import Any

from jensen.data import Table, read_table
from jensen.estimator.fresh import check_enough, fresh_evidence
from jensen.estimator.vae import VAE
from jensen.report import check_report


def more(X: Any, n: int, *, report: str | Path | None = None, **parameters: Any) -> Any:
    """n more rows like those of X: fit a `VAE` with these parameters and sample it.

    Args:
        X: as for `VAE.fit`.
        n: number of rows, at least 1.
        report: a file to write evidence to that the rows are like those of X, and not copies of
            them; it ends in .html, .json or .md, and replaces one that exists.
        parameters: of `VAE`.

    Example:
        >>> import numpy as np, jensen
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> jensen.more(x, 5, steps=50).shape
        (5, 2)
    """
    if report is None:
        return VAE(**parameters).fit(X).sample(n)
    check_report(report, force=True)
    table = X if isinstance(X, Table) else read_table(X)
    check_enough(len(table), table.name)
    vae = VAE(**parameters).fit(table)
    rows = vae.sample(n)
    fresh_evidence(vae, table).save(report)
    return rows
