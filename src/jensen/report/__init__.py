"""Evidence as one HTML page that opens without a network, and as files."""

from jensen.evidence import Evidence
from jensen.report.files import FORMATS, check_report, document, form_of, save
from jensen.report.page import to_html

Evidence.keeper = save

__all__ = ["FORMATS", "check_report", "document", "form_of", "save", "to_html"]
