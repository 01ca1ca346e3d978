"""A firm's two needs that are one, or that only look so."""

from sqlalchemy import select

from matchmaker.db.models import Need, NotDuplicate, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import NeedStatus
from tests import factories as make
from tests.support.person import Person
from tests.support.texts import analysed
from tests.support.world import World


def twin(world: World, sessions: Sessions, **values: object) -> int:
    """The world's need written once more."""
    with sessions.write() as session:
        need = session.get_one(Need, world.need.id)
        said = {"title": need.title, "problem": need.problem, "keywords": need.keywords}
        return analysed(session, make.make_need(session, values.pop("firm", need.firm), **said, **values)).id


def test_one_of_two_goes_on_and_the_other_comes_back(
    world: World, city: Person, firm_user: Person, sessions: Sessions
) -> None:
    first, second = world.need.id, twin(world, sessions, published_at=make.NOW)
    page = city.get(f"/needs/{first}/neighbours").text
    for keep, end in ((first, second), (second, first)):
        assert f"/needs/{keep}/neighbours/{end}/join" in page
    assert city.post(f"/needs/{first}/neighbours/{second}/join", {}).status_code == 303
    with sessions.read() as session:
        gone = session.get_one(Need, second)
        assert gone.status is NeedStatus.CLOSED
        letters = session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "need_comment")).all()
        assert [f"第 {first} 号是同一问题" in each.payload["message"] for each in letters] == [True]
    assert f"重复，保留第 {first} 号" in firm_user.get(f"/needs/{second}").text
    assert "并入本条的需求" in firm_user.get(f"/needs/{first}/neighbours").text
    assert "很可能填报过" not in firm_user.get(f"/needs/{first}/neighbours").text
    left = firm_user.get(f"/needs/{second}/neighbours").text
    assert "已并入同一需求" in left
    assert f"/needs/{second}/part" not in left
    assert firm_user.post(f"/needs/{second}/part", {"reason": "不同"}).status_code == 403
    assert city.post(f"/needs/{second}/part", {"reason": ""}).status_code == 422
    assert city.post(f"/needs/{second}/part", {"reason": "两条产线"}).status_code == 303
    with sessions.read() as session:
        assert session.get_one(Need, second).status is NeedStatus.PUBLISHED
    assert "很可能填报过" in city.get(f"/needs/{first}/neighbours").text
    assert city.post(f"/needs/{second}/part", {"reason": "再来"}).status_code == 409


def test_a_need_opened_again_is_no_longer_joined(world: World, city: Person, sessions: Sessions) -> None:
    first, second = world.need.id, twin(world, sessions, published_at=make.NOW)
    assert city.post(f"/needs/{first}/neighbours/{second}/join", {}).status_code == 303
    for step, reason in (("reopen", "不同"), ("close", "企业搬迁")):
        assert city.post(f"/needs/{second}/{step}", {"reason": reason}).status_code == 303
    assert "已并入同一需求" not in city.get(f"/needs/{second}/neighbours").text
    assert city.post(f"/needs/{second}/part", {"reason": "分开"}).status_code == 409
    assert city.post(f"/needs/{second}/reopen", {"reason": "又开"}).status_code == 303
    assert city.post(f"/needs/{first}/neighbours/{second}/join", {}).status_code == 303
    assert "今后只办下面这条" in city.get(f"/needs/{second}/neighbours").text
    assert city.post(f"/needs/{first}/close", {"reason": "停产"}).status_code == 303
    left = city.get(f"/needs/{second}/neighbours").text
    assert "今后只办下面这条" not in left
    assert "下面这条也已办结或关闭" in left


def test_two_that_only_look_the_same_are_left_alone_until_taken_back(
    world: World, firm_user: Person, city: Person, sessions: Sessions
) -> None:
    first, second = world.need.id, twin(world, sessions)
    path = f"/needs/{second}/neighbours"
    assert firm_user.post(f"{path}/{first}/apart", {}).status_code == 303
    for page in (firm_user.get(path).text, city.get(f"/needs/{first}/neighbours").text):
        assert "很可能填报过" not in page
        assert "已说明不是同一需求" in page
    with sessions.read() as session:
        [row] = session.scalars(select(NotDuplicate)).all()
        assert (row.first_id, row.second_id) == (first, second)
    assert firm_user.post(f"{path}/{first}/beside", {}).status_code == 303
    assert "很可能填报过" in firm_user.get(path).text


def test_needs_of_two_firms_are_never_one(
    world: World, city: Person, firm_user: Person, expert_user: Person, sessions: Sessions
) -> None:
    with sessions.write() as session:
        other = make.make_firm(session, make.make_unit(session, "乙县"), name="另一家")
    foreign, draft = twin(world, sessions, firm=other), twin(world, sessions, status=NeedStatus.DRAFT)
    mine = f"/needs/{world.need.id}/neighbours"
    assert city.post(f"{mine}/{foreign}/join", {}).status_code == 409
    assert city.post(f"{mine}/{foreign}/apart", {}).status_code == 409
    assert f"{foreign}/join" not in city.get(mine).text
    assert expert_user.post(f"{mine}/{foreign}/apart", {}).status_code == 403
    assert city.post(f"/needs/{draft}/neighbours/{world.need.id}/join", {}).status_code == 409  # a draft is no place
    assert firm_user.post(f"{mine}/{draft}/join", {}).status_code in {403, 404}
    with sessions.read() as session:
        states = {row.id: row.status for row in session.scalars(select(Need)).unique()}
    assert (states[world.need.id], states[foreign]) == (NeedStatus.PUBLISHED, NeedStatus.PUBLISHED)
