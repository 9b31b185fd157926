"""`jensen impute`."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from jensen.cli.fitting import Request, fitted, named_output, write
from jensen.cli.given import progress
from jensen.cli.inputs import named, read
from jensen.cli.outputs import refuse_shared
from jensen.cli.requests import split_name
from jensen.cli.sampling import load
from jensen.cli.session import Session
from jensen.cli.words import aligned, count
from jensen.errors import OptionError

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


@dataclass(frozen=True)
class Filling:
    """How gaps are to be filled."""

    copies: int
    point: str
    cells: str | None
    seed: int | None


def _refuse_options_of_a_fit(model: str, request: Request) -> None:
    """Refuse what would change the fit of a model that is there already."""
    asked = [*request.columns.options(), *(f"--{name}" for name in request.settings)]
    if asked:
        raise OptionError(
            f"{', '.join(asked)} must be given with DATA alone: "
            f"{'it belongs' if len(asked) == 1 else 'they belong'} to the fit, and {model} is "
            "fitted already; leave it out, or leave the model out to fit another."
        )


def run_impute(session: Session, model: str | None, request: Request, how: Filling) -> None:
    """Load or fit, read, fill, write."""
    from jensen.data import check_output

    n, cells = how.copies, how.cells
    if model is not None:
        _refuse_options_of_a_fit(model, request)
    output = session.output or ""
    check_output(output, force=request.force, table=True)
    refuse_shared("--cells", cells, output)
    if cells is not None:
        check_output(cells, force=request.force, table=True)
    vae, table = _model_and_rows(session, model, request)
    with session.stage("impute", "Preparing to fill the gaps"):
        told = progress(session, "Filling")
        imputed = vae.impute(table, n, point=how.point, seed=how.seed, report=told)
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
        vae, table = fitted(session, request)
        return vae, table
    vae = load(session, model)
    return vae, read(session, request.data, header=vae.schema_.origin.header)


def _copies(imputed: "Imputed") -> "Table":
    """All copies, one after the other, numbered in a last column `imputation`."""
    import polars as pl

    from jensen.data import stack

    numbered = [
        replace(t, frame=t.frame.with_columns(pl.lit(i + 1, pl.Int64).alias("imputation")))
        for i, t in enumerate(imputed.copies)
    ]
    return stack(numbered)
