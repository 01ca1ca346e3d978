"""Capabilities have one owner, are edited by it, reviewed, and listed many at a time."""

from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.db.models import Audit, Capability, Comment, Corpus
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import CapabilityDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import CapabilityKind, CapabilityStatus, OwnerKind, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, StaleEdit
from matchmaker.services import capabilities
from matchmaker.services.analysis import analyse_capability
from tests.factories import make_capability, make_expert, make_group
from tests.services.sheets import CITY, CLOCK, SEGMENTER

pytestmark = pytest.mark.both_databases
DRAFT = CapabilityDraft(kind=CapabilityKind.EXPERTISE, title="激光焊接", text="研究热裂纹。")


def create(sessions: Sessions, actor: Actor, owner: capabilities.Owner, draft: CapabilityDraft = DRAFT) -> int:
    analysis = analyse_capability(SEGMENTER, draft)
    with sessions.write() as session:
        return capabilities.create(session, actor, owner, draft, analysis, clock=CLOCK).id


def edit(sessions: Sessions, actor: Actor, row_id: int, version: int | None = None, **values: Any) -> bool:
    with sessions.write() as session:
        row = session.get_one(Capability, row_id)
        draft = CapabilityDraft.model_validate(capabilities.content_of(row) | values)
        analysis = analyse_capability(SEGMENTER, draft)
        return capabilities.edit(session, actor, row, draft, analysis, version=version or row.version, clock=CLOCK)


def test_expert_group_and_institute_own_what_they_offer(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = make_expert(session)
        group = make_group(session, expert)
        institute = expert.institute
    me = Actor(Role.EXPERT, "专家", 1, expert_id=expert.id)
    manager = Actor(Role.INSTITUTE, "管理员", 2, organisation_id=institute.id)
    made = [create(sessions, me, expert), create(sessions, me, group), create(sessions, manager, institute)]
    with sessions.read() as session:
        rows = [session.get_one(Capability, one) for one in made]
        assert [row.owner_key.partition(":")[0] for row in rows] == list(OwnerKind)
        assert {row.source_id for row in rows} == {institute.id}
        assert session.scalars(select(Audit.action)).all() == ["create"] * 3


@pytest.mark.parametrize("role", [Role.FIRM, Role.COUNTY, Role.LEADER, Role.ADMIN, Role.EXPERT, Role.INSTITUTE])
def test_strangers_may_not(sessions: Sessions, role: Role) -> None:
    with sessions.write() as session:
        expert = make_expert(session)
        row_id = make_capability(session, expert).id
    stranger = Actor(role, "某人", 3, organisation_id=9999, expert_id=9999)
    with pytest.raises(Forbidden):
        create(sessions, stranger, expert)
    with pytest.raises(Forbidden):
        edit(sessions, stranger, row_id, text="改")


def test_an_edit_reaches_the_index_only_when_listed(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = make_expert(session)
    me = Actor(Role.EXPERT, "专家", 1, expert_id=expert.id)
    row_id = create(sessions, me, expert)

    def version() -> int:
        with sessions.read() as session:
            return session.scalars(select(Corpus.version)).one()

    assert edit(sessions, me, row_id, text="草稿里改")
    assert version() == 0
    with sessions.write() as session:
        capabilities.submit(session, me, session.get_one(Capability, row_id), clock=CLOCK)
        capabilities.review(session, CITY, session.get_one(Capability, row_id), "list", clock=CLOCK)
    listed = version()
    assert edit(sessions, me, row_id, text="上架后改")
    assert version() == listed + 1
    with pytest.raises(Invalid):
        edit(sessions, me, row_id, text="")
    with pytest.raises(StaleEdit):
        edit(sessions, me, row_id, 1, text="旧页面上改")


def test_incomplete_ones_are_not_submitted(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = make_expert(session)
    row_id = create(sessions, CITY, expert, DRAFT.model_copy(update={"text": ""}))
    with pytest.raises(Invalid) as refusal, sessions.write() as session:
        capabilities.review(session, CITY, session.get_one(Capability, row_id), "submit", clock=CLOCK)
    assert list(refusal.value.errors) == ["text"]


def test_a_reason_stays_as_a_remark_and_withdrawn_ones_rest(sessions: Sessions) -> None:
    with sessions.write() as session:
        row_id = make_capability(session).id
    with sessions.write() as session:
        row = session.get_one(Capability, row_id)
        capabilities.review(session, CITY, row, "withdraw", clock=CLOCK, reason=" 已过期 ")
    with sessions.read() as session:
        assert session.scalars(select(Comment.body)).all() == ["已过期"]
    with pytest.raises(Conflict):
        edit(sessions, CITY, row_id, text="改")


def test_listing_many_tells_of_each(sessions: Sessions) -> None:
    with sessions.write() as session:
        expert = make_expert(session)
        states = (CapabilityStatus.REVIEW, CapabilityStatus.DRAFT, CapabilityStatus.REVIEW)
        ids = [make_capability(session, expert, status=status).id for status in states]
    with sessions.write() as session:
        outcomes = capabilities.list_many(session, CITY, [*reversed(ids), 9999], clock=CLOCK)
    assert [(outcome.record_id, outcome.done) for outcome in outcomes] == [
        (ids[0], True),
        (ids[1], False),
        (ids[2], True),
        (9999, False),
    ]
