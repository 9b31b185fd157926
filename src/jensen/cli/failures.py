"""Every error as an exit code and a sentence."""

import os
from dataclasses import dataclass

from jensen.cli.interrupts import Stopped
from jensen.errors import InputError, JensenError


@dataclass(frozen=True)
class Failure:
    """How a command ended that did not end well."""

    code: int
    type: str
    message: str
    unexpected: bool = False


STOPPED = Failure(130, "Stopped", "stopped by Ctrl-C; no file was written after that.")


def explain(error: BaseException) -> Failure:
    """The exit code and the sentence that belong to an error."""
    name = type(error).__name__
    if isinstance(error, JensenError):
        return Failure(2 if isinstance(error, InputError) else 1, name, str(error))
    if isinstance(error, Stopped | KeyboardInterrupt):
        return STOPPED
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        return Failure(
            1,
            "MemoryError",
            "the memory of this machine does not suffice for this table; use fewer rows, leave "
            "columns out (--drop), or choose smaller networks (--width, --batch-size).",
        )
    if isinstance(error, OSError):
        return Failure(2, "OSError", _of_system(error))
    return Failure(
        1,
        name,
        f"jensen failed in a way it should not ({name}: {_first_line(error)}). This is a fault "
        "of jensen and not of your data: please report it with the command, the version "
        "(jensen --version), and what the command prints with --debug.",
        unexpected=True,
    )


def _of_system(error: OSError) -> str:
    what = error.strerror or os.strerror(error.errno) if error.errno else str(error)
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}the system says: {what}; check the place, its room and its permissions."


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0].rstrip(".")[:300]
