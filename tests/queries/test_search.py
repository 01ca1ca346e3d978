# ruff: noqa: RUF001 -- full-width characters are what is tested

"""The global search finds what is asked for, and never a row outside the person's scope."""

from collections.abc import Iterable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Group, Meeting, Need, Organisation, SearchEntry, Team, TechnicalField
from matchmaker.db.session import Sessions
from matchmaker.db.subjects import BY_NOUN
from matchmaker.domain.permissions import SYSTEM, Actor, Permission, can
from matchmaker.domain.vocabulary import (
    Audience,
    InvitationStatus,
    MeetingKind,
    NeedStatus,
    Noun,
    RegistrationStatus,
    Role,
)
from matchmaker.queries import search as queries
from matchmaker.queries.facts import facts_of
from matchmaker.text import Segmenter
from tests.factories import (
    make_capability,
    make_expert,
    make_firm,
    make_group,
    make_institute,
    make_invitation,
    make_meeting,
    make_need,
    make_site,
    make_team,
    make_unit,
)
from tests.queries.test_scopes import _world

pytestmark = pytest.mark.both_databases
SEGMENTER = Segmenter()
CITY = Actor(Role.CITY, "市", 1)
VIEWS = {
    Noun.NEED: Permission.NEED_VIEW,
    Noun.CAPABILITY: Permission.CAPABILITY_VIEW,
    Noun.MEETING: Permission.MEETING_VIEW,
    Noun.TEAM: Permission.TEAM_VIEW,
}


def found(sessions: Sessions, typed: str, actor: Actor = CITY) -> dict[Noun, list[int]]:
    """Kind → ids of all hits, page after page; the counts agree with them."""
    ids: dict[Noun, list[int]] = {}
    query = queries.read(SEGMENTER, typed)
    with sessions.read() as session:
        for heap in queries.search(session, actor, query):
            ids[heap.noun] = list(_pages(session, actor, query, heap.noun))
            assert len(ids[heap.noun]) == heap.page.total > 0
    return ids


def _pages(session: Session, actor: Actor, query: queries.Query, noun: Noun) -> Iterable[int]:
    number, pages = 1, 1
    while number <= pages:
        [heap] = [heap for heap in queries.search(session, actor, query, noun, number) if heap.noun is noun]
        assert heap.page.number == number
        yield from (hit.record.id for hit in heap.page.rows)
        number, pages = number + 1, heap.page.pages


@pytest.mark.parametrize(
    "typed",
    [
        "焊接",
        "焊",
        "5G",
        "５ｇ",
        "ＡＩ",
        "聚氨酯",
        "聚氨酯發泡",
        "6061-T6",
        "6061",
        "t6 焊",
        "鋁合金",
        "焊接鋁",
        "0.5mm",
    ],
)
def test_a_need_is_found_by(typed: str, sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
        plain = {"problem": "别的问题", "keywords": []}
        make_need(session, firm, title="铸造缩松", **plain)
        need = make_need(
            session, firm, title="6061-T6铝合金薄板焊接", **{**plain, "problem": "0.5mm 板；5G基站聚氨酯发泡，AI 质检"}
        )
    assert found(sessions, typed) == {Noun.NEED: [need.id]}


@pytest.mark.parametrize("typed", ["5Gpa", "焊机", "g", "ai 铸造", "%", "_", "'", "\\", "", " ", "的" * 3000])
def test_a_need_is_not_found_by(typed: str, sessions: Sessions) -> None:
    with sessions.write() as session:
        make_need(session, title="5G与AI焊接", problem="100%_ 大型", keywords=[])
    assert found(sessions, typed) == {}


def test_every_kind_is_found_by_what_its_page_shows(sessions: Sessions) -> None:
    with sessions.write() as session:
        unit = make_unit(session)
        firm = make_firm(session, unit, name="临河精铸有限公司", about="做低压铸造", tags=["专精特新"])
        institute = make_institute(session, name="清河大学")
        make_site(session, institute, "110108").name = "昌平校区"
        expert = make_expert(session, institute, name="欧阳映山", honour="国家杰青")
        group = make_group(session, expert, name="轻合金凝固团队")
        session.add(field := TechnicalField(position=1, code="x", name="新型显示", name_en="Displays", source="演示"))
        session.flush()
        need = make_need(session, firm, title="缩松", keywords=["模具"], must_have=["真空"], field_id=field.id)
        own = make_capability(session, expert, title="凝固模拟", keywords=["数值仿真"], ip_number="ZL202310001")
        meeting = make_meeting(session, MeetingKind.INBOUND, [firm], [expert], title="诊断", minutes="下一步试制")
        team = make_team(session, need, expert)
        records = {
            Noun.ORGANISATION: firm.id,
            Noun.NEED: need.id,
            Noun.CAPABILITY: own.id,
            Noun.EXPERT: expert.id,
            Noun.GROUP: group.id,
            Noun.MEETING: meeting.id,
            Noun.TEAM: team.id,
        }
    every = {
        Noun.ORGANISATION: ("临河", "低压铸造", "专精特新"),
        Noun.NEED: ("缩松", "模具", "真空", "临河精铸", "新型显示", "displays"),
        Noun.CAPABILITY: ("凝固模拟", "数值仿真", "ZL202310001", "欧阳映山", "清河大学"),
        Noun.EXPERT: ("欧阳映山", "杰青", "清河"),
        Noun.GROUP: ("凝固团队", "清河大学", "欧阳"),
        Noun.MEETING: ("诊断", "试制", "临河", "欧阳映山"),
        Noun.TEAM: ("特派团", "缩松", "临河", "欧阳映山"),
    }
    for noun, words in every.items():
        for word in words:
            assert records[noun] in found(sessions, word)[noun], (noun, word)
    assert found(sessions, "昌平校区") == {Noun.ORGANISATION: [institute.id]}


def test_contacts_are_not_searched(sessions: Sessions) -> None:
    with sessions.write() as session:
        make_firm(session, make_unit(session), contact_name="秦朗月", contact_phone="13900001111")
        make_expert(session, email="secret@example.org", phone="13900002222")
    for typed in ("秦朗月", "13900001111", "secret@example.org", "13900002222"):
        assert found(sessions, typed) == {}


def test_the_phrase_comes_first_then_the_title(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
        titles = ["激光焊接", "焊接用激光", "焊接", "铸件"]
        ids = [make_need(session, firm, title=title, problem="激光，焊接", keywords=[]).id for title in titles]
    assert found(sessions, "激光焊接")[Noun.NEED] == ids


def test_long_lists_come_by_pages(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session))
        ids = {make_need(session, firm, title=f"焊接{number}").id for number in range(queries.PAGE_SIZE * 2 + 3)}
        query = queries.read(SEGMENTER, "焊接")
    assert set(found(sessions, "焊接")[Noun.NEED]) == ids
    with sessions.read() as session:
        [few] = queries.search(session, CITY, query)
        assert (len(few.page.rows), few.page.total, few.more) == (queries.FEW, len(ids), True)
        [beyond] = queries.search(session, CITY, query, Noun.NEED, 99)
        assert (beyond.page.number, len(beyond.page.rows)) == (1, queries.PAGE_SIZE)


def test_nobody_finds_what_they_may_not_see(sessions: Sessions) -> None:
    """Role by role and kind by kind: exactly the records that the rule for one record allows, counts included."""
    with sessions.write() as session:
        cast = _world(session)
        for noun, subject in BY_NOUN.items():
            column = "title" if noun in {Noun.NEED, Noun.CAPABILITY, Noun.MEETING} else "name"
            for row in session.scalars(select(subject.model)):
                setattr(row, column, f"焊接{row.id}")
    for actor in cast:
        hits = found(sessions, "焊接", actor)
        with sessions.read() as session:
            for noun, permission in VIEWS.items():
                rows = session.scalars(select(BY_NOUN[noun].model))
                allowed = {row.id for row in rows if can(actor, permission, facts_of(row))}
                assert set(hits.get(noun, [])) == (allowed if actor.role is not Role.ADMIN else set()), (actor, noun)
            people = set(session.scalars(select(Expert.id))), set(session.scalars(select(Group.id)))
        everybody = actor.role is not Role.ADMIN
        assert (set(hits.get(Noun.EXPERT, [])), set(hits.get(Noun.GROUP, []))) == (
            people if everybody else (set(), set())
        )


def test_firms_are_found_as_far_as_they_are_listed(sessions: Sessions) -> None:
    with sessions.write() as session:
        unit, other = make_unit(session), make_unit(session)
        quiet, known = make_firm(session, unit, name="焊接甲"), make_firm(session, unit, name="焊接乙")
        waiting = make_firm(session, unit, name="焊接丙", status=RegistrationStatus.PENDING)
        make_need(session, known, title="缩松")
    officers = {Actor(Role.COUNTY, "本县", 1, unit_id=unit.id): {quiet.id, known.id}, CITY: {quiet.id, known.id}}
    others = {
        Actor(Role.COUNTY, "他县", 2, unit_id=other.id): {known.id},
        Actor(Role.EXPERT, "专家", 3, expert_id=1): {known.id},
        Actor(Role.FIRM, "本企业", 4, organisation_id=quiet.id): {quiet.id, known.id},
        Actor(Role.FIRM, "待核准", 5, organisation_id=waiting.id): {known.id},
    }
    for actor, ids in (officers | others).items():
        hits = found(sessions, "焊接", actor).get(Noun.ORGANISATION, [])
        assert set(hits) - {waiting.id} == ids, actor.name
        assert waiting.id not in hits


def test_a_masked_firm_s_name_finds_nothing(sessions: Sessions) -> None:
    with sessions.write() as session:
        unit = make_unit(session)
        firm = make_firm(session, unit, name="隐名铸造有限公司")
        institute = make_institute(session)
        expert, stranger = make_expert(session, institute), make_expert(session)
        need = make_need(session, firm, title="缩松控制", audience=Audience.MASKED)
        make_team(session, need, expert)
        invitation = make_invitation(session, need, expert)
    people = {
        "expert": Actor(Role.EXPERT, "专家", 1, expert_id=expert.id),
        "institute": Actor(Role.INSTITUTE, "院所", 2, organisation_id=institute.id),
        "stranger": Actor(Role.EXPERT, "旁人", 3, expert_id=stranger.id),
        "firm": Actor(Role.FIRM, "别家", 4, organisation_id=firm.id + 10_000),
    }
    for actor in people.values():
        assert found(sessions, "隐名铸造", actor) == {}, actor.name
        assert Noun.NEED in found(sessions, "缩松控制", actor)
    officers = (
        CITY,
        Actor(Role.COUNTY, "县", 5, unit_id=unit.id),
        Actor(Role.FIRM, "本人", 6, organisation_id=firm.id),
    )
    for actor in officers:
        assert found(sessions, "隐名铸造", actor)[Noun.NEED] == [need.id]
        assert found(sessions, "隐名铸造 缩松", actor)[Noun.NEED] == [need.id]
    with sessions.write() as session:
        session.merge(invitation).status = InvitationStatus.ACCEPTED
    for who, known in (("expert", True), ("institute", True), ("stranger", False), ("firm", False)):
        assert (Noun.NEED in found(sessions, "隐名铸造", people[who])) is known, who


def test_the_hits_do_not_say_a_masked_name(sessions: Sessions) -> None:
    with sessions.write() as session:
        firm = make_firm(session, make_unit(session, "丙县"), name="隐名铸造有限公司")
        need = make_need(session, firm, title="缩松控制", audience=Audience.MASKED)
        expert = make_expert(session)
        make_team(session, need, expert)
    with sessions.read() as session:
        actor = Actor(Role.EXPERT, "专家", 1, expert_id=expert.id)
        heaps = queries.search(session, actor, queries.read(SEGMENTER, "缩松控制"))
    said = [hit.of.text for heap in heaps for hit in heap.page.rows]
    assert len(said) == 2
    assert not any("隐名" in text for text in said)


def test_merged_records_are_not_found(sessions: Sessions) -> None:
    with sessions.write() as session:
        unit = make_unit(session)
        firm, twice = make_firm(session, unit, name="焊接甲"), make_firm(session, unit, name="焊接甲公司")
        expert, double = make_expert(session, name="焊接人"), make_expert(session, name="焊接人二")
        need = make_need(session, twice, title="缩松")
    with sessions.write() as session:
        need, firm, twice, expert, double = map(session.merge, (need, firm, twice, expert, double))
        need.firm = firm
        twice.merged_into_id, double.merged_into_id = firm.id, expert.id
    hits = found(sessions, "焊接")
    assert hits == {Noun.NEED: [need.id], Noun.ORGANISATION: [firm.id], Noun.EXPERT: [expert.id]}


def test_system_may_search_everything(sessions: Sessions) -> None:
    with sessions.write() as session:
        need = make_need(session, status=NeedStatus.DRAFT, title="焊接")
    assert found(sessions, "焊接", SYSTEM) == {Noun.NEED: [need.id]}


def test_each_model_of_the_search_is_one_of_its_kinds() -> None:
    assert {subject.model for subject in BY_NOUN.values()} >= {Need, Organisation, Expert, Group, Meeting, Team}
    assert SearchEntry not in {subject.model for subject in BY_NOUN.values()}
