"""Lists that come in as files: organisations, experts, groups, needs, capabilities."""

from matchmaker.services.imports.plan import Report
from matchmaker.services.imports.run import Prepared, bring_in, carry_out, prepare, preview
from matchmaker.services.imports.sheet import (
    LEFT_OUT,
    Reading,
    RowError,
    Sheet,
    UnreadableError,
    look,
    read_sheet,
    sheet_of,
)
from matchmaker.services.imports.table import Table

__all__ = [
    "LEFT_OUT",
    "Prepared",
    "Reading",
    "Report",
    "RowError",
    "Sheet",
    "Table",
    "UnreadableError",
    "bring_in",
    "carry_out",
    "look",
    "prepare",
    "preview",
    "read_sheet",
    "sheet_of",
]
