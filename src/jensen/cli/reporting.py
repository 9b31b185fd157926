"""`--report`: evidence of what a fit draws, for `jensen fit` and `jensen more`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jensen.cli.outputs import refuse_shared
from jensen.cli.session import Session

if TYPE_CHECKING:
    from jensen.data import Table
    from jensen.estimator import VAE


def base_name(path: str) -> str:
    """A file without its folder, which is nobody else's business."""
    return Path(path).name if path != "-" else "a stream"


def check_report_path(report: str | None, force: bool, *others: str | None) -> None:
    """Whether a report can be written there, before anything is done.

    Raises:
        OptionError: no form of a report, or the place of another output.
        OutputError: the file exists, or its place cannot be written.
    """
    if report is None:
        return
    from jensen.report import check_report

    check_report(report, force=force)
    refuse_shared("--report", report, *others)


def check_rows(report: str | None, table: "Table") -> None:
    """Whether there are rows enough for a report, before a model is fitted."""
    if report is not None:
        from jensen.estimator.fresh import check_enough

        check_enough(len(table), table.name)


def write_report(
    session: Session,
    vae: "VAE",
    report: str | None,
    force: bool,
    title: str,
    table: "Table",
    rows: "Table | None" = None,
) -> dict[str, Any]:
    """Compare rows of the model with the rows it was fitted to, and write what is found.

    Returns:
        What the command's JSON says of it; nothing without --report.
    """
    if report is None:
        return {}
    with session.stage("check", "Checking the rows"):
        from jensen.estimator.fresh import fresh_evidence
        from jensen.report import document, form_of

        evidence = fresh_evidence(vae, table, rows, session.display.stage)
    with session.stage("write", f"Writing {report}"):
        from jensen.data import write_text

        write_text(document(evidence, form_of(report) or "html", title), report, force=force)
    return {"report": report, "verdict": evidence.verdict}
