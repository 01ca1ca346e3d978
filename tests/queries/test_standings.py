"""Until when a need should move, and whom to ask when it does not."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from matchmaker.clock import SHANGHAI
from matchmaker.db.models import MeetingNeed, Workday
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import InvitationStatus, MeetingKind, MeetingStatus, NeedStatus, Role
from matchmaker.queries.standings import Standing, standings, with_officers
from tests.factories import (
    TODAY,
    make_account,
    make_expert,
    make_firm,
    make_invitation,
    make_meeting,
    make_need,
    make_unit,
)

pytestmark = pytest.mark.both_databases
MONDAY = date(2026, 6, 8)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI)


def stand(sessions: Sessions, today: date, **values: Any) -> Standing:
    with sessions.write() as session:
        need = make_need(session, make_firm(session, make_unit(session)), **values)
        return standings(session, [need], noon(today), review_days=5)[need.id]


@pytest.mark.parametrize("status", [NeedStatus.COUNTY_REVIEW, NeedStatus.CITY_REVIEW])
def test_a_review_takes_working_days(sessions: Sessions, status: NeedStatus) -> None:
    due = MONDAY + timedelta(days=7)  # five working days later
    for today, late in ((due, False), (due + timedelta(days=1), True)):
        standing = stand(sessions, today, status=status, status_since=noon(MONDAY))
        assert (standing.due, standing.late) == (due, late)


def test_holidays_put_it_off_and_weekend_work_brings_it_forward(sessions: Sessions) -> None:
    with sessions.write() as session:
        session.add(Workday(day=date(2026, 6, 10), works=False))
        session.add(Workday(day=date(2026, 6, 11), works=False))
        session.add(Workday(day=date(2026, 6, 13), works=True))
    standing = stand(sessions, MONDAY, status=NeedStatus.CITY_REVIEW, status_since=noon(MONDAY))
    assert standing.due == date(2026, 6, 16)


@pytest.mark.parametrize(
    ("status", "due"),
    [
        (NeedStatus.DRAFT, None),
        (NeedStatus.RETURNED, MONDAY + timedelta(days=7)),
        (NeedStatus.DECLINED, None),
        (NeedStatus.PUBLISHED, MONDAY + timedelta(days=7)),
        (NeedStatus.SOLVED, None),
        (NeedStatus.CLOSED, None),
    ],
)
def test_others_wait_a_week_or_for_nobody(sessions: Sessions, status: NeedStatus, due: date | None) -> None:
    standing = stand(sessions, MONDAY + timedelta(days=30), status=status, status_since=noon(MONDAY))
    assert (standing.due, standing.late) == (due, due is not None)


def test_what_goes_on_says_by_when(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
        expert = make_expert(session)
        asked, agreed, meets = (make_need(session, firm, status_since=noon(MONDAY)) for _ in range(3))
        for days in (4, 2):
            make_invitation(session, asked, expert, answer_by=TODAY + timedelta(days=days))
        make_invitation(session, asked, expert, answer_by=MONDAY, status=InvitationStatus.DECLINED)
        make_invitation(session, agreed, expert, status=InvitationStatus.ACCEPTED)
        meeting = make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=TODAY + timedelta(days=9))
        meeting.needs.append(MeetingNeed(need_id=meets.id))
        gone = make_meeting(session, MeetingKind.INBOUND, [firm], [expert], status=MeetingStatus.CANCELLED)
        gone.needs.append(MeetingNeed(need_id=meets.id))
        session.flush()
        found = standings(session, [asked, agreed, meets], noon(TODAY), review_days=5)
        later = standings(session, [asked, meets], noon(TODAY + timedelta(days=10)), review_days=5)
    assert [found[need.id].due for need in (asked, agreed, meets)] == [
        TODAY + timedelta(days=2),
        None,
        None,
    ]
    assert not any(standing.late for standing in found.values())
    assert all(standing.late for standing in later.values())


def test_a_late_review_names_whom_to_ask(sessions: Sessions) -> None:
    with sessions.write() as session:
        unit, other = make_unit(session, "甲县"), make_unit(session, "乙县")
        firm = make_firm(session, unit)
        make_account(session, Role.COUNTY, name="甲县人", email="a@example.org", unit_id=unit.id)
        make_account(session, Role.COUNTY, name="乙县人", unit_id=other.id)
        make_account(session, Role.COUNTY, name="停用的", unit_id=unit.id, active=False)
        make_account(session, Role.CITY, name="市里人")
        own = make_account(session, Role.CITY, name="承办人")
        county = make_need(session, firm, status=NeedStatus.COUNTY_REVIEW, status_since=noon(MONDAY))
        city = make_need(session, firm, status=NeedStatus.CITY_REVIEW, status_since=noon(MONDAY))
        held = make_need(session, firm, status=NeedStatus.CITY_REVIEW, status_since=noon(MONDAY), officer_id=own.id)
        fresh = make_need(session, firm, status=NeedStatus.COUNTY_REVIEW, status_since=noon(TODAY))
        needs = [county, city, held, fresh]
        now = noon(MONDAY + timedelta(days=20))
        late = with_officers(session, needs, standings(session, needs, now, review_days=5))
        early = with_officers(session, needs, standings(session, needs, noon(MONDAY), review_days=5))
    assert [late[need.id].ask for need in (county, city, held)] == [
        "甲县人（a@example.org）",
        "市里人、承办人",
        "承办人",
    ]
    assert not any(standing.ask for standing in early.values())
