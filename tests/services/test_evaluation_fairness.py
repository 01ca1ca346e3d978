"""The yearly evaluation: whose word counts, who is told, and what is put right."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, OutboxMessage, TeamNeed
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import AppealStatus, EvaluationStatus, Noun, Proof, Role, TeamLevel
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import evaluation_proof, worklist
from matchmaker.queries import evaluations as queries
from matchmaker.services import evaluation_rounds as rounds
from matchmaker.services import evaluations as services
from matchmaker.services import team_life
from tests import factories as make
from tests.support.judged import DUE, FULL, PERSON, YEAR, Judged
from tests.support.teams import CLOCK

P = EvaluationStatus


@pytest.fixture
def work(sessions: Sessions) -> Iterator[Judged]:
    with sessions.write() as session:
        yield Judged(session)


def test_a_mistyped_result_of_the_province_is_put_right_and_taken_off(work: Judged) -> None:
    work.provincial()
    session, city, day = work.session, work.city, make.TODAY
    row = rounds.prepare(session, city, YEAR, due_on=DUE, clock=CLOCK)
    typed = {"result": "优秀(错)", "document": "某科 1 号"}
    found = rounds.record_province(session, city, row, work.team.id, typed, day=day, clock=CLOCK)
    right, version = typed | {"result": "良好", "grade": "good"}, found.version
    with pytest.raises(Invalid):
        rounds.correct_province(session, city, found, right, day=day, reason=" ", version=version, clock=CLOCK)
    rounds.correct_province(session, city, found, right, day=day, reason="看错行", version=version, clock=CLOCK)
    assert [one.province_grade for one in queries.published(session, YEAR)] == ["良好"]
    entry = session.scalars(select(Audit).where(Audit.noun == Noun.EVALUATION).order_by(Audit.id.desc())).first()
    assert entry is not None
    assert (entry.reason, entry.before["province_result"], entry.after["province_result"]) == (
        "看错行", "优秀(错)", "良好",
    )  # fmt: skip
    services.move(session, city, found, "unpublish", reason="录错了团", clock=CLOCK)
    assert queries.published(session, YEAR) == []
    services.move(session, city, found, "publish", clock=CLOCK)
    assert len(queries.published(session, YEAR)) == 1


def test_the_lead_of_today_goes_on_with_what_is_open(work: Judged) -> None:
    row, joins = work.open(), work.experts[2]
    change = {"leaves": work.experts[0].id, "joins": joins, "day": make.TODAY, "reason": "调离"}
    team_life.change_member(work.session, work.city, work.team, **change, clock=CLOCK)
    assert row.lead_id == joins.id
    assert {one.expert_id for one in row.people} == {one.id for one in work.experts}
    told = work.session.scalars(select(OutboxMessage.recipient).where(OutboxMessage.notice == "evaluation_opened"))
    assert joins.email in set(told)
    with pytest.raises(Forbidden):
        work.report(row, work.lead)
    work.report(row, work.outsider)
    assert row.status is P.SUBMITTED


def test_a_year_has_the_teams_that_signed_until_they_ended(work: Judged) -> None:
    session = work.session
    given_up = make.make_team(session, make.make_need(session, work.firm), make.make_expert(session))
    given_up.starts_on = date(YEAR, 1, 1)
    session.flush()
    team_life.move(session, work.city, given_up, "end", reason="不组了", clock=CLOCK)
    work.move("end", "提前终止")
    assert queries.teams_of_year(session, YEAR, TeamLevel.CITY) == [work.team]
    assert queries.teams_of_year(session, YEAR + 1, TeamLevel.CITY) == []


def test_every_answer_to_an_appeal_is_told(work: Judged) -> None:
    row = work.published()
    for n in range(2):
        asked = services.appeal(work.session, work.lead, row, f"理由{n}", clock=CLOCK)
        services.answer(work.session, work.second, asked, "reject", reason=f"不成立{n}", clock=CLOCK)
    services.answer(work.session, work.second, asked, "reconsider", reason="再看", clock=CLOCK)
    services.answer(work.session, work.second, asked, "reject", reason="另一答复", clock=CLOCK)
    told = work.session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "appeal_answered"))
    assert [one.payload["answer"] for one in told] == ["不成立0", "不成立1", "另一答复"]


def test_an_appeal_is_renewed_in_its_days_and_never_beside_another(work: Judged) -> None:
    row = work.published()
    first = services.appeal(work.session, work.lead, row, "一", clock=CLOCK)
    services.answer(work.session, work.lead, first, "withdraw", reason="不要了", clock=CLOCK)
    second = services.appeal(work.session, work.lead, row, "二", clock=CLOCK)
    with pytest.raises(Conflict, match="待答复"):
        services.answer(work.session, work.lead, first, "renew", reason="又要了", clock=CLOCK)
    services.answer(work.session, work.lead, second, "withdraw", reason="不要了", clock=CLOCK)
    late = FixedDayClock(make.TODAY + timedelta(days=200))
    with pytest.raises(Conflict, match="申诉期"):
        services.answer(work.session, work.lead, first, "renew", reason="迟了", clock=late)
    services.answer(work.session, work.lead, first, "renew", reason="又要了", clock=CLOCK)
    assert first.status is AppealStatus.OPEN


def test_who_is_pushed_out_of_the_line_has_its_days_to_appeal(work: Judged) -> None:
    row, session = work.published(tasks="20"), work.session
    other = make.make_evaluation(session, make.make_team(session, work.team.need), round_id=work.round.id)
    other.status, other.score = P.SCORED, 99
    session.flush()
    later = FixedDayClock(make.TODAY + timedelta(days=60))
    assert not services.may_appeal(session, work.lead, row, clock=later)
    rounds.publish(session, work.second, work.round, clock=later)
    assert (row.place, row.published_on) == (2, later.today())
    assert services.may_appeal(session, work.lead, row, clock=later)


def test_only_a_unit_served_in_the_year_reviews(work: Judged) -> None:
    session, unit = work.session, make.make_unit(work.session, "别县")
    need = make.make_need(session, make.make_firm(session, unit))
    session.add(TeamNeed(team_id=work.team.id, need_id=need.id, terms=[]))
    session.flush()
    session.refresh(work.team)
    row, other = work.open(), make.actor_of(make.make_account(session, Role.COUNTY, unit_id=unit.id))
    work.report(row)
    with pytest.raises(Forbidden, match="责任单位"):
        work.review(row, other)
    work.review(row)
    assert work.unit.name in evaluation_proof.tell(Proof.UNIT, {}, row)


def test_an_officer_rewrites_no_leads_report_and_scores_none_taken_down(work: Judged) -> None:
    row = work.open()
    work.report(row)
    with pytest.raises(Forbidden, match="团长本人"):
        services.move(work.session, work.city, row, "recall", clock=CLOCK)
    services.move(work.session, work.lead, row, "recall", clock=CLOCK)
    with pytest.raises(Forbidden, match="团长本人"):
        work.report(row, work.city)
    row.words, row.on_behalf = {}, False
    work.session.flush()
    work.report(row, work.city)
    work.review(row)
    with pytest.raises(Forbidden, match="代录"):
        work.score(row, work.city)
    work.score(row, work.second)
    assert row.status is P.SCORED


def test_what_waits_is_on_the_work_list(work: Judged) -> None:
    row = work.open()

    def heaps(actor: Actor) -> tuple[int, int, int]:
        found = worklist.of(work.session, actor, make.TODAY, review_days=5)
        return tuple(one.number for one in (found.reports_of_teams, found.to_score, found.appeals))  # type: ignore[return-value]

    work.report(row)
    assert (heaps(work.county), heaps(work.city)) == ((1, 0, 0), (1, 0, 0))
    work.review(row)
    assert heaps(work.city) == (0, 1, 0)
    work.score(row)
    rounds.publish(work.session, work.second, work.round, clock=CLOCK)
    services.appeal(work.session, work.lead, row, "少计一项", clock=CLOCK)
    assert heaps(work.city) == (0, 0, 1)
    assert queries.to_handle(work.session, work.second) == [row]


def test_the_scorer_takes_no_published_result_back(work: Judged) -> None:
    row = work.published()
    with pytest.raises(Forbidden, match="评分人"):
        services.move(work.session, work.city, row, "unpublish", reason="改分", clock=CLOCK)
    services.move(work.session, work.second, row, "unpublish", reason="漏计", clock=CLOCK)
    assert row.status is P.SCORED


def test_what_the_city_writes_carries_no_secrecy_mark(work: Judged) -> None:
    row = work.open()
    work.report(row)
    work.review(row)
    people, version = {one.expert_id: PERSON for one in row.people}, row.version
    said = {"people": people, "remark": "机密★5年", "version": version}
    with pytest.raises(Invalid) as refused:
        services.score(work.session, work.city, row, FULL, **said, clock=CLOCK)
    assert set(refused.value.errors) == {"remark"}
