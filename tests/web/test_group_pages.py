"""Groups: made by their institute, left by members, shown with what they meet and could be asked."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from matchmaker.db.models import Expert, Group, GroupMember, Organisation, Suggestion
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus, MemberRole, Role
from tests.factories import (
    NOW,
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_meeting,
    make_need,
    make_unit,
)
from tests.support.person import Person

Maker = Callable[..., Person]


@dataclass
class House:
    institute: Organisation
    lead: Expert
    member: Expert
    group: Group


@pytest.fixture
def house(sessions: Sessions) -> House:
    with sessions.write() as session:
        institute = make_institute(session)
        lead, member = make_expert(session, institute), make_expert(session, institute)
        return House(institute, lead, member, make_group(session, lead, member))


def people(sessions: Sessions, group_id: int) -> dict[int, MemberRole]:
    with sessions.read() as session:
        rows = session.query(GroupMember).filter_by(group_id=group_id).all()
        return {row.expert_id: row.role for row in rows}


def test_a_manager_makes_and_edits_a_group(person: Maker, sessions: Sessions, house: House) -> None:
    manager = person(Role.INSTITUTE, organisation_id=house.institute.id)
    assert house.lead.name in manager.get("/groups/new").text
    values = {"name": "焊接团队", "lead": str(house.lead.id), "members": [str(house.member.id)], "site": ""}
    saved = manager.post("/groups", values)
    group_id = int(saved.location.rpartition("/")[2])
    assert people(sessions, group_id) == {house.lead.id: MemberRole.LEAD, house.member.id: MemberRole.MEMBER}
    form = manager.get(f"/groups/{group_id}/edit").text
    assert f'value="{house.member.id}" checked' in form
    values |= {"lead": str(house.member.id), "members": [], "version": "1"}
    assert manager.post(f"/groups/{group_id}", values).status_code == 303
    assert people(sessions, group_id) == {house.member.id: MemberRole.LEAD}
    stale = manager.post(f"/groups/{group_id}", values | {"name": "旧页面"})
    assert stale.status_code == 409
    assert "团队名称" in stale.text


def test_people_of_a_large_institute_are_looked_for_by_name(person: Maker, sessions: Sessions, house: House) -> None:
    with sessions.write() as session:
        place = session.get_one(Organisation, house.institute.id)
        crowd = [make_expert(session, place, name=f"众人{number:02d}") for number in range(60)]
        wanted = make_expert(session, place, name="欧阳寻")
    manager = person(Role.INSTITUTE, organisation_id=house.institute.id)

    def offered(page: str) -> dict[str, bool]:
        """Id → whether it is ticked."""
        return {key: bool(on) for key, on in re.findall(r'name="members" value="(\d+)"( checked)?', page)}

    assert offered(manager.get("/groups/new").text) == {}
    typed = {"name": "新团队", "lead": str(house.lead.id), "members": [str(crowd[7].id)], "then": "find"}
    asked = manager.post("/groups", typed | {"find": "欧阳"})
    assert asked.status_code == 200
    assert offered(asked.text) == {str(crowd[7].id): True, str(wanted.id): False}
    assert 'value="新团队"' in asked.text
    assert "没有找到“无此人”" in manager.post("/groups", typed | {"find": "无此人"}).text
    assert "还有 19 位符合" in manager.post("/groups", typed | {"find": "众人"}).text
    path = f"/groups/{house.group.id}"
    shown = offered(manager.get(f"{path}/edit").text)
    assert shown == {str(house.lead.id): True, str(house.member.id): True}
    values = {"name": "焊接团队", "lead": str(house.lead.id), "members": list(shown), "version": "1"}
    asked = manager.post(path, values | {"then": "find", "find": "欧阳"})
    assert offered(asked.text) == shown | {str(wanted.id): False}
    assert people(sessions, house.group.id).keys() == {house.lead.id, house.member.id}, "nothing is saved by looking"
    assert person(Role.LEADER).post(path, values | {"then": "find"}).status_code == 403
    assert manager.post(path, values | {"members": [*shown, str(wanted.id)], "find": "欧阳"}).status_code == 303
    assert wanted.id in people(sessions, house.group.id)


def test_leads_and_members_come_from_the_institute(person: Maker, sessions: Sessions, house: House) -> None:
    with sessions.write() as session:
        stranger = make_expert(session)
    manager = person(Role.INSTITUTE, organisation_id=house.institute.id)
    refused = manager.post("/groups", {"name": "", "lead": str(house.lead.id), "members": []})
    assert refused.status_code == 422
    assert "团队名称：不能为空" in refused.text
    refused = manager.post("/groups", {"name": "外人", "lead": str(stranger.id), "members": []})
    assert "负责人：请从本单位的专家中选择" in refused.text
    saved = manager.post("/groups", {"name": "不混", "lead": str(house.lead.id), "members": [str(stranger.id)]})
    assert people(sessions, int(saved.location.rpartition("/")[2])) == {house.lead.id: MemberRole.LEAD}


def test_only_the_institute_and_the_city_edit(person: Maker, sessions: Sessions, house: House) -> None:
    with sessions.write() as session:
        other = make_institute(session)
    path = f"/groups/{house.group.id}"
    values = {"name": "抢名", "lead": str(house.lead.id), "members": [], "version": "1"}
    for who in (
        person(Role.EXPERT, expert_id=house.lead.id),
        person(Role.INSTITUTE, organisation_id=other.id),
        person(Role.LEADER),
    ):
        assert who.get(f"{path}/edit").status_code == 403
        assert who.post(path, values).status_code == 403
    assert person(Role.CITY).post(path, values).status_code == 303


def test_a_member_leaves_and_a_lead_hands_over_first(person: Maker, sessions: Sessions, house: House) -> None:
    path = f"/groups/{house.group.id}"
    lead, member = person(Role.EXPERT, expert_id=house.lead.id), person(Role.EXPERT, expert_id=house.member.id)
    assert "退出团队" not in lead.get(path).text
    assert lead.post(f"{path}/leave").status_code == 409
    assert "退出团队" in member.get(path).text
    assert member.post(f"{path}/leave").status_code == 303
    assert people(sessions, house.group.id) == {house.lead.id: MemberRole.LEAD}
    assert member.post(f"{path}/leave").status_code == 403


def test_the_page_shows_meetings_and_needs_to_its_own_side(person: Maker, sessions: Sessions, house: House) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
        need, group = make_need(session, firm, title="薄板焊后变形大"), session.get_one(Group, house.group.id)
        item = make_capability(session, group)
        session.add(
            Suggestion(
                need_id=need.id,
                owner_key=f"group:{group.id}",
                capability_id=item.id,
                rank=1,
                score=1.5,
                reasons=[],
                pinned=False,
                excluded=False,
                matcher_version="1",
                made_at=NOW,
            )
        )
        host = session.get_one(Organisation, house.institute.id)
        lead = session.get_one(Expert, house.lead.id)
        make_meeting(
            session, MeetingKind.OUTBOUND, [firm], [lead], host, group_id=group.id, status=MeetingStatus.VERIFIED,
            title="走进焊接团队",
        )  # fmt: skip
        stranger = make_expert(session)
    path = f"/groups/{house.group.id}"
    for own in (person(Role.INSTITUTE, organisation_id=house.institute.id), person(Role.EXPERT, expert_id=lead.id)):
        page = own.get(path).text
        assert "可能对口的需求" in page
        assert "薄板焊后变形大" in page
        assert "走进焊接团队" in page
    page = person(Role.EXPERT, expert_id=stranger.id).get(path).text
    assert "已参加 1 场" in page
    assert "可能对口的需求" not in page
    assert "走进焊接团队" not in page


def test_the_institute_s_first_page_counts_what_it_brings_in(person: Maker, sessions: Sessions, house: House) -> None:
    manager = person(Role.INSTITUTE, organisation_id=house.institute.id)
    page = manager.get("/home").text
    assert house.group.name in page
    for text, number in (("专家", 2), ("已上架的能力", 0), ("资料一年没有确认的专家", 0)):
        assert f"<span>{text}</span><b>{number}</b>" in page
