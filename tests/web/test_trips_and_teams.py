"""The pages of trips and teams."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from matchmaker.config import Settings
from matchmaker.db.models import Meeting, Team
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from tests import factories as make
from tests.services import test_teams, test_trips
from tests.support.person import Person

Maker = Callable[..., Person]
DAY = (make.TODAY + timedelta(days=14)).isoformat()


@pytest.fixture
def trip(app: Flask, sessions: Sessions, settings: Settings) -> test_trips.Stage:
    return test_trips.Stage(sessions, settings)


@pytest.fixture
def team(app: Flask, sessions: Sessions, settings: Settings) -> test_teams.Stage:
    return test_teams.Stage(sessions, settings)


def test_a_trip_is_offered_and_taken_up_in_one_step(trip: test_trips.Stage, person: Maker) -> None:
    city = person(Role.CITY)
    page = city.get("/trips").text
    assert trip.institute.name in page
    assert "2 家企业 × 2 个团队" in page
    assert "走进 +1 场" in page
    needs = re.findall(r'name="needs" value="(\d+)" checked', page)
    assert len(needs) == 2
    refused = city.post(f"/trips/{trip.institute.id}", {"needs": needs, "day": make.TODAY.isoformat()})
    assert refused.status_code == 422
    assert "请选择今天以后的日期" in refused.text
    made = city.post(f"/trips/{trip.institute.id}", {"needs": needs, "day": DAY, "starts": "09:30", "ends": "11:30"})
    assert made.status_code == 303
    with trip.sessions.read() as session:
        [meeting_id] = session.scalars(select(Meeting.id)).all()
    assert made.location == f"/meetings/{meeting_id}"
    assert "已有行程" in city.get("/trips").text


def test_watchers_see_trips_without_the_button_and_firms_do_not(trip: test_trips.Stage, person: Maker) -> None:
    page = person(Role.LEADER).get("/trips").text
    assert trip.institute.name in page
    assert "安排这一天" not in page
    assert person(Role.FIRM, organisation_id=trip.welding.firm_id).get("/trips").status_code == 403


def test_a_team_is_formed_shown_ended_and_exported(team: test_teams.Stage, person: Maker) -> None:
    city = person(Role.CITY)
    found = city.get(f"/teams/new?need={team.need.id}").text
    assert "方案一" in found
    members = re.findall(r'name="member" value="(\d+)"', found)
    assert set(map(int, members)) == {team.welder.id, team.coater.id}
    made = keep(city, team)
    assert made.status_code == 303
    page = city.get(made.location).text
    assert team.welder.name in page
    assert "没有人覆盖" in page
    assert "石墨" in page
    assert team.coater.name in city.get("/teams?status=forming&q=激光&sort=-coverage").text
    assert city.get("/teams/export.xlsx").data.startswith(b"PK")
    assert city.post(f"{made.location}/end", {"reason": "换人"}).status_code == 303
    assert "已结束" in city.get(made.location).text
    assert city.post(f"{made.location}/reform", {"reason": "不换了"}).status_code == 303
    with team.sessions.read() as session:
        assert len(session.scalars(select(Team)).all()) == 1


def test_a_team_is_for_those_concerned(team: test_teams.Stage, person: Maker, sessions: Sessions) -> None:
    made = keep(person(Role.CITY), team).location
    assert person(Role.FIRM, organisation_id=team.need.firm_id).get(made).status_code == 200
    assert person(Role.EXPERT, expert_id=team.welder.id).get(made).status_code == 200
    with sessions.write() as session:
        other = make.make_firm(session, make.make_unit(session)).id
    stranger = person(Role.FIRM, organisation_id=other)
    assert stranger.get(made).status_code == 404
    assert stranger.post(f"{made}/end", {"reason": "x"}).status_code == 404
    assert keep(stranger, team).status_code == 403
    assert stranger.get(f"/teams/new?need={team.need.id}").status_code == 403


def test_a_member_is_exchanged_before_and_after_the_team_is_kept(team: test_teams.Stage, person: Maker) -> None:
    spare = team.expert("石墨烯屏蔽涂层", title="副教授")
    city = person(Role.CITY)
    chosen = f"need={team.need.id}&member={team.coater.id}&member={team.welder.id}"
    page = city.get(f"/teams/draft?{chosen}&out={team.welder.id}").text
    assert f"换成{spare.name}" in page
    assert "谁来接替" in page
    assert "只会新增：" in city.get(f"/teams/draft?{chosen}&q={spare.name}").text
    assert "已经是成员" in city.get(f"/teams/draft?{chosen}&q={team.welder.name}").text
    assert "名录里没有" in city.get(f"/teams/draft?{chosen}&q=无此人").text
    assert city.get(f"/teams/draft?need={team.need.id}&member=999").status_code == 404
    made = keep(city, team).location
    lead = f"member={team.coater.id}"
    changed = city.get(f"{made}/members?{lead}&member={spare.id}").text
    assert "原来" in changed
    people = {"member": [str(team.coater.id), str(spare.id)]}
    assert city.post(f"{made}/members", people).status_code == 422
    assert city.post(f"{made}/members", people | {"reason": "补屏蔽方向"}).status_code == 303
    page = city.get(made).text
    assert spare.name in page
    assert f"{team.welder.name} → {spare.name}" in page
    with team.sessions.read() as session:
        [row] = session.scalars(select(Team)).all()
        assert [member.expert_id for member in row.members] == [team.coater.id, spare.id]


def keep(by: Person, team: test_teams.Stage) -> TestResponse:
    people = [str(team.coater.id), str(team.welder.id)]
    return by.post("/teams", {"need": [str(team.need.id)], "member": people})
