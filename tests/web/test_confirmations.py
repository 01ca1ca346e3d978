"""Confirming from the home page, on behalf, and by the letter's link: two taps, and opening it changes nothing."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from matchmaker.config import Settings
from matchmaker.db.models import Capability, Expert
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from matchmaker.services import links
from tests.factories import TODAY, make_capability, make_expert
from tests.support.person import Person

Maker = Callable[..., Person]
LONG_AGO = TODAY - timedelta(days=800)


@pytest.fixture
def expert(sessions: Sessions) -> Expert:
    with sessions.write() as session:
        found = make_expert(session, confirmed_on=LONG_AGO)
        make_capability(session, found, title="薄板激光焊接", confirmed_on=LONG_AGO, frozen_on=TODAY)
        make_capability(session, found, title="焊缝无损检测", confirmed_on=LONG_AGO)
        return found


def days(sessions: Sessions, expert: Expert) -> list[date | None]:
    with sessions.read() as session:
        rows = session.query(Capability).filter_by(expert_id=expert.id).order_by(Capability.id)
        return [session.get_one(Expert, expert.id).confirmed_on, *(row.confirmed_on for row in rows)]


@pytest.mark.parametrize("role", [Role.EXPERT, Role.INSTITUTE])
def test_the_home_asks_and_one_button_confirms_all(
    person: Maker, sessions: Sessions, expert: Expert, role: Role
) -> None:
    me = person(role, expert_id=expert.id if role is Role.EXPERT else None, organisation_id=expert.institute_id)
    home = me.get("/home").text
    assert "请确认仍然有效：3 项" in home
    assert "已冻结，不参加推荐" in home
    assert me.post("/confirmations", {"scope": "all"}).location == "/home"
    assert days(sessions, expert) == [TODAY] * 3
    home = me.get("/home").text
    assert "已确认 3 项仍然有效" in home
    assert 'id="due"' not in home
    assert "没有需要确认的内容" in me.get("/confirmations").text
    assert "今天已确认" in me.get("/confirmations?show=all").text


def test_one_at_a_time(person: Maker, sessions: Sessions, expert: Expert) -> None:
    me = person(Role.EXPERT, expert_id=expert.id)
    page = me.get("/confirmations").text
    keys = re.findall(r'name="keys" value="([^"]+)"', page)
    assert len(keys) == 3
    assert me.post("/confirmations", {"keys": keys[1], "next": "/confirmations"}).location == "/confirmations"
    assert sorted(day == TODAY for day in days(sessions, expert)) == [False, False, True]


def test_an_officer_confirms_on_behalf_and_strangers_do_not(person: Maker, sessions: Sessions, expert: Expert) -> None:
    key = f"expert:{expert.id}"
    with sessions.write() as session:
        stranger = make_expert(session)
    for other in (person(Role.EXPERT, expert_id=stranger.id), person(Role.LEADER)):
        assert other.post("/confirmations", {"keys": key}).status_code == 403
    city = person(Role.CITY)
    assert city.post("/confirmations", {"keys": key, "next": f"/experts/{expert.id}"}).status_code == 303
    assert days(sessions, expert)[0] == TODAY


def test_a_capability_s_page_says_that_it_is_frozen(person: Maker, sessions: Sessions, expert: Expert) -> None:
    with sessions.read() as session:
        row_id = session.query(Capability).filter_by(title="薄板激光焊接").one().id
    me = person(Role.EXPERT, expert_id=expert.id)
    page = me.get(f"/capabilities/{row_id}").text
    assert "已冻结，不参加推荐" in page
    me.post("/confirmations", {"keys": f"capability:{row_id}"})
    after = me.get(f"/capabilities/{row_id}").text
    assert "已冻结，不参加推荐" not in after
    assert "确认仍然有效" in after


def test_the_letter_s_link_needs_one_tap_and_no_password(
    app: object, visitor: Person, sessions: Sessions, settings: Settings, expert: Expert
) -> None:
    path = links.confirmation_path(settings.key(), f"expert:{expert.id}", today=TODAY)
    page = visitor.get(path)
    assert days(sessions, expert) == [LONG_AGO] * 3
    assert page.headers["Referrer-Policy"] == "no-referrer"
    keys = re.findall(r'name="keys" value="([^"]+)" checked', page.text)
    assert len(keys) == 3
    assert visitor.post(path, {"keys": keys[:2]}).location == path
    assert sorted(day == TODAY for day in days(sessions, expert)) == [False, True, True]
    assert visitor.post(path, {"keys": keys}).status_code == 303
    assert "都已确认，谢谢" in visitor.get(path).text
    with sessions.write() as session:
        other = make_capability(session, confirmed_on=LONG_AGO)
    assert visitor.post(path, {"keys": f"capability:{other.id}"}).status_code == 403


def test_a_bent_or_old_link_does_nothing(
    visitor: Person, sessions: Sessions, settings: Settings, expert: Expert
) -> None:
    path = links.confirmation_path(settings.key(), f"expert:{expert.id}", today=TODAY - timedelta(days=91))
    assert "这个链接已过期" in visitor.get(path).text
    assert visitor.post(path, {"keys": f"expert:{expert.id}"}).status_code == 409
    assert visitor.get("/c/nonsense").status_code == 404
    assert visitor.get(path[:-1]).status_code == 404
    assert days(sessions, expert) == [LONG_AGO] * 3
