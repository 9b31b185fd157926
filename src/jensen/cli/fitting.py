"""`jensen fit` and `jensen more`."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jensen.cli.displays import in_words
from jensen.cli.inputs import named, read_with_schema
from jensen.cli.outputs import refuse_shared
from jensen.cli.reporting import base_name, check_report_path, check_rows, write_report
from jensen.cli.requests import Columns, default_file, default_rows, row_count
from jensen.cli.session import Session
from jensen.cli.words import aligned, collapse, count, event_lines, held_out_lines
from jensen.errors import FitError, OptionError

if TYPE_CHECKING:
    from jensen.data import Schema, Table
    from jensen.estimator import VAE
    from jensen.estimator.given import Condition
    from jensen.training import Progress


@dataclass(frozen=True)
class Request:
    """What both commands are asked for."""

    data: str
    columns: Columns
    settings: dict[str, Any]
    seed: int
    force: bool
    report: str | None = None


def output_of_fit(data: str, output: str | None) -> str:
    """Where `fit` writes."""
    return output or default_file(data, ".jensen")


def output_of_more(data: str, output: str | None) -> str:
    """Where `more` writes."""
    return output or default_rows(data)


def run_fit(session: Session, request: Request, guide: bool = False) -> None:
    """Read, fit, save; with a guide if asked for and if the model can have one."""
    from jensen.data import check_output

    output = session.output or ""
    check_output(output, force=request.force)
    check_report_path(request.report, request.force, output)
    vae, table = fitted(session, request)
    try:
        without = _train_guide(session, vae) if guide else None
    finally:  # Ctrl-C ends the command then, and loses no fit
        _save(session, vae, output, request.force)
    head = f"{named_output(output)}: a model of {count(len(table), 'row')} of {named(request.data)}"
    found: dict[str, Any] = {"rows": len(table), "output": output, "model": output}
    found |= {"guide": without is None, "no_guide": without} if guide else {}
    title = f"fresh rows of {base_name(output)} against {base_name(request.data)}"
    found |= write_report(session, vae, request.report, request.force, title, table)
    _report(session, vae, request, found, head)


def _train_guide(session: Session, vae: "VAE") -> str | None:
    """Train it; or why there is none."""
    with session.stage("guide", "Training a guide to conditions and gaps"):
        try:
            vae.train_guide()
        except OptionError as error:
            return str(error)
    return None if vae.fitted_.guide is not None else "its latent vector is no vector of reals."


def run_more(session: Session, request: Request, n: int | None, model: str | None) -> None:
    """Read, fit, sample, write; the model is saved too when asked for."""
    from jensen.data import check_output

    output = session.output or ""
    n = row_count(n)
    check_output(output, force=request.force, table=True)
    if model is not None:
        _check_model(model, output)
        check_output(model, force=request.force)
    check_report_path(request.report, request.force, output, model)
    vae, table = fitted(session, request)
    if model is not None:
        _save(session, vae, model, request.force)
    rows = sample(session, vae, 0, n or len(table), None)
    write(session, rows, output, request.force)
    head = f"{named_output(output)}: {count(len(rows), 'row')} like those of {named(request.data)}"
    found: dict[str, Any] = {"rows": len(rows), "output": output, "model": model}
    title = f"{base_name(output)} against {base_name(request.data)}"
    found |= write_report(session, vae, request.report, request.force, title, table, rows)
    _report(session, vae, request, found, head)


def _check_model(model: str, output: str) -> None:
    if model == "-":
        raise OptionError(
            "--model must be a file, and is -; `jensen fit -o -` writes a model there."
        )
    refuse_shared("--model", model, output)


def named_output(path: str) -> str:
    """How a place to write to is called in messages."""
    return "standard output" if path == "-" else path


def sample(
    session: Session,
    vae: "VAE",
    start: int,
    stop: int,
    seed: int | None,
    given: "Condition | None" = None,
) -> "Table":
    """Rows start .. stop - 1, with progress."""
    began = time.monotonic()

    def report(done: int) -> None:
        speed = done / max(time.monotonic() - began, 1e-9)
        left = in_words((stop - start - done) / max(speed, 1e-9))
        session.display.advance("Sampling", done, stop - start, f"{speed:,.0f} rows/s, {left}")

    with session.stage("sample", "Sampling"):
        return vae.sample_table(start, stop, seed=seed, given=given, report=report)


def write(session: Session, rows: "Table", output: str, force: bool) -> None:
    """The rows, to a file or to standard output."""
    from jensen.data import write_table

    with session.stage("write", f"Writing {named_output(output)}"):
        write_table(rows, output, force=force)


def fitted(session: Session, request: Request) -> tuple["VAE", "Table"]:
    """A fitted model and the rows it was fitted to."""
    table, schema = read_with_schema(session, request.data, request.columns)
    return fit_to(session, request, table, schema), table


def fit_to(session: Session, request: Request, table: "Table", schema: "Schema") -> "VAE":
    """A model fitted to rows that were read."""
    from jensen.data import refuse_nothing, refuse_text

    refuse_text(schema)
    refuse_nothing(table)
    with session.stage("fit", "Loading JAX"):
        from jensen.estimator import VAE
    check_rows(request.report, table)
    vae = VAE(
        schema=schema,
        seed=request.seed,
        progress=lambda progress: _show(session, progress),
        **request.settings,
    )
    with session.stage("fit", "Compiling the fit"), session.interrupts.in_fit():
        try:
            vae.fit(table)
        except FitError:
            if session.interrupts.count:
                raise KeyboardInterrupt from None
            raise
    return vae


def _show(session: Session, progress: "Progress") -> None:
    session.interrupts.end_fit_if_asked()
    detail = f"held-out {progress.held_out:.2f} nats per row"
    if progress.rows_per_second is not None and progress.seconds_left is not None:
        detail += f", {progress.rows_per_second:,.0f} rows/s, {in_words(progress.seconds_left)}"
    session.display.advance("Fitting", progress.step, progress.total, detail)
    if progress.step >= progress.total:
        session.display.stage("Measuring the bound on all held-out rows")


def _save(session: Session, vae: "VAE", path: str, force: bool) -> None:
    with session.stage("write", f"Writing {named_output(path)}"):
        if path == "-":
            from jensen.estimator.file import to_bytes

            sys.stdout.buffer.write(to_bytes(vae.fitted_))
            sys.stdout.buffer.flush()
        else:
            vae.save(path, force=force)


def _report(
    session: Session, vae: "VAE", request: Request, found: dict[str, Any], head: str
) -> None:
    seconds = session.times()
    held_out, events = vae.held_out_, vae.history_.events
    measured = held_out.model_dump() | {"collapsed": held_out.collapsed}
    told = [{"step": e.step, "what": e.what, "why": e.why} for e in events]
    found |= {
        "seed": request.seed,
        "held_out": measured,
        "events": told,
        "seconds": seconds,
    }
    lines = [f"{head}, in {_duration(seconds['total'])}", *aligned(held_out_lines(held_out))]
    if found["model"] not in (None, found["output"]):
        lines += aligned([("model", found["model"])])
    if found.get("no_guide"):
        lines += aligned([("no guide", found["no_guide"])])
    if "report" in found:
        lines += aligned([("report", found["report"])])
    lines += _notes(event_lines(events), collapse(held_out))
    session.result(found, "\n".join(lines))


def _notes(events: Sequence[str], collapsed: str | None) -> list[str]:
    return [*(f"  {line}" for line in events), *([f"  {collapsed}"] if collapsed else [])]


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
