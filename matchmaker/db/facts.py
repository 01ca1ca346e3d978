"""The facts of counting as rows: which columns of which tables a count is made from, and whose they are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from matchmaker.db.base import Base
from matchmaker.db.cells import stored, table_of
from matchmaker.db.models import (
    CheckIn,
    City,
    CountingRule,
    Evidence,
    Exclusion,
    Expert,
    GroupMember,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Organisation,
    Site,
)
from matchmaker.domain.vocabulary import Noun

BATCH = 500
Values = dict[str, Any]
Facts = dict[str, dict[str, Values | None]]  # table → id → values, None: gone
Whose = tuple[str, int]  # noun and number of the record that a row belongs to


@dataclass(frozen=True)
class Source:
    """A table that counting reads: the columns, those read only for whether they say anything, and the owner."""

    model: type[Base]
    columns: tuple[str, ...]
    filled: tuple[str, ...] = ()
    noun: Noun | None = None
    owner: str = "id"

    @property
    def table(self) -> str:
        """The table's name."""
        return table_of(self.model).name

    def attributes(self) -> Iterator[InstrumentedAttribute[Any]]:
        """The number, the columns, and those of `filled`."""
        for name in ("id", *self.columns, *self.filled):
            yield getattr(self.model, name)

    def values(self, row: tuple[Any, ...]) -> Values:
        """The cells after the number, as JSON."""
        plain = [stored(value) for value in row[: len(self.columns)]]
        said = [bool(value.strip() if isinstance(value, str) else value) for value in row[len(self.columns) :]]
        return dict(zip((*self.columns, *self.filled), [*plain, *said], strict=True))

    def whose(self, row: Base) -> Whose | None:
        """The record that tells of a change of `row`."""
        return (self.noun.value, getattr(row, self.owner)) if self.noun is not None else None


_PLAN = ("kind", "status", "day", "starts", "trip_id", "host_id", "site_id", "group_id")
SOURCES = (
    Source(
        Meeting,
        (*_PLAN, "recorded_by_id", "verified_by_id", "from_history"),
        ("minutes",),
        noun=Noun.MEETING,
    ),
    Source(MeetingFirm, ("meeting_id", "firm_id", "attendance"), noun=Noun.MEETING, owner="meeting_id"),
    Source(MeetingExpert, ("meeting_id", "expert_id", "attendance"), noun=Noun.MEETING, owner="meeting_id"),
    Source(Evidence, ("meeting_id", "kind"), ("voided_at",), noun=Noun.MEETING, owner="meeting_id"),
    Source(CheckIn, ("meeting_id", "firm_id", "expert_id"), ("voided_at",), noun=Noun.MEETING, owner="meeting_id"),
    Source(Exclusion, ("metric_code", "meeting_id"), ("taken_back_at",), noun=Noun.MEETING, owner="meeting_id"),
    Source(Organisation, ("unit_id", "institute_type"), noun=Noun.ORGANISATION),
    Source(Site, ("organisation_id", "region_code", "unit_id"), noun=Noun.ORGANISATION, owner="organisation_id"),
    Source(Expert, ("institute_id", "site_id"), noun=Noun.EXPERT),
    Source(GroupMember, ("group_id", "expert_id"), noun=Noun.GROUP, owner="group_id"),
    Source(CountingRule, ("metric_code", "number", "valid_from", "shape", "terms"), ("withdrawn_at",), noun=Noun.RULE),
    Source(City, ("host_regions",)),
)
BY_MODEL = {source.model: source for source in SOURCES}
BY_TABLE = {source.table: source for source in SOURCES}


def changed(row: Base) -> bool:
    """Whether a row that was flushed differs in something that counting reads."""
    source = BY_MODEL.get(type(row))
    if source is None:
        return False
    attributes = inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in (*source.columns, *source.filled))


def read(connection: Connection, source: Source, ids: Collection[int]) -> dict[int, Values | None]:
    """What counting reads of these rows now; None for those that are gone."""
    found: dict[int, Values | None] = dict.fromkeys(sorted(ids))
    ordered = list(found)
    for start in range(0, len(ordered), BATCH):
        rows = select(*source.attributes()).where(_number(source).in_(ordered[start : start + BATCH]))
        found |= {row[0]: source.values(tuple(row[1:])) for row in connection.execute(rows)}
    return found


def read_all(connection: Connection, source: Source) -> dict[int, Values]:
    """What counting reads of every row of a table."""
    rows = connection.execute(select(*source.attributes()).order_by(_number(source)))
    return {row[0]: source.values(tuple(row[1:])) for row in rows}


def _number(source: Source) -> InstrumentedAttribute[int]:
    return next(source.attributes())


def gathered(parts: Iterable[tuple[str, int, Values | None]]) -> Facts:
    """Rows as a link keeps them."""
    found: Facts = defaultdict(dict)
    for table, number, values in parts:
        found[table][str(number)] = values
    return dict(found)
