"""What the system says by itself: to whom, when, and how often."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Account, Answer, Invitation, Meeting, Notice, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Decision, Frequency, InvitationStatus, MeetingKind, MeetingStatus, Role, Side
from matchmaker.services import reminders
from tests import factories as make

DAY = make.TODAY


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    with sessions.write() as session:
        yield session


@pytest.fixture
def invitation(session: Session) -> Invitation:
    unit = make.make_unit(session)
    make.make_account(session, Role.COUNTY, unit_id=unit.id, email="county@example.org", locale="en")
    make.make_account(session, Role.COUNTY, unit_id=make.make_unit(session).id, email="elsewhere@example.org")
    make.make_account(session, Role.CITY, email="city@example.org")
    firm = make.make_firm(session, unit, contact_email="firm@example.org")
    expert = make.make_expert(session, email="expert@example.org")
    return make.make_invitation(session, make.make_need(session, firm), expert, answer_by=DAY + timedelta(days=2))


def sent(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.recipient))
    return [(row.notice, row.recipient) for row in rows]


def inbox(session: Session) -> list[tuple[str, str, Frequency]]:
    rows = session.execute(select(Notice, Account.email).join(Account, Account.id == Notice.account_id))
    return [(row.notice, email, row.frequency) for row, email in rows]


def remind(session: Session, settings: Settings, day: date) -> None:
    reminders.remind_of_invitations(session, day, settings=settings, clock=FixedDayClock(day))


def expire(session: Session, settings: Settings, day: date) -> None:
    reminders.tell_of_expired_invitations(session, day, settings=settings, clock=FixedDayClock(day))


def answered(session: Session, invitation: Invitation, side: Side) -> None:
    answer = Answer(invitation_id=invitation.id, side=side, decision=Decision.ACCEPT, given_by="x", given_at=make.NOW)
    session.add(answer)
    session.flush()
    session.expire(invitation)


def test_whoever_has_not_answered_is_reminded_once_two_days_before(
    session: Session, invitation: Invitation, settings: Settings
) -> None:
    version = invitation.version
    remind(session, settings, DAY - timedelta(days=1))
    assert sent(session) == []
    answered(session, invitation, Side.FIRM)
    for days in range(3):
        remind(session, settings, DAY + timedelta(days=days))
    assert sent(session) == [("invitation_reminder", "expert@example.org")]
    session.refresh(invitation)
    assert (invitation.reminded_on, invitation.version) == (DAY + timedelta(days=2), version)


def test_a_closed_invitation_is_left_in_peace(session: Session, invitation: Invitation, settings: Settings) -> None:
    session.query(Invitation).update({"status": InvitationStatus.WITHDRAWN})
    session.expire_all()
    remind(session, settings, DAY)
    expire(session, settings, DAY + timedelta(days=9))
    assert sent(session) == []


def test_the_side_that_agreed_and_the_units_officer_hear_of_an_unanswered_invitation(
    session: Session, invitation: Invitation, settings: Settings
) -> None:
    answered(session, invitation, Side.FIRM)
    expire(session, settings, DAY + timedelta(days=2))
    assert sent(session) == []
    for days in (3, 4, 40):
        expire(session, settings, DAY + timedelta(days=days))
    assert sent(session) == [("invitation_expired", "firm@example.org")]
    assert inbox(session) == [("invitation_expired", "county@example.org", Frequency.DAILY)]
    [to_officer] = session.scalars(select(Notice))
    assert to_officer.params["path"] == f"/invitations/{invitation.id}"


def test_without_an_officer_of_the_unit_the_city_hears_of_it(
    session: Session, invitation: Invitation, settings: Settings
) -> None:
    invitation.need.firm.unit_id = make.make_unit(session).id
    session.flush()
    expire(session, settings, DAY + timedelta(days=3))
    assert inbox(session) == [("invitation_expired", "city@example.org", Frequency.DAILY)]


def meeting_on(session: Session, day: date, **values: object) -> Meeting:
    firm = make.make_firm(session, make.make_unit(session), contact_email="firm@example.org")
    people = [make.make_expert(session, email="expert@example.org"), make.make_expert(session, email="")]
    return make.make_meeting(session, MeetingKind.INBOUND, [firm], people, day=day, **values)


def test_everybody_with_an_address_is_reminded_the_day_before(session: Session) -> None:
    meeting_on(session, DAY)
    meeting_on(session, DAY + timedelta(days=2))
    meeting_on(session, DAY + timedelta(days=1), status=MeetingStatus.CANCELLED)
    meeting = meeting_on(session, DAY + timedelta(days=1))
    for _ in range(2):
        reminders.remind_of_meetings(session, DAY, clock=FixedDayClock(DAY))
    assert sent(session) == [("meeting_reminder", "expert@example.org"), ("meeting_reminder", "firm@example.org")]
    assert {row.payload["path"] for row in session.scalars(select(OutboxMessage))} == {f"/meetings/{meeting.id}"}


@pytest.mark.parametrize(
    ("days", "letters"), [(0, 0), (1, 1), (2, 1), (3, 2), (6, 2), (7, 3), (13, 3), (14, 4), (21, 5)]
)
def test_an_unrecorded_meeting_is_asked_for_after_1_3_7_days_and_then_weekly(
    session: Session, days: int, letters: int
) -> None:
    maker = make.make_account(session, Role.CITY, email="maker@example.org")
    make.make_account(session, Role.CITY, email="other@example.org")
    meeting_on(session, DAY, made_by_id=maker.id)
    for passed in range(days + 1):
        day = DAY + timedelta(days=passed)
        for _ in range(2):
            reminders.nag_unrecorded(session, day, clock=FixedDayClock(day))
    assert [to for _notice, to in sent(session)].count("maker@example.org") == letters


@pytest.mark.parametrize(
    ("days", "asked"),
    [
        (1, {"maker": 1}),
        (2, {"maker": 1}),
        (3, {"maker": 2, "unit": 1, "caretaker": 1}),
        (6, {"maker": 2, "unit": 1, "caretaker": 1}),
        (7, {"maker": 3, "unit": 2, "caretaker": 2, "city": 1}),
        (20, {"maker": 4, "unit": 2, "caretaker": 2, "city": 1}),
    ],
)
def test_more_people_are_asked_from_level_to_level(session: Session, days: int, asked: dict[str, int]) -> None:
    """Nobody twice at one level; a county officer of another unit never."""
    maker = make.make_account(session, Role.COUNTY, email="maker", unit_id=make.make_unit(session).id)
    caretaker = make.make_account(session, Role.CITY, email="caretaker")
    make.make_account(session, Role.CITY, email="city")
    meeting = meeting_on(session, DAY, made_by_id=maker.id, officer_id=caretaker.id)
    unit_id = meeting.firms[0].firm.unit_id
    make.make_account(session, Role.COUNTY, email="unit", unit_id=unit_id)
    make.make_account(session, Role.COUNTY, email="elsewhere", unit_id=make.make_unit(session).id)
    make.make_account(session, Role.COUNTY, email="gone", unit_id=unit_id, active=False)
    for passed in range(days + 1):
        day = DAY + timedelta(days=passed)
        for _ in range(2):
            reminders.nag_unrecorded(session, day, clock=FixedDayClock(day))
    assert Counter(to for _notice, to in sent(session)) == asked
    assert meeting.status is MeetingStatus.PLANNED


def test_an_outage_of_a_week_costs_one_letter_and_not_the_asking(session: Session) -> None:
    make.make_account(session, Role.CITY, email="city@example.org")
    meeting_on(session, DAY)
    day = DAY + timedelta(days=9)
    reminders.nag_unrecorded(session, day, clock=FixedDayClock(day))
    assert sent(session) == [("meeting_unrecorded", "city@example.org")]
