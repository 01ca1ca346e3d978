import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from matchmaker.db.models import Answer, Expert, Organisation, Unit
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import (
    CapabilityStatus,
    Decision,
    InvitationStatus,
    MeetingKind,
    MeetingStatus,
    NeedStatus,
    Role,
    Side,
)
from tests.factories import (
    NOW,
    TODAY,
    make_account,
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_invitation,
    make_meeting,
    make_need,
    make_unit,
)
from tests.support.person import Person

Maker = Callable[..., Person]


@pytest.fixture
def busy(sessions: Sessions) -> dict[str, int]:
    """A firm with needs in several states, an institute with people, an invitation and meetings that wait."""
    with sessions.write() as session:
        unit = make_unit(session)
        firm, institute = make_firm(session, unit), make_institute(session)
        expert = make_expert(session, institute)
        make_group(session, expert, name="某某团队")
        make_need(session, firm, status=NeedStatus.COUNTY_REVIEW, title="等县里的")
        make_need(session, firm, status=NeedStatus.CITY_REVIEW, title="等市里的")
        published = make_need(session, firm, title="已公开的")
        make_capability(session, expert, status=CapabilityStatus.REVIEW)
        make_invitation(session, published, expert)
        for status in (MeetingStatus.PLANNED, MeetingStatus.HELD):
            meeting = make_meeting(session, MeetingKind.INBOUND, [firm], [expert], status=status)
            meeting.day = meeting.day.replace(month=5)
        return {"organisation": firm.id, "institute": institute.id, "expert": expert.id, "unit": unit.id}


def test_a_firm_sees_where_each_need_sits(person: Maker, busy: dict[str, int]) -> None:
    page = person(Role.FIRM, organisation_id=busy["organisation"]).get("/home").text
    for text in ("甲县科技主管部门", "市科技局", "对接中 · 已邀请 1 位", "1 份邀请等您答复", ">今天<"):
        assert text in page


def test_the_city_officer_sees_what_waits(person: Maker, busy: dict[str, int]) -> None:
    page = person(Role.CITY).get("/home").text
    for text in (
        "1 条需求待市级审核",
        "1 条需求待县级审核",
        "1 条能力待审核",
        "1 场活动已过期未登记",
        "1 场活动待核验",
    ):
        assert text in page


def test_the_work_of_the_day_stands_under_what_it_is(person: Maker, sessions: Sessions, busy: dict[str, int]) -> None:
    with sessions.write() as session:
        firm, expert = session.get_one(Organisation, busy["organisation"]), session.get_one(Expert, busy["expert"])
        long_ago = NOW - timedelta(days=20)
        for title in ("等久了的", "也久了的"):
            make_need(session, firm, status=NeedStatus.CITY_REVIEW, title=title, status_since=long_ago)
        make_need(session, firm, title="快到期的", deadline=TODAY + timedelta(days=30))
        make_need(session, firm, title="还早的", deadline=TODAY + timedelta(days=31))
        make_invitation(session, make_need(session, firm), expert, answer_by=TODAY - timedelta(days=1))
        make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=TODAY + timedelta(days=3))
    page = person(Role.CITY).get("/home").text
    parts = dict(re.findall(r"<h2[^>]*>(已超期|等您处理|待登记|即将到期)</h2>(.*?)</ul>", page, re.DOTALL))
    assert list(parts) == ["已超期", "等您处理", "待登记", "即将到期"]
    assert "3 条需求待市级审核" in parts["已超期"]
    assert "其中 2 项已超期" in parts["已超期"]
    assert "1 份邀请超过答复期" in parts["已超期"]
    assert "1 条需求待县级审核" in parts["等您处理"]
    assert "1 场活动已过期未登记" in parts["待登记"]
    for text in ("1 条已发布需求一个月内到期", "1 份邀请三天内到答复期", "1 场活动三天内举行"):
        assert text in parts["即将到期"]


def test_a_firm_sees_by_when_a_need_should_move_and_whom_to_ask(
    person: Maker, sessions: Sessions, busy: dict[str, int]
) -> None:
    with sessions.write() as session:
        firm = session.get_one(Organisation, busy["organisation"])
        make_need(session, firm, status=NeedStatus.COUNTY_REVIEW, status_since=NOW - timedelta(days=20))
        make_account(session, Role.COUNTY, name="赵县", email="zhao@example.org", unit_id=busy["unit"])
    page = person(Role.FIRM, organisation_id=busy["organisation"]).get("/home").text
    assert re.search(r'何时前应推进">6 月 22 日</td>', page)
    assert re.search(r'何时前应推进">6 月 2 日 <span class="tag bad">已超期</span></td>', page)
    assert page.count("可联系：赵县（zhao@example.org）") == 1


def test_a_county_officer_sees_the_own_unit_s_work_only(
    person: Maker, sessions: Sessions, busy: dict[str, int]
) -> None:
    own = person(Role.COUNTY, unit_id=busy["unit"]).get("/home").text
    assert "1 条需求待县级审核" in own
    assert "待市级审核</span></a>" in own
    assert "1 场活动待核验" not in own
    with sessions.write() as session:
        elsewhere = make_unit(session, "乙县").id
    assert "没有等待处理的事项" in person(Role.COUNTY, unit_id=elsewhere).get("/home").text


def test_an_institute_sees_its_people_and_what_is_unanswered(person: Maker, busy: dict[str, int]) -> None:
    page = person(Role.INSTITUTE, organisation_id=busy["institute"]).get("/home").text
    for text in ("某某团队", "1 份邀请还没有答复", "待审核"):
        assert text in page


def test_an_expert_reads_why_nothing_is_suggested(person: Maker, sessions: Sessions, busy: dict[str, int]) -> None:
    with sessions.write() as session:
        session.get_one(Expert, busy["expert"]).capacity = 0
    page = person(Role.EXPERT, expert_id=busy["expert"]).get("/home").text
    assert "本年可接 0 次" in page
    assert f'href="/experts/{busy["expert"]}/edit"' in page


def test_an_expert_sees_the_invitation_that_waits(person: Maker, busy: dict[str, int]) -> None:
    page = person(Role.EXPERT, expert_id=busy["expert"]).get("/home").text
    assert "1 份邀请等您答复" in page


def test_the_parties_see_what_comes_and_what_was_asked(person: Maker, sessions: Sessions, busy: dict[str, int]) -> None:
    with sessions.write() as session:
        firm, expert = session.get_one(Organisation, busy["organisation"]), session.get_one(Expert, busy["expert"])
        soon, later = TODAY + timedelta(days=14), TODAY + timedelta(days=15)
        meetings = [make_meeting(session, MeetingKind.INBOUND, [firm], [expert], day=day) for day in (soon, later)]
        need, other = make_need(session, firm), make_need(session, firm, title="被婉拒的")
        sent = make_invitation(session, need, expert, sent_side=Side.FIRM, status=InvitationStatus.OPEN)
        sent.answers.append(Answer(side=Side.FIRM, decision=Decision.ACCEPT, given_by="x", given_at=NOW))
        no = make_invitation(session, other, expert, status=InvitationStatus.DECLINED)
        near, far = (f"/meetings/{meeting.id}" for meeting in meetings)
        asked = [f"/invitations/{row.id}" for row in (sent, no)]
    firm_home = person(Role.FIRM, organisation_id=busy["organisation"]).get("/home").text
    expert_home = person(Role.EXPERT, expert_id=busy["expert"]).get("/home").text
    for page in (firm_home, expert_home):
        assert f'href="{near}"' in page
        assert f'href="{far}"' not in page
    listed = firm_home[firm_home.index('id="asked"') :]
    assert all(f'href="{path}"' in listed for path in asked)
    assert "已婉拒" in listed


@pytest.mark.parametrize(("role", "target"), [(Role.LEADER, "/board"), (Role.ADMIN, "/accounts")])
def test_leader_and_administrator_are_led_to_their_page(person: Maker, role: Role, target: str) -> None:
    assert person(role).get("/home").location == target


def test_first_pages_without_any_record_say_what_to_do(person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        firm: Organisation = make_firm(session, make_unit(session))
        expert: Expert = make_expert(session)
        unit: Unit = make_unit(session)
    firm_home = person(Role.FIRM, organisation_id=firm.id).get("/home").text
    assert "填报第一条需求" in firm_home
    assert "暂时没有" in person(Role.EXPERT, expert_id=expert.id).get("/home").text
    assert "没有等待处理的事项" in person(Role.COUNTY, unit_id=unit.id).get("/home").text
