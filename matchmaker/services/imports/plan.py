"""What bringing in a row would do: decided for all rows first, done afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.domain.drafts import CapabilityDraft, NeedDraft
from matchmaker.domain.permissions import Actor
from matchmaker.services.analysis import Analysis
from matchmaker.services.imports.sheet import Line, RowError

Posting = NeedDraft | CapabilityDraft
Analyses = dict[Posting, Analysis]


Lookup = Callable[[], object]  # finds what a cell stands for, or raises `RefusedError`


class Verdict(StrEnum):
    """What a row comes to."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class RefusedError(Exception):
    """A row that does not fit what is already known: the field at fault and why."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name
        self.message = message


@dataclass(frozen=True)
class Desk:
    """Where and for whom rows are brought in. `note` goes into every audit row."""

    session: Session
    actor: Actor
    clock: Clock
    note: str


@dataclass(frozen=True)
class Plan:
    """A row's verdict; `carry_out` does it. `posting` is the text to be segmented before that."""

    line: Line
    verdict: Verdict
    carry_out: Callable[[Analyses], object] = field(repr=False)
    posting: Posting | None = None


@dataclass(frozen=True)
class Report:
    """What an import did or, in a dry run, would do. Counts are rows; `ignored` are headings without a field."""

    file_name: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: tuple[RowError, ...] = ()
    ignored: tuple[str, ...] = ()
    written: bool = False
    batch_id: int | None = None

    @property
    def changed(self) -> int:
        """Rows that are new or different."""
        return self.created + self.updated


def nothing(_analyses: Analyses) -> None:
    """For rows that say what is known already."""
