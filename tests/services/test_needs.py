"""Needs are written, edited under version control, reviewed with remarks, and published many at a time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.db.models import Audit, Comment, Corpus, Need, NeedVersion, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import NeedDraft
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import NeedStatus, Role
from matchmaker.errors import Conflict, Forbidden, Invalid, MatchmakerError, StaleEdit
from matchmaker.queries.texts import analysed
from matchmaker.services import needs
from matchmaker.services.analysis import analyse_need
from tests.factories import make_account, make_firm, make_institute, make_need, make_unit
from tests.services.sheets import CITY, CLOCK, SEGMENTER

pytestmark = pytest.mark.both_databases
DRAFT = NeedDraft(title="薄板焊接", problem="变形超差", indicators="≤0.3 mm", keywords=("焊接",), declared=True)


@pytest.fixture
def firm(sessions: Sessions) -> Actor:
    """Somebody of a local firm; its unit has number `unit_id`."""
    with sessions.write() as session:
        make_account(session, Role.CITY, id=CITY.account_id)
        firm = make_firm(session, make_unit(session), contact_email="firm@example.org")
        return Actor(Role.FIRM, "企业", 7, organisation_id=firm.id, unit_id=firm.unit_id)


def create(sessions: Sessions, actor: Actor, draft: NeedDraft = DRAFT, firm_id: int | None = None) -> int:
    with sessions.write() as session:
        analysis = analyse_need(SEGMENTER, draft)
        return needs.create(session, actor, firm_id or actor.organisation_id, draft, analysis, clock=CLOCK).id


def edit(sessions: Sessions, actor: Actor, need_id: int, version: int | None = None, **values: Any) -> bool:
    with sessions.write() as session:
        need = session.get_one(Need, need_id)
        draft = NeedDraft.model_validate(needs.content_of(need) | values)
        analysis = analyse_need(SEGMENTER, draft)
        return needs.edit(session, actor, need, draft, analysis, version=version or need.version, clock=CLOCK)


def review(sessions: Sessions, actor: Actor, need_id: int, *actions: str, reason: str = "") -> None:
    for action in actions:
        with sessions.write() as session:
            needs.review(session, actor, session.get_one(Need, need_id), action, clock=CLOCK, reason=reason)


def corpus(sessions: Sessions) -> int:
    with sessions.read() as session:
        return session.scalars(select(Corpus.version)).one()


def test_a_new_need_is_a_draft_with_its_terms_by_field(sessions: Sessions, firm: Actor) -> None:
    need_id = create(sessions, firm)
    with sessions.read() as session:
        need = session.get_one(Need, need_id)
        assert need.status is NeedStatus.DRAFT
        fields = analysed(need.terms).fields
        assert {name: [term for s in found for term in s.terms] for name, found in fields.items()} == {
            "title": ["薄板", "焊接"],
            "keywords": ["焊接"],
            "body": ["变形", "超差", "0.3", "mm"],
        }
        assert need.lexicon_stamp == SEGMENTER.stamp
        assert session.scalars(select(Audit.action)).all() == ["create"]


@pytest.mark.parametrize("role", [Role.EXPERT, Role.INSTITUTE, Role.LEADER, Role.ADMIN])
def test_others_may_not_write_needs(sessions: Sessions, firm: Actor, role: Role) -> None:
    with pytest.raises(Forbidden):
        create(sessions, Actor(role, "某人", 9), firm_id=firm.organisation_id)


def test_nobody_writes_for_another_firm_or_unit(sessions: Sessions, firm: Actor) -> None:
    with sessions.write() as session:
        other, institute = make_firm(session, make_unit(session)), make_institute(session)
    for actor in (firm, Actor(Role.COUNTY, "县级", 3, unit_id=firm.unit_id)):
        with pytest.raises(Forbidden):
            create(sessions, actor, firm_id=other.id)
    with pytest.raises(MatchmakerError, match="没有这家企业"):
        create(sessions, CITY, firm_id=institute.id)
    assert create(sessions, Actor(Role.COUNTY, "县级", 3, unit_id=firm.unit_id), firm_id=firm.organisation_id)


def test_an_unknown_technical_field_is_refused(sessions: Sessions, firm: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        create(sessions, firm, NeedDraft(title="焊接", field="炼金术"))
    assert list(refusal.value.errors) == ["field"]


def test_only_a_complete_need_can_be_submitted(sessions: Sessions, firm: Actor) -> None:
    need_id = create(sessions, firm, NeedDraft(title="只有名称"))
    with pytest.raises(Invalid) as refusal:
        review(sessions, firm, need_id, "submit")
    assert list(refusal.value.errors) == ["problem", "declared"]
    edit(sessions, firm, need_id, problem="补上了", declared=True)
    review(sessions, firm, need_id, "submit")
    with pytest.raises(Conflict):
        edit(sessions, firm, need_id, problem="审核中不能改")


def test_an_edit_of_a_published_need_keeps_what_it_said(sessions: Sessions, firm: Actor) -> None:
    need_id = create(sessions, firm)
    assert edit(sessions, firm, need_id, goal="草稿阶段的修改")
    review(sessions, firm, need_id, "submit")
    review(sessions, CITY, need_id, "county_pass", "publish")
    before = corpus(sessions)
    assert not edit(sessions, firm, need_id)
    assert corpus(sessions) == before
    assert edit(sessions, firm, need_id, problem="新的问题")
    assert corpus(sessions) == before + 1
    with pytest.raises(Invalid):
        edit(sessions, firm, need_id, problem="")
    with sessions.read() as session:
        version = session.scalars(select(NeedVersion)).one()
        assert (version.number, version.content["problem"], version.made_by) == (1, "变形超差", "企业")
        assert session.get_one(Need, need_id).published_at is not None


def test_a_stale_edit_shows_both_texts(sessions: Sessions, firm: Actor) -> None:
    need_id = create(sessions, firm)
    edit(sessions, CITY, need_id, 1, problem="专员改的")
    with pytest.raises(StaleEdit) as clash:
        edit(sessions, firm, need_id, 1, problem="企业改的")
    assert clash.value.yours["problem"] == "企业改的"
    assert clash.value.theirs["problem"] == "专员改的"


def test_of_two_edits_at_once_one_wins_and_the_other_is_told(sessions: Sessions, firm: Actor) -> None:
    need_id = create(sessions, firm)

    def attempt(text: str) -> str:
        try:
            edit(sessions, CITY, need_id, 1, problem=text)
        except Conflict:
            return ""
        return text

    with ThreadPoolExecutor(6) as pool:
        won = [text for text in pool.map(attempt, [f"文本{n}" for n in range(6)]) if text]
    with sessions.read() as session:
        assert [session.get_one(Need, need_id).problem] == won


def test_a_return_leaves_the_reason_and_tells_the_firm(sessions: Sessions, firm: Actor) -> None:
    need_id = create(sessions, firm)
    review(sessions, firm, need_id, "submit")
    review(sessions, CITY, need_id, "return", reason=" 指标请量化 ")
    with sessions.read() as session:
        assert session.scalars(select(Comment.body)).all() == ["指标请量化"]
        letter = session.scalars(select(OutboxMessage)).one()
        assert (letter.notice, letter.recipient) == ("need_returned", "firm@example.org")
        assert letter.payload["reason"] == "指标请量化"
    review(sessions, firm, need_id, "submit")
    review(sessions, CITY, need_id, "return", reason="再改")
    with sessions.read() as session:
        assert len(session.scalars(select(OutboxMessage)).all()) == 2


def test_strangers_leave_no_remarks(sessions: Sessions, firm: Actor) -> None:
    need_id = create(sessions, firm)
    with sessions.write() as session:
        need = session.get_one(Need, need_id)
        with pytest.raises(Forbidden):
            needs.comment(session, Actor(Role.EXPERT, "专家", 5, expert_id=1), need, "看看", clock=CLOCK)
        with pytest.raises(Invalid):
            needs.comment(session, firm, need, "  ", clock=CLOCK)
        needs.comment(session, firm, need, "请尽快", clock=CLOCK)


def test_publishing_many_tells_of_each(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_account(session, Role.CITY, id=CITY.account_id)
        firm = make_firm(session, make_unit(session))
        states = (NeedStatus.CITY_REVIEW, NeedStatus.COUNTY_REVIEW, NeedStatus.CITY_REVIEW, NeedStatus.PUBLISHED)
        ids = [make_need(session, firm, status=status, published_at=None).id for status in states]
    with sessions.write() as session:
        outcomes = needs.publish_many(session, CITY, [*ids, *ids, 9999], clock=CLOCK)
    assert [outcome.record_id for outcome in outcomes] == [*ids, 9999]
    assert [outcome.done for outcome in outcomes] == [True, False, True, False, False]
    assert "待县级审核" in outcomes[1].message
    with sessions.write() as session:
        county = Actor(Role.COUNTY, "县级", 3, unit_id=firm.unit_id)
        assert not any(outcome.done for outcome in needs.publish_many(session, county, ids, clock=CLOCK))
