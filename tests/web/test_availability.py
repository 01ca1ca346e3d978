"""When people are free: stated on a phone or by an officer, offered wherever a day is chosen, warned of outside."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.db.models import Audit, Availability, Meeting
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests import factories as make
from tests.support.meetings import make_world, outbound
from tests.support.person import Person

TUESDAY = next(day for ahead in range(1, 9) if (day := make.TODAY + timedelta(days=ahead)).weekday() == 1)


@pytest.fixture
def world(sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    ids = make_world(sessions, person)
    ids.expert = person(Role.EXPERT, expert_id=ids.lead)
    ids.manager = person(Role.INSTITUTE, organisation_id=ids.host)
    ids.own = person(Role.FIRM, organisation_id=ids.firm)
    return ids


def times_of(world: SimpleNamespace) -> str:
    return f"/experts/{world.lead}/availability"


def slots(page: str) -> list[str]:
    return re.findall(r'<option value="(\d{4}-\d\d-\d\d-(?:morning|afternoon))"', page)


def planning(world: SimpleNamespace) -> str:
    """The planning form of a visit on which the expert is already chosen: a plan that was refused."""
    return world.city.post("/meetings", outbound(world, day="", starts="", ends="")).text


def test_stated_offered_and_planned(world: SimpleNamespace, sessions: Sessions) -> None:
    assert world.expert.post(f"{times_of(world)}/week", {"weekly": ["1-afternoon", "3-morning"]}).status_code == 303
    week = {"weekly": ["1-morning", "1-afternoon"]}
    assert world.manager.post(f"/organisations/{world.host}/availability/week", week).status_code == 303
    assert "周二下午、周四上午" in world.city.get(f"/experts/{world.lead}").text
    offered = slots(planning(world))
    assert offered
    assert {key.rpartition("-")[2] for key in offered} == {"afternoon"}
    assert {date.fromisoformat(key[:10]).weekday() for key in offered} == {1}

    day = {"day": offered[0][:10], "part": "afternoon", "free": "no"}
    assert world.own.post(f"/organisations/{world.firm}/availability/days", day).status_code == 303
    assert offered[0] not in slots(planning(world))

    sent = outbound(world, day="", starts="", ends="", slot=offered[1])
    planned = world.city.post("/meetings", sent)
    assert planned.status_code == 303, planned.text
    assert "可约时间不包括" not in world.city.get(planned.location).text
    with sessions.read() as session:
        meeting = session.scalars(select(Meeting)).one()
        assert (meeting.day.isoformat(), f"{meeting.starts:%H:%M}") == (offered[1][:10], "14:00")
    assert offered[1] not in slots(planning(world))  # booked now


def test_outside_of_what_is_stated_is_planned_with_a_warning(world: SimpleNamespace) -> None:
    world.expert.post(f"{times_of(world)}/week", {"weekly": ["1-afternoon"]})
    planned = world.city.post("/meetings", outbound(world, day=(TUESDAY + timedelta(days=1)).isoformat()))
    assert planned.status_code == 303, planned.text
    assert "张三填写的可约时间不包括这个半天" in world.city.get(planned.location).text


def test_nothing_in_common_is_said(world: SimpleNamespace) -> None:
    world.expert.post(f"{times_of(world)}/week", {"weekly": ["1-afternoon"]})
    world.own.post(f"/organisations/{world.firm}/availability/week", {"weekly": ["2-morning"]})
    page = planning(world)
    assert not slots(page)
    assert "没有共同的半天" in page


def test_nothing_stated_is_no_refusal(world: SimpleNamespace) -> None:
    page = planning(world)
    assert slots(page)
    assert "没有填写可约时间的：" in page
    world.expert.post(f"{times_of(world)}/week", {"weekly": ["1-afternoon"]})
    assert world.expert.post(f"{times_of(world)}/week", {}).status_code == 303
    assert len({key[11:] for key in slots(planning(world))}) == 2


def test_single_days_are_added_and_taken_away(world: SimpleNamespace, sessions: Sessions) -> None:
    address = times_of(world)
    for wrong in ("", "2020-01-01", "2099-01-01", "x"):
        assert world.expert.post(f"{address}/days", {"day": wrong}).status_code == 422, wrong
    assert world.city.post(f"{address}/days", {"day": TUESDAY.isoformat(), "part": "day"}).status_code == 303
    page = world.expert.get(address).text
    assert "代录" in page
    assert page.count("有空</span>") == 2
    world.expert.post(f"{address}/days/drop", {"key": f"{TUESDAY}-morning"})
    with sessions.read() as session:
        assert session.scalars(select(Availability)).one().dates == {f"{TUESDAY}-afternoon": True}
        done = session.scalars(select(Audit).where(Audit.action == "state_times").order_by(Audit.id)).all()
        assert [row.on_behalf for row in done] == [True, False]


def test_only_oneself_and_who_looks_after_one_may(world: SimpleNamespace, person: Callable[..., Person]) -> None:
    firm = f"/organisations/{world.firm}/availability"
    for somebody in (world.own, world.city, world.county):
        assert somebody.get(firm).status_code == 200
    for somebody in (world.expert, world.manager, world.leader):
        assert somebody.get(firm).status_code in {403, 404}
    assert world.manager.get(times_of(world)).status_code == 200
    for somebody in (world.own, world.county, world.leader):
        assert somebody.get(times_of(world)).status_code == 403
        assert somebody.post(f"{times_of(world)}/week", {"weekly": ["1-morning"]}).status_code == 403


def test_a_day_is_offered_to_who_answers_an_invitation(world: SimpleNamespace, sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = session.get_one(make.Expert, world.lead)
        invitation = make.make_invitation(session, session.get_one(make.Need, world.need), expert).id
    world.own.post(f"/organisations/{world.firm}/availability/week", {"weekly": ["2-morning"]})
    address = f"/invitations/{invitation}"
    offered = slots(world.expert.get(address).text)
    assert {date.fromisoformat(key[:10]).weekday() for key in offered} == {2}
    sent = {"decision": "another_time", "slot": offered[0], "day": "", "at": ""}
    assert world.expert.post(f"{address}/answer", sent).status_code == 303
    assert "09:30" in world.expert.get(address).text
    assert world.expert.post(f"{address}/answer", sent | {"slot": "never"}).status_code == 422
