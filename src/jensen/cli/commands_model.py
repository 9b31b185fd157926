"""Commands on a model that was kept, or on a table alone, and their options."""

from typing import Annotated

import typer

from jensen.cli import options as o
from jensen.cli.requests import Columns, settings
from jensen.cli.root import app, example
from jensen.cli.session import Session
from jensen.errors import OptionError


@app.command(
    epilog=example(
        "jensen sample data.jensen -n 10000 -o more.csv",
        "jensen sample data.jensen --rows 10000:20000 -o next.csv",
        "jensen sample data.jensen -n 1000 --given 'age >= 65 and sex = Female'",
    )
)
def sample(
    model: o.Model,
    n: o.MaybeNumber = None,
    rows: Annotated[
        str | None,
        typer.Option(
            metavar="START:STOP",
            help="Only these rows of the sample, counted from 0. Row i is the same row whatever "
            "else is asked for.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Where the rows go, in the format of its ending; - is standard output. "
            "[default: data.jensen -> data.more.csv, in this directory]",
        ),
    ] = None,
    given: o.Given = None,
    given_table: o.GivenTable = None,
    per_line: o.PerLine = None,
    force: o.Force = False,
    seed: o.ModelSeed = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Write rows drawn from a model that was kept."""
    from jensen.cli.given import run_given_table
    from jensen.cli.sampling import run_sample

    def run(session: Session) -> None:
        if given_table is None:
            if per_line is not None:
                raise OptionError("--per-line is for --given-table; -n says how many rows.")
            run_sample(session, model, n, rows, seed, force, given or ())
        else:
            others = (("-n", n), ("--rows", rows), ("--given", given))
            asked = [option for option, value in others if value is not None]
            run_given_table(session, model, given_table, per_line or 1, seed, force, asked)

    Session(json, quiet, verbose, debug, output).run(run)


@app.command(
    epilog=example(
        "jensen score data.jensen other.csv -o bounds.csv",
        "jensen score data.jensen other.csv --bound iwae --k 1000",
        "jensen score data.jensen other.csv --refine 20",
        "jensen score data.jensen other.csv --cells -o cells.csv",
    )
)
def score(
    model: o.Model,
    data: o.Data,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Where the bound of each row goes: row (from 1), bound; then reconstruction and "
            "kl, or ess, the effective number of weights.",
        ),
    ] = None,
    bound: o.ScoreBound = None,
    k: o.ScoreK = None,
    refine: o.Refine = 0,
    given: o.GivenScore = None,
    cells: o.CellsFlag = False,
    force: o.Force = False,
    seed: o.ModelSeed = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Bound log p(x) of the rows of DATA from below, in nats."""
    from jensen.cli.given import run_cells
    from jensen.cli.scoring import run_score

    def run(session: Session) -> None:
        if cells:
            others = (("--bound", bound), ("--given", given), ("--refine", refine))
            asked = [option for option, value in others if value]
            run_cells(session, model, data, seed, force, k, asked)
        else:
            run_score(session, model, data, seed, force, bound or "elbo", k, refine, given or ())

    Session(json, quiet, verbose, debug, output).run(run)


@app.command(
    epilog=example(
        "jensen gap data.jensen data.csv --k 5000",
        "jensen gap data.jensen data.csv -o gap.svg",
    )
)
def gap(
    model: o.Model,
    data: o.Data,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT.svg",
            help="Draw how the bound tightens with its number of draws.",
        ),
    ] = None,
    rows: o.GapRows = 200,
    k: o.GapK = 1000,
    temperatures: o.Temperatures = 50,
    chains: o.Chains = 8,
    force: o.Force = False,
    seed: o.ModelSeed = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Show the terms of the bound, and how far it lies below log p(x)."""
    from jensen.cli.gap import run_gap

    sizes = {"rows": rows, "k": k, "temperatures": temperatures, "chains": chains}
    Session(json, quiet, verbose, debug).run(
        lambda session: run_gap(session, model, data, seed, sizes, output, force)
    )


@app.command(
    epilog=example(
        "jensen impute data.csv -o filled.csv",
        "jensen impute data.jensen other.csv -o filled.csv --cells cells.csv",
        "jensen impute data.jensen other.csv -n 5 -o five.csv",
    )
)
def impute(
    first: Annotated[
        str,
        typer.Argument(
            metavar="[MODEL] DATA",
            help="A file that `jensen fit` wrote, and rows with gaps; or the rows alone, to which "
            "a model is fitted first.",
        ),
    ],
    second: Annotated[str | None, typer.Argument(hidden=True)] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Where the filled rows go. [default: data.csv -> data.filled.csv]",
        ),
    ] = None,
    n: Annotated[
        int,
        typer.Option(
            "-n",
            min=0,
            metavar="N",
            help="Write N completed copies drawn at random, numbered in a column `imputation`, in "
            "place of one with the best guess in each gap.",
        ),
    ] = 0,
    point: o.Point = "mean",
    cells: o.CellsFile = None,
    force: o.Force = False,
    schema: o.SchemaFile = None,
    column: o.ColumnKinds = None,
    ordinal: o.Ordinals = None,
    drop: o.Drops = None,
    missing: o.MissingWords = None,
    no_header: o.NoHeader = False,
    steps: o.Steps = None,
    minutes: o.Minutes = None,
    seed: o.ImputeSeed = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Fill the gaps of DATA by p(missing | observed)."""
    from jensen.cli.fitting import Request
    from jensen.cli.imputing import Filling, output_of_impute, run_impute

    model, data = (None, first) if second is None else (first, second)

    def run(session: Session) -> None:
        columns = Columns.of(schema, column, ordinal, drop, missing, header=not no_header)
        given = settings(steps=steps, minutes=minutes)
        request = Request(data, columns, given, seed or 0, force)
        run_impute(session, model, request, Filling(n, point, cells, seed))

    Session(json, quiet, verbose, debug, output_of_impute(data, output)).run(run)


@app.command(epilog=example("jensen info data.jensen"))
def info(
    model: o.Model,
    seed: o.ModelSeed = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Show a model: its columns, its bound, how its fit went."""
    from jensen.cli.info import run_info

    Session(json, quiet, verbose, debug).run(lambda session: run_info(session, model))


@app.command(
    epilog=example(
        "jensen schema data.csv -o schema.json",
        "jensen more data.csv --schema schema.json",
    )
)
def schema(
    data: o.Data,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where the schema goes, JSON to edit and to give to --schema; - is standard "
            "output. [default: data.csv -> data.schema.json, in this directory]",
        ),
    ] = None,
    force: o.Force = False,
    column: o.ColumnKinds = None,
    ordinal: o.Ordinals = None,
    drop: o.Drops = None,
    missing: o.MissingWords = None,
    no_header: o.NoHeader = False,
    seed: o.FitSeed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Show what each column of DATA is taken to be, and why."""
    from jensen.cli.describing import run_schema

    columns = Columns.of(None, column, ordinal, drop, missing, header=not no_header)
    Session(json, quiet, verbose, debug, output).run(
        lambda session: run_schema(session, data, columns, force)
    )
