"""Evidence as one HTML page that opens without a network, and as files."""

from jensen.evidence import Evidence
from jensen.report.files import FORMATS, check_report, document, form_of, save
from jensen.report.notebook import in_notebook
from jensen.report.page import to_html

Evidence.keeper = save
Evidence.drawer = in_notebook

__all__ = ["FORMATS", "check_report", "document", "form_of", "in_notebook", "save", "to_html"]
