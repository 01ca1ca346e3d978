"""A team at work: hosts, task book, signing, milestones, members, the next term."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from matchmaker.db.models import Audit, Milestone, OutboxMessage, TeamHost
from matchmaker.db.session import Sessions
from matchmaker.domain.drafts import AgreementDraft, check
from matchmaker.domain.vocabulary import BookAnswer, HostKind, MemberRole, TeamStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import team_life as queries
from matchmaker.services import milestones, task_books, team_life
from tests import factories as make
from tests.support.teams import CLOCK, Work, written

SOON = make.TODAY + timedelta(days=10)


@pytest.fixture
def work(sessions: Sessions) -> Iterator[Work]:
    with sessions.write() as session:
        yield Work(session)


@pytest.mark.both_databases
def test_from_hosts_to_service_each_step_names_what_is_missing(work: Work) -> None:
    with pytest.raises(Conflict, match="先登记服务对象"):
        work.move("draft")
    work.hosted()
    work.move("draft")
    with pytest.raises(Conflict, match="还没有起草任务书"):
        work.move("sign")
    book = work.write()
    with pytest.raises(Conflict, match="还没有同意任务书"):
        work.move("sign")
    work.say(work.owner, f"firm:{work.firm.id}", BookAnswer.AGREES)
    work.say(work.city, f"expert:{work.experts[0].id}", BookAnswer.AGREES, "6 月 10 日电话同意")
    with pytest.raises(Conflict, match="扫描件"):
        work.move("sign")
    work.scanned(book)
    work.move("sign")
    assert (book.signed_on, work.team.starts_on, work.team.ends_on) == (make.TODAY, book.starts_on, book.ends_on)
    assert [(row.title, row.due) for row in queries.milestones(work.session, work.team)] == [("小试", SOON)]
    work.move("serve")
    assert work.team.status is TeamStatus.SERVING
    words = {word.expert_id is not None: word.on_behalf for word in book.words}
    assert words == {False: False, True: True}


def test_a_version_that_somebody_spoke_of_is_kept_and_the_next_asks_again(work: Work) -> None:
    first = work.drafted()
    assert work.write(funds="20 万").number == first.number  # nobody has said anything yet
    work.say(work.owner, f"firm:{work.firm.id}", BookAnswer.CHANGES, "加一条")
    second = work.write(funds="30 万")
    assert (first.number, first.funds, second.number, second.funds) == (1, "20 万", 2, "30 万")
    assert not any(side.agrees for side in queries.sides(work.team, second, make.TODAY))
    with pytest.raises(Conflict, match="刚刚改过"):
        task_books.answer(
            work.session, work.owner, work.team, f"firm:{work.firm.id}", BookAnswer.AGREES,
            remark="", stamped=task_books.stamp(first), clock=CLOCK,
        )  # fmt: skip
    with pytest.raises(Conflict, match="又被改过"):
        task_books.write(work.session, work.city, work.team, written(), seen="1.1", clock=CLOCK)


def test_nobody_speaks_for_another_side(work: Work) -> None:
    work.drafted()
    firm, lead = f"firm:{work.firm.id}", f"expert:{work.experts[0].id}"
    for actor, side in ((work.owner, lead), (work.lead, firm), (work.member, lead), (work.outsider, lead)):
        with pytest.raises(Forbidden):
            work.say(actor, side, BookAnswer.AGREES)
    with pytest.raises(Invalid, match="怎样修改"):
        work.say(work.owner, firm, BookAnswer.CHANGES)
    with pytest.raises(Invalid, match="何时"):
        work.say(work.city, firm, BookAnswer.AGREES)


def test_whoever_has_not_agreed_is_asked_once_for_a_version(work: Work, settings: object) -> None:
    work.drafted()
    work.say(work.lead, f"expert:{work.experts[0].id}", BookAnswer.AGREES)
    sent = [task_books.ask(work.session, work.city, work.team, settings=settings, clock=CLOCK) for _ in range(2)]
    assert sent == [1, 0]
    [letter] = work.session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "task_book_asked")).all()
    assert letter.recipient == "firm@example.org"
    assert letter.payload["path"].startswith("/b/")


def test_unsigning_and_signing_again_keeps_what_was_reached(work: Work) -> None:
    work.serving()
    [row] = queries.milestones(work.session, work.team)
    milestones.report(work.session, work.lead, row, done_on=make.TODAY, proof="报告", clock=CLOCK)
    work.move("recall", "误点")
    work.move("unsign", "要加里程碑")
    assert queries.signed_book(work.session, work.team) is None
    later = {"title": "中试", "due": (SOON + timedelta(days=90)).isoformat()}
    book = work.write(milestones=[{"title": "小试", "due": SOON.isoformat()}, later])
    assert book.number == 2
    work.say(work.owner, f"firm:{work.firm.id}", BookAnswer.AGREES)
    work.say(work.lead, f"expert:{work.experts[0].id}", BookAnswer.AGREES)
    work.scanned(book)
    work.move("sign")
    found = queries.milestones(work.session, work.team)
    assert [(one.title, one.done_on) for one in found] == [("小试", make.TODAY), ("中试", None)]


def test_a_milestone_is_called_to_mind_before_and_after_once_each(work: Work) -> None:
    work.serving()
    for day in (SOON - timedelta(days=15), SOON - timedelta(days=14), SOON, SOON + timedelta(days=1)) * 2:
        milestones.remind(work.session, day, clock=CLOCK)
    sent = work.session.scalars(select(OutboxMessage.recipient).where(OutboxMessage.notice == "milestone_due")).all()
    assert sent.count(work.experts[0].email) == 2  # before and after
    milestone = work.session.scalars(select(Milestone)).one()
    with pytest.raises(Forbidden):
        milestones.report(work.session, work.owner, milestone, done_on=make.TODAY, proof="报告", clock=CLOCK)
    with pytest.raises(Invalid):
        milestones.report(work.session, work.lead, milestone, done_on=SOON, proof="报告", clock=CLOCK)


def test_members_change_with_history_and_somebody_always_leads(work: Work) -> None:
    work.serving()
    lead, member = work.team.members
    change = {"day": make.TODAY, "reason": "调动", "clock": CLOCK}
    with pytest.raises(Invalid, match="接任团长"):
        team_life.change_member(work.session, work.city, work.team, leaves=lead.id, joins=None, **change)
    with pytest.raises(Invalid, match="已经在团里"):
        team_life.change_member(work.session, work.city, work.team, leaves=None, joins=work.experts[1], **change)
    team_life.change_member(work.session, work.city, work.team, leaves=lead.id, joins=work.experts[2], **change)
    assert [one.expert_id for one in queries.members_on(work.team, make.TODAY)] == [
        work.experts[2].id,
        member.expert_id,
    ]
    yesterday = queries.members_on(work.team, make.TODAY - timedelta(days=1))
    assert {one.expert_id for one in yesterday} == {lead.expert_id, member.expert_id}
    assert [one.role for one in work.team.members].count(MemberRole.LEAD) == 1
    other = make.make_team(work.session, make.make_need(work.session, work.firm), make.make_expert(work.session))
    with pytest.raises(Conflict, match="一人只能参加一个"):
        team_life.change_member(
            work.session, work.city, work.team, leaves=None, joins=other.members[0].expert, **change
        )
    trail = work.session.scalars(select(Audit).where(Audit.noun == "team", Audit.action == "change_member")).one()
    assert (trail.reason, trail.after["leaves"]) == ("调动", work.experts[0].name)


@pytest.mark.both_databases
def test_the_next_term_is_a_new_team_and_the_old_one_stays(work: Work) -> None:
    with pytest.raises(Conflict, match="才能续期"):
        team_life.renew(work.session, work.city, work.team, reason="", clock=CLOCK)
    work.serving()
    work.move("end", "期满")
    with pytest.raises(Conflict, match="恢复派驻或续期"):
        work.move("reform", "点错")
    new = team_life.renew(work.session, work.city, work.team, reason="考核优秀", clock=CLOCK)
    assert (new.status, new.renewed_from_id) == (TeamStatus.FORMING, work.team.id)
    assert [one.expert_id for one in new.members] == [one.expert_id for one in work.team.members]
    assert [host.organisation_id for host in new.hosts] == [work.firm.id]
    assert [row.need_id for row in new.needs] == [row.need_id for row in work.team.needs]
    with pytest.raises(Conflict, match="已经续期"):
        team_life.renew(work.session, work.city, work.team, reason="", clock=CLOCK)


def test_hosts_and_agreements_stay_on_file(work: Work) -> None:
    work.hosted().hosted()
    [host] = work.session.scalars(select(TeamHost)).all()
    draft, _errors = check(AgreementDraft, {"host": host.id, "signed_on": make.TODAY})
    row = team_life.agree(work.session, work.city, work.team, draft, clock=CLOCK)
    assert queries.without_agreement(work.session, work.team, make.TODAY) == []
    team_life.void_agreement(work.session, work.city, row, reason="录错", clock=CLOCK)
    assert queries.without_agreement(work.session, work.team, make.TODAY) == [work.firm.name]
    team_life.end_host(work.session, work.city, work.team, host.id, reason="不需要了", clock=CLOCK)
    assert queries.hosts_on(work.team, make.TODAY + timedelta(days=1)) == []
    for key in ("firm:x", "planet:1", ""):
        with pytest.raises(Invalid):
            team_life.add_host(work.session, work.city, work.team, key, since=make.TODAY, clock=CLOCK)
    key = f"{HostKind.UNIT}:{work.unit.id}"
    with pytest.raises(Forbidden):
        team_life.add_host(work.session, work.county, work.team, key, since=make.TODAY, clock=CLOCK)
