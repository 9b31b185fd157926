"""Commands that fit a model, and their options."""

from jensen.cli import options as o
from jensen.cli.requests import Columns, settings
from jensen.cli.root import app, example
from jensen.cli.session import Session


@app.command(
    epilog=example(
        "jensen more data.csv -n 10000 -o more.csv --report report.html",
        "zcat data.csv.gz | jensen more - -n 100 --drop name --model data.jensen > more.csv",
    )
)
def more(
    data: o.Data,
    n: o.MaybeNumber = None,
    output: o.RowsOut = None,
    model: o.KeptModel = None,
    report: o.Report = None,
    force: o.Force = False,
    schema: o.SchemaFile = None,
    column: o.ColumnKinds = None,
    ordinal: o.Ordinals = None,
    drop: o.Drops = None,
    missing: o.MissingWords = None,
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
    kl_warm_up: o.KlWarmUp = None,
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
            kl_warm_up=kl_warm_up,
            minutes=minutes,
        )
        columns = Columns.of(schema, column, ordinal, drop, missing, header=not no_header)
        request = fitting.Request(data, columns, given, seed, force, report)
        fitting.run_more(session, request, n, model)

    Session(json, quiet, verbose, debug, fitting.output_of_more(data, output)).run(run)


@app.command(epilog=example("jensen fit data.csv -o data.jensen --minutes 5"))
def fit(
    data: o.Data,
    output: o.ModelOut = None,
    guide: o.TrainGuide = False,
    report: o.Report = None,
    force: o.Force = False,
    schema: o.SchemaFile = None,
    column: o.ColumnKinds = None,
    ordinal: o.Ordinals = None,
    drop: o.Drops = None,
    missing: o.MissingWords = None,
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
    kl_warm_up: o.KlWarmUp = None,
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
            kl_warm_up=kl_warm_up,
            minutes=minutes,
        )
        columns = Columns.of(schema, column, ordinal, drop, missing, header=not no_header)
        request = fitting.Request(data, columns, given, seed, force, report)
        fitting.run_fit(session, request, guide)

    Session(json, quiet, verbose, debug, fitting.output_of_fit(data, output)).run(run)
