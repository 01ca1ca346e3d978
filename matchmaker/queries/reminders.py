"""What is waiting for somebody on a day, and which officers look after it."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI
from matchmaker.db.models import Account, Invitation, Meeting
from matchmaker.domain.vocabulary import InvitationStatus, MeetingStatus, Role
from matchmaker.queries import meeting_words, meetings


def unanswered(session: Session, *, first: date, last: date) -> list[Invitation]:
    """Open invitations that are to be answered by a day from `first` to `last`."""
    statement = select(Invitation).where(
        Invitation.status == InvitationStatus.OPEN, Invitation.answer_by >= first, Invitation.answer_by <= last
    )
    return list(session.scalars(statement.order_by(Invitation.id)))


def overdue(session: Session, day: date) -> list[Invitation]:
    """Open invitations whose time to answer has passed on `day`."""
    return unanswered(session, first=date.min, last=day - timedelta(days=1))


def planned_on(session: Session, day: date) -> list[Meeting]:
    """Meetings that take place on `day`."""
    statement = select(Meeting).where(Meeting.status == MeetingStatus.PLANNED, Meeting.day == day)
    return list(session.scalars(statement.order_by(Meeting.id)))


def unrecorded(session: Session, day: date) -> list[Meeting]:
    """Meetings that are past on `day` and whose result nobody has entered."""
    return list(session.scalars(select(Meeting).where(meetings.unrecorded(day)).order_by(Meeting.id)))


def recorded_between(session: Session, after: date, until: date) -> list[Meeting]:
    """Meetings whose record was entered after the day `after`, up to and including `until`; not from older ledgers."""
    first, last = (datetime.combine(day + timedelta(days=1), time.min, SHANGHAI) for day in (after, until))
    span = (Meeting.recorded_at >= first, Meeting.recorded_at < last, Meeting.status.in_(meeting_words.RECORDED))
    return list(session.scalars(select(Meeting).where(*span, ~Meeting.from_history).order_by(Meeting.id)).unique())


def officers(session: Session, unit_ids: Collection[int | None]) -> list[Account]:
    """The active officers who look after these units; the city's where a unit has none."""
    reachable = select(Account).where(Account.active).order_by(Account.id)
    units = [unit_id for unit_id in unit_ids if unit_id is not None]
    county = list(session.scalars(reachable.where(Account.role == Role.COUNTY, Account.unit_id.in_(units))))
    if units and {account.unit_id for account in county} == set(units):
        return county
    return county + city_officers(session)


def city_officers(session: Session) -> list[Account]:
    """The active officers of the city."""
    reachable = select(Account).where(Account.active, Account.role == Role.CITY)
    return list(session.scalars(reachable.order_by(Account.id)))
