"""What the receiving parties say to planned meetings, and who has not said anything yet."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Meeting, Organisation, Reception
from matchmaker.domain.permissions import Facts
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, ReceptionAnswer

DUE = timedelta(days=3)  # before the day, an institute should have said that it receives the firms


def receiver_of(meeting: Meeting) -> Organisation | None:
    """Who receives the others: the host of an outbound meeting, the firm of an inbound one, nobody online."""
    if meeting.kind is MeetingKind.OUTBOUND:
        return meeting.host
    return meeting.firms[0].firm if meeting.kind is MeetingKind.INBOUND and meeting.firms else None


def facts_of_receiver(meeting: Meeting) -> Facts:
    """Who may answer for the receiving party, for `Permission.MEETING_RECEIVE`."""
    ids = frozenset({receiver.id} if (receiver := receiver_of(meeting)) else ())
    outbound = meeting.kind is MeetingKind.OUTBOUND
    return Facts(institute_ids=ids) if outbound else Facts(firm_ids=ids)


def of(session: Session, meeting_ids: Collection[int]) -> dict[int, Reception]:
    """Meeting → the latest reply."""
    rows = session.scalars(select(Reception).where(Reception.meeting_id.in_(meeting_ids)))
    return {row.meeting_id: row for row in rows}


def is_current(reception: Reception, meeting: Meeting) -> bool:
    """Whether the reply is about the time the meeting has now."""
    about = (reception.day, reception.starts, reception.ends)
    return about == (meeting.day, meeting.starts, meeting.ends)


def awaited(today: date) -> ColumnElement[bool]:
    """Outbound meetings to come that the institute cannot receive so, or has not confirmed three days before."""
    same = and_(Reception.day == Meeting.day, Reception.starts == Meeting.starts, Reception.ends == Meeting.ends)
    said = select(Reception.id).where(Reception.meeting_id == Meeting.id, same)
    confirmed = said.where(Reception.answer == ReceptionAnswer.CONFIRMED).exists()
    otherwise = said.where(Reception.answer != ReceptionAnswer.CONFIRMED).exists()
    coming = (Meeting.kind == MeetingKind.OUTBOUND, Meeting.status == MeetingStatus.PLANNED, Meeting.day >= today)
    return and_(*coming, or_(otherwise, and_(Meeting.day <= today + DUE, ~confirmed)))
