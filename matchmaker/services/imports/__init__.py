"""Lists that come in as files: organisations, experts, groups, needs, capabilities."""

from matchmaker.services.imports.plan import Report
from matchmaker.services.imports.run import Prepared, bring_in, carry_out, prepare, preview
from matchmaker.services.imports.sheet import RowError, Sheet, UnreadableError, read_sheet

__all__ = [
    "Prepared",
    "Report",
    "RowError",
    "Sheet",
    "UnreadableError",
    "bring_in",
    "carry_out",
    "prepare",
    "preview",
    "read_sheet",
]
