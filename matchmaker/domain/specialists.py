"""Specialists 科技特派员 as counting and coverage see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from matchmaker.domain.metrics import EntryCode
from matchmaker.domain.vocabulary import SpecialistKind

METRICS = {EntryCode.SPECIALISTS: SpecialistKind.ENTERPRISE, EntryCode.AGRICULTURAL: SpecialistKind.AGRICULTURAL}


@dataclass(frozen=True)
class Filing:
    """A person on file as one kind from a day on, until the day that it ended on."""

    id: int
    expert_id: int
    kind: SpecialistKind
    filed_on: date
    ended_on: date | None

    def stands(self, day: date) -> bool:
        """Whether it counts on a day."""
        return self.filed_on <= day and (self.ended_on is None or self.ended_on > day)


def on_file(filings: Iterable[Filing], code: str, day: date) -> dict[int, int]:
    """Expert → filing that makes them count for a metric on a day; a person counts once."""
    found: dict[int, int] = {}
    for one in filings:
        if METRICS.get(EntryCode(code)) is one.kind and one.stands(day):
            found.setdefault(one.expert_id, one.id)
    return found
