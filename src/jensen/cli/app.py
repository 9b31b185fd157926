"""The commands and their options. Nothing heavy is imported before a command runs."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from jensen.cli import options as o
from jensen.cli.failures import Failure, explain
from jensen.cli.requests import Columns, settings
from jensen.cli.session import Session

# No Rich here: with it, --help takes three times as long.
app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _example(*lines: str) -> str:
    """An epilogue whose lines stay lines."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    return "\b\n" + "\n".join([title, *(f"  {line}" for line in lines)])


def _version(asked: bool) -> None:
    if asked:
        from jensen import __version__

        print(f"jensen {__version__}")
        raise typer.Exit


@app.callback(epilog=_example("jensen more data.csv -n 10000 -o more.csv"))
def jensen(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """More rows like those of a table, from a variational autoencoder, with a bound on log p(x)."""


@app.command(
    epilog=_example(
        "jensen more data.csv -n 10000 -o more.csv",
        "zcat data.csv.gz | jensen more - -n 100 --drop name --model data.jensen > more.csv",
    )
)
def more(
    data: o.Data,
    n: o.MaybeNumber = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Where the rows go, in the format of its ending; - is standard output. "
            "[default: data.csv -> data.more.csv, in this directory]",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="FILE", help="Keep the model too, in this file.")
    ] = None,
    force: o.Force = False,
    schema: o.SchemaFile = None,
    column: o.ColumnKinds = None,
    ordinal: o.Ordinals = None,
    drop: o.Drops = None,
    no_header: o.NoHeader = False,
    latent_dim: o.LatentDim = None,
    prior: o.PriorName = None,
    likelihood: o.LikelihoodName = None,
    posterior: o.PosteriorName = None,
    bound: o.BoundName = None,
    width: o.Width = None,
    n_blocks: o.Blocks = None,
    steps: o.Steps = None,
    batch_size: o.BatchSize = None,
    learning_rate: o.LearningRate = None,
    minutes: o.Minutes = None,
    seed: o.FitSeed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Write more rows like those of DATA: fit a model and sample it."""
    from jensen.cli import fitting

    def run(session: Session) -> None:
        given = settings(
            latent_dim=latent_dim,
            prior=prior,
            likelihood=likelihood,
            posterior=posterior,
            bound=bound,
            width=width,
            n_blocks=n_blocks,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            minutes=minutes,
        )
        columns = Columns(schema, column or (), ordinal or (), drop or (), not no_header)
        request = fitting.Request(data, columns, given, seed, force)
        fitting.run_more(session, request, n, model)

    Session(json, quiet, verbose, debug, fitting.output_of_more(data, output)).run(run)


@app.command(epilog=_example("jensen fit data.csv -o data.jensen --minutes 5"))
def fit(
    data: o.Data,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="MODEL",
            help="Where the model goes; - is standard output. "
            "[default: data.csv -> data.jensen, in this directory]",
        ),
    ] = None,
    force: o.Force = False,
    schema: o.SchemaFile = None,
    column: o.ColumnKinds = None,
    ordinal: o.Ordinals = None,
    drop: o.Drops = None,
    no_header: o.NoHeader = False,
    latent_dim: o.LatentDim = None,
    prior: o.PriorName = None,
    likelihood: o.LikelihoodName = None,
    posterior: o.PosteriorName = None,
    bound: o.BoundName = None,
    width: o.Width = None,
    n_blocks: o.Blocks = None,
    steps: o.Steps = None,
    batch_size: o.BatchSize = None,
    learning_rate: o.LearningRate = None,
    minutes: o.Minutes = None,
    seed: o.FitSeed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Fit a model to DATA and keep it."""
    from jensen.cli import fitting

    def run(session: Session) -> None:
        given = settings(
            latent_dim=latent_dim,
            prior=prior,
            likelihood=likelihood,
            posterior=posterior,
            bound=bound,
            width=width,
            n_blocks=n_blocks,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            minutes=minutes,
        )
        columns = Columns(schema, column or (), ordinal or (), drop or (), not no_header)
        fitting.run_fit(session, fitting.Request(data, columns, given, seed, force))

    Session(json, quiet, verbose, debug, fitting.output_of_fit(data, output)).run(run)


@app.command(
    epilog=_example(
        "jensen sample data.jensen -n 10000 -o more.csv",
        "jensen sample data.jensen --rows 10000:20000 -o next.csv",
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
    force: o.Force = False,
    seed: o.ModelSeed = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Write rows drawn from a model that was kept."""
    from jensen.cli.sampling import run_sample

    Session(json, quiet, verbose, debug, output).run(
        lambda session: run_sample(session, model, n, rows, seed, force)
    )


@app.command(
    epilog=_example(
        "jensen score data.jensen other.csv -o bounds.csv",
        "jensen score data.jensen other.csv --bound iwae --k 1000",
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
    bound: o.ScoreBound = "elbo",
    k: o.ScoreK = None,
    force: o.Force = False,
    seed: o.ModelSeed = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Bound log p(x) of the rows of DATA from below, in nats."""
    from jensen.cli.scoring import run_score

    Session(json, quiet, verbose, debug, output).run(
        lambda session: run_score(session, model, data, seed, force, bound, k)
    )


@app.command(epilog=_example("jensen gap data.jensen data.csv --k 5000"))
def gap(
    model: o.Model,
    data: o.Data,
    rows: o.GapRows = 200,
    k: o.GapK = 1000,
    temperatures: o.Temperatures = 50,
    chains: o.Chains = 8,
    seed: o.ModelSeed = None,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Show how good the bound is: its terms, and what lies between it and log p(x)."""
    from jensen.cli.gap import run_gap

    sizes = {"rows": rows, "k": k, "temperatures": temperatures, "chains": chains}
    Session(json, quiet, verbose, debug).run(
        lambda session: run_gap(session, model, data, seed, sizes)
    )


@app.command(epilog=_example("jensen info data.jensen"))
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
    epilog=_example(
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
    no_header: o.NoHeader = False,
    seed: o.FitSeed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Show what each column of DATA is taken to be, and why."""
    from jensen.cli.describing import run_schema

    columns = Columns(None, column or (), ordinal or (), drop or (), not no_header)
    Session(json, quiet, verbose, debug, output).run(
        lambda session: run_schema(session, data, columns, force)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: as after `jensen`; those of the process when None.

    Returns:
        The exit code: 0 done, 1 failed, 2 the input or an option must change, 130 Ctrl-C.
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a narrow encoding must not end a command
            stream.reconfigure(errors="replace")  # pyright: ignore
    try:
        code = app(given, prog_name="jensen", standalone_mode=False)
    except Exception as error:
        failure = _usage(error)
        Session(json="--json" in given, debug="--debug" in given).fail(failure)
        return failure.code
    return code if isinstance(code, int) else 0


def _usage(error: Exception) -> Failure:
    """The sentence for options that could not be understood."""
    if not hasattr(error, "format_message"):  # Typer's own errors have it
        return explain(error)
    message = str(getattr(error, "format_message")()).strip()  # noqa: B009
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", "jensen")
    end = "" if message.endswith(".") else "."
    return Failure(2, "OptionError", f"{message}{end} See {command} --help.")
