"""`jensen impute`."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from jensen.cli.fitting import Request, fitted, named_output, write
from jensen.cli.given import progress
from jensen.cli.inputs import named, read
from jensen.cli.requests import split_name
from jensen.cli.sampling import load
from jensen.cli.session import Session
from jensen.cli.words import aligned, count

if TYPE_CHECKING:
    from jensen.data import Table
    from jensen.estimator import VAE
    from jensen.estimator.filling import Imputed

LOW_ESS = 4.0


def output_of_impute(data: str, output: str | None) -> str:
    """Where `impute` writes: adult.csv -> adult.filled.csv."""
    if output is not None:
        return output
    if data == "-":
        return "-"
    stem, ending = split_name(data)
    return f"{stem}.filled{ending}"


def run_impute(
    session: Session, model: str | None, request: Request, n: int, point: str, cells: str | None
) -> None:
    """Load or fit, read, fill, write."""
    from jensen.data import check_output

    output = session.output or ""
    check_output(output, force=request.force, table=True)
    if cells is not None:
        check_output(cells, force=request.force, table=True)
    vae, table = _model_and_rows(session, model, request)
    seed = request.seed if model is None else None
    with session.stage("impute", "Preparing to fill the gaps"):
        told = progress(session, "Filling")
        imputed = vae.impute(table, n, point=point, seed=seed, report=told)
    write(session, _copies(imputed) if n else imputed.table, output, request.force)
    lines = imputed.cells()
    if cells is not None:
        from jensen.data import read_table

        write(session, read_table(lines), cells, request.force)
    ess = imputed.ess[np.isfinite(imputed.ess)]
    poor = int((ess < LOW_ESS).sum())
    found: dict[str, Any] = {
        "rows": len(table),
        "gaps": len(lines),
        "by_column": {f.column.name: len(f.rows) for f in imputed.columns},
        "ess": float(ess.mean()) if len(ess) else None,
        "poor_rows": poor,
        "left": list(imputed.left),
        "output": output,
        "seconds": session.times(),
    }
    session.result(found, _text(found, request.data, output))


def _text(found: dict[str, Any], data: str, output: str) -> str:
    head = f"{named_output(output)}: {count(found['rows'], 'row')} of {named(data)}, "
    head += f"{count(found['gaps'], 'gap')} filled"
    lines = [head, *aligned([(name, f"{n:,}") for name, n in found["by_column"].items()])]
    if found["poor_rows"]:
        lines.append(
            f"  Warning: in {count(found['poor_rows'], 'row')} fewer than {LOW_ESS:.0f} draws "
            "count; their intervals may be too narrow."
        )
    if found["left"]:
        names = ", ".join(map(repr, found["left"]))
        lines.append(f"  Warning: the model never saw a value of {names}: left empty.")
    return "\n".join(lines)


def _model_and_rows(session: Session, model: str | None, request: Request) -> tuple["VAE", "Table"]:
    if model is None:
        exact = replace(request, columns=replace(request.columns, keep_text=True))
        vae, table = fitted(session, exact)
        return vae, table
    vae = load(session, model)
    return vae, read(session, request.data, header=vae.schema_.origin.header, keep_text=True)


def _copies(imputed: "Imputed") -> "Table":
    """All copies, one after the other, numbered in a last column `imputation`."""
    import polars as pl

    from jensen.data import stack

    numbered = [
        t.with_column(pl.repeat(i + 1, len(t), eager=True, dtype=pl.Int64).alias("imputation"))
        for i, t in enumerate(imputed.copies)
    ]
    return stack(numbered)
