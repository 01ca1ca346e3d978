"""Lists that come in as files: organisations, experts, groups, needs, capabilities."""

from matchmaker.services.imports.plan import Report
from matchmaker.services.imports.run import bring_in
from matchmaker.services.imports.sheet import RowError

__all__ = ["Report", "RowError", "bring_in"]
