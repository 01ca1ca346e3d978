"""What the system says by itself as days go by. Each is said once: the key of the message says for what."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Account, Invitation, Meeting
from matchmaker.queries import reminders as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import invitation_notices, meeting_notices, outbox
from matchmaker.services.notices import Reader

ANSWER_REMINDER_DAYS = 2  # before the day to answer by
UNITS_TOO, CITY_TOO = 3, 7
NAG_DAYS = (1, UNITS_TOO, CITY_TOO)  # after an unrecorded meeting, then every week
WEEK = 7


def remind_of_invitations(session: Session, day: date, *, settings: Settings, clock: Clock) -> str:
    """Remind the sides that have not answered and are to answer within two days of `day`."""
    last = day + timedelta(days=ANSWER_REMINDER_DAYS)
    found = queries.unanswered(session, first=day, last=last)
    for invitation in found:
        invitation_notices.remind(session, invitation, settings=settings, clock=clock)
        _note(session, Invitation, invitation.id, day)
    return f"reminded of {len(found)} invitations"


def tell_of_expired_invitations(session: Session, day: date, *, settings: Settings, clock: Clock) -> str:
    """Tell the side that agreed and the officers that an invitation was not answered in time."""
    found = queries.overdue(session, day)
    for invitation in found:
        invitation_notices.tell_unanswered(session, invitation, settings=settings, clock=clock)
        key = f"invitation_expired:{invitation.id}:{invitation.answer_by}"
        payload = invitation_notices.payload_of(invitation)
        payload |= {"path": f"/invitations/{invitation.id}", "sender": invitation.sent_by}
        for officer in queries.officers(session, {invitation.need.firm.unit_id}):
            _tell_officer(session, "invitation_expired", officer, payload, key=key, clock=clock)
    return f"{len(found)} invitations unanswered"


def remind_of_meetings(session: Session, day: date, *, clock: Clock) -> str:
    """Remind everybody invited to a meeting on the day after `day`."""
    found = queries.planned_on(session, day + timedelta(days=1))
    for meeting in found:
        meeting_notices.tell(session, meeting, "meeting_reminder", clock=clock)
        _note(session, Meeting, meeting.id, day)
    return f"reminded of {len(found)} meetings"


def nag_unrecorded(session: Session, day: date, *, clock: Clock) -> str:
    """Ask for the result of a past meeting, more people from level to level; nothing is ever entered by itself.

    After a day whoever planned it, after three also the officers of its units and the one who looks after it, after
    seven every city officer; each level once, then whoever planned it every week.
    """
    found = queries.unrecorded(session, day)
    for meeting in found:
        level = _nag(day - meeting.day)
        key, payload = f"meeting_unrecorded:{meeting.id}:{level}", meeting_notices.payload_of(meeting)
        for officer in _asked(session, meeting, level):
            _tell_officer(session, "meeting_unrecorded", officer, payload, key=key, clock=clock)
    return f"{len(found)} meetings unrecorded"


def _nag(passed: timedelta) -> int:
    """The last day of asking that has come after `passed`."""
    weeks = passed.days // WEEK * WEEK
    return max(weeks, *(each for each in NAG_DAYS if each <= max(passed.days, 1)))


def _asked(session: Session, meeting: Meeting, level: int) -> Iterable[Account]:
    """Who is asked at a level: the organiser at each, the others when they are first called upon."""
    asked = list(_responsible(session, meeting))
    if level in {UNITS_TOO, CITY_TOO}:
        asked += queries.officers(session, facts_of(meeting).unit_ids)
        caretaker = session.get(Account, meeting.officer_id) if meeting.officer_id else None
        asked += [caretaker] if caretaker is not None and caretaker.active else []
    if level == CITY_TOO:
        asked += queries.city_officers(session)
    return {account.id: account for account in asked}.values()


def _responsible(session: Session, meeting: Meeting) -> Iterable[Account]:
    maker = session.get(Account, meeting.made_by_id) if meeting.made_by_id else None
    if maker is not None and maker.active:
        return [maker]
    return queries.officers(session, facts_of(meeting).unit_ids)


def _tell_officer(
    session: Session, notice: str, officer: Account, payload: dict[str, Any], *, key: str, clock: Clock
) -> None:
    own = payload | {"name": officer.name, "locale": officer.locale}
    reader, dedup_key = Reader(account_id=officer.id), f"{key}:officer:{officer.id}"
    outbox.queue(session, notice, officer.email, own, dedup_key=dedup_key, clock=clock, reader=reader)


def _note(session: Session, model: type[Invitation | Meeting], record_id: int, day: date) -> None:
    """Show on the record when it was last reminded of; no edit, so no new version and nobody's form goes stale."""
    session.execute(
        update(model.__table__).where(model.__table__.c.id == record_id).values(reminded_on=day)  # type: ignore[arg-type]
    )
