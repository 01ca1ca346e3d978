"""Who speaks for whom in a team, who reads what of it, and what a team that goes on has to keep."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from matchmaker.db.models import TeamMember
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import AgreementDraft, CertificateDraft, check
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import BookAnswer, HostKind, MemberRole, Role, ServiceLogStatus, TeamStatus
from matchmaker.errors import Conflict, Forbidden, Invalid, NotFound
from matchmaker.queries import attachments as files
from matchmaker.queries import team_life as queries
from matchmaker.queries import teams as team_queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import attachments, certificates, team_life
from tests import factories as make
from tests.services.test_teams import a_city
from tests.support.teams import CLOCK, Work

CHANGE = {"day": make.TODAY, "reason": "调动", "clock": CLOCK}


@pytest.fixture
def work(sessions: Sessions) -> Iterator[Work]:
    with sessions.write() as session:
        yield Work(session)


def another_host(work: Work) -> tuple[str, Actor, Actor]:
    """A firm of another unit that the team serves too: its side, its account, its unit's officer."""
    session = work.session
    unit = make.make_unit(session)
    firm = make.make_firm(session, unit)
    owner = make.actor_of(make.make_account(session, Role.FIRM, organisation_id=firm.id))
    officer = make.actor_of(make.make_account(session, Role.COUNTY, unit_id=unit.id))
    since = make.TODAY - timedelta(days=100)
    team_life.add_host(session, work.city, work.team, f"{HostKind.FIRM}:{firm.id}", since=since, clock=CLOCK)
    return f"firm:{firm.id}", owner, officer


def test_a_units_officer_takes_down_the_word_of_its_own_firms_only(work: Work) -> None:
    work.drafted()
    theirs, other, officer = another_host(work)
    for side in (f"firm:{work.firm.id}", f"expert:{work.experts[0].id}"):
        with pytest.raises(Forbidden):
            work.say(officer, side, BookAnswer.AGREES, "电话")
    work.say(officer, theirs, BookAnswer.CHANGES, "11 月 20 日电话：价格要改")
    [side] = [one for one in queries.sides(work.team, queries.newest(work.session, work.team), make.TODAY) if one.word]
    asked = (officer, other, work.owner, work.county, work.city, work.lead)
    assert [actor for actor in asked if side.remark_for(actor)] == [officer, other, work.city, work.lead]


def test_an_agreement_is_read_by_its_host_and_who_leads(work: Work) -> None:
    work.hosted()
    _side, other, officer = another_host(work)
    host = work.team.hosts[0]
    draft, errors = check(AgreementDraft, {"host": host.id, "signed_on": make.TODAY, "note": "经费 50 万"})
    assert draft is not None, errors
    row = team_life.agree(work.session, work.city, work.team, draft, clock=CLOCK)
    for actor, reads in (
        (work.city, True), (work.county, True), (work.owner, True), (work.lead, True),
        (work.member, False), (other, False), (officer, False),
    ):  # fmt: skip
        assert (row in queries.agreements_seen(work.session, actor, work.team)) is reads
        if not reads:
            with pytest.raises(NotFound):
                queries.get(work.session, actor, type(row), row.id)


def test_a_firm_that_only_has_a_need_reads_of_the_team_but_not_of_its_work(work: Work) -> None:
    team = team_queries.get_visible(work.session, work.owner, work.team.id)
    with pytest.raises(NotFound, match="还没有为贵单位服务"):
        queries.get_at_work(work.session, work.owner, team.id)
    work.hosted()
    assert queries.get_at_work(work.session, work.owner, team.id) is team


def test_whoever_has_left_is_no_longer_of_the_team(work: Work) -> None:
    work.serving()
    assert team_queries.get_visible(work.session, work.member, work.team.id)
    leaves = next(one.id for one in work.team.members if one.expert_id == work.experts[1].id)
    team_life.change_member(work.session, work.city, work.team, leaves=leaves, joins=None, **CHANGE)
    with pytest.raises(NotFound):
        team_queries.get_visible(work.session, work.member, work.team.id)
    [milestone] = queries.milestones(work.session, work.team)
    assert not can(work.member, Permission.MILESTONE_REPORT, facts_of(milestone))


@pytest.mark.both_databases
def test_a_team_goes_on_only_while_its_people_and_needs_are_free(work: Work) -> None:
    work.serving()
    work.move("end", "期满")
    need = work.team.needs[0].need
    taken = make.make_team(work.session, make.make_need(work.session, work.firm), work.experts[1])
    for goes_on in (lambda: work.move("resume", "恢复"), lambda: team_life.renew(
        work.session, work.city, work.team, reason="续期", clock=CLOCK
    )):  # fmt: skip
        with pytest.raises(Conflict, match="一人只能参加一个"):
            goes_on()
    taken.status = TeamStatus.ENDED
    make.make_team(work.session, need, work.experts[2])
    with pytest.raises(Conflict, match="这条需求已有特派团"):
        work.move("resume", "恢复")
    assert work.team.status is TeamStatus.ENDED


def test_a_change_of_members_keeps_the_rules(work: Work) -> None:
    work.session.add(a_city(leader_titles=["教授"], largest=2, per_institute=1))
    for one in work.experts:
        one.title = "教授"
    work.serving()
    assistant = make.make_expert(work.session, title="助教")
    full = make.make_expert(work.session, title="教授", capacity=0)
    same = make.make_expert(work.session, work.experts[1].institute, title="教授")
    lead, member = sorted(work.team.members, key=lambda one: one.role is not MemberRole.LEAD)

    def change(leaves: TeamMember | None, joins: object, day: date = make.TODAY) -> None:
        number = leaves.id if leaves else None
        team_life.change_member(work.session, work.city, work.team, leaves=number, joins=joins, **CHANGE | {"day": day})

    for leaves, joins, why in (
        (lead, assistant, "不符合团长资格"),
        (lead, full, "名额已满"),
        (lead, same, "同一单位人数"),
        (None, make.make_expert(work.session, title="教授"), "1 到 2 人"),
    ):
        with pytest.raises(Conflict, match=why):
            change(leaves, joins)
    for day in (make.TODAY + timedelta(days=1), date(2000, 1, 1)):
        with pytest.raises(Invalid, match="变更日期"):
            change(member, None, day)
    change(member, same)
    assert [one.expert_id for one in queries.members_on(work.team, make.TODAY)] == [work.experts[0].id, same.id]


def test_what_a_paper_says_is_not_taken_back_under_it(work: Work) -> None:
    work.serving()
    log = work.approved()
    days = {"from_day": log.day - timedelta(days=9), "to_day": log.day}
    draft, errors = check(CertificateDraft, {"expert": work.experts[0].id} | days)
    assert draft is not None, errors
    paper = certificates.issue(work.session, work.city, work.team, draft, clock=CLOCK)
    with pytest.raises(Conflict, match="先撤销"):
        work.step(log, (work.city, "unapprove"), reason="重复")
    certificates.revoke(work.session, work.city, paper, reason="重开", clock=CLOCK)
    work.step(log, (work.city, "unapprove"), reason="重复")
    assert log.status is ServiceLogStatus.CITY_REVIEW


def test_the_scan_is_of_the_text_that_was_signed(work: Work) -> None:
    book = work.drafted()
    work.scanned(book)
    again = work.write(funds="500 万")
    assert (again.number, book.funds) == (book.number + 1, "")
    work.say(work.owner, f"firm:{work.firm.id}", BookAnswer.AGREES)
    work.say(work.lead, f"expert:{work.experts[0].id}", BookAnswer.AGREES)
    with pytest.raises(Conflict, match="扫描件"):
        work.move("sign")
    work.scanned(again)
    work.move("sign")
    [scan] = files.standing(work.session, again)
    with pytest.raises(Conflict, match="留一份扫描件"):
        attachments.void(work.session, work.city, again, scan, reason="模糊", clock=CLOCK)
