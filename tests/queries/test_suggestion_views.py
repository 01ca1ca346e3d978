"""What a reader sees: marked words that are really there, gates in words, the way back from an expert to needs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Capability, Expert, Need, Region
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import CapabilityStatus, Role
from matchmaker.errors import NotFound
from matchmaker.queries import matches, suggestions
from matchmaker.queries.listing import Wanted
from matchmaker.queries.unmatched import unmatched
from matchmaker.services import index as indexes
from matchmaker.services import suggestions as services
from matchmaker.services.index import CorpusIndex
from tests import factories as make
from tests.support.texts import analysed

TODAY = make.TODAY
CLOCK = FixedDayClock(TODAY)
BODY = "1.2 mm 铝合金薄板激光焊后出现热裂纹。"
PROSE = "深入贯彻落实党中央国务院决策部署，全面推进高质量发展。"


class Stage:
    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self.sessions, self.settings, self.corpus = sessions, settings, CorpusIndex()
        with sessions.write() as session:
            session.add_all([Region(code="110000", name="北京市")])
            self.firm = make.make_firm(session, make.make_unit(session))
            self.need = analysed(
                session,
                make.make_need(
                    session,
                    self.firm,
                    title="薄板激光焊接",
                    problem=PROSE + BODY,
                    indicators="热裂纹率低于 0.5%。",
                    goal="合格率 98%。",
                    keywords=["激光焊接", "焊后矫形"],
                ),
            )
            self.city = make.actor_of(make.make_account(session, Role.CITY))
            self.institute = make.make_institute(session)
            self.welder = self.offer(session, title="铝合金薄板激光焊接", text="长期研究热裂纹抑制。")
            self.insider = make.make_expert(session, self.firm)
            analysed(session, make.make_capability(session, self.insider))
            for text in ("玉米育种", "水稻病害", "桥梁监测"):
                self.offer(session, title=text, text=text, keywords=[])

    def offer(self, session: Session, **values: object) -> Expert:
        expert = make.make_expert(session, self.institute, capacity=4, confirmed_on=TODAY - timedelta(days=320))
        analysed(session, make.make_capability(session, expert, **values))
        return expert

    def refresh(self) -> None:
        services.on_published(self.sessions, self.corpus, [self.need.id], settings=self.settings, clock=CLOCK)

    def panel(self, actor: Actor | None = None) -> suggestions.Panel | None:
        with self.sessions.read() as session:
            need = session.get_one(Need, self.need.id)
            found = suggestions.panel(session, actor or self.city, need, today=TODAY)
            session.expunge_all()
            return found

    def for_expert(self, expert: Expert) -> matches.ForExpert:
        with self.sessions.read() as session:
            index = self.corpus.current(session)
            found = matches.for_expert(session, index, expert.id, settings=self.settings, today=TODAY)
            session.expunge_all()
            return found


@pytest.fixture
def stage(sessions: Sessions, settings: Settings) -> Iterator[Stage]:
    stage = Stage(sessions, settings)
    stage.refresh()
    return stage


def test_a_suggestion_shows_place_capacity_and_marked_words_on_both_sides(stage: Stage) -> None:
    panel = stage.panel()
    assert panel is not None
    [shown] = panel.shown
    assert (shown.owner.key, shown.place) == (f"expert:{stage.welder.id}", "北京市")
    assert (shown.left, shown.months_unconfirmed) == (4, 11)
    assert 0 < shown.number <= 100
    assert "薄板激光" in "".join(shown.title.text[a:b] for a, b in shown.title.spans)
    assert {shown.text.text[a:b] for a, b in shown.text.spans} == {"热裂纹"}
    assert [stage.need.title[a:b] for a, b in panel.hits["title"]] == ["薄板激光焊接"]
    assert [stage.need.indicators[a:b] for a, b in panel.hits["indicators"]] == ["热裂纹"]
    assert "热裂纹" in [stage.need.problem[a:b] for a, b in panel.hits["problem"]]
    assert shown.missing == ["焊后矫形"]


def test_who_is_left_out_is_named_with_the_gate(stage: Stage) -> None:
    panel = stage.panel()
    assert panel is not None
    [left_out] = panel.left_out
    assert (left_out.owner.record.name, left_out.why_not) == (stage.insider.name, "本单位")
    assert not left_out.may_be_invited


def test_a_gate_is_told_in_words() -> None:
    kept = '["已接 %(used)s 项，上限 %(limit)s 项", {"used": 3, "limit": 3}]'
    assert suggestions.tell("capacity", kept) == "名额已满：已接 3 项，上限 3 项"
    assert suggestions.tell(None, "") == ""
    assert suggestions.tell("keyword", "6061") == "缺少必备关键词：6061"


def test_policy_prose_is_shown_as_unused(stage: Stage) -> None:
    with stage.sessions.write() as session:
        for number in range(5):
            make_firm = make.make_firm(session, make.make_unit(session))
            analysed(session, make.make_need(session, make_firm, problem=f"{PROSE}第{number}类材料。"))
    indexes.learn(stage.sessions, SYSTEM, clock=CLOCK)
    panel = stage.panel()
    assert panel is not None
    assert [stage.need.problem[a:b] for a, b in panel.unused["problem"]] == [PROSE.removesuffix("。")]


@pytest.mark.parametrize("role", [Role.FIRM, Role.COUNTY, Role.LEADER])
def test_the_firm_its_county_and_the_leader_see_it(stage: Stage, role: Role) -> None:
    with stage.sessions.write() as session:
        where = {"organisation_id": stage.firm.id, "unit_id": stage.firm.unit_id}
        account = make.make_account(session, role, **({} if role is Role.LEADER else where))
        actor = make.actor_of(account)
    panel = stage.panel(actor)
    assert panel is not None
    assert panel.may_steer is (role is Role.COUNTY)
    assert panel.may_invite is (role is not Role.LEADER)


def test_strangers_do_not_see_it(stage: Stage) -> None:
    with stage.sessions.write() as session:
        firm = make.make_firm(session, make.make_unit(session))
        actors = [
            make.actor_of(make.make_account(session, Role.FIRM, organisation_id=firm.id)),
            make.actor_of(make.make_account(session, Role.EXPERT, expert_id=stage.welder.id)),
            make.actor_of(make.make_account(session, Role.COUNTY, unit_id=firm.unit_id)),
        ]
    for actor in actors:
        assert stage.panel(actor) is None
    with stage.sessions.read() as session:
        row = session.scalars(select(suggestions.Suggestion)).first()
        assert row is not None
        for actor in actors:
            with pytest.raises(NotFound):
                suggestions.get_visible(session, actor, row.id)
        assert suggestions.get_visible(session, stage.city, row.id) is row


def test_the_expert_finds_the_need_with_the_same_score_and_its_own_words_marked(stage: Stage) -> None:
    panel = stage.panel()
    found = stage.for_expert(stage.welder)
    [match] = found.needs
    assert panel is not None
    assert (match.need.id, match.number) == (stage.need.id, panel.shown[0].number)
    assert [match.title.text[a:b] for a, b in match.title.spans] == ["薄板激光焊接"]
    assert (found.left, found.capabilities, found.reason) == (4, 1, "")


def test_the_expert_does_not_find_the_own_firms_need_nor_one_the_officer_excluded(stage: Stage) -> None:
    assert stage.for_expert(stage.insider).needs == []
    with stage.sessions.write() as session:
        row = session.scalars(
            select(suggestions.Suggestion).where(suggestions.Suggestion.owner_key == f"expert:{stage.welder.id}")
        ).one()
        services.exclude(session, stage.city, row, "不对口", clock=CLOCK)
    assert stage.for_expert(stage.welder).needs == []


def test_a_member_finds_what_suits_the_group(stage: Stage) -> None:
    with stage.sessions.write() as session:
        member = make.make_expert(session, stage.institute)
        group = make.make_group(session, make.make_expert(session, stage.institute), member)
        analysed(session, make.make_capability(session, group))
    [match] = stage.for_expert(member).needs
    assert match.owner_key == f"group:{group.id}"


def test_whom_nothing_can_be_matched_to_is_listed_with_the_reason(stage: Stage) -> None:
    with stage.sessions.write() as session:
        nothing, pending, empty = (make.make_expert(session, stage.institute) for _ in range(3))
        make.make_capability(session, pending, status=CapabilityStatus.REVIEW)
        analysed(session, make.make_capability(session, empty, title="——", text="", keywords=[]))
        assert session.scalars(select(Capability).where(Capability.expert_id == empty.id)).one().terms
    with stage.sessions.read() as session:
        rows = unmatched(session, stage.city, stage.corpus.current(session), Wanted()).rows
        found = {each.expert.id: each.reason for each in rows}
    assert set(found) == {nothing.id, pending.id, empty.id}
    assert "还没有填写" in found[nothing.id]
    assert "还没有上架" in found[pending.id]
    assert "没有可以用来匹配的文字" in found[empty.id]
    assert stage.for_expert(nothing).reason == found[nothing.id]
