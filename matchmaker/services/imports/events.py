"""An older ledger's event as its rows make it up, and the meeting it becomes."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import (
    Expert,
    Group,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    MeetingNeed,
    Need,
    Organisation,
    Site,
    Trip,
)
from matchmaker.domain.drafts import HistoryRow, NeedDraft
from matchmaker.domain.meetings import LONGEST_PEOPLE, Plan, Presence
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.i18n import gettext as _
from matchmaker.services import audit, experts, needs
from matchmaker.services.analysis import Analysis
from matchmaker.services.imports.plan import Desk
from matchmaker.services.meeting_plans import Parties, title_of

# An older ledger has days only; hours that nobody knows are the whole day (see `Meeting.from_history`).
STARTS, ENDS = time(0, 0), time(23, 59)


@dataclass(eq=False)
class Person:
    """An expert on file, or one that the sheet brings in."""

    name: str
    institute: Organisation
    record: Expert | None = None


@dataclass(eq=False)
class Told:
    """A need that a row names: on file, or to be made of its title as one that is over."""

    firm: Organisation
    title: str
    record: Need | None = None
    draft: NeedDraft | None = None


@dataclass(eq=False)
class Event:
    """What rows of one kind, day, host or firm and trip say together; `known` is the meeting on file, if any."""

    kind: MeetingKind
    day: date
    host: Organisation | None
    site: Site | None
    group: Group | None
    trip: str
    known: Meeting | None = None
    line: int = 0
    firms: dict[Organisation, Presence] = field(default_factory=dict)
    people: dict[Person, Presence] = field(default_factory=dict)
    needs: dict[Told, HistoryRow] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)  # firm's name → minutes of its rows

    def minutes(self) -> str:
        """The rows' summaries; with several firms, each under its name."""
        texts = {firm: "\n".join(dict.fromkeys(parts)) for firm, parts in self.said.items() if any(parts)}
        if len(set(texts.values())) <= 1:
            return next(iter(texts.values()), "")
        return "\n".join(f"{firm}{_('：')}{text}" for firm, text in texts.items())


class Registry:
    """Writes events into the ledger as recorded meetings, each once however many rows it has."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._written: set[Event] = set()

    def write(self, event: Event, analyses: dict[Any, Analysis]) -> None:
        """The event's meeting with all its parties, held and waiting for somebody else's verification."""
        if event in self._written:
            return
        self._written.add(event)
        people = [self._expert(person) for person in event.people]
        told = [self._need(one, row, analyses) for one, row in event.needs.items()]
        meeting = event.known or self._begin(event, people, told)
        before = {} if event.known is None else _state(meeting)
        self._add(meeting, event, people, told)
        desk = self._desk
        desk.session.flush()
        desk.session.refresh(meeting, ["firms", "experts", "needs"])
        after = _state(meeting)
        audit.log(
            desk.session, desk.actor, "import", meeting, clock=desk.clock, before=before, after=after, reason=desk.note
        )

    def _expert(self, person: Person) -> Expert:
        """The expert's record; one that is new works at the institute's first place and has confirmed nothing yet."""
        if person.record is None:
            desk, site = self._desk, _first_site(self._desk.session, person.institute)
            values = {"name": person.name, "institute_id": person.institute.id, "site_id": site.id if site else None}
            person.record = experts.save_expert(
                desk.session, desk.actor, Expert(), values, clock=desk.clock, reason=desk.note
            )
        return person.record

    def _need(self, told: Told, row: HistoryRow, analyses: dict[Any, Analysis]) -> Need:
        if told.record is None:
            if told.draft is None:
                raise ValueError("a need is on file or has a draft")
            desk = self._desk
            told.record = needs.create(
                desk.session,
                desk.actor,
                told.firm.id,
                told.draft,
                analyses[told.draft],
                clock=desk.clock,
                status=row.need_status,
                reason=desk.note,
            )
        return told.record

    def _begin(self, event: Event, people: list[Expert], told: list[Need]) -> Meeting:
        desk, trip = self._desk, self._trip(event)
        parties = Parties(event.host, event.site, event.group, trip, list(event.firms), people, told)
        now = desk.clock.now()
        meeting = Meeting(
            kind=event.kind,
            status=MeetingStatus.HELD,
            title=title_of(Plan(kind=event.kind), parties),
            day=event.day,
            starts=STARTS,
            ends=ENDS,
            host=event.host,
            site=event.site,
            group=event.group,
            trip=trip,
            made_by_id=desk.actor.account_id,
            officer_id=desk.actor.account_id,
            from_history=True,
            recorded_by_id=desk.actor.account_id,
            recorded_by=desk.actor.name,
            recorded_at=now,
            created_at=now,
            updated_at=now,
        )
        desk.session.add(meeting)
        desk.session.flush()
        return meeting

    def _trip(self, event: Event) -> Trip | None:
        if not event.trip:
            return None
        session, now = self._desk.session, self._desk.clock.now()
        same = select(Trip).where(Trip.title == event.trip, Trip.day == event.day).order_by(Trip.id)
        found = session.scalars(same).first()
        if found is None:
            found = Trip(title=event.trip, day=event.day, made_by=self._desk.actor.name, created_at=now, updated_at=now)
            session.add(found)
            session.flush()
        return found

    def _add(self, meeting: Meeting, event: Event, people: list[Expert], told: list[Need]) -> None:
        session, there = self._desk.session, {row.expert_id for row in meeting.experts}
        for firm, presence in event.firms.items():
            row = MeetingFirm(meeting_id=meeting.id, firm_id=firm.id, attendance=presence.attendance)
            row.people = presence.people[:LONGEST_PEOPLE]
            session.add(row)
        for expert, presence in zip(people, event.people.values(), strict=True):
            if expert.id not in there:
                guest = MeetingExpert(meeting_id=meeting.id, expert_id=expert.id, attendance=presence.attendance)
                guest.stand_in = presence.people[:LONGEST_PEOPLE]
                session.add(guest)
        known = {row.need_id for row in meeting.needs}
        session.add_all(MeetingNeed(meeting_id=meeting.id, need_id=one.id) for one in told if one.id not in known)
        meeting.minutes = "\n".join(filter(None, (meeting.minutes, event.minutes())))
        meeting.updated_at = self._desk.clock.now()


def _first_site(session: Session, institute: Organisation) -> Site | None:
    return session.scalars(select(Site).where(Site.organisation_id == institute.id).order_by(Site.id)).first()


def _state(meeting: Meeting) -> dict[str, Any]:
    return audit.state_of(meeting) | {
        "firms": [row.firm.name for row in meeting.firms],
        "experts": [row.expert.name for row in meeting.experts],
        "needs": [row.need.title for row in meeting.needs],
    }
