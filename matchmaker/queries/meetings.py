"""Reads about meetings: lists, one visible meeting, clashes, and what a new one may be made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Audit, Expert, Meeting, MeetingExpert, MeetingFirm, Organisation
from matchmaker.domain.meetings import EvidenceGap, evidence_gaps
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Noun
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes

UNRECORDED = "unrecorded"  # 待登记: derived, beside the stored states in the filter


@dataclass(frozen=True)
class Clash:
    """A person who is already taken: who, and by which meeting."""

    expert: str
    meeting_id: int
    title: str
    day: date
    starts: time
    ends: time


@dataclass(frozen=True)
class Filter:
    """What a list of meetings is narrowed to. `status` is a stored state or `unrecorded`."""

    kind: str = ""
    status: str = ""
    unit_id: int | None = None
    text: str = ""
    year: int | None = None
    oldest_first: bool = False


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


def gaps_of(meeting: Meeting) -> list[EvidenceGap]:
    """What is missing to a complete file of the meeting."""
    outcomes = [firm.attendance for firm in meeting.firms] + [expert.attendance for expert in meeting.experts]
    return evidence_gaps(outcomes, meeting.minutes, (file.kind for file in meeting.evidence))


def _of_firms(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    firms = select(MeetingFirm.meeting_id).join(Organisation, Organisation.id == MeetingFirm.firm_id)
    return Meeting.id.in_(firms.where(condition))


def _containing(text: str) -> ColumnElement[bool]:
    host = select(Organisation.id).where(Organisation.name.icontains(text, autoescape=True))
    people = select(MeetingExpert.meeting_id).join(Expert, Expert.id == MeetingExpert.expert_id)
    return or_(
        Meeting.title.icontains(text, autoescape=True),
        Meeting.host_id.in_(host),
        _of_firms(Organisation.name.icontains(text, autoescape=True)),
        Meeting.id.in_(people.where(Expert.name.icontains(text, autoescape=True))),
    )


def _status_clause(status: str, today: date) -> ColumnElement[bool]:
    return unrecorded(today) if status == UNRECORDED else Meeting.status == status


def where(actor: Actor, wanted: Filter, today: date) -> list[ColumnElement[bool]]:
    """The conditions of a list: what the actor may see, narrowed."""
    found = [scopes.meetings(actor)]
    if wanted.kind in set(MeetingKind):
        found.append(Meeting.kind == wanted.kind)
    if wanted.status in {*MeetingStatus, UNRECORDED}:
        found.append(_status_clause(wanted.status, today))
    if wanted.unit_id is not None:
        found.append(_of_firms(Organisation.unit_id == wanted.unit_id))
    if wanted.text:
        found.append(_containing(wanted.text))
    if wanted.year is not None:
        found.append(Meeting.day.between(date(wanted.year, 1, 1), date(wanted.year, 12, 31)))
    return found


def count(session: Session, actor: Actor, wanted: Filter, today: date) -> int:
    """How many meetings the list has."""
    return session.scalars(select(func.count()).select_from(Meeting).where(*where(actor, wanted, today))).one()


def page(
    session: Session, actor: Actor, wanted: Filter, today: date, *, offset: int = 0, limit: int | None = None
) -> Sequence[Meeting]:
    """A stretch of the list, the latest first unless asked otherwise."""
    order = (Meeting.day, Meeting.starts, Meeting.id)
    statement = select(Meeting).where(*where(actor, wanted, today))
    ordered = statement.order_by(*(order if wanted.oldest_first else [column.desc() for column in order]))
    return session.scalars(ordered.offset(offset).limit(limit)).all()


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
            Meeting.starts < ends,
            Meeting.ends > starts,
            Meeting.id != (except_id or 0),
        )
        .order_by(Meeting.id, Expert.id)
    )
    return [Clash(*row) for row in session.execute(statement)]


def history(session: Session, meeting: Meeting) -> Sequence[Audit]:
    """What was done to the meeting, in order: the timeline of its page."""
    trail = select(Audit).where(Audit.noun == Noun.MEETING, Audit.record_id == meeting.id)
    return session.scalars(trail.order_by(Audit.id)).all()
