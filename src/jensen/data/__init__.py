"""x: tables, what their columns are, and their way to arrays and back."""

from jensen.data.card import card
from jensen.data.column import KINDS, Column, Kind
from jensen.data.columns import from_levels, from_numbers, to_levels, to_numbers
from jensen.data.frames_out import to_native
from jensen.data.identifiers import IdentifierForm
from jensen.data.origin import Native, Origin, TextForm
from jensen.data.reading import read_table
from jensen.data.schema import Schema, refuse_nothing, refuse_text
from jensen.data.table import Table, stack
from jensen.data.text_forms import exact_look
from jensen.data.writing import check_output, write_table, write_text

__all__ = [
    "KINDS",
    "Column",
    "IdentifierForm",
    "Kind",
    "Native",
    "Origin",
    "Schema",
    "Table",
    "TextForm",
    "card",
    "check_output",
    "exact_look",
    "from_levels",
    "from_numbers",
    "read_table",
    "refuse_nothing",
    "refuse_text",
    "stack",
    "to_levels",
    "to_native",
    "to_numbers",
    "write_table",
    "write_text",
]
