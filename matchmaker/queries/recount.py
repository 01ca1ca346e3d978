"""Counting again: what snapshots kept, what the trail alone gives, what the tables say, and who made them differ."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db import facts
from matchmaker.db.facts import Values
from matchmaker.db.models import Audit, Snapshot
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rules import MeetingFacts
from matchmaker.domain.tally import Line, Tally
from matchmaker.queries import counts, replay

AT_ONCE = 500
EVERYWHERE = ("rule", "city")  # rows that matter to every meeting
Row = tuple[str, int]


@dataclass(frozen=True)
class Change:
    """One field of a row that counting reads, changed by one link of the trail; who and why, if an entry tells.

    `about` is the party that the row belongs to: an organisation for its places, an expert for a membership.
    """

    link: int
    row: Row
    about: Row
    meeting_id: int | None
    field: str
    old: Any
    new: Any
    entry: Audit | None

    @property
    def at(self) -> datetime | None:
        """When it was written down."""
        return self.entry.at if self.entry else None


@dataclass(frozen=True)
class Untold:
    """A cell that says something else than the trail: it was changed past the product."""

    row: Row
    field: str
    told: Any
    found: Any
    last: Audit | None


@dataclass(frozen=True)
class Again:
    """A snapshot counted again: from the trail as it stood then, and from the tables now.

    `then` is None for a snapshot that knows no link. `changes` are what has happened since to the meetings that came
    in or fell out, `lines` what the rules make of those today.
    """

    snapshot: Snapshot
    then: bool | None
    value: int
    added: frozenset[int]
    removed: frozenset[int]
    changes: list[Change]
    lines: dict[int, Line]

    @property
    def reproduced(self) -> bool:
        """Whether the same meetings count now."""
        return not self.added and not self.removed and self.value == self.snapshot.value

    @property
    def explained(self) -> bool:
        """Whether the trail gave what was stored, and tells what has changed since."""
        return self.then is not False and (self.reproduced or bool(self.changes))


@dataclass(frozen=True)
class Report:
    """A year counted again."""

    year: int
    told: dict[MetricCode, Tally]
    found: dict[MetricCode, Tally]
    untold: list[Untold]
    snapshots: list[Again]

    @property
    def equal(self) -> bool:
        """Whether the trail alone gives the numbers, the meetings and the facts of the tables."""
        same = (self.told[code].fingerprint == self.found[code].fingerprint for code in MetricCode)
        return all(same) and all(self.told[code].total == self.found[code].total for code in MetricCode)

    @property
    def sound(self) -> bool:
        """Whether there is nothing that the trail does not account for."""
        return self.equal and not self.untold and all(one.explained for one in self.snapshots)


def report(session: Session, year: int) -> Report:
    """Count `year` again in every way. Reads only; slow in the number of links."""
    history = _History()
    kept = session.scalars(select(Snapshot).where(Snapshot.year == year).order_by(Snapshot.day, Snapshot.id)).all()
    then = {row.id: _as_then(row, at) for row, at in history.read(session, kept)}
    now = counts.tallies(session, year)
    changes = _with_entries(session, history.changes)
    return Report(
        year=year,
        told=replay.tallies(history.state, year),
        found=now,
        untold=_untold(session, history),
        snapshots=[_again(session, row, then.get(row.id), changes) for row in kept],
    )


def _as_then(row: Snapshot, at: replay.State) -> bool:
    found = replay.tallies(at, row.year, until=row.day)[MetricCode(row.metric_code)]
    ids = [line.facts.id for line in found.counted]
    return (found.total, ids, found.fingerprint) == (row.value, list(row.inputs), row.fingerprint)


def _again(session: Session, row: Snapshot, then: bool | None, changes: list[Change]) -> Again:
    found = counts.tallies(session, row.year, until=row.day)[MetricCode(row.metric_code)]
    now, stored = frozenset(line.facts.id for line in found.counted), frozenset(row.inputs)
    added, removed = now - stored, stored - now
    concerned = added | removed or (now if found.total != row.value else frozenset())
    lines = {each.facts.id: each for each in found.lines if each.facts.id in concerned}
    rests_on = {number: _rests_on(each.facts) for number, each in lines.items()}
    since = [one for one in changes if one.link > (row.audit_number or 0)]
    return Again(
        snapshot=row,
        then=then,
        value=found.total,
        added=added,
        removed=removed,
        changes=[one for one in since if _matters(one, concerned, rests_on)],
        lines=lines,
    )


def _matters(change: Change, meetings: frozenset[int], rests_on: dict[int, set[Row]]) -> bool:
    if change.meeting_id is not None:
        return change.meeting_id in meetings
    return bool(meetings) and (change.row[0] in EVERYWHERE or any(change.about in rows for rows in rests_on.values()))


def _rests_on(one: MeetingFacts) -> set[Row]:
    """The parties that a meeting's facts are made from."""
    organisations = {firm.id for firm in one.firms} | {expert.institute_id for expert in one.experts}
    organisations |= {one.host.id} if one.host else set()
    organisations |= {one.site.owner_id} if one.site else set()
    return {("organisation", number) for number in organisations} | {("expert", each.id) for each in one.experts}


def _about(row: Row, values: Values) -> Row:
    table, number = row
    owners = {"site": ("organisation", "organisation_id"), "group_member": ("expert", "expert_id")}
    return (owners[table][0], values[owners[table][1]]) if table in owners else (table, number)


@dataclass
class _History:
    """The trail read once: the state at its end, and every change on the way."""

    state: replay.State = field(default_factory=replay.State)
    changes: list[tuple[Change, int | None]] = field(default_factory=list)
    last: dict[Row, int | None] = field(default_factory=dict)

    def read(self, session: Session, kept: Iterable[Snapshot]) -> Iterator[tuple[Snapshot, replay.State]]:
        """Go to the end; on the way, each snapshot that names a link with the state after that link."""
        waiting: dict[int, list[Snapshot]] = defaultdict(list)
        for row in kept:
            if row.audit_number is not None:
                waiting[row.audit_number].append(row)
        stops = sorted(waiting)
        for link in replay.links(session):
            while stops and stops[0] < link.number:
                yield from ((row, self.state) for row in waiting[stops.pop(0)])
            self._note(link.number, link.audit_id, link.facts or {})
            self.state.take(link)
        for stop in stops:
            yield from ((row, self.state) for row in waiting[stop])

    def _note(self, link: int, audit_id: int | None, brought: facts.Facts) -> None:
        for table, rows in brought.items():
            for number, values in rows.items():
                row, before, after = (table, int(number)), self.state.row(table, int(number)), values or {}
                self.last[row] = audit_id
                meeting = int(number) if table == "meeting" else (after or before).get("meeting_id")
                for name in sorted(before.keys() | after.keys()):
                    old, new = before.get(name), after.get(name)
                    if old != new:
                        about = _about(row, after or before)
                        self.changes.append((Change(link, row, about, meeting, name, old, new, None), audit_id))


def _with_entries(session: Session, changes: list[tuple[Change, int | None]]) -> list[Change]:
    entries = _entries(session, {number for _, number in changes if number is not None})
    return [replace(one, entry=entries.get(number or 0)) for one, number in changes]


def _entries(session: Session, ids: set[int]) -> dict[int, Audit]:
    ordered, found = sorted(ids), dict[int, Audit]()
    for start in range(0, len(ordered), AT_ONCE):
        part = select(Audit).where(Audit.id.in_(ordered[start : start + AT_ONCE]))
        found |= {row.id: row for row in session.scalars(part)}
    return found


def _untold(session: Session, history: _History) -> list[Untold]:
    """Every cell that counting reads and that is not as the trail tells."""
    found: list[tuple[Row, str, Any, Any]] = []
    connection = session.connection()
    for source in facts.SOURCES:
        told, there = history.state.rows(source.table), facts.read_all(connection, source)
        for number in sorted(told.keys() | there.keys()):
            differing = _differing(told.get(number), there.get(number))
            found += [((source.table, number), *cell) for cell in differing]
    last = {row: history.last.get(row) for row, *_ in found}
    entries = _entries(session, {number for number in last.values() if number is not None})
    return [Untold(row, name, told, there, entries.get(last[row] or 0)) for row, name, told, there in found]


def _differing(told: Values | None, there: Values | None) -> Iterator[tuple[str, Any, Any]]:
    if told is None or there is None:
        yield "row", "there" if told else "not there", "there" if there else "not there"
        return
    for name in sorted(told.keys() | there.keys()):
        if told.get(name) != there.get(name):
            yield name, told.get(name), there.get(name)
