"""A person's meetings as a calendar program reads them: without signing in, at an address that can be changed."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import vobject
from icalendar import Calendar

from matchmaker.db.models import Account, Audit, Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, Role
from matchmaker.web.pages.calendar import MISSES
from tests import factories as make
from tests.support.person import Person

Maker = Callable[..., Person]
SOON = make.TODAY + timedelta(days=5)


@pytest.fixture
def world(sessions: Sessions, person: Maker) -> SimpleNamespace:
    """Three meetings: two of a firm and an expert, one of them called off, and one of others."""
    with sessions.write() as session:
        unit = make.make_unit(session)
        firm, expert = make.make_firm(session, unit), make.make_expert(session)
        other = make.make_firm(session, make.make_unit(session))
        mine = make.make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=SOON)
        off = make.make_meeting(
            session, MeetingKind.INBOUND, [firm], [expert], day=SOON, status=MeetingStatus.CANCELLED
        )
        theirs = make.make_meeting(session, MeetingKind.INBOUND, [other], [make.make_expert(session)], day=SOON)
        found = SimpleNamespace(mine=mine.id, off=off.id, theirs=theirs.id)
        ids = {"organisation_id": firm.id}, {"expert_id": expert.id}, {"unit_id": unit.id}
    found.firm, found.expert = person(Role.FIRM, **ids[0]), person(Role.EXPERT, **ids[1])
    found.county = person(Role.COUNTY, **ids[2])
    return found


def address(reader: Person) -> str:
    page = reader.get("/me/calendar")
    assert page.status_code == 200
    found = re.search(r'value="(http[^"]+\.ics)"', page.text)
    assert found
    return urlsplit(unescape(found[1])).path


def events(data: bytes) -> dict[str, Any]:
    assert len(vobject.readOne(data.decode()).contents.get("vevent", [])) == data.count(b"BEGIN:VEVENT")
    return {str(one["UID"]).partition("@")[0]: one for one in Calendar.from_ical(data).walk("VEVENT")}


def test_everybody_reads_their_own_without_signing_in(world: SimpleNamespace, visitor: Person) -> None:
    for reader in (world.firm, world.expert, world.county):
        answer = visitor.get(address(reader))
        assert answer.status_code == 200
        assert answer.content_type == "text/calendar; charset=utf-8"
        found = events(answer.data)
        assert set(found) == {f"meeting-{world.mine}", f"meeting-{world.off}"}
        assert found[f"meeting-{world.off}"]["STATUS"] == "CANCELLED"
        assert found[f"meeting-{world.mine}"]["STATUS"] == "CONFIRMED"


def test_a_city_officer_has_what_is_theirs(
    world: SimpleNamespace, visitor: Person, person: Maker, sessions: Sessions
) -> None:
    city = person(Role.CITY)
    path = address(city)
    assert events(visitor.get(path).data) == {}
    with sessions.write() as session:
        officer = session.query(Account).filter_by(role=Role.CITY).one()
        session.get_one(Meeting, world.theirs).officer_id = officer.id
    assert set(events(visitor.get(path).data)) == {f"meeting-{world.theirs}"}


def test_nothing_is_sent_twice_until_something_changes(
    world: SimpleNamespace, visitor: Person, sessions: Sessions
) -> None:
    path = address(world.firm)
    tag = visitor.get(path).headers["ETag"]
    again = visitor.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    with sessions.write() as session:
        session.get_one(Meeting, world.mine).title = "改了题目"
    later = visitor.get(path, headers={"If-None-Match": tag})
    assert later.status_code == 200
    assert str(events(later.data)[f"meeting-{world.mine}"]["SUMMARY"]) == "改了题目"


def test_a_renewed_address_closes_the_old_one(world: SimpleNamespace, visitor: Person, sessions: Sessions) -> None:
    old, others = address(world.firm), address(world.expert)
    assert world.firm.post("/me/calendar/renew").status_code == 303
    new = address(world.firm)
    assert new != old
    assert [visitor.get(path).status_code for path in (old, new, others)] == [404, 200, 200]
    assert world.firm.post("/me/calendar/renew").status_code == 303
    assert [visitor.get(path).status_code for path in (old, new)] == [404, 404]
    with sessions.write() as session:
        assert session.query(Audit).filter_by(action="renew_calendar").count() == 2
        session.query(Account).filter_by(role=Role.EXPERT).one().active = False
    assert visitor.get(others).status_code == 404


def test_guessing_is_slowed_down_and_nobody_else_with_it(world: SimpleNamespace, visitor: Person) -> None:
    path = address(world.firm)
    forged = path.replace(".ics", "x.ics")
    codes = [visitor.get(forged).status_code for _ in range(MISSES + 1)]
    assert codes == [404] * MISSES + [429]
    assert visitor.get(path).status_code == 200


def test_who_has_no_meetings_has_no_calendar(person: Maker) -> None:
    for role in (Role.LEADER, Role.ADMIN):
        reader = person(role)
        assert reader.get("/me/calendar").status_code == 404
        assert reader.post("/me/calendar/renew").status_code == 404
        assert "/me/calendar" not in reader.get("/me").text


def test_one_meeting_is_a_file_for_who_may_see_it(world: SimpleNamespace, visitor: Person) -> None:
    path = f"/meetings/{world.mine}/meeting.ics"
    assert path in world.firm.get(f"/meetings/{world.mine}").text
    answer = world.firm.get(path)
    assert answer.headers["Content-Disposition"] == f"attachment; filename=meeting-{world.mine}.ics"
    assert set(events(answer.data)) == {f"meeting-{world.mine}"}
    assert world.firm.get(f"/meetings/{world.theirs}/meeting.ics").status_code == 404
    assert visitor.get(path).status_code == 302
