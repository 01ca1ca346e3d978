"""The yearly evaluations of the demonstration: last year's published, teams on both sides of the line; this year's."""

from datetime import date, datetime, time, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import SHANGHAI, Clock
from matchmaker.db.models import (
    Account,
    Appeal,
    Evaluation,
    EvaluationRound,
    Expert,
    Milestone,
    Need,
    ServiceLog,
    TaskBook,
    Team,
    TeamHost,
    TeamMember,
    TeamNeed,
)
from matchmaker.domain.permissions import Actor
from matchmaker.domain.scoring import Criterion
from matchmaker.domain.vocabulary import (
    AppealStatus,
    Audience,
    MemberRole,
    NeedStatus,
    Role,
    ServiceLogStatus,
    TeamLevel,
    TeamStatus,
)
from matchmaker.i18n import gettext as _
from matchmaker.queries import evaluations as queries
from matchmaker.queries import scopes, team_people
from matchmaker.queries.accounts import actor_of
from matchmaker.services import audit, evaluation_rounds, evaluations, outbox
from matchmaker.services.demo.script import Script
from matchmaker.services.demo.timeline import MomentClock

PAST = 8  # teams whose term has ended; the last one is the province's
PEOPLE = 3
SHARES = (94, 91, 86, 80, 74, 63, 55)  # of the points, in per cent
LOGS = 3


class Stage:
    """What every act needs: who does it, and the moments at which it was done."""

    def __init__(self, session: Session, script: Script, officer: Actor, clock: Clock) -> None:
        self.session, self.officer, self.now = session, officer, clock.now()
        self.today = clock.today()
        self.phrases = script.phrases
        others = select(Account).where(Account.role == Role.CITY, Account.id != officer.account_id)
        self.other = actor_of(session.scalars(others.order_by(Account.id)).one())

    def at(self, day: date, hour: int = 10) -> Clock:
        """That moment, or now if it is still to come."""
        return MomentClock(min(datetime.combine(day, time(hour, 30), SHANGHAI), self.now.astimezone(SHANGHAI)))

    def say(self, name: str, number: int = 0) -> str:
        """One of the script's texts."""
        texts = self.phrases[f"judged_{name}"]
        return texts[number % len(texts)]


def judge(session: Session, script: Script, officer: Actor, *, clock: Clock) -> None:
    """Teams of the year before, its evaluation published; this year's open, with one report sent in."""
    stage, year = Stage(session, script, officer, clock), clock.today().year
    with outbox.quiet(session):
        _past_teams(stage, year - 1)
        _last_year(stage, year - 1)
        row = _opened(stage, year, stage.today - timedelta(days=12))
        for one in queries.rows(session, officer, row):
            if one.team.status is TeamStatus.SERVING and one.lead is not None:
                _report(stage, one, 0, stage.today - timedelta(days=3))


def _past_teams(stage: Stage, year: int) -> None:
    """Written as they stood in the end: nobody is told how they came about."""
    session = stage.session
    told = Need.status.in_((NeedStatus.SOLVED, NeedStatus.CLOSED, NeedStatus.PUBLISHED))
    answered = select(TeamNeed.need_id)  # by the teams of today
    ended = select(Need).where(told, Need.audience == Audience.OPEN, Need.id.not_in(answered))
    needs = list(session.scalars(ended.order_by(Need.id).limit(PAST)).unique())
    people = iter(_people(session))
    for number, need in enumerate(needs):
        _past_team(stage, need, list(islice(people, PEOPLE)), number, year)


def _people(session: Session) -> list[Expert]:
    """Whoever is in no team now, those first who may lead; the demonstration's own expert leads the first team."""
    rules = team_people.rules(session)
    found = list(session.scalars(select(Expert).where(scopes.known_experts()).order_by(Expert.id)).unique())
    busy = team_people.in_teams(session, [one.id for one in found])
    signed_in = set(session.scalars(select(Account.expert_id).where(Account.role == Role.EXPERT)))
    free = [one for one in found if one.id not in busy and team_people.may_lead(one, rules)]
    return [*(one for one in found if one.id in signed_in), *(one for one in free if one.id not in signed_in)]


def _past_team(stage: Stage, need: Need, people: list[Expert], number: int, year: int) -> None:
    session, province = stage.session, number == PAST - 1
    begun, ended = date(year, 2, 10 + number), date(year + 1, 3, 31) if number == 0 else date(year, 12, 31)
    stamps = {"created_at": stage.at(begun).now(), "updated_at": stage.at(ended).now()}
    team = Team(
        name=_("%(title)s特派团", title=need.title[:60]),
        level=TeamLevel.PROVINCE if province else TeamLevel.CITY,
        status=TeamStatus.ENDED,
        need_id=need.id,
        starts_on=begun,
        ends_on=ended,
        coverage=0.8,
        uncovered=[],
        made_by=stage.officer.name,
        **stamps,
    )
    roles = [MemberRole.LEAD, *[MemberRole.MEMBER] * (PEOPLE - 1)]
    team.needs = [TeamNeed(need_id=need.id, terms=[])]
    team.members = [
        TeamMember(expert_id=one.id, role=role, covers=[]) for one, role in zip(people, roles, strict=False)
    ]
    team.hosts = [TeamHost(organisation_id=need.firm_id, since=begun, added_by=stage.officer.name)]
    session.add(team)
    session.flush()
    session.refresh(team)
    audit.log(session, stage.officer, "create", team, clock=stage.at(begun))
    _promised(stage, team, number, begun, ended)
    _served(stage, team, year)


def _promised(stage: Stage, team: Team, number: int, begun: date, ended: date) -> None:
    """A signed task book and two milestones; every third team did not reach its second."""
    session, stamps = stage.session, {"created_at": team.created_at, "updated_at": team.updated_at}
    texts = {"property_terms": stage.phrases["served_property"][0], "parties": team.name}
    book = TaskBook(
        team_id=team.id,
        number=1,
        problems=[],
        milestones=[],
        outputs={},
        target_half_days=2 * LOGS * PEOPLE,
        starts_on=begun,
        ends_on=ended,
        made_by=stage.officer.name,
        signed_on=begun,
        **texts,
        **stamps,
    )
    rows = [
        Milestone(
            team_id=team.id,
            title=stage.phrases["served_milestones"][n],
            due=begun + timedelta(days=100 * (n + 1)),
            done_on=None if n and number % 3 == 2 else begun + timedelta(days=95 * (n + 1)),
            proof=stage.phrases["served_done"][0],
            entered_by=stage.officer.name,
            **stamps,
        )
        for n in range(2)
    ]
    session.add_all([book, *rows])
    session.flush()
    audit.log(session, stage.officer, "create", book, clock=stage.at(begun))
    for row in rows:
        audit.log(session, stage.officer, "create", row, clock=stage.at(begun))


def _served(stage: Stage, team: Team, year: int) -> None:
    session, firm_id = stage.session, team.need.firm_id
    for number in range(LOGS * len(team.members)):
        person, day = team.members[number % len(team.members)].expert, date(year, 3 + number, 12)
        log = ServiceLog(
            team_id=team.id,
            expert_id=person.id,
            firm_id=firm_id,
            day=day,
            half_days=1 + number % 2,
            problem=stage.phrases["served_problems"][number % 4],
            result=stage.phrases["served_results"][number % 4],
            status=ServiceLogStatus.RATED,
            status_since=stage.at(day).now(),
            entered_by=person.name,
            rating=5 - (number + team.id) % 2,
            rated_by=team.need.firm.contact_name or team.need.firm.name,
            created_at=stage.at(day).now(),
            updated_at=stage.at(day).now(),
        )
        session.add(log)
        session.flush()
        audit.log(session, stage.officer, "create", log, clock=stage.at(day))


def _opened(stage: Stage, year: int, day: date) -> EvaluationRound:
    clock, due = stage.at(day), date(year, 12, 20)
    row = evaluation_rounds.prepare(stage.session, stage.officer, year, due_on=due, clock=clock)
    evaluation_rounds.open_round(stage.session, stage.officer, row, clock=clock)
    return row


def _last_year(stage: Stage, year: int) -> None:
    session, row = stage.session, _opened(stage, year, date(year, 12, 1))
    for number, one in enumerate(queries.rows(session, stage.officer, row)):
        _report(stage, one, number, date(year, 12, 10))
        evaluations.review(session, stage.other, one, stage.say("unit", number), clock=stage.at(date(year, 12, 18)))
        _score(stage, one, number, date(year, 12, 28))
    day = date(year + 1, 1, 12)
    evaluation_rounds.publish(session, stage.officer, row, clock=stage.at(day))
    _appeal(stage, queries.rows(session, stage.officer, row)[2], day)
    _province(stage, row, day + timedelta(days=20))


def _report(stage: Stage, one: Evaluation, number: int, day: date) -> None:
    session, lead = stage.session, one.lead
    actor = Actor(Role.EXPERT, lead.name, expert_id=lead.id) if lead is not None else stage.officer
    words = {each.code: stage.say("report", n + number) for n, each in enumerate(queries.sheets(one.round).team)}
    people = {each.expert_id: stage.say("person", n) for n, each in enumerate(one.people)}
    evaluations.report(session, actor, one, words, people=people, version=one.version, clock=stage.at(day))
    evaluations.move(session, actor, one, "submit", clock=stage.at(day, 11))


def _score(stage: Stage, one: Evaluation, number: int, day: date) -> None:
    sheets, share = queries.sheets(one.round), SHARES[number % len(SHARES)]

    def points(rows: tuple[Criterion, ...]) -> dict[str, str]:
        return {each.code: str(0 if each.bonus else round(each.points * share / 100)) for each in rows}

    evaluations.score(
        stage.session,
        stage.officer,
        one,
        points(sheets.team),
        people={each.expert_id: points(sheets.person) for each in one.people},
        remark=stage.say("remark", number // 4),
        version=one.version,
        clock=stage.at(day),
    )


def _appeal(stage: Stage, one: Evaluation, day: date) -> None:
    """One that did not help; whoever scored does not answer it."""
    session, made = stage.session, stage.at(day + timedelta(days=4))
    row = Appeal(
        evaluation_id=one.id,
        reason=stage.say("appeal"),
        made_by=one.lead.name if one.lead else "",
        made_on=made.today(),
        status=AppealStatus.OPEN,
        created_at=made.now(),
        updated_at=made.now(),
    )
    session.add(row)
    session.flush()
    audit.log(session, stage.other, "create", row, clock=made, on_behalf=True)
    answered = stage.at(day + timedelta(days=9))
    evaluations.answer(session, stage.other, row, "reject", reason=stage.say("answer"), clock=answered)


def _province(stage: Stage, row: EvaluationRound, day: date) -> None:
    clock = stage.at(day)
    for team in queries.other_teams(stage.session, row, TeamLevel.PROVINCE):
        told = {"result": stage.say("province"), "document": stage.say("document").format(year=row.year)}
        evaluation_rounds.record_province(
            stage.session, stage.officer, row, team.id, told, day=clock.today(), clock=clock
        )
