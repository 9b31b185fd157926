"""`jensen sample --given-table` and `jensen score --cells`."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from jensen.cli.displays import in_words
from jensen.cli.fitting import named_output, write
from jensen.cli.inputs import named, read
from jensen.cli.outputs import table_of
from jensen.cli.sampling import default_output, load
from jensen.cli.session import Session
from jensen.cli.words import count
from jensen.errors import OptionError

CELLS_SHOWN = 10


def progress(session: Session, what: str) -> Callable[[int, int], None]:
    """Shows how many rows are done."""
    began = time.monotonic()

    def report(done: int, total: int) -> None:
        speed = done / max(time.monotonic() - began, 1e-9)
        left = in_words((total - done) / max(speed, 1e-9))
        session.display.advance(what, done, total, f"{speed:,.0f} rows/s, {left}")

    return report


def _refuse(option: str, asked: Sequence[str]) -> None:
    if asked:
        raise OptionError(f"{option} and {', '.join(asked)} do not go together; give one of them.")


def run_given_table(
    session: Session,
    model: str,
    conditions: str,
    per_line: int,
    seed: int | None,
    force: bool,
    asked: Sequence[str],
) -> None:
    """Load, read the conditions, complete each line, write."""
    import numpy as np

    from jensen.data import check_output
    from jensen.estimator.doubts import doubts_of_lines, poor_lines

    _refuse("--given-table", asked)
    if session.output is not None:
        check_output(session.output, force=force, table=True)
    vae = load(session, model)
    output = session.output = session.output or default_output(vae, model)
    check_output(output, force=force, table=True)
    lines = read(session, conditions, header=True)
    with session.stage("sample", "Sampling"):
        show = progress(session, "Sampling")
        completed = vae.complete(lines, per_line, seed=seed, report=show)
    rows, doubts = completed.table, doubts_of_lines(completed)
    write(session, rows, output, force)
    ess = completed.ess[np.isfinite(completed.ess)]
    found: dict[str, Any] = {
        "rows": len(rows),
        "lines": len(lines),
        "ess": {"least": float(ess.min()), "median": float(np.median(ess))} if len(ess) else None,
        "poor_lines": poor_lines(completed),
        "warnings": doubts,
        "output": output,
        "model": model,
        "seed": vae.seed if seed is None else seed,
        "seconds": session.times(),
    }
    of = f"for {count(len(lines), 'line')} of {named(conditions)}"
    told = [f"{named_output(output)}: {count(len(rows), 'row')} {of}"]
    if len(ess):
        told.append(
            f"  effective draws behind the rows of a line: at least {ess.min():.1f}, "
            f"in the median {np.median(ess):.1f}"
        )
    session.result(found, "\n".join([*told, *(f"  Warning: {doubt}" for doubt in doubts)]))


def run_cells(
    session: Session,
    model: str,
    data: str,
    seed: int | None,
    force: bool,
    k: int | None,
    asked: Sequence[str],
) -> None:
    """Load, read, score every cell, write, show the most surprising ones."""
    from jensen.data import check_output

    _refuse("--cells", asked)
    if session.output is not None:
        check_output(session.output, force=force, table=True)
    vae = load(session, model)
    table = read(session, data, header=vae.schema_.origin.header)
    with session.stage("score", f"Scoring the cells of {count(len(table), 'row')}"):
        show = progress(session, "Scoring cells")
        cells = vae.score_cells(table, n=16 if k is None else k, seed=seed, report=show)
    lines = cells.lines()
    if session.output is not None:
        write(session, table_of(lines), session.output, force)
    first = lines.head(CELLS_SHOWN)
    found: dict[str, Any] = {
        "rows": len(table),
        "cells": len(lines),
        "most_surprising": first.to_dicts(),
        "output": session.output,
        "model": model,
        "seed": vae.seed if seed is None else seed,
        "seconds": session.times(),
    }
    told = [
        f"{named(data)}: the least probable of {count(len(lines), 'cell')}, by the nats of their "
        "bin or category given the rest of the row"
    ]
    for row, name, _, surprise, error in first.iter_rows():
        value = table.frame[name][row - 1]
        cell = f"row {row:,}, {name} " + ("missing" if value is None else f"= {value}")
        seen = math.isfinite(surprise)
        told.append(f"  {cell}: " + (f"{surprise:.2f} ± {error:.2f}" if seen else "never seen"))
    session.result(found, "\n".join(told), asked=session.output is None)
