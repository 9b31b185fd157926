"""`jensen check`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jensen.cli.fitting import named_output
from jensen.cli.inputs import read
from jensen.cli.outputs import same_place
from jensen.cli.reporting import base_name
from jensen.cli.session import Session
from jensen.cli.thresholds import parse_thresholds
from jensen.errors import OptionError

if TYPE_CHECKING:
    from jensen.evidence import Evidence


@dataclass(frozen=True)
class CheckRequest:
    """What `jensen check` is asked for."""

    train: str
    synthetic: str
    holdout: str | None
    model: str | None
    target: str | None
    format: str | None
    seed: int
    fail_if: Sequence[str]
    force: bool


def run_check(session: Session, request: CheckRequest) -> list[str]:
    """Read, measure, write and tell.

    Returns:
        What crossed a threshold, a sentence each.
    """
    from jensen.report import document

    form = chosen_format(session.output, request.format)
    given = {"--holdout": request.holdout, "--model": request.model, "--target": request.target}
    known = [option for option, value in given.items() if value is not None]
    every = ["--target all"] if request.target == "all" else []
    limits = parse_thresholds(request.fail_if, known + every)
    if session.output is not None:
        from jensen.data import check_output

        check_output(session.output, force=request.force)
        _check_apart(session.output, request)
    evidence = _measured(session, request)
    written = document(evidence, form, _title(request)) if form else ""
    if session.output is not None:
        from jensen.data import write_text

        with session.stage("write", f"Writing {named_output(session.output)}"):
            write_text(written, session.output, force=request.force)
    crossed = [told for limit in limits if (told := limit.crossed(evidence)) is not None]
    text = written.rstrip() if form and session.output is None else str(evidence)
    found = evidence.to_dict() | {
        "output": session.output,
        "crossed": crossed,
        "seconds": session.times(),
    }
    session.result(found, text)
    for told in crossed:
        print(f"Failed: {told}.", file=sys.stderr)
    return crossed


def _check_apart(output: str, request: CheckRequest) -> None:
    """Whether the report leaves the files alone that it is about, --force or not.

    Raises:
        OptionError: it would be written over one of them.
    """
    for read_from in (request.train, request.synthetic, request.holdout, request.model):
        if read_from is not None and output != "-" and same_place(output, read_from):
            raise OptionError(
                f"-o must be a file of its own, and {output} is read besides; name another."
            )


def _title(request: CheckRequest) -> str:
    return f"{base_name(request.synthetic)} against {base_name(request.train)}"


def _measured(session: Session, request: CheckRequest) -> "Evidence":
    paths = [request.train, request.synthetic, request.holdout]
    if [p for p in paths if p is not None].count("-") > 1:
        raise OptionError("only one table can be standard input, and two are -; name a file.")
    tables = [None if path is None else read(session, path) for path in paths]
    with session.stage("check", "Checking"):
        from jensen.estimator.checking import check

        return check(
            tables[0], tables[1], tables[2], request.model, request.target, request.seed,
            session.display.stage,
        )  # fmt: skip


def chosen_format(output: str | None, asked: str | None) -> str | None:
    """html, json or md: as asked for, or as the ending says; None for the table of the terminal.

    Raises:
        OptionError: neither says which, or it is no format.
    """
    from jensen.report import FORMATS, form_of

    if asked is not None and asked not in FORMATS:
        raise OptionError(f"--format must be html, json or md, and is {asked!r}; choose one.")
    if asked is not None or output is None:
        return asked
    if (ending := form_of(output)) is None:
        raise OptionError(
            f"{output} must end in .html, .json or .md, or --format must say which it is to be; "
            "add one."
        )
    return ending
