"""From a suggestion on screen to an agreed pair, with the right people seeing the right things."""

import re
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from matchmaker.db.models import Invitation, Organisation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import InvitationStatus, NeedStatus, Role, Side
from matchmaker.services import links
from tests import factories as make
from tests.support.person import Person
from tests.support.world import CANARIES, World, invite

Maker = Callable[..., Person]


def test_suggestions_are_on_screen_with_marks_reasons_and_buttons(world: World, city: Person) -> None:
    world.refresh()
    page = city.get(f"/needs/{world.need.id}/suggestions").text
    assert world.expert.name in page
    assert re.search(r"<mark>[^<]*激光焊[^<]*</mark>", page)
    assert re.search(r"<li>[^<]*激光[^<]*<span>\d+%</span></li>", page)
    assert re.search(r"<summary[^>]*>排除</summary>.*?为何不合适.*?>确认排除</button>", page, re.DOTALL)
    assert f"/invitations/new?need={world.need.id}&amp;owner=expert:{world.expert.id}" in page.replace("%3A", ":")


def test_an_officer_excludes_with_a_reason_and_takes_it_back(world: World, city: Person) -> None:
    suggestion = world.refresh()
    assert city.post(f"/suggestions/{suggestion}/exclude", {"reason": ""}).status_code == 422
    assert city.post(f"/suggestions/{suggestion}/exclude", {"reason": "方向偏理论"}).status_code == 303
    page = city.get(f"/needs/{world.need.id}/suggestions").text
    assert "已排除 1 位及原因" in page
    assert "方向偏理论" in page
    assert ">恢复</button>" in page
    assert city.post(f"/suggestions/{suggestion}/undo").status_code == 303
    assert "方向偏理论" not in city.get(f"/needs/{world.need.id}/suggestions").text
    assert city.post(f"/suggestions/{suggestion}/pin").status_code == 303
    assert "置顶" in city.get(f"/needs/{world.need.id}/suggestions").text


def test_ranking_again_by_hand(world: World, city: Person, firm_user: Person) -> None:
    assert city.post(f"/needs/{world.need.id}/suggestions/refresh").status_code == 303
    assert world.expert.name in city.get(f"/needs/{world.need.id}/suggestions").text
    assert firm_user.post(f"/needs/{world.need.id}/suggestions/refresh").status_code == 403


def test_another_firm_sees_neither_suggestions_nor_invitation(
    world: World, firm_user: Person, person: Maker, sessions: Sessions
) -> None:
    suggestion = world.refresh()
    path = invite(world, firm_user)
    with sessions.write() as session:
        other = make.make_firm(session, make.make_unit(session)).id
    stranger = person(Role.FIRM, organisation_id=other)
    for address in (f"/needs/{world.need.id}/suggestions", path):
        assert stranger.get(address).status_code == 404
    for address in (f"/suggestions/{suggestion}/pin", f"{path}/answer", f"{path}/withdraw"):
        assert stranger.post(address, {"reason": "x", "decision": "accept", "side": "firm"}).status_code == 404
    assert world.need.title not in stranger.get("/invitations").text
    form = stranger.get(f"/invitations/new?need={world.need.id}&owner={world.owner}")
    assert form.status_code == 403
    assert world.invitation().status is InvitationStatus.OPEN


def test_the_firm_invites_the_expert_accepts_and_only_then_contacts_appear(
    world: World, firm_user: Person, expert_user: Person
) -> None:
    assert "发出邀请" in firm_user.get(f"/invitations/new?need={world.need.id}&owner={world.owner}").text
    path = invite(world, firm_user)
    for who in (firm_user, expert_user):
        page = who.get(path)
        assert "双方都同意后显示" in page.text
        seen = [canary for canary in CANARIES if canary in page.text]
        assert seen == []
    assert expert_user.post(f"{path}/answer", {"decision": "accept"}).status_code == 303
    assert CANARIES[0] in expert_user.get(path).text
    assert CANARIES[2] in firm_user.get(path).text
    assert world.invitation().status is InvitationStatus.ACCEPTED


def test_no_page_of_a_party_shows_the_other_s_contact_before_both_accept(
    world: World, firm_user: Person, expert_user: Person
) -> None:
    world.refresh()
    path = invite(world, firm_user)
    common = ("/invitations", path, f"/needs/{world.need.id}", "/home", "/needs")
    pages = {firm_user: (*common, f"/needs/{world.need.id}/suggestions"), expert_user: (*common, "/matches")}
    others = {firm_user: CANARIES[2:], expert_user: CANARIES[:2]}
    for who, addresses in pages.items():
        for address in addresses:
            page = who.get(address)
            assert page.status_code == 200, address
            assert [canary for canary in others[who] if canary in page.text] == [], address


def test_who_sent_it_sees_the_own_stance_and_may_change_it(world: World, firm_user: Person, visitor: Person) -> None:
    path = invite(world, firm_user)
    page = firm_user.get(path).text
    assert "您已答复，等待对方" in page
    assert "更改我的答复" in page
    assert 'value="accept"' not in page
    assert 'value="accept"' in visitor.get(world.link(Side.EXPERT)).text


def test_nobody_is_asked_to_agree_to_the_own_proposal(
    world: World, firm_user: Person, visitor: Person, city: Person
) -> None:
    path = invite(world, firm_user)
    link = world.link(Side.EXPERT)
    day = (make.TODAY + timedelta(days=20)).isoformat()
    assert visitor.post(link, {"decision": "another_time", "day": day}).status_code == 303
    assert 'value="accept"' not in visitor.get(link).text
    assert 'value="accept"' in firm_user.get(path).text
    assert city.get(path).text.count('value="accept"') == 1
    assert visitor.post(link, {"decision": "accept"}).status_code == 303
    assert world.invitation().status is InvitationStatus.OPEN


def test_the_message_stands_above_the_buttons_and_no_text_goes_to_oneself(
    world: World, firm_user: Person, expert_user: Person, visitor: Person
) -> None:
    path = invite(world, firm_user, message="带两块样板来")
    for page in (expert_user.get(path).text, visitor.get(world.link(Side.EXPERT)).text):
        assert 0 < page.index("带两块样板来") < page.index('value="accept"')
        assert "发给专家方的文字" not in page
    assert "发给专家方的文字" in firm_user.get(path).text


def test_what_is_wrong_in_the_form_is_named_and_kept(world: World, firm_user: Person) -> None:
    fields = {"need": str(world.need.id), "owner": world.owner, "kind": "inbound", "message": "请来看看"}
    refused = firm_user.post("/invitations", {**fields, "day": make.TODAY.isoformat()})
    assert refused.status_code == 422
    assert "请选择今天以后的日期" in refused.text
    assert "请来看看" in refused.text
    assert firm_user.post("/invitations", {**fields, "day": "明天"}).status_code == 422


def test_the_form_does_not_open_for_a_need_that_is_not_published(world: World, firm_user: Person) -> None:
    with world.sessions.write() as session:
        draft = make.make_need(session, session.get_one(Organisation, world.firm.id), status=NeedStatus.CITY_REVIEW).id
    refused = firm_user.get(f"/invitations/new?need={draft}&owner={world.owner}")
    assert refused.status_code == 409
    assert "待市级审核”，没有发布" in refused.text


def test_a_double_click_sends_one_invitation_and_a_second_one_is_refused(
    world: World, firm_user: Person, sessions: Sessions
) -> None:
    fields = {"need": str(world.need.id), "owner": world.owner, "kind": "online", "form_id": "twice"}
    answers = [firm_user.post("/invitations", fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    again = firm_user.post("/invitations", {**fields, "form_id": "another"})
    assert again.status_code == 409
    assert f"第 {world.invitation().id} 号" in again.text
    with sessions.read() as session:
        assert session.scalar(select(func.count(Invitation.id))) == 1


def test_an_officer_takes_an_answer_down_and_it_is_marked(world: World, city: Person, firm_user: Person) -> None:
    path = invite(world, firm_user)
    said = {"side": "expert", "on_behalf": "1", "decision": "accept"}
    assert city.post(f"{path}/answer", said).status_code == 422
    assert city.post(f"{path}/answer", {**said, "note": "6 月 15 日电话"}).status_code == 303
    page = firm_user.get(path).text
    assert "代录" in page
    assert "6 月 15 日电话" in page
    assert "代录" in firm_user.get("/invitations").text


def test_only_officers_see_links_that_need_no_password(world: World, city: Person, firm_user: Person) -> None:
    path = invite(world, firm_user)
    assert "/a/" in city.get(path).text
    assert "/a/" not in firm_user.get(path).text
    assert "对接邀请" in firm_user.get(path).text


def test_withdraw_and_reopen(world: World, city: Person, firm_user: Person, expert_user: Person) -> None:
    path = invite(world, firm_user)
    assert "撤回邀请" not in expert_user.get(path).text
    assert firm_user.post(f"{path}/withdraw", {"reason": "发错了"}).status_code == 303
    assert "已撤回" in firm_user.get(path).text
    assert city.post(f"{path}/reopen", {"reason": "没有发错"}).status_code == 303
    assert world.invitation().status is InvitationStatus.OPEN


def test_the_list_filters_sorts_and_exports(world: World, city: Person, firm_user: Person) -> None:
    invite(world, firm_user)
    assert world.need.title in city.get("/invitations?status=open&kind=inbound&q=激光&sort=-answer_by").text
    assert "没有符合条件的邀请" in city.get("/invitations?status=accepted").text
    assert "没有符合条件的邀请" in city.get("/invitations?status=overdue").text
    sheet = city.get("/invitations/export.xlsx")
    assert sheet.status_code == 200
    assert sheet.data.startswith(b"PK")


def test_an_expert_finds_needs_declines_one_and_takes_it_back(world: World, expert_user: Person) -> None:
    page = expert_user.get("/matches").text
    assert "给您的 1 条需求" in page
    assert "愿意对接" in page
    dismissed = {"owner": world.owner, "reason": "not_my_field"}
    assert expert_user.post(f"/needs/{world.need.id}/dismiss", dismissed).status_code == 303
    page = expert_user.get("/matches").text
    assert "给您的 0 条需求" in page
    assert "您说过不是您的方向" in page
    [undo] = re.findall(r"/matches/not-mine/\d+/undo", page)
    assert expert_user.post(undo, {"owner": "expert:999"}).status_code == 404
    assert expert_user.post(undo, {"owner": world.owner}).status_code == 303
    assert "给您的 1 条需求" in expert_user.get("/matches").text


def test_a_need_dismissed_for_want_of_time_comes_back_as_well(world: World, expert_user: Person) -> None:
    expert_user.post(f"/needs/{world.need.id}/dismiss", {"owner": world.owner, "reason": "no_time"})
    page = expert_user.get("/matches").text
    assert "给您的 0 条需求" in page
    [undo] = re.findall(r"/suggestions/\d+/undo-dismissal", page)
    assert expert_user.post(undo).status_code == 303
    assert "给您的 1 条需求" in expert_user.get("/matches").text


def test_a_decline_with_its_reason_changes_the_next_list_and_the_pages_say_so(
    world: World, city: Person, firm_user: Person, expert_user: Person
) -> None:
    needs_page = f"/needs/{world.need.id}"
    world.refresh()
    assert "推荐 1，已排除 0" in city.get(needs_page).text
    path = invite(world, firm_user)
    expert_user.post(f"{path}/answer", {"decision": "decline", "reason": "no_time"})
    assert "为止不再推荐这一对" in firm_user.get(path).text
    assert "推荐正在重新计算" in city.get(needs_page).text
    city.post(f"{needs_page}/suggestions/refresh")
    page = city.get(needs_page).text
    assert "推荐 0，已排除 1" in page
    assert "近期没有时间" in page
    assert "后可再推荐" in page
    assert "给您的 0 条需求" in expert_user.get("/matches").text


def test_passing_on_is_no_reason_to_choose(world: World, firm_user: Person, expert_user: Person) -> None:
    path = invite(world, firm_user)
    assert "已转给同事" not in expert_user.get(path).text
    refused = expert_user.post(f"{path}/answer", {"decision": "decline", "reason": "passed_on"})
    assert refused.status_code == 422
    assert "转给同事" in refused.text


def test_nobody_dismisses_for_somebody_else(world: World, firm_user: Person, person: Maker, sessions: Sessions) -> None:
    with sessions.write() as session:
        other = make.make_expert(session).id
    stranger = person(Role.EXPERT, expert_id=other)
    for who in (stranger, firm_user):
        answer = who.post(f"/needs/{world.need.id}/dismiss", {"owner": world.owner, "reason": "no_time"})
        assert answer.status_code == 403
    assert firm_user.get("/matches").status_code == 403


def test_whom_nothing_can_be_matched_to_is_listed_for_staff(
    world: World, city: Person, firm_user: Person, sessions: Sessions
) -> None:
    with sessions.write() as session:
        silent = make.make_expert(session).name
    page = city.get("/suggestions/unmatched").text
    assert silent in page
    assert "还没有填写" in page
    assert firm_user.get("/suggestions/unmatched").status_code == 403


def test_answering_from_the_link_without_signing_in(world: World, firm_user: Person, visitor: Person) -> None:
    invite(world, firm_user)
    link = world.link(Side.EXPERT)
    page = visitor.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert world.need.title in re.sub(r"</?mark>", "", page.text)
    assert "<mark>" in page.text
    assert [canary for canary in CANARIES if canary in page.text] == []
    fields = {"decision": "accept", "form_id": "from-the-phone"}
    assert [visitor.post(link, fields).status_code for _ in range(2)] == [303, 303]
    assert world.invitation().status is InvitationStatus.ACCEPTED
    after = visitor.get(link).text
    assert "双方都已同意" in after
    assert CANARIES[0] in after
    assert CANARIES[2] not in after


def test_another_time_from_the_link_goes_back_to_the_firm(world: World, firm_user: Person, visitor: Person) -> None:
    path = invite(world, firm_user)
    day = (make.TODAY + timedelta(days=20)).isoformat()
    link = world.link(Side.EXPERT)
    assert visitor.post(link, {"decision": "another_time", "day": make.TODAY.isoformat()}).status_code == 422
    assert visitor.post(link, {"decision": "another_time", "day": day, "at": "14:00"}).status_code == 303
    assert "您已答复，等待对方" in visitor.get(link).text
    assert "需要重新确认" in firm_user.get(path).text
    assert firm_user.post(f"{path}/answer", {"decision": "accept"}).status_code == 303
    assert world.invitation().proposed_on.isoformat() == day


def test_a_decline_from_the_link_says_why(world: World, firm_user: Person, visitor: Person) -> None:
    path = invite(world, firm_user)
    link = world.link(Side.EXPERT)
    assert visitor.post(link, {"decision": "decline"}).status_code == 422
    assert visitor.post(link, {"decision": "decline", "reason": "no_time"}).status_code == 303
    assert "近期没有时间" in firm_user.get(path).text
    assert "这份邀请已婉拒" in visitor.get(link).text


def test_a_link_explains_itself_when_it_is_too_late(world: World, firm_user: Person, visitor: Person) -> None:
    path = invite(world, firm_user)
    old = world.link(Side.EXPERT, days_ago=31)
    assert "这个链接已过期" in visitor.get(old).text
    assert visitor.post(old, {"decision": "accept"}).status_code == 409
    assert firm_user.post(f"{path}/withdraw", {"reason": "取消"}).status_code == 303
    link = world.link(Side.EXPERT)
    assert "这份邀请已撤回" in visitor.get(link).text
    assert visitor.post(link, {"decision": "accept"}).status_code == 409


def test_a_link_of_one_side_or_invitation_does_nothing_for_another(
    world: World, firm_user: Person, visitor: Person
) -> None:
    invite(world, firm_user)
    good = world.link(Side.EXPERT)
    unknown = links.answer_token(world.runtime.settings.key(), 999, Side.EXPERT, today=make.TODAY)
    for bad in (good[:-2], "/a/nonsense", f"/a/{unknown}", good.replace("/a/", "/a/x")):
        assert visitor.get(bad).status_code == 404
        assert visitor.post(bad, {"decision": "accept"}).status_code == 404
    assert visitor.post(world.link(Side.FIRM), {"decision": "accept", "side": "expert"}).status_code == 303
    assert world.invitation().status is InvitationStatus.OPEN


def test_a_form_without_its_token_is_refused(world: World, firm_user: Person, visitor: Person) -> None:
    invite(world, firm_user)
    answer = visitor.post(world.link(Side.EXPERT), {"decision": "accept", "csrf_token": "forged"})
    assert answer.status_code == 400
    assert world.invitation().status is InvitationStatus.OPEN
