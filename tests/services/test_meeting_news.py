"""What the parties of a meeting are told before it, who is told, and what those who left are not."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Meeting, MeetingExpert, Organisation, OutboxMessage, Trip
from matchmaker.db.session import Sessions
from matchmaker.delivery.letters import Letterhead, compose
from matchmaker.domain.journeys import Details
from matchmaker.domain.preparing import Particulars
from matchmaker.errors import Conflict, Forbidden
from matchmaker.queries import journeys as queries
from matchmaker.queries.untold import untold
from matchmaker.services import journeys, meetings, preparing, reminders
from matchmaker.services.meeting_plans import plan_of
from tests import factories as make
from tests.support.journeys import CLOCK, DAY, make_journeys, trip

HEAD = Letterhead("bureau@kjj.example.org", "https://match.example.org")
TOLD = Particulars(agenda="09:30 看中试线\n10:30 座谈", bring="失效样件", secrecy="不拍照", travel="从南门进")
SAID = ("09:30 看中试线；10:30 座谈", "失效样件", "不拍照", "从南门进")


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        world = make_journeys(session)
        for one in (*world.firms, *world.experts):
            setattr(one, "contact_email" if isinstance(one, Organisation) else "email", f"{one.name}@example.org")
        session.flush()
        world.trip = journeys.plan(session, world.city, trip(world), clock=CLOCK).id
        return world


def stops(session: Session, world: SimpleNamespace) -> list[Meeting]:
    return queries.stops_of(session, session.get_one(Trip, world.trip))


def letters(session: Session, notice: str) -> dict[str, OutboxMessage]:
    rows = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == notice)).all()
    found = {row.recipient: row for row in rows}
    assert len(found) == len(rows)  # one letter each
    return found


def parts(message: OutboxMessage) -> tuple[str, list[Any]]:
    """The words of a letter, and the events in it."""
    letter = compose(message, HEAD)
    text = next(part.get_content() for part in letter.walk() if part.get_content_type() == "text/plain")
    files = [part.get_payload(decode=True) for part in letter.walk() if part.get_content_type() == "application/ics"]
    return text, [event for data in files for event in Calendar.from_ical(data).walk("VEVENT")]


def remind(session: Session, day: date) -> None:
    reminders.remind_of_meetings(session, day - timedelta(days=1), clock=FixedDayClock(day - timedelta(days=1)))


def says(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


def test_a_reminder_says_all_that_matters_and_renews_the_calendar(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        first, _second = stops(session, world)
        preparing.prepare(session, world.city, first, TOLD, clock=CLOCK)
        details = Details(departs=time(7, 30), gathering="市民中心东门", contact="陈科 0316-2")
        journeys.change(session, world.city, first.trip, details, title="", day=DAY, clock=CLOCK)
        meetings.cancel(session, world.city, _second, reason="停电", clock=CLOCK)
        remind(session, DAY)
        text, (event,) = parts(letters(session, "meeting_reminder")["A公司@example.org"])
        assert says(text, (*SAID, "07:30 市民中心东门", "陈科 0316-2"))
        assert says(event["description"], ("看中试线", "失效样件", "不拍照", "市民中心东门", "陈科 0316-2"))
        assert "甲大学@example.org" in letters(session, "meeting_reminder")


def test_every_party_is_told_once_what_changed_of_the_day(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        first, second = stops(session, world)
        assert not untold(session, first)
        preparing.prepare(session, world.city, first, TOLD, clock=CLOCK)
        journeys.change(session, world.city, first.trip, Details(gathering="东门"), title="", day=DAY, clock=CLOCK)
        assert list(untold(session, first)) == ["agenda", "bring", "secrecy", "travel", "gathering"]
        assert list(untold(session, second)) == ["gathering"]
        with pytest.raises(Forbidden):
            preparing.tell(session, world.manager, [first], clock=CLOCK)
        was = first.version
        preparing.tell(session, world.city, [first, second], clock=CLOCK)
        assert first.version > was
        told = letters(session, "meeting_particulars")
        assert set(told) == {
            f"{name}@example.org" for name in ("A公司", "B公司", "C公司", "甲大学", "乙所", "张三", "李四")
        }
        text, events = parts(told["A公司@example.org"])
        assert says(text, ("原因：变动：议程、需带资料、保密提示、交通、集合地点", *SAID))
        assert sorted(event["sequence"] for event in events) == sorted([first.version, second.version])
        assert not untold(session, first)
        with pytest.raises(Conflict):
            preparing.tell(session, world.city, [first, second], clock=CLOCK)


def test_another_day_is_told_with_the_new_gathering_place_at_once(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        journey, later = session.get_one(Trip, world.trip), DAY + timedelta(days=1)
        details = Details(gathering="西门")
        journeys.change(session, world.city, journey, details, title="", day=later, clock=CLOCK, reason="停电")
        assert "西门" in parts(letters(session, "meeting_changed")["A公司@example.org"])[0]
        assert not any(untold(session, meeting) for meeting in stops(session, world))


def test_the_reminder_goes_to_who_comes(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        first, second = stops(session, world)
        colleague = make.make_expert(session, world.hosts[0], name="钱七", email="钱七@example.org")
        session.add(MeetingExpert(meeting_id=first.id, expert_id=colleague.id, instead_of_id=world.experts[0].id))
        next(row for row in second.experts).sends = "孙八"
        session.flush()
        session.expire(first, ["experts"])
        remind(session, DAY)
        asked = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "meeting_reminder")).all()
        assert "张三@example.org" not in {row.recipient for row in asked}
        assert "钱七@example.org" in {row.recipient for row in asked}
        (passed,) = [row for row in asked if row.recipient == "李四@example.org"]
        assert "孙八" in parts(passed)[0]


def test_who_left_is_sent_nothing_new(sessions: Sessions, world: SimpleNamespace) -> None:
    with sessions.write() as session:
        first, _second = stops(session, world)
        left, rest = world.firms[0].id, tuple(firm.id for firm in world.firms[1:])
        needs = tuple(need.id for need in world.needs[1:])
        preparing.prepare(session, world.city, first, replace(TOLD, bring="旧图纸"), clock=CLOCK)
        plan = replace(plan_of(first), firm_ids=rest, need_ids=needs, title="内部评审", starts=time(8))
        was = first.version
        meetings.change(session, world.city, first, plan, clock=CLOCK)
        text, (event,) = parts(
            letters(session, "meeting_left")[f"{session.get_one(Organisation, left).name}@example.org"]
        )
        assert "内部评审" not in text
        assert "内部评审" not in event["summary"]
        assert event["dtstart"].dt.hour == 9
        assert (event["status"], event["sequence"] > was) == ("CANCELLED", True)


@pytest.mark.parametrize("back", [1, 40])
def test_nobody_waits_for_a_day_that_was_corrected_to_one_gone_by(
    sessions: Sessions, world: SimpleNamespace, back: int
) -> None:
    with sessions.write() as session:
        gone = make.TODAY - timedelta(days=back)
        first, _second = stops(session, world)
        alone = replace(plan_of(first), day=gone, trip_id=None)
        meetings.change(session, world.city, first, alone, clock=CLOCK, reason="补记")
        told = letters(session, "meeting_changed")
        assert {"A公司@example.org", "张三@example.org", "甲大学@example.org"} <= set(told)
        assert parts(told["A公司@example.org"])[1][0]["dtstart"].dt.date() == gone
        meetings.change(session, world.city, first, replace(alone, title="更正"), clock=CLOCK)
        assert len(letters(session, "meeting_changed")) == len(told)  # of what is over nobody is told
