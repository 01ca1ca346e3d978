"""A year's evaluation of all teams: its sheets, opening it, publishing the order, what the province published."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Evaluation, EvaluationPerson, EvaluationRound, Team
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.scoring import Sheets, standings
from matchmaker.domain.vocabulary import EvaluationStatus, Grade, TeamLevel
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, lazy_gettext
from matchmaker.queries import evaluations as queries
from matchmaker.queries import team_life
from matchmaker.services import audit, reasons, transitions
from matchmaker.services.evaluations import tell

OPENED, PUBLISHED = "evaluation_opened", "evaluation_published"
LONGEST_RESULT = 200


def require(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor runs evaluations."""
    if not can(actor, Permission.EVALUATION_MANAGE):
        raise Forbidden(_("绩效考评由市科技局工作人员组织"))


def prepare(session: Session, actor: Actor, year: int, *, due_on: date, clock: Clock) -> EvaluationRound:
    """Begin a year with the sheets of the city's profile; nobody is told before it is opened.

    Raises `Conflict` for a year that is there already.
    """
    require(actor)
    exclusive(session, f"evaluation:{year}")
    if session.scalars(select(EvaluationRound.id).where(EvaluationRound.year == year)).first() is not None:
        raise Conflict(_("这一年的考评已经有了"))
    row = EvaluationRound(
        year=year,
        rules=queries.usual_sheets(session).model_dump(mode="json"),
        due_on=due_on,
        made_by=actor.name,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.log(session, actor, "create", row, clock=clock)
    return row


def edit(
    session: Session,
    actor: Actor,
    row: EvaluationRound,
    rules: Mapping[str, Any],
    *,
    due_on: date | None,
    reason: str,
    version: int,
    clock: Clock,
) -> None:
    """Change a year's sheets, grades, line and days, before it is opened.

    Raises `Conflict` once it is open or when somebody was faster, `Invalid` for sheets that do not add up.
    """
    require(actor)
    if row.opened_on is not None:
        raise Conflict(_("这一年的考评已经开始，考评表不能再改"))
    if row.version != version:
        raise Conflict(_("您打开页面之后，这条记录又被改过，请对照后重新保存"))
    if due_on is None:
        raise Invalid({"due_on": _("自评截止日：请填写日期")})
    text, sheets = reasons.given(reason), checked(rules)
    before = audit.state_of(row)
    row.rules, row.due_on, row.updated_at = sheets.model_dump(mode="json"), due_on, clock.now()
    session.flush()
    audit.log(session, actor, "edit", row, clock=clock, before=before, reason=text)


_WRONG = {
    "grades": lazy_gettext("等次分数线：三条线从高到低，都在 1 到 100 之间"),
    "appeal_days": lazy_gettext("申诉期：请填写 1 到 365 天"),
    "percent": lazy_gettext("名额比例：请填写 1 到 100 的整数"),
    "least": lazy_gettext("至少：请填写 0 到 100 的整数"),
}


def checked(rules: Mapping[str, Any]) -> Sheets:
    """A year's sheets as typed. Raises `Invalid` with field → message."""
    try:
        return Sheets.model_validate(rules)
    except ValidationError as wrong:
        raise Invalid(_named(wrong)) from wrong


def _named(wrong: ValidationError) -> dict[str, str]:
    errors: dict[str, str] = {}
    for one in wrong.errors():
        place = [str(part) for part in one["loc"]]
        name = next((part for part in reversed(place) if part in _WRONG), "")
        if name:
            errors[name] = str(_WRONG[name])
        elif place:
            errors[place[0]] = _("考评项目：名称不超过 60 字，分值是 1 到 100 的整数")
        else:
            errors["team"] = _("两张考评表除加分项外，分值合计都必须是 100；等次分数线从高到低")
    return errors


def open_round(session: Session, actor: Actor, row: EvaluationRound, *, clock: Clock) -> int:
    """Let the leads of the city's teams of the year report, and write to them; how many there are.

    Raises `Conflict` when it is open already or no team was at work.
    """
    require(actor)
    exclusive(session, f"evaluation:{row.year}")
    session.refresh(row)
    if row.opened_on is not None:
        raise Conflict(_("这一年的考评已经开始"))
    found = queries.teams_of_year(session, row.year, TeamLevel.CITY)
    if not found:
        raise Conflict(_("这一年没有派驻过的市级团队"))
    before = audit.state_of(row)
    row.opened_on, row.updated_at = clock.today(), clock.now()
    session.flush()
    audit.log(session, actor, "open_round", row, clock=clock, before=before)
    for team in found:
        evaluation = add_team(session, actor, row, team, clock=clock)
        tell(session, evaluation, OPENED, clock=clock, due=row.due_on.isoformat())
    return len(found)


def join(session: Session, actor: Actor, row: EvaluationRound, team_id: int, *, clock: Clock) -> Evaluation:
    """Let a team that began to serve later take part in an open year; its lead is told.

    Raises `Conflict` before the year is opened, `Invalid` for a team that is not at work in it or takes part already.
    """
    require(actor)
    exclusive(session, f"evaluation:{row.year}")
    team = next((one for one in queries.other_teams(session, row, TeamLevel.CITY) if one.id == team_id), None)
    if row.opened_on is None:
        raise Conflict(_("这一年的考评还没有开始"))
    if team is None:
        raise Invalid({"team": _("请从列表中选择市级特派团")})
    evaluation = add_team(session, actor, row, team, clock=clock)
    tell(session, evaluation, OPENED, clock=clock, due=row.due_on.isoformat())
    return evaluation


def add_team(session: Session, actor: Actor, row: EvaluationRound, team: Team, *, clock: Clock) -> Evaluation:
    """A team's evaluation of the year, with a sheet for everybody who was in it."""
    lead, people = team_life.lead_of(team), queries.members_in(team, row.year)
    evaluation = Evaluation(
        round_id=row.id,
        team_id=team.id,
        level=TeamLevel.CITY,
        lead_id=lead.id if lead else None,
        status=EvaluationStatus.DRAFT,
        status_since=clock.now(),
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    evaluation.people = [EvaluationPerson(expert_id=one.expert_id) for one in people]
    session.add(evaluation)
    session.flush()
    session.refresh(evaluation)
    audit.log(session, actor, "create", evaluation, clock=clock)
    return evaluation


def publish(session: Session, actor: Actor, row: EvaluationRound, *, clock: Clock) -> int:
    """Publish the order of all teams that are scored; how many results are new. After an appeal the order is made anew.

    Raises `Conflict` while a team is neither scored nor excused, or when there is nothing to publish.
    """
    require(actor)
    exclusive(session, f"evaluation:{row.year}")
    mine = (Evaluation.round_id == row.id, Evaluation.level == TeamLevel.CITY)
    rows = list(session.scalars(select(Evaluation).where(*mine).order_by(Evaluation.id)).unique())
    ranked = [one for one in rows if one.status in {EvaluationStatus.SCORED, EvaluationStatus.PUBLISHED}]
    fresh = [one for one in ranked if one.status is EvaluationStatus.SCORED]
    open_ = [one.team.name for one in rows if one not in ranked and one.status is not EvaluationStatus.EXCUSED]
    if open_:
        raise Conflict(_("还没有评分的：%(names)s。请先评分，或注明原因不参评", names=joined(open_)))
    if not fresh:
        raise Conflict(_("没有待公布的评分"))
    line = queries.sheets(row).line
    places = standings({one.id: one.score or 0 for one in ranked}, line)
    for one in ranked:
        _place(session, actor, one, places[one.id].place, in_line=places[one.id].in_line, clock=clock)
    before = audit.state_of(row)
    row.published_on, row.updated_at = clock.today(), clock.now()
    session.flush()
    audit.log(session, actor, "publish_round", row, clock=clock, before=before)
    return len(fresh)


def _place(session: Session, actor: Actor, evaluation: Evaluation, place: int, *, in_line: bool, clock: Clock) -> None:
    """The standing as it is published from now on; a team whose standing an appeal of another changed is told too."""
    if evaluation.status is EvaluationStatus.PUBLISHED and (evaluation.place, evaluation.in_line) == (place, in_line):
        return
    before = audit.state_of(evaluation)
    evaluation.place, evaluation.in_line = place, in_line
    evaluation.published_on = clock.today()  # of what stands now: the days to appeal run from here
    if evaluation.status is EvaluationStatus.SCORED:
        transitions.apply(session, actor, evaluation, "publish", clock=clock)
    else:
        evaluation.updated_at = clock.now()
        session.flush()
        audit.log(session, actor, "place", evaluation, clock=clock, before=before)
    tell(session, evaluation, PUBLISHED, clock=clock)


def record_province(
    session: Session,
    actor: Actor,
    row: EvaluationRound,
    team_id: int,
    typed: Mapping[str, str],
    *,
    day: date | None,
    clock: Clock,
) -> Evaluation:
    """Put on file what the province published of a provincial team; it is neither scored nor ranked here.

    Raises `Invalid` with field → message.
    """
    require(actor)
    exclusive(session, f"evaluation:{row.year}")
    team = next((one for one in queries.other_teams(session, row, TeamLevel.PROVINCE) if one.id == team_id), None)
    errors = _province_errors(typed, day, clock) | ({} if team else {"team": _("请从列表中选择省级特派团")})
    if team is None or errors:
        raise Invalid(errors)
    lead = team_life.lead_of(team)
    evaluation = Evaluation(
        round_id=row.id,
        team_id=team.id,
        level=TeamLevel.PROVINCE,
        lead_id=lead.id if lead else None,
        status=EvaluationStatus.PUBLISHED,
        status_since=clock.now(),
        reported_by=actor.name,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    _put_province(evaluation, typed, day)
    session.add(evaluation)
    session.flush()
    session.refresh(evaluation)
    audit.log(session, actor, "create", evaluation, clock=clock)
    return evaluation


def correct_province(
    session: Session,
    actor: Actor,
    evaluation: Evaluation,
    typed: Mapping[str, str],
    *,
    day: date | None,
    reason: str,
    version: int,
    clock: Clock,
) -> None:
    """Put right what was mistyped of a provincial team's result; before and after stay in the audit trail.

    Raises `Invalid` with field → message, `Conflict` for a team of the city and when somebody was faster.
    """
    require(actor)
    if evaluation.level is not TeamLevel.PROVINCE:
        raise Conflict(_("市级团队的结果不在这里修改"))
    if evaluation.version != version:
        raise Conflict(_("您打开页面之后，这条记录又被改过，请对照后重新保存"))
    errors = _province_errors(typed, day, clock)
    if errors:
        raise Invalid(errors)
    text, before = reasons.given(reason), audit.state_of(evaluation)
    _put_province(evaluation, typed, day)
    evaluation.updated_at = clock.now()
    session.flush()
    audit.log(session, actor, "edit", evaluation, clock=clock, before=before, reason=text)


def _put_province(evaluation: Evaluation, typed: Mapping[str, str], day: date | None) -> None:
    evaluation.grade = next((one for one in Grade if one.value == typed.get("grade")), None)
    evaluation.province_result, evaluation.province_document = typed["result"].strip(), typed["document"].strip()
    evaluation.published_on = day


def _province_errors(typed: Mapping[str, str], day: date | None, clock: Clock) -> dict[str, str]:
    errors = {}
    if not 0 < len(typed.get("result", "").strip()) <= LONGEST_RESULT:
        errors["result"] = _("省里公布的结果：请照原文填写")
    if not 0 < len(typed.get("document", "").strip()) <= LONGEST_RESULT:
        errors["document"] = _("文号：请填写省里公布文件的文号")
    if day is None or day > clock.today():
        errors["day"] = _("公布日期：请填写今天或以前的日期")
    return errors
