"""Evidence in files: which form, and how it gets there."""

from pathlib import Path

from jensen.data import check_output, write_text
from jensen.errors import OptionError
from jensen.evidence import Evidence
from jensen.report.page import to_html

FORMATS = ("html", "json", "md")


def form_of(path: str | Path) -> str | None:
    """html, json or md, as the ending says; None when it is another one."""
    ending = str(path).rpartition(".")[2].lower()
    return ending if ending in FORMATS else None


def document(evidence: Evidence, form: str, title: str | None = None) -> str:
    """The whole text of a file.

    Args:
        evidence: what was found.
        form: html, json or md.
        title: of an HTML page: what was compared with what.
    """
    if form == "html":
        return to_html(evidence, title)
    return evidence.to_markdown() if form == "md" else evidence.to_json()


def save(evidence: Evidence, path: str | Path, *, force: bool = True) -> None:
    """Write evidence to a file in the form of its ending; see `Evidence.save`."""
    form = form_of(path)
    if form is None:
        raise OptionError(f"{path} must end in .html, .json or .md, and does not; rename it.")
    write_text(document(evidence, form), path, force=force)


def check_report(path: str | Path, *, force: bool = False) -> None:
    """Check early that a report can be written to `path`, before a model is fitted.

    Raises:
        OptionError: it ends in no form of a report.
        OutputError: the file exists, or its place cannot be written.
    """
    if form_of(path) is None:
        raise OptionError(
            f"the report must be a file that ends in .html, .json or .md, and is {path}; rename it."
        )
    check_output(path, force=force)
