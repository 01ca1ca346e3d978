"""The yearly evaluation of teams: the years, a year's rows, one visible evaluation, what was published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from matchmaker.clock import shanghai_date
from matchmaker.db.models import Appeal, Audit, Evaluation, EvaluationRound, TaskBook, Team, TeamMember
from matchmaker.domain.permissions import Actor
from matchmaker.domain.scoring import Sheets
from matchmaker.domain.vocabulary import (
    AppealStatus,
    EvaluationStatus,
    Grade,
    MemberRole,
    Noun,
    Role,
    TeamLevel,
    TeamStatus,
)
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes, team_people


@dataclass(frozen=True)
class Result:
    """What was published of a team for a year; of a provincial team only what the province published."""

    team_id: int
    level: TeamLevel
    score: int | None
    rank: int | None
    in_line: bool
    grade: Grade | None
    province_grade: str


def published(session: Session, year: int) -> list[Result]:
    """The results that stand for a year: not those an appeal has opened again."""
    return [
        Result(
            row.team_id,
            row.level,
            row.score,
            row.place,
            row.in_line,
            row.grade if row.level is TeamLevel.CITY else None,
            row.province_result,
        )
        for row in _published(session, EvaluationRound.year == year)
    ]


def _published(session: Session, *where: ColumnElement[bool]) -> Sequence[Evaluation]:
    standing = (*where, Evaluation.status == EvaluationStatus.PUBLISHED)
    rows = select(Evaluation).join(EvaluationRound, EvaluationRound.id == Evaluation.round_id).where(*standing)
    ordered = rows.order_by(Evaluation.level, func.coalesce(Evaluation.place, 10_000), Evaluation.id)
    return session.scalars(ordered).unique().all()


def public_list(session: Session, row: EvaluationRound) -> Sequence[Evaluation]:
    """What everybody who is signed in may read of a year: the city's teams in their order, then the province's."""
    return _published(session, Evaluation.round_id == row.id)


def rounds(session: Session) -> list[EvaluationRound]:
    """The years, the newest first."""
    return list(session.scalars(select(EvaluationRound).order_by(EvaluationRound.year.desc())))


def round_of(session: Session, year: int) -> EvaluationRound:
    """A year's evaluation. Raises `NotFound`."""
    found = session.scalars(select(EvaluationRound).where(EvaluationRound.year == year)).first()
    if found is None:
        raise NotFound(_("没有找到这一年的考评"))
    return found


def sheets(row: EvaluationRound) -> Sheets:
    """A year's sheets, grades and line."""
    return Sheets.model_validate(row.rules)


def usual_sheets(session: Session) -> Sheets:
    """Those of the city's profile, which a new year begins with."""
    return team_people.rules(session).evaluation


def get_visible(session: Session, actor: Actor, evaluation_id: int) -> Evaluation:
    """The evaluation, if the actor may know of it; `NotFound` otherwise."""
    mine = (Evaluation.id == evaluation_id, scopes.evaluations(actor))
    found = session.scalars(select(Evaluation).where(*mine)).unique().first()
    if found is None:
        raise NotFound(_("没有找到这份考评"))
    return found


def appeal(session: Session, actor: Actor, appeal_id: int) -> Appeal:
    """An appeal about an evaluation that the actor may know of; `NotFound` otherwise."""
    mine = (Appeal.id == appeal_id, scopes.evaluations(actor))
    found = select(Appeal).join(Evaluation, Evaluation.id == Appeal.evaluation_id).where(*mine)
    row = session.scalars(found).unique().first()
    if row is None:
        raise NotFound(_("没有找到这份申诉"))
    return row


def appeals(session: Session, evaluation: Evaluation) -> list[Appeal]:
    """All appeals about an evaluation, the newest first."""
    rows = select(Appeal).where(Appeal.evaluation_id == evaluation.id).order_by(Appeal.id.desc())
    return list(session.scalars(rows).unique())


def rows(session: Session, actor: Actor, row: EvaluationRound) -> list[Evaluation]:
    """A year's evaluations that the actor may know of: by place, else by score, then those that are not scored yet."""
    place, score = func.coalesce(Evaluation.place, 10_000), func.coalesce(Evaluation.score, -1)
    mine = select(Evaluation).where(Evaluation.round_id == row.id, scopes.evaluations(actor))
    return list(session.scalars(mine.order_by(Evaluation.level, place, score.desc(), Evaluation.id)).unique())


def by_state(session: Session, row: EvaluationRound) -> dict[EvaluationStatus, int]:
    """How many of the city's teams stand where."""
    mine = (Evaluation.round_id == row.id, Evaluation.level == TeamLevel.CITY)
    counted = select(Evaluation.status, func.count()).where(*mine).group_by(Evaluation.status)
    return {row[0]: row[1] for row in session.execute(counted)}


def teams_of_year(session: Session, year: int, level: TeamLevel) -> list[Team]:
    """Teams of a level that have been at work in a year: their term meets it and they have signed a task book.

    A team that was ended before its term ran out was at work until the day it was ended.
    """
    worked = Team.status.in_((TeamStatus.SERVING, TeamStatus.ENDED))
    term = (Team.starts_on <= date(year, 12, 31), or_(Team.ends_on.is_(None), Team.ends_on >= date(year, 1, 1)))
    signed = Team.id.in_(select(TaskBook.team_id).where(TaskBook.signed_on.is_not(None)))
    rows = list(
        session.scalars(select(Team).where(worked, signed, Team.level == level, *term).order_by(Team.id)).unique()
    )
    ends = _ended_on(session, [team.id for team in rows if team.status is TeamStatus.ENDED])
    return [team for team in rows if team.id not in ends or ends[team.id] >= date(year, 1, 1)]


def _ended_on(session: Session, team_ids: Sequence[int]) -> dict[int, date]:
    """Team → the day on which it was ended last."""
    ended = (Audit.noun == Noun.TEAM, Audit.action == "end", Audit.record_id.in_(team_ids))
    rows = session.execute(select(Audit.record_id, func.max(Audit.at)).where(*ended).group_by(Audit.record_id))
    return {number: shanghai_date(at) for number, at in rows}


def taken_down_by(session: Session, evaluation: Evaluation) -> set[int]:
    """The accounts of the officers who took down the report that stands; none for one the lead wrote."""
    if not evaluation.on_behalf:
        return set()
    wrote = (Audit.action.in_(("edit", "submit")), Audit.on_behalf, Audit.account_id.is_not(None))
    mine = select(Audit.account_id).where(Audit.noun == Noun.EVALUATION, Audit.record_id == evaluation.id, *wrote)
    return {number for number in session.scalars(mine) if number is not None}


def members_in(team: Team, year: int) -> list[TeamMember]:
    """Who was in the team at any time of a year, the lead first."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    there = [one for one in team.members if one.left_on is None or one.left_on > first]
    there = [one for one in there if one.joined_on is None or one.joined_on <= last]
    return sorted(there, key=lambda one: (one.role is not MemberRole.LEAD, one.id))


def other_teams(session: Session, row: EvaluationRound, level: TeamLevel) -> list[Team]:
    """Teams of a level at work in the year that its evaluation does not have yet."""
    known = set(session.scalars(select(Evaluation.team_id).where(Evaluation.round_id == row.id)))
    return [team for team in teams_of_year(session, row.year, level) if team.id not in known]


def to_report(session: Session, actor: Actor) -> list[Evaluation]:
    """What waits for the actor's report as the lead of a team."""
    if actor.role is not Role.EXPERT:
        return []
    waiting = Evaluation.status.in_((EvaluationStatus.DRAFT, EvaluationStatus.RETURNED))
    mine = select(Evaluation).where(Evaluation.lead_id == actor.expert_id, waiting).order_by(Evaluation.id)
    return list(session.scalars(mine).unique())


def to_handle(session: Session, actor: Actor) -> list[Evaluation]:
    """What waits for an officer: reports for the unit's word; for the city also points to give, appeals to answer."""
    asked = Evaluation.id.in_(select(Appeal.evaluation_id).where(Appeal.status == AppealStatus.OPEN))
    submitted = Evaluation.status == EvaluationStatus.SUBMITTED
    of_city = or_(submitted, Evaluation.status == EvaluationStatus.UNIT_REVIEWED, asked)
    if not actor.is_bureau:
        return []
    mine = select(Evaluation).where(
        scopes.reviewed_evaluations(actor), of_city if actor.role is Role.CITY else submitted
    )
    return list(session.scalars(mine.order_by(Evaluation.status_since, Evaluation.id)).unique())


def last_day_to_appeal(evaluation: Evaluation) -> date | None:
    """Until when the lead may appeal; None before it is published, and for what the province published."""
    if evaluation.published_on is None or evaluation.level is not TeamLevel.CITY:
        return None
    return evaluation.published_on + timedelta(days=sheets(evaluation.round).appeal_days)


def open_appeal(session: Session, evaluation: Evaluation) -> Appeal | None:
    """The appeal that waits for an answer."""
    return next((one for one in appeals(session, evaluation) if one.status is AppealStatus.OPEN), None)
