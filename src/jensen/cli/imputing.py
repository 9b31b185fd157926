"""`jensen impute`."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from jensen.cli.fitting import Request, fit_to, named_output, write
from jensen.cli.given import progress
from jensen.cli.inputs import named, read, read_with_schema
from jensen.cli.outputs import refuse_shared, table_of
from jensen.cli.requests import split_name
from jensen.cli.sampling import load
from jensen.cli.session import Session
from jensen.cli.words import aligned, count
from jensen.errors import OptionError

if TYPE_CHECKING:
    from jensen.data import Table
    from jensen.estimator import VAE
    from jensen.estimator.filling import Imputed

NUMBER = "imputation"
"""The column that numbers the copies."""


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
    from jensen.estimator.doubts import doubts_of_gaps, poor_rows

    n, cells = how.copies, how.cells
    if model is None:
        _refuse_model_alone(request.data)
    else:
        _refuse_options_of_a_fit(model, request)
    output = session.output or ""
    check_output(output, force=request.force, table=True)
    refuse_shared("--cells", cells, output)
    if cells is not None:
        check_output(cells, force=request.force, table=True)
    vae, table = _model_and_rows(session, model, request, n)
    with session.stage("impute", "Preparing to fill the gaps"):
        told = progress(session, "Filling")
        imputed = vae.impute(table, n, point=how.point, seed=how.seed, report=told)
    write(session, _copies(imputed) if n else imputed.table, output, request.force)
    lines = imputed.cells()
    if cells is not None:
        write(session, table_of(lines), cells, request.force)
    ess = imputed.ess[np.isfinite(imputed.ess)]
    found: dict[str, Any] = {
        "rows": len(table),
        "gaps": len(lines),
        "by_column": {f.column.name: len(f.rows) for f in imputed.columns},
        "ess": float(ess.mean()) if len(ess) else None,
        "poor_rows": poor_rows(imputed),
        "left": list(imputed.left),
        "strange": {name: len(rows) for name, rows in imputed.strange.items()},
        "warnings": doubts_of_gaps(imputed),
        "not_modelled": [name for name in table.names if name not in vae.schema_.names],
        "output": output,
        "seconds": session.times(),
    }
    session.result(found, _text(found, request.data, output))


def _text(found: dict[str, Any], data: str, output: str) -> str:
    head = f"{named_output(output)}: {count(found['rows'], 'row')} of {named(data)}, "
    head += f"{count(found['gaps'], 'gap')} filled"
    lines = [head, *aligned([(name, f"{n:,}") for name, n in found["by_column"].items()])]
    lines += [f"  Warning: {doubt}" for doubt in found["warnings"]]
    if found["not_modelled"]:
        names = ", ".join(map(repr, found["not_modelled"]))
        lines.append(f"  Not modelled, and as it came: {names}.")
    return "\n".join(lines)


def _model_and_rows(
    session: Session, model: str | None, request: Request, copies: int
) -> tuple["VAE", "Table"]:
    if model is not None:
        vae = load(session, model)
        header = vae.schema_.origin.header
        table = read(session, request.data, header=header, keep_text=True)
        _refuse_number(table, copies)
        return vae, table
    columns = replace(request.columns, keep_text=True)
    table, schema = read_with_schema(session, request.data, columns)
    _refuse_number(table, copies)
    texts = [column.name for column in schema.columns if column.kind == "text"]
    if len(texts) < len(schema):  # what cannot be modelled need not be, to fill the rest
        schema = schema.without(*texts)
    return fit_to(session, request, table, schema), table


def _refuse_number(table: "Table", copies: int) -> None:
    """Refuse copies whose numbers would replace a column of the user's."""
    if copies and NUMBER in table.names:
        raise OptionError(
            f"{table.name} must have no column {NUMBER!r}, which -n numbers the copies in, and has "
            "one; rename it, or leave -n out for one table with the best guess in each gap."
        )


def _refuse_model_alone(data: str) -> None:
    """Refuse a model without rows, which would be read as rows."""
    from pathlib import Path

    path = Path(data)
    if not path.is_file():
        return
    with path.open("rb") as file:
        if b'{"__metadata__":' in file.read(64):
            raise OptionError(
                f"DATA must come after the model, and {data} is a model and stands alone; name "
                f"the rows whose gaps are to be filled: jensen impute {data} DATA."
            )


def _copies(imputed: "Imputed") -> "Table":
    """All copies, one after the other, numbered in a last column."""
    import polars as pl

    from jensen.data import stack

    numbered = [
        t.with_column(pl.repeat(i + 1, len(t), eager=True, dtype=pl.Int64).alias(NUMBER))
        for i, t in enumerate(imputed.copies)
    ]
    return stack(numbered)
