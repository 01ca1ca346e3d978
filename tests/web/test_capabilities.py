from collections.abc import Callable
from dataclasses import dataclass

import pytest

from matchmaker.db.models import Capability, Expert, Group, Invitation, Organisation, Suggestion
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import CapabilityStatus, InvitationStatus, Role
from tests.factories import (
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_invitation,
    make_need,
    make_unit,
)
from tests.support.person import Person

TEXT = {"kind": "expertise", "title": "激光焊接", "text": "薄板激光焊接热裂纹控制。", "keywords": "焊接"}
Maker = Callable[..., Person]


@dataclass
class House:
    """An institute with a lead, a member and their group, and a stranger elsewhere."""

    institute: Organisation
    lead: Expert
    member: Expert
    group: Group
    stranger: Expert


@pytest.fixture
def house(sessions: Sessions) -> House:
    with sessions.write() as session:
        institute = make_institute(session)
        lead, member = make_expert(session, institute, phone="010-00000001"), make_expert(session, institute)
        return House(institute, lead, member, make_group(session, lead, member), make_expert(session))


def add(sessions: Sessions, owner: Expert | Group, **values: object) -> int:
    with sessions.write() as session:
        return make_capability(session, session.get(type(owner), owner.id), **values).id


def status_of(sessions: Sessions, capability_id: int) -> CapabilityStatus:
    with sessions.read() as session:
        return session.get(Capability, capability_id).status


def test_a_capability_walks_from_the_expert_s_form_to_the_list(person: Maker, sessions: Sessions, house: House) -> None:
    expert = person(Role.EXPERT, expert_id=house.lead.id)
    saved = expert.post("/capabilities", {**TEXT, "owner": f"expert:{house.lead.id}", "then": "submit"})
    assert saved.status_code == 303
    assert "待审核" in expert.get(saved.location).text
    city = person(Role.CITY)
    assert city.post(f"{saved.location}/list").status_code == 303
    assert "已上架" in person(Role.EXPERT, expert_id=house.stranger.id).get(saved.location).text


def test_listing_a_capability_suggests_it_to_published_needs(person: Maker, sessions: Sessions, house: House) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
    owner = person(Role.FIRM, organisation_id=firm.id)
    need = {"title": "薄板激光焊接热裂纹", "problem": "焊后热裂纹，合格率低。", "declared": "1", "then": "submit"}
    path = owner.post("/needs", need).location
    city = person(Role.CITY)
    for step in ("county_pass", "publish"):
        assert city.post(f"{path}/{step}").status_code == 303
    expert = person(Role.EXPERT, expert_id=house.lead.id)
    saved = expert.post("/capabilities", {**TEXT, "owner": f"expert:{house.lead.id}", "then": "submit"})
    city.post(f"{saved.location}/list")
    with sessions.read() as session:
        found = session.query(Suggestion).one()
        assert found.owner_key == f"expert:{house.lead.id}"
        assert found.score > 0


def test_maturity_and_number_are_kept_and_shown(person: Maker, sessions: Sessions, house: House) -> None:
    expert = person(Role.EXPERT, expert_id=house.lead.id)
    values = TEXT | {"owner": f"expert:{house.lead.id}", "kind": "patent", "ip_number": "zl 2020 1 0123456.7"}
    saved = expert.post("/capabilities", {**values, "maturity": "pilot", "then": "submit"})
    page = expert.get(saved.location).text
    assert "ZL202010123456.7" in page
    assert "中试阶段" in page
    again = expert.get(f"{saved.location}/edit").text
    assert 'value="ZL202010123456.7"' in again
    assert '<option value="pilot" selected>' in again
    refused = expert.post("/capabilities", values | {"ip_number": "ZL 2020"})
    assert refused.status_code == 422
    assert "专利号或登记号：不像专利号或登记号" in refused.text


def test_something_alike_is_called_out_before_submitting(person: Maker, sessions: Sessions, house: House) -> None:
    known = add(sessions, house.lead, title=TEXT["title"], text=TEXT["text"])
    add(sessions, house.member, title=TEXT["title"], text=TEXT["text"])
    expert = person(Role.EXPERT, expert_id=house.lead.id)
    values = {**TEXT, "owner": f"expert:{house.lead.id}"}
    asked = expert.post("/capabilities", {**values, "then": "submit"})
    assert asked.status_code == 422
    assert "您已经填报过很相近的内容" in asked.text
    assert f'href="/capabilities/{known}"' in asked.text
    saved = expert.post("/capabilities", {**values, "then": "anyway"})
    assert saved.status_code == 303
    assert "待审核" in expert.get(saved.location).text
    draft = expert.post("/capabilities", {**values, "title": "另一条", "then": "keep"})
    assert draft.status_code == 303
    asked = expert.post(draft.location, {**TEXT, "version": "1", "then": "submit"})
    assert asked.status_code == 422
    assert f'href="{draft.location}">' not in asked.text.partition("您已经填报过")[2].partition("</ul>")[0]


def test_the_form_shows_examples_and_how_complete_it_is(person: Maker, house: House) -> None:
    expert = person(Role.EXPERT, expert_id=house.lead.id)
    page = expert.get("/capabilities/new").text
    assert page.count("看两个例子") == 6
    assert "完整度 0%" in page
    piece = expert.post("/capabilities/gauge", {**TEXT, "text": "合格率 98%", "maturity": "?", "owner": "expert:1"})
    assert piece.status_code == 200
    assert "完整度 0%" not in piece.text
    assert "<html" not in piece.text


def test_what_was_typed_comes_back_until_it_is_sent(person: Maker, sessions: Sessions, house: House) -> None:
    expert = person(Role.EXPERT, expert_id=house.lead.id)
    owner = f"expert:{house.lead.id}"
    kept = expert.post("/drafts/capability:new", {"owner": owner, "kind": "service", "title": "写到一半的"})
    assert "已自动保存" in kept.text
    page = expert.get("/capabilities/new").text
    assert 'value="写到一半的"' in page
    assert "丢弃草稿，重新填写" in page
    assert "写到一半的" not in expert.get(f"/capabilities/new?owner=group:{house.group.id}").text
    assert "写到一半的" not in person(Role.EXPERT, expert_id=house.member.id).get("/capabilities/new").text
    saved = expert.post("/capabilities", {**TEXT, "owner": owner, "then": "keep"})
    assert "丢弃草稿" not in expert.get("/capabilities/new").text
    number = saved.location.rpartition("/")[2]
    expert.post(f"/drafts/capability:{number}", {**TEXT, "title": "改到一半的", "version": "1"})
    assert 'value="改到一半的"' in expert.get(f"{saved.location}/edit").text
    expert.post(f"/drafts/capability:{number}/discard", {"next": f"{saved.location}/edit"})
    assert "改到一半的" not in expert.get(f"{saved.location}/edit").text


def test_nobody_posts_for_somebody_else_s_people(person: Maker, sessions: Sessions, house: House) -> None:
    stranger = person(Role.EXPERT, expert_id=house.stranger.id)
    for owner in (f"expert:{house.lead.id}", f"group:{house.group.id}", f"organisation:{house.institute.id}"):
        assert stranger.post("/capabilities", {**TEXT, "owner": owner}).status_code == 403
    assert stranger.post("/capabilities", {**TEXT, "owner": "expert:999999"}).status_code == 404
    with sessions.read() as session:
        assert session.query(Capability).count() == 0


def test_a_draft_is_seen_by_its_own_side_only(person: Maker, sessions: Sessions, house: House) -> None:
    draft = add(sessions, house.group, status=CapabilityStatus.DRAFT, title="团队的草稿")
    path = f"/capabilities/{draft}"
    assert person(Role.EXPERT, expert_id=house.member.id).get(path).status_code == 200
    assert person(Role.INSTITUTE, organisation_id=house.institute.id).get(path).status_code == 200
    for stranger in (person(Role.EXPERT, expert_id=house.stranger.id), person(Role.ADMIN)):
        assert stranger.get(path).status_code == 404
    page = person(Role.EXPERT, expert_id=house.stranger.id).get(f"/groups/{house.group.id}").text
    assert "团队的草稿" not in page


def test_bulk_listing_says_what_succeeded_and_what_did_not(person: Maker, sessions: Sessions, house: House) -> None:
    ready = [add(sessions, house.lead, status=CapabilityStatus.REVIEW) for _ in range(2)]
    early = add(sessions, house.lead, status=CapabilityStatus.DRAFT)
    city = person(Role.CITY)
    page = city.get("/capabilities").text
    assert f"将上架 {len(ready)} 条能力" in page
    assert page.index("<details") < page.index('name="scope" value="all"')
    answer = city.post("/capabilities/bulk/list", {"ids": [str(each) for each in [*ready, early]]})
    assert "已上架 2 条，未能上架 1 条" in city.get(answer.location).text
    assert {status_of(sessions, each) for each in ready} == {CapabilityStatus.LISTED}
    assert city.post("/capabilities/bulk/list", {"ids": []}).status_code == 422


def test_an_expert_s_number_shows_only_after_both_accepted(person: Maker, sessions: Sessions, house: House) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
        need = make_need(session, firm)
        invitation = make_invitation(session, need, session.get(Group, house.group.id))
    owner = person(Role.FIRM, organisation_id=firm.id)
    path = f"/experts/{house.lead.id}"
    assert "010-00000001" not in owner.get(path).text
    with sessions.write() as session:
        session.get(Invitation, invitation.id).status = InvitationStatus.ACCEPTED
    assert "010-00000001" in owner.get(path).text
    with sessions.write() as session:
        session.get(Invitation, invitation.id).status = InvitationStatus.WITHDRAWN
    assert "010-00000001" not in owner.get(path).text
    for role, sees in ((Role.LEADER, False), (Role.CITY, True)):
        assert ("010-00000001" in person(role).get(path).text) is sees
    assert "010-00000001" not in person(Role.EXPERT, expert_id=house.stranger.id).get(path).text


def test_lists_of_people_and_institutes(person: Maker, sessions: Sessions, house: House) -> None:
    add(sessions, house.lead, title="石墨烯散热膜")
    leader = person(Role.LEADER)
    found = leader.get("/experts?q=石墨烯").text
    assert house.lead.name in found
    assert "共 1 条" in found
    assert house.institute.name in leader.get("/organisations?kind=institute").text
    page = leader.get(f"/organisations/{house.institute.id}").text
    assert house.group.name in page
    assert "石墨烯散热膜" in page
    assert person(Role.ADMIN).get("/experts").status_code == 403


def test_a_firm_without_public_needs_is_unknown_to_strangers(person: Maker, sessions: Sessions, house: House) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
    expert = person(Role.EXPERT, expert_id=house.lead.id)
    assert expert.get(f"/organisations/{firm.id}").status_code == 404
    assert firm.name not in expert.get("/organisations").text
    assert person(Role.CITY).get(f"/organisations/{firm.id}").status_code == 200


def test_reviewer_and_owner_talk_below_the_history(sessions: Sessions, person: Callable[..., Person]) -> None:
    with sessions.write() as session:
        expert = make_expert(session)
        capability_id = make_capability(session, expert, status=CapabilityStatus.REVIEW).id
    city, owner = person(Role.CITY), person(Role.EXPERT, expert_id=expert.id)
    path = f"/capabilities/{capability_id}"
    assert city.post(f"{path}/comments", {"body": "请补充样件照片。"}).status_code == 303
    page = owner.get(path).text
    assert "请补充样件照片。" in page
    assert "给审核人员留言或回复" in page
    assert owner.post(f"{path}/comments", {"body": ""}).status_code == 422
    assert owner.post(f"{path}/comments", {"body": "下周补上。"}).status_code == 303
    assert "下周补上。" in city.get(path).text
    assert "能力的审核意见" in city.get("/notices").text
