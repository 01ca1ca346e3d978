"""Reads about meetings: lists, one visible meeting, clashes, and what a new one may be made of."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from matchmaker.db.models import (
    Expert,
    Group,
    GroupMember,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Need,
    Organisation,
    Unit,
)
from matchmaker.domain.availability import halves
from matchmaker.domain.check_ins import signed_in
from matchmaker.domain.meetings import EvidenceGap, evidence_gaps
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Role
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import meeting_gaps, meeting_words, officers, receptions, scopes
from matchmaker.queries.listing import Page, Wanted, fetch

RECEPTION = "reception"  # 待确认接待: likewise
UNRECORDED = "unrecorded"  # 待登记: derived, beside the stored states in the filter
FILTERS = ("kind", "status", "unit", "year", meeting_gaps.FILTER, meeting_words.FILTER, officers.FILTER)
DEFAULT_SORT = "-day"
SORTS = {"id": Meeting.id, "day": Meeting.day, "title": Meeting.title, "kind": Meeting.kind, "status": Meeting.status}


@dataclass(frozen=True)
class Clash:
    """A person, or a firm with its bus, already taken: who (`expert`), and by which meeting."""

    expert: str
    meeting_id: int
    title: str
    day: date
    starts: time
    ends: time
    clinic: bool = False  # the number and title are of a technical clinic


def get_visible(session: Session, actor: Actor, meeting_id: int) -> Meeting:
    """The meeting, if the actor is one of those who may know of it; `NotFound` otherwise."""
    found = session.scalar(select(Meeting).where(Meeting.id == meeting_id, scopes.meetings(actor)))
    if found is None:
        raise NotFound(_("没有找到这场活动"))
    return found


def is_unrecorded(meeting: Meeting, today: date) -> bool:
    """待登记: the day has passed and nobody has said what happened."""
    return meeting.status is MeetingStatus.PLANNED and meeting.day < today


def unrecorded(today: date) -> ColumnElement[bool]:
    """The list form of `is_unrecorded`."""
    return and_(Meeting.status == MeetingStatus.PLANNED, Meeting.day < today)


def needs_shown(actor: Actor, meeting: Meeting) -> list[Need]:
    """What is to be talked about, as far as the actor may read it: a firm does not see what others on the bus need."""
    others = actor.role is Role.FIRM
    return [row.need for row in meeting.needs if not others or row.need.firm_id == actor.organisation_id]


def gaps_of(meeting: Meeting) -> list[EvidenceGap]:
    """What is missing to a complete file of the meeting; as a condition of lists: `queries.meeting_gaps`."""
    firms = [(row.firm_id, row.attendance) for row in meeting.firms]
    experts = [(row.expert_id, row.attendance) for row in meeting.experts]
    checked = (
        [row.firm_id for row in meeting.check_ins if row.firm_id],
        [row.expert_id for row in meeting.check_ins if row.expert_id],
    )
    return evidence_gaps(
        [outcome for _id, outcome in (*firms, *experts)],
        [file.kind for file in meeting.filed],
        minuted=bool(meeting.minutes.strip() or meeting.items),
        signed_in=signed_in(firms, experts, *checked),
        from_history=meeting.from_history,
    )


def groups_of(session: Session, meeting: Meeting) -> list[str]:
    """The names of the groups that take part: the one invited, then those that the experts belong to."""
    people = [person.expert_id for person in meeting.experts]
    theirs = select(GroupMember.group_id).where(GroupMember.expert_id.in_(people))
    names = session.scalars(select(Group.name).where(Group.id.in_(theirs)).order_by(Group.id))
    return list(dict.fromkeys([*([meeting.group.name] if meeting.group else []), *names]))


def _of_firms(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    firms = select(MeetingFirm.meeting_id).join(Organisation, Organisation.id == MeetingFirm.firm_id)
    return Meeting.id.in_(firms.where(condition))


def _of_unit(code: str) -> ColumnElement[bool]:
    return _of_firms(Organisation.unit_id.in_(select(Unit.id).where(Unit.code == code)))


def containing(word: str) -> ColumnElement[bool]:
    """The word stands in the title or in the name of somebody who takes part."""
    host = select(Organisation.id).where(Organisation.name.icontains(word, autoescape=True))
    people = select(MeetingExpert.meeting_id).join(Expert, Expert.id == MeetingExpert.expert_id)
    return or_(
        Meeting.title.icontains(word, autoescape=True),
        Meeting.host_id.in_(host),
        _of_firms(Organisation.name.icontains(word, autoescape=True)),
        Meeting.id.in_(people.where(Expert.name.icontains(word, autoescape=True))),
    )


def of_year(year: str) -> ColumnElement[bool] | None:
    """Meetings of the year that a filter names; None for anything but four digits."""
    if not (year.isdecimal() and len(year) == 4 and int(year)):
        return None
    return Meeting.day.between(date(int(year), 1, 1), date(int(year), 12, 31))


def _narrowed(actor: Actor, filters: Mapping[str, str], today: date) -> Iterator[ColumnElement[bool]]:
    yield from officers.looked_after(actor, Meeting.officer_id, filters.get(officers.FILTER))
    if filters.get("kind") in set(MeetingKind):
        yield Meeting.kind == filters["kind"]
    if filters.get("status") == UNRECORDED:
        yield unrecorded(today)
    elif filters.get("status") == RECEPTION:
        yield receptions.awaited(today)
    elif filters.get("status") in set(MeetingStatus):
        yield Meeting.status == filters["status"]
    if filters.get("unit"):
        yield _of_unit(filters["unit"])
    yield from meeting_gaps.chosen(filters.get(meeting_gaps.FILTER))
    yield from meeting_words.chosen(filters.get(meeting_words.FILTER))
    if (year := of_year(filters.get("year", ""))) is not None:
        yield year


def search(session: Session, actor: Actor, wanted: Wanted, today: date) -> Page[Meeting]:
    """The meetings the actor may see, narrowed by kind, state, unit, year, evidence and words."""
    statement = select(Meeting).where(scopes.meetings(actor), *_narrowed(actor, wanted.filters, today))
    statement = statement.where(*(containing(word) for word in wanted.text.split()[:8]))
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def count_unrecorded(session: Session, actor: Actor, today: date) -> int:
    """How many meetings the actor sees wait to be recorded."""
    waiting = select(func.count()).select_from(Meeting).where(scopes.meetings(actor), unrecorded(today))
    return session.scalars(waiting).one()


def clashes(
    session: Session,
    expert_ids: Iterable[int],
    day: date,
    span: tuple[time, time],
    *,
    except_id: int | None = None,
) -> list[Clash]:
    """Other meetings, not cancelled, that take one of the people at an overlapping time of the day."""
    starts, ends = span
    statement = (
        select(Expert.name, Meeting.id, Meeting.title, Meeting.day, Meeting.starts, Meeting.ends)
        .join(MeetingExpert, MeetingExpert.meeting_id == Meeting.id)
        .join(Expert, Expert.id == MeetingExpert.expert_id)
        .where(
            Expert.id.in_(list(expert_ids)),
            Meeting.day == day,
            Meeting.status != MeetingStatus.CANCELLED,
            ~Meeting.from_history,  # nobody knows its hours
            Meeting.starts < ends,
            Meeting.ends > starts,
            Meeting.id != (except_id or 0),
            MeetingExpert.sends == "",  # somebody else goes there
            ~_replaced(),
        )
        .order_by(Meeting.id, Expert.id)
    )
    return [Clash(*row) for row in session.execute(statement)]


def _replaced() -> ColumnElement[bool]:
    """A colleague comes to the meeting in place of the expert invited."""
    colleague = aliased(MeetingExpert)
    same = (colleague.meeting_id == MeetingExpert.meeting_id, colleague.instead_of_id == MeetingExpert.expert_id)
    return exists().where(*same, colleague.expert_id != MeetingExpert.expert_id)


def other_buses(session: Session, meeting: Meeting, firm_ids: Collection[int]) -> list[Clash]:
    """Meetings of other trips that take one of the firms in the same half of the day as `meeting` does."""
    others = (
        select(Organisation.name, Meeting.id, Meeting.title, Meeting.day, Meeting.starts, Meeting.ends)
        .join(MeetingFirm, MeetingFirm.meeting_id == Meeting.id)
        .join(Organisation, Organisation.id == MeetingFirm.firm_id)
        .where(
            Organisation.id.in_(firm_ids),
            Meeting.day == meeting.day,
            Meeting.status != MeetingStatus.CANCELLED,
            ~Meeting.from_history,
            Meeting.trip_id != (meeting.trip.id if meeting.trip else None),
        )
        .order_by(Meeting.id, Organisation.id)
    )
    mine = set(halves(meeting.starts, meeting.ends))
    found = (Clash(*row) for row in session.execute(others))
    return [clash for clash in found if mine & set(halves(clash.starts, clash.ends))]
