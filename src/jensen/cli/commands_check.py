"""`jensen check` and its options."""

from typing import Annotated

import typer

from jensen.cli import options as o
from jensen.cli.root import app, example
from jensen.cli.session import Session


@app.command(
    epilog=example(
        "jensen check data.csv more.csv -o report.html",
        "jensen check train.csv more.csv --holdout test.csv --target income -o check.md",
        "jensen check data.csv more.csv --fail-if 'c2st_auc>0.7' --fail-if 'copying>0'",
    )
)
def check(
    train: Annotated[
        str, typer.Argument(metavar="TRAIN", help="The table that was fitted; - is standard input.")
    ],
    synthetic: Annotated[
        str,
        typer.Argument(metavar="SYNTHETIC", help="The table to be checked, from whatever tool."),
    ],
    holdout: Annotated[
        str | None,
        typer.Option(
            metavar="TEST",
            help="Real rows that were not fitted, a random split of the same table; with them "
            "copying is found by more than copies.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="The model that was fitted, for figures of its bound."),
    ] = None,
    target: o.Target = None,
    output: o.EvidenceFile = None,
    form: o.EvidenceForm = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EXPRESSION",
            help="Exit with 1 when this holds, such as 'c2st_auc>0.7', 'mmd.p<0.01', 'regions>0', "
            "'copying>0'. Repeatable.",
        ),
    ] = None,
    force: o.Force = False,
    seed: o.FitSeed = 0,
    json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Show whether samples are like the data, and not copies of it."""
    from jensen.cli.checking import CheckRequest, run_check

    request = CheckRequest(
        train, synthetic, holdout, model, target, form, seed, fail_if or (), force
    )
    crossed: list[str] = []
    Session(json, quiet, verbose, debug, output).run(
        lambda session: crossed.extend(run_check(session, request))
    )
    if crossed:
        raise typer.Exit(1)
