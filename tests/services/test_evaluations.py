"""The yearly evaluation: reported, reviewed, scored by somebody else, published with its line, appealed against."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from matchmaker.clock import FixedDayClock
from matchmaker.db.models import Audit, Evaluation, EvaluationRound, OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.domain.lifecycle import EVALUATION_STEPS
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import AppealStatus, EvaluationStatus, Grade, Noun, Role, TeamLevel
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.queries import evaluations as queries
from matchmaker.services import evaluation_rounds as rounds
from matchmaker.services import evaluations as services
from matchmaker.services import transitions
from tests import factories as make
from tests.support.judged import DUE, YEAR, Judged
from tests.support.teams import CLOCK

P = EvaluationStatus


@pytest.fixture
def work(sessions: Sessions) -> Iterator[Judged]:
    with sessions.write() as session:
        yield Judged(session)


@pytest.mark.both_databases
def test_from_the_report_to_the_published_list(work: Judged) -> None:
    logged = work.approved()
    row = work.open()
    assert row.lead_id == work.experts[0].id
    assert {one.expert_id for one in row.people} == {one.id for one in work.experts[:2]}
    work.report(row)
    assert (row.proof["half_days"], row.proof["times"], row.proof["milestones"]) == (logged.half_days, 1, 1)
    work.review(row)
    work.score(row, tasks="25")
    assert (row.status, row.score, row.grade, row.place) == (P.SCORED, 95, Grade.EXCELLENT, None)
    assert {(one.score, one.grade) for one in row.people} == {(75, Grade.GOOD)}
    assert queries.published(work.session, YEAR) == []
    assert rounds.publish(work.session, work.city, work.round, clock=CLOCK) == 1
    [result] = queries.published(work.session, YEAR)
    assert (result.team_id, result.level, result.score, result.rank, result.in_line, result.grade) == (
        work.team.id, TeamLevel.CITY, 95, 1, True, Grade.EXCELLENT,
    )  # fmt: skip
    told = set(work.session.scalars(select(OutboxMessage.notice)))
    assert {"evaluation_opened", "evaluation_published"} <= told
    said = work.session.scalars(select(Audit.action).where(Audit.noun == Noun.EVALUATION).order_by(Audit.id)).all()
    assert said == ["create", "edit", "submit", "unit_pass", "give_points", "score", "publish"]


def test_nobody_both_reviews_and_scores(work: Judged) -> None:
    row = work.open()
    work.report(row)
    work.review(row, work.city)
    with pytest.raises(Forbidden, match="不能是同一人"):
        work.score(row, work.city)
    work.score(row, work.second)
    assert row.scored_by_id == work.second.account_id


def test_an_officer_of_the_team_keeps_out(work: Judged) -> None:
    account = make.make_account(work.session, Role.CITY, expert_id=work.experts[1].id)
    insider = make.actor_of(account)
    row = work.open()
    work.report(row)
    with pytest.raises(Forbidden, match="成员"):
        work.review(row, insider)
    work.review(row)
    with pytest.raises(Forbidden, match="成员"):
        work.score(row, insider)
    work.score(row)
    with pytest.raises(Forbidden, match="成员"):
        rounds.publish(work.session, insider, work.round, clock=CLOCK)


def test_every_state_and_action(sessions: Sessions) -> None:
    """In one database: what the table of moves has goes through, everything else is refused."""
    legal = {(step.source, step.action): step.target for step in EVALUATION_STEPS}
    with sessions.write() as session:
        row = make.make_evaluation(session, make.make_team(session, make.make_need(session)))
        actor = Actor(Role.CITY, "专员", 1)
        for status, action in product(EvaluationStatus, {step.action for step in EVALUATION_STEPS}):
            row.status = status
            session.flush()
            if (status, action) in legal:
                transitions.apply(session, actor, row, action, clock=CLOCK, reason="有依据")
            else:
                with pytest.raises(Conflict):
                    transitions.apply(session, actor, row, action, clock=CLOCK, reason="有依据")
            assert row.status is legal.get((status, action), status)


def test_what_comes_back_is_mended_by_the_lead(work: Judged) -> None:
    row = work.open()
    with pytest.raises(Conflict, match="先填写"):
        services.move(work.session, work.lead, row, "submit", clock=CLOCK)
    for stranger in (work.member, work.outsider, work.owner, work.county):
        with pytest.raises(Forbidden):
            work.report(row, stranger)
    work.report(row)
    with pytest.raises(Conflict, match="已提交"):
        work.report(row)
    services.move(work.session, work.county, row, "return", reason="缺证明", clock=CLOCK)
    [letter] = work.session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "evaluation_returned"))
    assert letter.payload["reason"] == "缺证明"
    work.report(row)
    assert row.status is P.SUBMITTED
    with pytest.raises(Invalid) as refused:
        services.review(work.session, work.county, row, " ", clock=CLOCK)
    assert set(refused.value.errors) == {"opinion"}


def test_points_missing_or_beyond_change_nothing(work: Judged) -> None:
    row = work.open()
    work.report(row)
    work.review(row)
    with pytest.raises(Invalid) as refused:
        work.score(row, tasks="31", service="")
    assert set(refused.value.errors) == {"t-tasks", "t-service"}
    assert (row.status, row.score, row.points) == (P.UNIT_REVIEWED, None, {})


def test_sheets_are_fixed_once_the_year_is_open(work: Judged) -> None:
    row = rounds.prepare(work.session, work.city, YEAR, due_on=DUE, clock=CLOCK)
    told = queries.sheets(row).model_dump(mode="json")
    changed = told | {"line": told["line"] | {"percent": 50}, "appeal_days": 7}
    rounds.edit(work.session, work.city, row, changed, due_on=DUE, reason="局务会", version=row.version, clock=CLOCK)
    assert (queries.sheets(row).line.percent, queries.sheets(row).appeal_days) == (50, 7)
    wrong = told | {"team": told["team"][1:]}
    with pytest.raises(Invalid) as refused:
        rounds.edit(work.session, work.city, row, wrong, due_on=DUE, reason="改", version=row.version, clock=CLOCK)
    assert "team" in refused.value.errors
    with pytest.raises(Conflict, match="已经有了"):
        rounds.prepare(work.session, work.city, YEAR, due_on=DUE, clock=CLOCK)
    rounds.open_round(work.session, work.city, row, clock=CLOCK)
    with pytest.raises(Conflict, match="不能再改"):
        rounds.edit(work.session, work.city, row, told, due_on=DUE, reason="改", version=row.version, clock=CLOCK)


def test_an_appeal_opens_the_scoring_again(work: Judged) -> None:
    row = work.published(tasks="10")
    for stranger in (work.member, work.city, work.county):
        with pytest.raises(Forbidden):
            services.appeal(work.session, stranger, row, "少计一项", clock=CLOCK)
    asked = services.appeal(work.session, work.lead, row, "少计一项", clock=CLOCK)
    with pytest.raises(Conflict):
        services.appeal(work.session, work.lead, row, "又一次", clock=CLOCK)
    with pytest.raises(Forbidden, match="评分人"):
        services.answer(work.session, work.city, asked, "uphold", reason="属实", clock=CLOCK)
    services.answer(work.session, work.second, asked, "uphold", reason="属实，补计", clock=CLOCK)
    assert (asked.status, asked.answer, row.status) == (AppealStatus.UPHELD, "属实，补计", P.SCORED)
    assert queries.published(work.session, YEAR) == []  # until it is published again
    services.move(work.session, work.city, row, "rescore", reason="补计", clock=CLOCK)
    work.score(row)
    rounds.publish(work.session, work.second, work.round, clock=CLOCK)
    assert [one.score for one in queries.published(work.session, YEAR)] == [100]
    [letter] = work.session.scalars(select(OutboxMessage).where(OutboxMessage.notice == "appeal_answered"))
    assert (letter.payload["outcome"], letter.payload["answer"]) == ("upheld", "属实，补计")


def test_an_appeal_comes_in_time_or_not_at_all(work: Judged) -> None:
    row = work.published()
    late = FixedDayClock(make.TODAY + timedelta(days=queries.sheets(work.round).appeal_days + 1))
    with pytest.raises(Conflict, match="申诉期"):
        services.appeal(work.session, work.lead, row, "少计一项", clock=late)


def test_nothing_is_published_while_a_team_is_open(work: Judged) -> None:
    row = work.scored()
    other = make.make_evaluation(work.session, make.make_team(work.session, work.team.need), round_id=work.round.id)
    with pytest.raises(Conflict, match="还没有评分"):
        rounds.publish(work.session, work.city, work.round, clock=CLOCK)
    services.move(work.session, work.city, other, "excuse", reason="提前终止", clock=CLOCK)
    rounds.publish(work.session, work.city, work.round, clock=CLOCK)
    assert (row.place, row.in_line, other.place, other.in_line) == (1, True, None, False)


@pytest.mark.both_databases
def test_a_provincial_team_is_on_file_and_never_ranked(work: Judged) -> None:
    work.provincial()
    row = rounds.prepare(work.session, work.city, YEAR, due_on=DUE, clock=CLOCK)
    typed = {"result": "优秀", "grade": "excellent", "document": "某科 1 号"}
    with pytest.raises(Invalid) as refused:
        rounds.record_province(work.session, work.city, row, work.team.id, {}, day=None, clock=CLOCK)
    assert set(refused.value.errors) == {"result", "document", "day"}
    found = rounds.record_province(work.session, work.city, row, work.team.id, typed, day=make.TODAY, clock=CLOCK)
    [result] = queries.published(work.session, YEAR)
    assert (result.rank, result.score, result.in_line, result.grade, result.province_grade) == (
        None, None, False, None, "优秀",
    )  # fmt: skip
    with pytest.raises(Conflict, match="省级"):
        services.move(work.session, work.city, found, "rescore", reason="x", clock=CLOCK)
    with pytest.raises(Conflict, match="没有派驻过的市级"):
        rounds.open_round(work.session, work.city, row, clock=CLOCK)
    ranked = update(Evaluation).where(Evaluation.id == found.id).values(place=1)
    with pytest.raises(IntegrityError), work.session.begin_nested():
        work.session.execute(ranked)


def test_a_team_that_comes_later_takes_part(work: Judged) -> None:
    row = rounds.prepare(work.session, work.city, YEAR, due_on=DUE, clock=CLOCK)
    with pytest.raises(Conflict, match="还没有开始"):
        rounds.join(work.session, work.city, row, work.team.id, clock=CLOCK)
    work.team.level = TeamLevel.PROVINCE
    work.session.flush()
    with pytest.raises(Conflict):
        rounds.open_round(work.session, work.city, row, clock=CLOCK)
    row.opened_on, work.team.level = make.TODAY, TeamLevel.CITY
    work.session.flush()
    assert rounds.join(work.session, work.city, row, work.team.id, clock=CLOCK).status is P.DRAFT
    with pytest.raises(Invalid):
        rounds.join(work.session, work.city, row, work.team.id, clock=CLOCK)
    assert work.session.scalars(select(EvaluationRound)).one() is row
