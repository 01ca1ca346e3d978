"""When those who are to meet are free: what they state, what they are booked for, the next half-days that suit all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from itertools import groupby, islice

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Availability, Expert, Meeting, MeetingExpert, MeetingFirm, Organisation
from matchmaker.domain.availability import HORIZON, Half, HalfDay, Statement, halves, open_half_days, refusing
from matchmaker.domain.journeys import JourneyPlan
from matchmaker.domain.meetings import Plan
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import clinics
from matchmaker.queries.targets import calendar_since

MOST_OFFERED = 8
Party = Expert | Organisation


@dataclass(frozen=True)
class Who:
    """Those whose time a meeting takes, by id: experts, and the firms and the institute that say when they are free."""

    expert_ids: frozenset[int] = frozenset()
    organisation_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Offer:
    """The next half-days that suit everybody, who has not said when they are free, whether there was anybody to ask."""

    half_days: tuple[HalfDay, ...] = ()
    silent: tuple[str, ...] = ()
    asked: bool = False


def of_plan(plan: Plan | JourneyPlan) -> Who:
    """Whose time a plan takes."""
    if isinstance(plan, JourneyPlan):
        found = [of_plan(each) for each in plan.plans()]
        people = frozenset().union(*(who.expert_ids for who in found))
        return Who(people, frozenset().union(*(who.organisation_ids for who in found)))
    host = {plan.host_id} if plan.host_id and plan.kind is MeetingKind.OUTBOUND else set()
    return Who(frozenset(plan.expert_ids), frozenset(host | set(plan.firm_ids)))


def row_of(session: Session, party: Party, *, lock: bool = False) -> Availability | None:
    """What a party has stated."""
    column = Availability.expert_id if isinstance(party, Expert) else Availability.organisation_id
    statement = select(Availability).where(column == party.id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def read(row: Availability | None) -> Statement:
    """A row as a statement; without a row nothing is stated."""
    if row is None:
        return Statement()
    week = frozenset((int(key[0]), Half(key[2:])) for key in row.weekly)
    return Statement(week, {HalfDay.read(key): free for key, free in row.dates.items()})


def statements(session: Session, who: Who) -> dict[str, Statement]:
    """Name → what is stated, with the absences of experts; in two queries however many there are."""
    theirs = or_(Availability.expert_id.in_(who.expert_ids), Availability.organisation_id.in_(who.organisation_ids))
    rows = session.scalars(select(Availability).where(theirs))
    said = {(row.expert_id, row.organisation_id): read(row) for row in rows}
    people = select(Expert.id, Expert.name, Expert.away_from, Expert.away_until).where(Expert.id.in_(who.expert_ids))
    firms = select(Organisation.id, Organisation.name).where(Organisation.id.in_(who.organisation_ids))
    found: dict[str, Statement] = {}
    for number, name, first, last in session.execute(people.order_by(Expert.name, Expert.id)):
        away = (first, last) if first and last else None
        found[name] = replace(said.get((number, None), Statement()), away=away)
    for number, name in session.execute(firms.order_by(Organisation.name, Organisation.id)):
        found[name] = said.get((None, number), Statement())
    return found


def _booked(session: Session, who: Who, today: date, except_id: int | None) -> set[HalfDay]:
    """The half-days to come on which one of the experts or firms is in another meeting; institutes have many rooms."""
    people = select(MeetingExpert.meeting_id).where(
        MeetingExpert.expert_id.in_(who.expert_ids), MeetingExpert.sends == ""
    )
    firms = select(MeetingFirm.meeting_id).where(MeetingFirm.firm_id.in_(who.organisation_ids))
    span = (Meeting.day > today, Meeting.day <= today + timedelta(days=HORIZON))
    taken = select(Meeting.day, Meeting.starts, Meeting.ends).where(
        *span,
        Meeting.status != MeetingStatus.CANCELLED,
        Meeting.id != (except_id or 0),
        or_(Meeting.id.in_(people), Meeting.id.in_(firms)),
    )
    met = {HalfDay(day, half) for day, starts, ends in session.execute(taken) for half in halves(starts, ends)}
    ahead = (today + timedelta(days=1), today + timedelta(days=HORIZON))
    return met | clinics.booked(session, who.expert_ids, who.organisation_ids, ahead)


def offer(session: Session, who: Who, today: date, *, except_id: int | None = None) -> Offer:
    """The next half-days on which everybody is free as far as they say, on working days, not booked otherwise."""
    said = statements(session, who)
    if not said:
        return Offer()
    booked, works = _booked(session, who, today, except_id), calendar_since(session, today)
    found = islice(open_half_days(said.values(), booked, works, today), MOST_OFFERED)
    return Offer(tuple(found), tuple(name for name, one in said.items() if one.empty), asked=True)


def whole_days(session: Session, who: Who, today: date) -> list[date]:
    """The next days that are free in both halves, for a trip or a route."""
    said = statements(session, who)
    booked, works = _booked(session, who, today, None), calendar_since(session, today)
    by_day = groupby(open_half_days(said.values(), booked, works, today), key=lambda when: when.day)
    return list(islice((day for day, parts in by_day if len(list(parts)) == len(Half)), MOST_OFFERED))


def refusals(session: Session, who: Who, day: date, starts: time, ends: time) -> list[str]:
    """Who has said that they are not free then."""
    return refusing(_stated(statements(session, who)), day, halves(starts, ends))


def _stated(said: Mapping[str, Statement]) -> dict[str, Statement]:
    """Without absences, of which `queries.absences` tells."""
    return {name: replace(one, away=None) for name, one in said.items()}


def told(names: Collection[str]) -> str:
    """Who is not free, as one line; "" for nobody."""
    return _("%(names)s填写的可约时间不包括这个半天", names=joined(names)) if names else ""
