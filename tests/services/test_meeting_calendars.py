"""Letters about a meeting put it into each reader's calendar, move it there, and take it out."""

from dataclasses import replace
from datetime import time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pytest
import vobject
from icalendar import Calendar
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Meeting, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.delivery.letters import Letterhead, compose
from matchmaker.domain.meetings import Plan
from matchmaker.domain.vocabulary import MeetingKind, Noun, Role
from matchmaker.services import meetings
from matchmaker.services.meeting_plans import plan_of
from tests import factories as make

CLOCK = FixedDayClock(make.TODAY)
DAY = make.TODAY + timedelta(days=7)
HEAD = Letterhead("科技局 <bureau@kjj.example.org>", "https://match.example.org", "某市科技局")


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    with sessions.write() as session:
        firms = [make.make_firm(session, make.make_unit(session), contact_email=f"f{n}@example.org") for n in (1, 2)]
        host = make.make_institute(session, contact_email="host@example.org")
        people = [make.make_expert(session, host), make.make_expert(session, host)]
        plan = Plan(
            kind=MeetingKind.OUTBOUND,
            day=DAY,
            starts=time(9),
            ends=time(11),
            title="A&B<公司>; 焊接, 检测",
            host_id=host.id,
            site_id=make.site_of(session, host).id,
            firm_ids=tuple(firm.id for firm in firms),
            expert_ids=(people[0].id,),
        )
        city = make.actor_of(make.make_account(session, Role.CITY))
        meeting = meetings.schedule(session, city, plan, clock=CLOCK)
        return SimpleNamespace(city=city, firms=firms, people=people, meeting=meeting.id)


def letters(sessions: Sessions, after: int = 0) -> dict[str, tuple[str, EmailMessage]]:
    """Address → kind and letter, of what was written after the first so many letters."""
    with sessions.read() as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id).offset(after)).all()
        found = {
            row.recipient: (row.notice, message_from_bytes(compose(row, HEAD).as_bytes(), policy=default))
            for row in rows
        }
    assert len(found) == len(rows)  # nobody is told twice
    return found


def count(sessions: Sessions) -> int:
    with sessions.read() as session:
        return len(session.scalars(select(OutboxMessage.id)).all())


def calendar_in(letter: EmailMessage) -> tuple[str, Any]:
    """Method and event; the part that programs read and the file that people save are the same."""
    (part,) = [each for each in letter.walk() if each.get_content_type() == "text/calendar"]
    (file,) = [each for each in letter.walk() if each.get_filename()]
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    assert file.get_payload(decode=True) == data
    assert file.get_filename().endswith(".ics")
    assert vobject.readOne(data.decode()).method.value == part.get_param("method")
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    return part.get_param("method"), event


def change(sessions: Sessions, world: SimpleNamespace, reason: str = "", **changed: Any) -> None:
    with sessions.write() as session:
        meeting = session.get_one(Meeting, world.meeting)
        meetings.change(session, world.city, meeting, replace(plan_of(meeting), **changed), clock=CLOCK, reason=reason)


def test_everybody_gets_it_for_their_own_calendar_alone(sessions: Sessions, world: SimpleNamespace) -> None:
    found = letters(sessions)
    assert set(found) == {"f1@example.org", "f2@example.org", "host@example.org", world.people[0].email}
    for address, (_kind, letter) in found.items():
        method, event = calendar_in(letter)
        assert (method, str(event["ATTENDEE"])) == ("REQUEST", f"mailto:{address}")
        assert str(event["SUMMARY"]) == "A&B<公司>; 焊接, 检测"
        assert "https://match.example.org/meetings/" in letter.get_body(("plain",)).get_content()
        assert not any(other in letter.as_string() for other in set(found) - {address})


def test_another_time_replaces_the_first_and_says_why(sessions: Sessions, world: SimpleNamespace) -> None:
    first, before = letters(sessions), count(sessions)
    change(sessions, world, reason="院方停电", starts=time(14), ends=time(16))
    later = letters(sessions, before)
    assert set(later) == set(first)
    for address, (kind, letter) in later.items():
        old, new = calendar_in(first[address][1])[1], calendar_in(letter)[1]
        assert kind == ("reception_asked" if address.startswith("host") else "meeting_changed")
        assert old["UID"] == new["UID"]
        assert old["SEQUENCE"] < new["SEQUENCE"]
        assert new.decoded("DTSTART").hour == 14
        assert "院方停电" in letter.get_body(("plain",)).get_content()
    with sessions.read() as session:
        mine = (Audit.noun == Noun.MEETING, Audit.record_id == world.meeting, Audit.action == "change")
        row = session.scalars(select(Audit).where(*mine)).one()
        assert (row.reason, row.before["starts"], row.after["starts"]) == ("院方停电", "09:00:00", "14:00:00")


def test_who_is_taken_off_has_it_taken_out(sessions: Sessions, world: SimpleNamespace) -> None:
    first, before = letters(sessions), count(sessions)
    change(
        sessions, world, firm_ids=(world.firms[0].id,), expert_ids=(world.people[1].id,), day=DAY + timedelta(days=1)
    )
    later = letters(sessions, before)
    off = {"f2@example.org", world.people[0].email}
    assert {address for address, (kind, _letter) in later.items() if kind == "meeting_left"} == off
    for address in off:
        method, event = calendar_in(later[address][1])
        assert method == "CANCEL"
        assert event["SEQUENCE"] > calendar_in(first[address][1])[1]["SEQUENCE"]
        assert DAY.isoformat() in later[address][1].get_body(("plain",)).get_content()  # the day they had kept free
    assert calendar_in(later[world.people[1].email][1])[0] == "REQUEST"


def test_cancelled_it_goes_and_restored_it_comes_back(sessions: Sessions, world: SimpleNamespace) -> None:
    before, numbers = count(sessions), []
    for move, method in ((meetings.cancel, "CANCEL"), (meetings.restore, "REQUEST")):
        with sessions.write() as session:
            move(session, world.city, session.get_one(Meeting, world.meeting), reason="停产", clock=CLOCK)
        found = letters(sessions, before)
        before = count(sessions)
        assert len(found) == 4
        sent = [calendar_in(letter) for _kind, letter in found.values()]
        assert {each for each, _event in sent} == {method}
        numbers.append(int(sent[0][1]["SEQUENCE"]))
    assert numbers == sorted(set(numbers))
