"""A first team for a need: who covers what by which item, and what nobody covers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, Capability, City, Expert, Need, Team, TeamMember
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import MemberRole, NeedStatus, Role, TeamStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries.team_drafts import Draft
from matchmaker.services import teams
from matchmaker.services.index import CorpusIndex
from tests import factories as make
from tests.support.texts import analysed

CLOCK = FixedDayClock(make.TODAY)


class Stage:
    """A need of two halves and a rare word; one person for each half, and some who know nothing of it."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self.sessions, self.settings, self.corpus = sessions, settings, CorpusIndex()
        with sessions.write() as session:
            self.need = analysed(
                session,
                make.make_need(
                    session,
                    title="激光焊接热裂纹与水性涂料附着力",
                    problem="我们厂里每天激光焊接出现热裂纹，水性涂料附着力不足。",
                    keywords=["激光焊接", "水性涂料", "石墨烯屏蔽"],
                ),
            )
            self.city = make.actor_of(make.make_account(session, Role.CITY))
            self.county = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=self.need.firm.unit_id))
            for text in ("玉米育种", "水稻病害", "桥梁监测"):
                analysed(session, make.make_capability(session, title=text, text=text, keywords=[]))
        self.welder = self.expert("激光焊接热裂纹的形成与抑制", title="讲师")
        self.coater = self.expert("水性涂料附着力", title="教授")

    def expert(self, text: str, **values: object) -> Expert:
        with self.sessions.write() as session:
            expert = make.make_expert(session, **values)
            analysed(session, make.make_capability(session, expert, title="其他工作", text="其他。", keywords=[]))
            analysed(session, make.make_capability(session, expert, title=text, text=text, keywords=[]))
            return expert

    def draft(self) -> Draft:
        with self.sessions.read() as session:
            need = session.get_one(Need, self.need.id)
            return teams.draft_now(session, self.corpus, [need], settings=self.settings, clock=CLOCK)

    def propose(self, actor: Actor | None = None) -> Team:
        made = self.draft()
        with self.sessions.write() as session:
            return teams.propose(session, actor or self.city, made, clock=CLOCK)

    def end(self, team: Team, reason: str, *, action: str = "end") -> None:
        with self.sessions.write() as session:
            row = session.get_one(Team, team.id)
            getattr(teams, action)(session, self.city, row, reason=reason, clock=CLOCK)


@pytest.fixture
def stage(sessions: Sessions, settings: Settings) -> Stage:
    return Stage(sessions, settings)


@pytest.mark.both_databases
def test_the_two_halves_are_covered_by_two_people_the_professor_leads(stage: Stage) -> None:
    team = stage.propose()
    assert (team.status, team.made_by) == (TeamStatus.FORMING, stage.city.name)
    people = {member.expert_id: member for member in team.members}
    assert set(people) == {stage.welder.id, stage.coater.id}
    assert team.members[0].expert_id == stage.coater.id
    assert [member.role for member in team.members] == [MemberRole.LEAD, MemberRole.MEMBER]
    assert 0 < team.coverage < 1
    assert any("石墨" in term or "屏蔽" in term for term in team.uncovered)
    assert not any(term in team.uncovered for term in ("每天", "厂里", "我们"))
    said = {each["term"] for each in people[stage.welder.id].covers}
    assert "焊接" in said
    assert "涂料" not in said


def test_each_term_names_a_capability_that_says_so(stage: Stage) -> None:
    team = stage.propose()
    with stage.sessions.read() as session:
        for member in team.members:
            for each in member.covers:
                item = session.get_one(Capability, each["capability_id"])
                assert item.expert_id == member.expert_id
                assert each["term"] in item.text


def test_who_is_kept_out_is_not_in_the_team(stage: Stage) -> None:
    with stage.sessions.write() as session:
        session.get_one(Expert, stage.welder.id).capacity = 0
    assert [place.expert_id for place in stage.draft().places] == [stage.coater.id]


def test_one_team_per_need_until_it_has_ended(stage: Stage) -> None:
    first = stage.propose()
    with pytest.raises(Conflict, match=f"第 {first.id} 号"):
        stage.propose()
    with pytest.raises(Invalid):
        stage.end(first, " ")
    stage.end(first, "换人")
    second = stage.propose()
    with pytest.raises(Conflict, match=f"第 {second.id} 号"):
        stage.end(first, "还是用第一个", action="reform")
    stage.end(second, "还是用第一个")
    stage.end(first, "还是用第一个", action="reform")
    with stage.sessions.read() as session:
        assert session.get_one(Team, first.id).status is TeamStatus.FORMING
        trail = session.scalars(select(Audit.action).where(Audit.noun == "team", Audit.record_id == first.id)).all()
    assert trail == ["create", "end", "reform"]


def a_city(**rules: object) -> City:
    names = dict.fromkeys(("name", "name_en", "bureau", "product_name", "product_name_en"), "某市")
    return City(code="x", region_code="131000", host_regions=[], team_rules=rules, **names)


@pytest.mark.both_databases
def test_two_officers_who_want_one_person_at_once_get_one_team(stage: Stage) -> None:
    with stage.sessions.write() as session:
        twin = analysed(session, make.make_need(session, title="激光焊接热裂纹", keywords=["激光焊接"]))
        session.add(a_city(one_team=True))
    drafts = []
    with stage.sessions.read() as session:
        for number in (stage.need.id, twin.id):
            need = session.get_one(Need, number)
            drafts.append(teams.draft_now(session, stage.corpus, [need], settings=stage.settings, clock=CLOCK))
    assert all(stage.welder.id in {place.expert_id for place in draft.places} for draft in drafts)
    ready = Barrier(2)

    def form(draft: Draft) -> str:
        ready.wait()
        try:
            with stage.sessions.write() as session:
                teams.propose(session, stage.city, draft, clock=CLOCK)
        except Conflict as refused:
            return str(refused)
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(form, drafts))
    assert said.count("") == 1
    assert "一人只能参加一个" in "".join(said)
    with stage.sessions.read() as session:
        people = session.scalars(select(TeamMember.expert_id)).all()
        assert len(people) == len(set(people))
        assert len(session.scalars(select(Team)).all()) == 1


def test_the_city_profile_rules_teams_and_a_reserved_person_is_left_out(stage: Stage) -> None:
    with stage.sessions.read() as session:
        need = session.get_one(Need, stage.need.id)
        chosen = {"settings": stage.settings, "clock": CLOCK}
        alone = teams.draft_now(session, stage.corpus, [need], reserved=[stage.welder.id], **chosen)
    assert [place.expert_id for place in alone.places] == [stage.coater.id]
    with stage.sessions.write() as session:
        session.add(a_city(leader_titles=["院士"]))
    with pytest.raises(Conflict, match="团长资格"):
        stage.draft()


def test_only_the_city_forms_teams_and_only_for_published_needs(stage: Stage) -> None:
    with pytest.raises(Forbidden):
        stage.propose(stage.county)
    with stage.sessions.write() as session:
        stage.need = analysed(session, make.make_need(session, status=NeedStatus.CITY_REVIEW))
    with pytest.raises(Conflict, match="发布后"):
        stage.propose()


def test_nobody_covers_anything(stage: Stage) -> None:
    with stage.sessions.write() as session:
        strange = make.make_need(session, title="深海锚泊", problem="深海锚泊。", keywords=[])
        stage.need = analysed(session, strange)
    with pytest.raises(Conflict, match="组不成团"):
        stage.propose()
