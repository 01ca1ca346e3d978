"""Technical clinics: planned, moved, held or called off; their diagnosis sheets, and the needs drafted from them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import (
    Clinic,
    ClinicExpert,
    ClinicProblem,
    ClinicVisit,
    Expert,
    Group,
    GroupMember,
    Need,
    Organisation,
)
from matchmaker.domain.availability import HOURS
from matchmaker.domain.clinics import Diagnosis, Problem, Round, Stop
from matchmaker.domain.drafts import NeedDraft
from matchmaker.domain.lifecycle import Step
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import ClinicStatus, MemberRole, Role, Visited
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import choices, meetings, team_life
from matchmaker.queries import clinics as queries
from matchmaker.services import audit, clinic_notices, needs, transitions
from matchmaker.services.analysis import Analysis
from matchmaker.services.meetings import clash_text, lock_people

FURTHEST = timedelta(days=366)
LATE = timedelta(days=31)  # how long afterwards a unit still enters a round by itself
LONGEST_TITLE = 60


@dataclass(frozen=True)
class Parties:
    """Who goes, the lead first, and which firms, in the order of the stops."""

    group: Group | None
    experts: Sequence[Expert]
    firms: Sequence[Organisation]


def plan(session: Session, actor: Actor, wanted: Round, *, clock: Clock) -> Clinic:
    """A new clinic; its firms and experts are told.

    Raises `Invalid` (field → message) for names that nobody has and for people who are taken then, `Forbidden` for
    whoever may not plan for these firms.
    """
    parties = _parties(session, actor, wanted, None)
    now = clock.now()
    clinic = Clinic(status=ClinicStatus.PLANNED, made_by=actor.name, created_at=now, updated_at=now)
    _write(session, actor, clinic, wanted, parties, clock=clock)
    session.add(clinic)
    session.flush()
    audit.log(session, actor, "create", clinic, clock=clock, after=_state(clinic))
    clinic_notices.tell(session, clinic, clinic_notices.PLANNED, clock=clock)
    return clinic


def require_planned(actor: Actor, clinic: Clinic) -> None:
    """Raise `Forbidden` for whoever does not plan this clinic, `Conflict` for one that is over or off."""
    if not queries.may_plan(actor, clinic):
        raise Forbidden(_("这次巡诊由安排它的科技主管部门更改"))
    if clinic.status is not ClinicStatus.PLANNED:
        raise Conflict(_("只有已安排的巡诊可以更改"))


def change(
    session: Session, actor: Actor, clinic: Clinic, wanted: Round, *, version: int, clock: Clock, reason: str = ""
) -> None:
    """Another time, other firms or people; whoever is concerned is told. A firm with a filled-in sheet stays.

    Raises as `plan`, `Invalid` for another day of a filled-in sheet without a reason, and `Conflict` when somebody
    saved since.
    """
    require_planned(actor, clinic)
    if clinic.version != version:
        raise Conflict(_("您打开页面之后，这条记录又被改过，请对照后重新保存"))
    parties = _parties(session, actor, wanted, clinic.group_id)
    before, told = _state(clinic), clinic_notices.told(clinic)
    _write(session, actor, clinic, wanted, parties, clock=clock, reason=reason)
    session.flush()
    session.refresh(clinic, ["experts", "visits"])
    audit.log(session, actor, "change", clinic, clock=clock, before=before, after=_state(clinic), reason=reason)
    clinic_notices.tell_changed(session, clinic, told, clock=clock)


def _parties(session: Session, actor: Actor, wanted: Round, known: int | None) -> Parties:
    errors: dict[str, str] = {}
    firms: list[Organisation] = []
    for number, stop in enumerate(wanted.stops):
        try:
            firms.append(session.get_one(Organisation, choices.firm_id(session, actor, stop.firm)))
        except Invalid as refusal:
            errors[f"visit_firm_{number}"] = refusal.errors["firm"]
    group, people, wrong = _people(session, wanted, known)
    if errors | wrong:
        raise Invalid(errors | wrong)
    units = frozenset(firm.unit_id for firm in firms if firm.unit_id is not None)
    if not can(actor, Permission.CLINIC_PLAN, Facts(unit_ids=units)):
        raise Forbidden(_("巡诊由市科技局或企业所在地的科技主管部门安排"))
    return Parties(group, people, firms)


def _people(session: Session, wanted: Round, known: int | None) -> tuple[Group | None, list[Expert], dict[str, str]]:
    """The group, everybody who goes (those named first, then its members, its lead first), and what is wrong.

    Of the group that goes already (`known`) the form names everybody: whom it does not name does not go.
    """
    wrong: dict[str, str] = {}
    people: list[Expert] = []
    for name in wanted.draft.experts:
        found = team_life.expert_named(session, name)
        if len(found) == 1:
            people += found
        else:
            said = (
                _("专家：专家库中有多位“%(name)s”，请写成“姓名（单位）”")
                if found
                else _("专家：专家库中没有“%(name)s”，请核对姓名")
            )
            wrong["experts"] = said % {"name": name[:40]}
    groups = session.scalars(select(Group).where(Group.name == wanted.draft.group)).all() if wanted.draft.group else []
    if wanted.draft.group and len(groups) != 1:
        wrong["group"] = _("专家团队：名录中没有名为“%(name)s”的团队，请核对全称", name=wanted.draft.group[:40])
    group = groups[0] if len(groups) == 1 else None
    if group is not None and (group.id != known or not people):
        members = select(GroupMember).where(GroupMember.group_id == group.id).order_by(GroupMember.role, GroupMember.id)
        people += [row.expert for row in session.scalars(members).unique()]
    return group, list({one.id: one for one in people}.values()), wrong


def _write(
    session: Session, actor: Actor, clinic: Clinic, wanted: Round, parties: Parties, *, clock: Clock, reason: str = ""
) -> None:
    clinic.title, clinic.note, clinic.updated_at = wanted.draft.title, wanted.draft.note, clock.now()
    clinic.group = parties.group
    with session.no_autoflush:
        _check_free(session, clinic, wanted.stops, parties, clock=clock)
        known = {row.expert_id: row for row in clinic.experts}
        rows = [known.get(one.id) or ClinicExpert(expert=one, expert_id=one.id) for one in parties.experts]
        for place, row in enumerate(rows):
            row.role = MemberRole.MEMBER if place else MemberRole.LEAD
        _keep(session, clinic.experts, rows)
        stays = partial(_refuse_day, actor, reason=reason, today=clock.today())
        _keep(session, clinic.visits, _visits(clinic, wanted.stops, parties, stays))


def _keep(session: Session, rows: list[Any], wanted: list[Any]) -> None:
    """Let a list of rows be these; who is no longer in it is deleted (the audit trail has them)."""
    for row in [row for row in rows if row not in wanted]:
        rows.remove(row)
        session.delete(row)
    rows += [row for row in wanted if row not in rows]


def _visits(
    clinic: Clinic, stops: Sequence[Stop], parties: Parties, refused: Callable[[ClinicVisit, Stop], str]
) -> list[ClinicVisit]:
    known = {visit.firm_id: visit for visit in clinic.visits}
    staying = {firm.id for firm in parties.firms}
    if lost := [visit.firm.name for visit in clinic.visits if visit.filled_at and visit.firm_id not in staying]:
        raise Invalid({"visit_firm_0": _("%(firms)s的诊断单已经填写，不能从巡诊中去掉", firms=joined(lost))})
    found: list[ClinicVisit] = []
    for number, (stop, firm) in enumerate(zip(stops, parties.firms, strict=True)):
        visit = known.get(firm.id) or ClinicVisit(firm=firm, firm_id=firm.id)
        if visit in found:
            raise Invalid({f"visit_firm_{number}": _("企业：同一家企业在一次巡诊中只列一次")})
        if visit.day != stop.day and (why := refused(visit, stop)):
            raise Invalid({f"visit_day_{number}": why})
        visit.day, visit.half = stop.day, stop.half
        found.append(visit)
    return found


def _refuse_day(actor: Actor, visit: ClinicVisit, stop: Stop, *, reason: str, today: date) -> str:
    """Why a visit may not be on another day, or `""`: firms count in the year of their day."""
    if visit.filled_at and stop.day > today:
        return _("日期：诊断单已经填写，不能改到以后")
    if visit.filled_at and not reason.strip():
        return _("日期：诊断单已经填写，改日期请填写改期原因")
    if actor.role is Role.COUNTY and stop.day < today - LATE:
        return _("日期：%(days)s 天以前的巡诊由市科技局补录，请核对", days=LATE.days)
    return ""


def _check_free(session: Session, clinic: Clinic, stops: Sequence[Stop], parties: Parties, *, clock: Clock) -> None:
    """Raise `Invalid` for a stop at which somebody is in a meeting or on another round; nobody plans until commit."""
    ids = [one.id for one in parties.experts]
    lock_people(session, ids)
    errors: dict[str, str] = {}
    for number, stop in enumerate(stops):
        if stop.day > clock.today() + FURTHEST:
            errors[f"visit_day_{number}"] = _("日期：最多安排到一年以后，请核对")
            continue
        span = HOURS[stop.half]
        taken = meetings.clashes(session, ids, stop.day, span)
        taken += queries.clashes(session, ids, stop.day, span, except_id=clinic.id)
        if taken:
            errors[f"visit_day_{number}"] = _("；").join(map(clash_text, taken))
    if errors:
        raise Invalid(errors)


def move(
    session: Session, actor: Actor, clinic: Clinic, action: str, *, clock: Clock, reason: str = "", version: int | None
) -> Step:
    """Take a step; whoever is concerned is told. Held only once each firm is said to have been visited or not.

    Raises `Conflict` with the firms whose sheet is missing, and on restoring when somebody is taken by then.
    """
    if not queries.may_plan(actor, clinic):
        raise Forbidden(_("这次巡诊由安排它的科技主管部门更改"))
    if action == "hold" and (open_ := [visit.firm.name for visit in clinic.visits if visit.visited is None]):
        raise Conflict(_("还没有填写诊断单：%(firms)s。每家企业都填了去没去，才能完成巡诊", firms=joined(open_)))
    if action == "hold" and actor.role is Role.COUNTY and any(_own_words(actor, visit) for visit in clinic.visits):
        raise Conflict(_("诊断单由您代录，请由市科技局或本单位另一位工作人员完成巡诊"))  # what counts is seen by two
    step = transitions.apply(session, actor, clinic, action, clock=clock, reason=reason, version=version)
    if action == "restore":
        stops = [Stop(visit.firm.name, visit.day, visit.half) for visit in clinic.visits]
        parties = Parties(clinic.group, [row.expert for row in clinic.experts], [])
        try:
            _check_free(session, clinic, stops, parties, clock=clock)
        except Invalid as taken:
            raise Conflict(_("；").join(taken.errors.values())) from taken
        clinic_notices.tell(session, clinic, clinic_notices.PLANNED, clock=clock, reason=reason)
    if step.notice is not None:
        clinic_notices.tell(session, clinic, step.notice, clock=clock, reason=reason)
    return step


def _own_words(actor: Actor, visit: ClinicVisit) -> bool:
    return visit.on_behalf and bool(visit.visited) and visit.filled_by == actor.name


# Diagnosis sheets


def require_sheet(actor: Actor, visit: ClinicVisit) -> None:
    """Raise `Forbidden` for whoever does not fill in this sheet, `Conflict` for one of a clinic that is over or off."""
    if not queries.may_diagnose(actor, visit):
        raise Forbidden(_("诊断单由巡诊组长填写，或由科技主管部门代录"))
    if visit.clinic.status is not ClinicStatus.PLANNED:
        raise Conflict(_("巡诊已完成或已取消，诊断单不能再改；需要更正请科技主管部门退回补填"))


def diagnose(session: Session, actor: Actor, visit: ClinicVisit, sheet: Diagnosis, *, seen: str, clock: Clock) -> None:
    """Fill in the sheet of a firm, or change it. A problem from which a need was drafted stays.

    Raises `Invalid` before the day, and `Conflict` when somebody filled it in since it was opened (`seen`).
    """
    require_sheet(actor, visit)
    if visit.day > clock.today():
        raise Invalid({"visited": _("去了没有：%(day)s 才去，当天起填写", day=visit.day.isoformat())})
    if seen != queries.seen_of(visit):
        raise Conflict(_("您打开页面之后，这张诊断单又被改过，请对照后重新保存"))
    before = _sheet_state(visit)
    visit.visited = sheet.draft.visited is Visited.YES
    visit.people, visit.findings = sheet.draft.people, sheet.draft.findings
    visit.filled_by, visit.filled_at, visit.on_behalf = actor.name, clock.now(), actor.role is not Role.EXPERT
    rows = [_problem(visit, row) for row in sheet.problems]
    if any(row.need_id and row not in rows for row in visit.problems):
        raise Invalid({"problem_problem_0": _("问题：已据此起草需求的问题不能去掉")})
    _keep(session, visit.problems, rows)
    visit.clinic.updated_at = clock.now()
    session.flush()
    audit.log(
        session,
        actor,
        "diagnose",
        visit.clinic,
        clock=clock,
        before=before,
        after=_sheet_state(visit),
        on_behalf=visit.on_behalf,
    )


def _problem(visit: ClinicVisit, said: Problem) -> ClinicProblem:
    known = next((row for row in visit.problems if str(row.id) == said.id), None)
    row = known or ClinicProblem()
    row.problem, row.advice, row.urgency = said.problem, said.advice, said.urgency
    return row


def may_draft(actor: Actor, visit: ClinicVisit) -> bool:
    """Whether the actor drafts needs of the firm: itself, its unit, the city."""
    own = {Role.FIRM: actor.organisation_id == visit.firm_id, Role.COUNTY: actor.unit_id == visit.firm.unit_id}
    return can(actor, Permission.NEED_CREATE) and own.get(actor.role or Role.CITY, True)


def need_draft(problem: ClinicProblem) -> NeedDraft:
    """What the draft of a need says that is made of a problem."""
    said = problem.problem
    if problem.advice:
        said += "\n" + _("巡诊建议：%(advice)s", advice=problem.advice)
    title = problem.problem.strip().splitlines()[0]
    return NeedDraft(title=title[:LONGEST_TITLE], problem=said)


def draft_need(
    session: Session, actor: Actor, visit: ClinicVisit, problem_id: int | None, analysis: Analysis, *, clock: Clock
) -> Need:
    """The need drafted from a problem, made if there is none yet: asking twice gives the same one.

    `analysis` is of `need_draft(problem)`. Raises `Forbidden` for whoever may not act for the firm.
    """
    if not may_draft(actor, visit):
        raise Forbidden(_("您不能为这家企业填报需求"))
    if visit.clinic.status is ClinicStatus.CANCELLED:
        raise Conflict(_("巡诊已取消，不再据诊断单起草需求"))
    problem = queries.problem_of(visit, problem_id)
    session.refresh(problem, with_for_update={"of": ClinicProblem})
    if problem.need is not None:
        return problem.need
    reason = _("据技术巡诊“%(title)s”的诊断单起草", title=visit.clinic.title)
    need = needs.create(session, actor, visit.firm_id, need_draft(problem), analysis, clock=clock, reason=reason)
    problem.need = need
    session.flush()
    after = {"need": need.id, "problem": problem.problem}
    audit.log(session, actor, "draft_need", visit.clinic, clock=clock, after=after)
    return need


def _state(clinic: Clinic) -> dict[str, Any]:
    visits = [f"{visit.day.isoformat()} {visit.half.value} {visit.firm.name}" for visit in clinic.visits]
    return audit.state_of(clinic) | {"experts": _names(clinic.experts), "visits": visits}


def _names(rows: Iterable[ClinicExpert]) -> list[str]:
    return [row.expert.name for row in rows]


def _sheet_state(visit: ClinicVisit) -> dict[str, Any]:
    problems = [[row.problem, row.advice, row.urgency.value] for row in visit.problems]
    said = {"visited": visit.visited, "people": visit.people, "findings": visit.findings, "problems": problems}
    return {visit.firm.name: said}
