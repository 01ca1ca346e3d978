"""After an answer: taking it back, passing it on, bringing colleagues; by signed link and signed in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from matchmaker.bootstrap import Runtime
from matchmaker.db.base import Base
from matchmaker.db.models import Expert, Invitation
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import InvitationStatus, Role, Side
from matchmaker.services import links
from tests import factories as make
from tests.support.person import Person
from tests.support.world import World, invite

Maker = Callable[..., Person]


@pytest.fixture
def colleague(world: World) -> Expert:
    with world.sessions.write() as session:
        expert = session.get_one(Expert, world.expert.id)
        return make.make_expert(session, expert.institute, name="李同事", email="li@example.org", phone="000-99887766")


def contents(sessions: Sessions) -> dict[str, list[Any]]:
    with sessions.read() as session:
        return {table.name: session.execute(select(table)).all() for table in Base.metadata.sorted_tables}


def status(world: World, number: int = 0) -> InvitationStatus:
    with world.sessions.read() as session:
        return session.scalars(select(Invitation).order_by(Invitation.id)).all()[number].status


def test_opening_links_changes_nothing(
    world: World,
    firm_user: Person,
    visitor: Person,
    sessions: Sessions,
    colleague: Expert,
) -> None:
    invite(world, firm_user)
    link, run = world.link(Side.EXPERT), world.runtime
    along = links.companion_path(run.settings.key(), world.invitation().id, colleague.id, today=make.TODAY)
    before = contents(sessions)
    for path in (link, f"{link}/pass", f"{link}/pass?q=李", along):
        for _ in range(2):
            assert visitor.get(path).status_code == 200, path
        assert visitor.client.head(path).status_code == 200
        assert visitor.get(path).headers["Referrer-Policy"] == "no-referrer"
    for path in (f"{link}/take-back", f"{link}/companions"):
        assert visitor.get(path).status_code == 405
    assert contents(sessions) == before


def test_a_wrong_tap_is_taken_back_from_the_link(world: World, firm_user: Person, visitor: Person) -> None:
    path = invite(world, firm_user)
    link = world.link(Side.EXPERT)
    assert "收回答复" not in visitor.get(link).text
    visitor.post(link, {"decision": "accept"})
    page = visitor.get(link).text
    assert "我点错了，收回答复" in page
    assert "请先在日历上留出" in page
    assert visitor.post(f"{link}/take-back").status_code == 303
    assert status(world) is InvitationStatus.OPEN
    assert 'value="accept"' in visitor.get(link).text
    assert "专家方收回答复" in firm_user.get(path).text
    assert visitor.post(f"{link}/take-back").status_code == 409


def test_a_decline_is_taken_back_signed_in(world: World, firm_user: Person, expert_user: Person) -> None:
    path = invite(world, firm_user)
    expert_user.post(f"{path}/answer", {"decision": "decline", "reason": "no_time"})
    assert "我点错了，收回答复" in expert_user.get(path).text
    assert "我点错了" not in firm_user.get(path).text
    assert firm_user.post(f"{path}/take-back").status_code == 409
    assert expert_user.post(f"{path}/take-back").status_code == 303
    assert status(world) is InvitationStatus.OPEN


def test_the_link_passes_the_invitation_on_and_shows_the_way(
    world: World,
    firm_user: Person,
    visitor: Person,
    colleague: Expert,
) -> None:
    path = invite(world, firm_user)
    link = world.link(Side.EXPERT)
    page = visitor.get(f"{link}/pass").text
    assert "李同事" in page
    assert "li@example.org" not in page
    assert "000-99887766" not in page
    assert "没有找到可以转的同事" in visitor.get(f"{link}/pass?q=无此人").text
    assert visitor.post(f"{link}/pass", {"colleague": ""}).status_code == 422
    assert visitor.post(f"{link}/pass", {"colleague": str(colleague.id), "note": "他更合适"}).status_code == 303
    assert "已转给 李同事" in visitor.get(link).text
    assert (status(world), status(world, 1)) == (InvitationStatus.DECLINED, InvitationStatus.OPEN)
    assert "转交经过" in firm_user.get(path).text
    assert visitor.get(f"{link}/pass").status_code == 409


def test_a_colleague_not_on_file_is_named_and_the_address_stays_with_the_bureau(
    world: World,
    firm_user: Person,
    visitor: Person,
    person: Maker,
) -> None:
    city = person(Role.CITY)
    path = invite(world, firm_user)
    link = world.link(Side.EXPERT)
    said = {"colleague": "new", "colleague_name": "赵新", "colleague_email": "zhao@example.org"}
    refused = visitor.post(f"{link}/pass", {**said, "colleague_email": ""})
    assert refused.status_code == 422
    assert "赵新" in refused.text
    assert visitor.post(f"{link}/pass", said).status_code == 303
    assert "zhao@example.org" not in firm_user.get(path).text
    assert "赵新" in firm_user.get(path).text
    assert "zhao@example.org" in city.get("/notices").text
    assert "代录：转给同事" in city.get(path).text


def test_the_expert_brings_colleagues_who_may_stay_away(
    world: World,
    firm_user: Person,
    expert_user: Person,
    visitor: Person,
    colleague: Expert,
) -> None:
    path = invite(world, firm_user)
    assert "和同事一起去" not in expert_user.get(path).text
    expert_user.post(f"{path}/answer", {"decision": "accept"})
    assert "和同事一起去" in expert_user.get(path).text
    assert expert_user.post(f"{path}/companions", {"companions": str(colleague.id)}).status_code == 303
    assert "李同事" in firm_user.get(path).text
    along = links.companion_path(world.runtime.settings.key(), world.invitation().id, colleague.id, today=make.TODAY)
    assert "我不能去" in visitor.get(along).text
    assert visitor.post(along, {"note": "出差"}).status_code == 303
    assert "您不在同去的名单里" in visitor.get(along).text


def test_the_companion_is_planned_for(
    world: World,
    firm_user: Person,
    expert_user: Person,
    colleague: Expert,
    person: Maker,
) -> None:
    path = invite(world, firm_user)
    expert_user.post(f"{path}/answer", {"decision": "accept"})
    expert_user.post(f"{path}/companions", {"companions": str(colleague.id)})
    form = person(Role.CITY).get(f"/meetings/new?invitation={world.invitation().id}").text
    assert "李同事" in form


def test_strangers_do_none_of_it(world: World, firm_user: Person, person: Maker, colleague: Expert) -> None:
    path = invite(world, firm_user)
    stranger = person(Role.EXPERT, expert_id=colleague.id)
    assert stranger.get(f"{path}/pass").status_code == 404
    for step in ("pass", "take-back", "companions"):
        assert stranger.post(f"{path}/{step}", {"colleague": str(colleague.id)}).status_code == 404
    with world.sessions.read() as session:
        assert session.scalar(select(func.count(Invitation.id))) == 1


def test_an_old_link_opens_no_step(app: Flask, world: World, firm_user: Person, visitor: Person) -> None:
    invite(world, firm_user)
    run: Runtime = app.extensions["matchmaker"]
    old = make.TODAY - timedelta(days=31)
    link = "/a/" + links.answer_token(run.settings.key(), world.invitation().id, Side.EXPERT, today=old)
    for step in ("pass", "take-back", "companions"):
        assert visitor.post(f"{link}/{step}").status_code == 409
