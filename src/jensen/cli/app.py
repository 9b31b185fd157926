"""The entry of the command line, and how it ends."""

import sys
from collections.abc import Sequence

from jensen.cli import commands_check, commands_fit, commands_model
from jensen.cli.failures import Failure, explain
from jensen.cli.root import app
from jensen.cli.session import Session

COMMANDS = (commands_fit, commands_model, commands_check)
"""They register themselves with `app`."""


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
