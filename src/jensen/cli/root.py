"""The root of all commands. Nothing heavy is imported before a command runs."""

from typing import Annotated

import typer

# No Rich here: with it, --help takes three times as long.
app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def example(*lines: str) -> str:
    """An epilogue whose lines stay lines."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    return "\b\n" + "\n".join([title, *(f"  {line}" for line in lines)])


def _version(asked: bool) -> None:
    if asked:
        from jensen import __version__

        print(f"jensen {__version__}")
        raise typer.Exit


@app.callback(epilog=example("jensen more data.csv -n 10000 -o more.csv"))
def jensen(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """More rows like those of a table, from a variational autoencoder, with a bound on log p(x)."""
