"""An expert says what they take on; the institute and the city keep the rest; nobody else may."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from matchmaker.db.models import Audit, Expert, Site
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Attendance, MeetingKind, MeetingStatus, Role
from tests.factories import (
    BEIJING,
    TODAY,
    make_capability,
    make_expert,
    make_firm,
    make_institute,
    make_meeting,
    make_need,
    make_site,
    make_unit,
)
from tests.support.person import Person

Maker = Callable[..., Person]
WISHES = {
    "email": "zhou@example.org",
    "phone": "010-00000009",
    "capacity": "3",
    "modes": ["micro_meeting", "diagnosis"],
    "travel": "每周五下午，当天往返",
    "away_from": "2026-07-01",
    "away_until": "2026-07-20",
}


@pytest.fixture
def expert(sessions: Sessions) -> Expert:
    with sessions.write() as session:
        return make_expert(session, confirmed_on=TODAY - timedelta(days=500), honour="国家杰青")


def kept(sessions: Sessions, expert: Expert) -> Expert:
    with sessions.read() as session:
        row = session.get_one(Expert, expert.id)
        session.expunge(row)
        return row


def test_an_expert_writes_own_wishes_and_confirms_by_it(person: Maker, sessions: Sessions, expert: Expert) -> None:
    me = person(Role.EXPERT, expert_id=expert.id)
    page = me.get(f"/experts/{expert.id}/edit").text
    assert "<h1>我的意愿</h1>" in page
    assert 'name="name"' not in page
    saved = me.post(f"/experts/{expert.id}", {**WISHES, "version": str(expert.version)})
    assert saved.location == f"/experts/{expert.id}"
    shown = me.get(saved.location).text
    for text in (
        "微对接、入企诊断",
        "每周五下午，当天往返",
        "2026 年 7 月 1 日至2026 年 7 月 20 日",
        "国家杰青",
        "3 次",
    ):
        assert text in shown
    row = kept(sessions, expert)
    assert (row.modes, row.capacity, row.confirmed_on) == (["micro_meeting", "diagnosis"], 3, TODAY)
    assert row.name == expert.name
    again = me.get(f"/experts/{expert.id}/edit").text
    assert again.count(" checked") == 2


def test_the_institute_and_the_city_keep_the_names_too(person: Maker, sessions: Sessions, expert: Expert) -> None:
    manager = person(Role.INSTITUTE, organisation_id=expert.institute_id)
    assert 'name="honour"' in manager.get(f"/experts/{expert.id}/edit").text
    values = {**WISHES, "name": "改后的名字", "title": "研究员", "honour": "", "version": str(expert.version)}
    assert manager.post(f"/experts/{expert.id}", values).status_code == 303
    assert kept(sessions, expert).name == "改后的名字"
    city = person(Role.CITY)
    values |= {"name": "再改", "version": str(kept(sessions, expert).version)}
    assert city.post(f"/experts/{expert.id}", values).status_code == 303
    with sessions.read() as session:
        last = session.query(Audit).order_by(Audit.id.desc()).first()
        assert (last.action, last.on_behalf, last.after["name"]) == ("edit", True, "再改")


def test_nobody_else_may(person: Maker, sessions: Sessions, expert: Expert) -> None:
    with sessions.write() as session:
        stranger = make_expert(session)
    others = [
        person(Role.EXPERT, expert_id=stranger.id),
        person(Role.INSTITUTE, organisation_id=stranger.institute_id),
        person(Role.LEADER),
        person(Role.FIRM, organisation_id=expert.institute_id),
    ]
    for other in others:
        assert other.get(f"/experts/{expert.id}/edit").status_code == 403
        assert other.post(f"/experts/{expert.id}", {**WISHES, "version": "1"}).status_code == 403
    me = person(Role.EXPERT, expert_id=expert.id)
    named = me.post(f"/experts/{expert.id}", {**WISHES, "name": "自己改名", "version": "1"})
    assert named.status_code == 422
    assert kept(sessions, expert).capacity == expert.capacity


def test_what_is_wrong_is_named_and_a_stale_page_shows_both(person: Maker, sessions: Sessions, expert: Expert) -> None:
    me = person(Role.EXPERT, expert_id=expert.id)
    version = str(expert.version)
    backwards = me.post(f"/experts/{expert.id}", {**WISHES, "away_until": "2026-06-30", "version": version})
    assert backwards.status_code == 422
    assert "外出结束：早于开始日期" in backwards.text
    unknown = me.post(f"/experts/{expert.id}", {**WISHES, "modes": ["dancing"], "version": version})
    assert "服务方式：没有“dancing”这一项" in unknown.text
    assert me.post(f"/experts/{expert.id}", {**WISHES, "version": version}).status_code == 303
    stale = me.post(f"/experts/{expert.id}", {**WISHES, "capacity": "9", "modes": ["team"], "version": version})
    assert stale.status_code == 409
    for text in ("每年可参加次数", ">9<", ">3<", "参加特派团", "微对接；入企诊断"):
        assert text in stale.text


def test_an_institute_puts_a_person_on_file(person: Maker, sessions: Sessions, expert: Expert) -> None:
    with sessions.write() as session:
        elsewhere = make_site(session, make_institute(session), BEIJING)
        own = session.query(Site).filter_by(organisation_id=expert.institute_id).first()
    manager = person(Role.INSTITUTE, organisation_id=expert.institute_id)
    assert manager.get("/experts/new").status_code == 200
    values = {"name": "新来的", "title": "讲师", "modes": [], "institute": "999", "site": str(elsewhere.id)}
    refused = manager.post("/experts", values)
    assert refused.status_code == 422
    assert "工作地点：请从列表中选择" in refused.text
    saved = manager.post("/experts", values | {"site": str(own.id)})
    assert "新来的" in manager.get(saved.location).text
    with sessions.read() as session:
        assert session.query(Expert).filter_by(name="新来的").one().institute_id == expert.institute_id
    city = person(Role.CITY)
    assert city.post("/experts", {"name": "市里登记", "institute": str(expert.institute_id)}).status_code == 303
    assert city.get("/experts/new").status_code == 404
    assert person(Role.EXPERT, expert_id=expert.id).get("/experts/new").status_code == 403


def test_why_somebody_is_not_suggested_is_told_to_the_own_side(
    person: Maker, sessions: Sessions, expert: Expert
) -> None:
    with sessions.write() as session:
        row = session.get_one(Expert, expert.id)
        row.capacity, row.away_from, row.away_until = 0, TODAY, TODAY + timedelta(days=3)
        make_capability(session, row, frozen_on=TODAY)
    reasons = (
        "1 项能力两年没有确认，已冻结",
        "资料超过 12 个月没有确认",
        f"外出到 {TODAY + timedelta(days=3)}",
        "本年可接 0 次，已接 0 次",
    )
    path = f"/experts/{expert.id}"
    for own in (person(Role.EXPERT, expert_id=expert.id), person(Role.CITY)):
        page = own.get(path).text
        assert [reason for reason in reasons if reason not in page] == []
    with sessions.write() as session:
        stranger = make_expert(session)
    for other in (person(Role.EXPERT, expert_id=stranger.id), person(Role.LEADER)):
        page = other.get(path).text
        assert "暂时不能被推荐" not in page
        assert "仍然有效" not in page


def test_strangers_see_the_number_of_meetings_alone(person: Maker, sessions: Sessions, expert: Expert) -> None:
    with sessions.write() as session:
        firm, row = make_firm(session, make_unit(session)), session.get_one(Expert, expert.id)
        for status, came in ((MeetingStatus.VERIFIED, Attendance.ATTENDED), (MeetingStatus.HELD, Attendance.EXCUSED)):
            meeting = make_meeting(session, MeetingKind.INBOUND, [firm], [row], status=status, title=f"焊接{status}")
            meeting.experts[0].attendance = came
        stranger = make_expert(session)
    own = person(Role.EXPERT, expert_id=expert.id).get(f"/experts/{expert.id}").text
    assert "已参加 1 场" in own
    assert "焊接verified" in own
    other = person(Role.EXPERT, expert_id=stranger.id).get(f"/experts/{expert.id}").text
    assert "已参加 1 场" in other
    assert "焊接verified" not in other


def test_no_day_of_an_absence_is_proposed_and_planning_one_warns(
    person: Maker, sessions: Sessions, expert: Expert
) -> None:
    with sessions.write() as session:
        row = session.get_one(Expert, expert.id)
        row.away_from, row.away_until = TODAY + timedelta(days=5), TODAY + timedelta(days=9)
        firm = make_firm(session, make_unit(session))
        need, site = make_need(session, firm), session.query(Site).filter_by(organisation_id=firm.id).one()
    city = person(Role.CITY)
    asked = {"need": str(need.id), "owner": f"expert:{expert.id}", "kind": "inbound"}
    assert "6 月 20 日至6 月 24 日外出" in city.get(f"/invitations/new?need={need.id}&owner=expert:{expert.id}").text
    refused = city.post("/invitations", {**asked, "day": str(TODAY + timedelta(days=9))})
    assert refused.status_code == 422
    assert "外出，请另选日期" in refused.text
    assert city.post("/invitations", {**asked, "day": str(TODAY + timedelta(days=10))}).status_code == 303
    plan = {
        "kind": "inbound",
        "day": str(TODAY + timedelta(days=6)),
        "starts": "09:00",
        "ends": "11:00",
        "site_id": str(site.id),
        "firm_ids": [str(firm.id)],
        "expert_ids": [str(expert.id)],
    }
    planned = city.post("/meetings", plan)
    assert planned.status_code == 303
    assert "请再确认：" in city.get(planned.location).text
