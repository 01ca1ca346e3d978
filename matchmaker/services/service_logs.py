"""Service logs: written by the expert or taken down by an officer, reviewed by unit and city, rated by the firm."""

from datetime import date

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Organisation, ServiceLog, Specialist, Team
from matchmaker.domain.drafts import ServiceLogDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.lifecycle import Step
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.service_logs import rating_problem
from matchmaker.domain.vocabulary import Role, ServiceLogStatus, SpecialistStatus, TeamStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import certificates, specialists, team_life
from matchmaker.queries import service_logs as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, outbox, transitions
from matchmaker.services.notices import Reader

WRITABLE = frozenset({ServiceLogStatus.DRAFT, ServiceLogStatus.RETURNED})
WHOLE_DAY = 2  # half-days
LONGEST_WORDS = 1000
Served = Team | Specialist  # as whose member, or under which filing, somebody served


def may_write(actor: Actor, log: ServiceLog) -> bool:
    """Whether the actor changes this log: its expert, or an officer one that was taken down, before it is submitted."""
    return log.status in WRITABLE and _is_theirs(actor, log)


def _is_theirs(actor: Actor, log: ServiceLog) -> bool:
    others = transitions.writes_for_another(actor, log, Permission.SERVICE_LOG_WRITE)
    return not others and can(actor, Permission.SERVICE_LOG_WRITE, facts_of(log))


def require_writable(actor: Actor, log: ServiceLog) -> None:
    """Raise `Forbidden` for another's log, `Conflict` for one that is under review or past it."""
    if not _is_theirs(actor, log):
        raise Forbidden(_("服务日志由专家本人填写，或由工作人员代录"))
    if log.status not in WRITABLE:
        raise Conflict(_("这条服务日志已提交，要修改请先撤回或请审核人退回"))


def begin(
    session: Session,
    actor: Actor,
    served: Served,
    draft: ServiceLogDraft,
    *,
    expert_id: int | None,
    clock: Clock,
) -> ServiceLog:
    """A new log of a team's member or a specialist: one's own, or another's by an officer who was told 代录.

    Raises `Conflict` for a team that is not serving and an ended filing; `Invalid` for a firm or person that is not of
    it, a day to come or outside the term, and for more than a day on one day.
    """
    _require_serving(served)
    who = actor.expert_id if actor.role is Role.EXPERT else expert_id
    _require_at(session, actor, draft, who)
    log = ServiceLog(
        team_id=served.id if isinstance(served, Team) else None,
        specialist_id=served.id if isinstance(served, Specialist) else None,
        status=ServiceLogStatus.DRAFT,
        entered_by=actor.name,
        on_behalf=actor.role is not Role.EXPERT,
        entered_by_id=actor.account_id if actor.is_bureau else None,
        created_at=clock.now(),
        status_since=clock.now(),
    )
    _fill(session, served, log, draft, expert_id=who, clock=clock)
    session.add(log)
    session.flush()
    session.refresh(log)
    audit.log(session, actor, "create", log, clock=clock, on_behalf=log.on_behalf)
    return log


def edit(
    session: Session,
    actor: Actor,
    log: ServiceLog,
    draft: ServiceLogDraft,
    *,
    version: int,
    clock: Clock,
) -> None:
    """Change a log that is not under review. Raises as `begin`, and `Conflict` when somebody was faster."""
    require_writable(actor, log)
    if log.version != version:
        raise Conflict(_("您打开页面之后，这条记录又被改过，请对照后重新保存"))
    served = log.team or log.specialist
    if served is None:
        raise Conflict(_("这条服务日志不属于特派团或特派员"))
    _require_at(session, actor, draft, log.expert_id)
    before = audit.state_of(log)
    log.entered_by_id = actor.account_id if actor.is_bureau else None
    _fill(session, served, log, draft, expert_id=log.expert_id, clock=clock)
    session.flush()
    session.refresh(log)
    audit.log(session, actor, "edit", log, clock=clock, before=before, on_behalf=actor.is_bureau)


def _require_at(session: Session, actor: Actor, draft: ServiceLogDraft, who: int | None) -> None:
    """Raise `Forbidden` unless the actor may write a person's log at the firm that is named."""
    firm_id = row_id(draft.firm)
    firm = session.get(Organisation, firm_id) if firm_id else None
    units = frozenset({firm.unit_id} if firm is not None and firm.unit_id is not None else ())
    if not can(actor, Permission.SERVICE_LOG_WRITE, Facts(unit_ids=units, expert_ids=frozenset({who} if who else ()))):
        raise Forbidden(_("服务日志由专家本人填写，或由工作人员代录"))


def _require_serving(served: Served) -> None:
    if isinstance(served, Team) and served.status is not TeamStatus.SERVING:
        raise Conflict(_("特派团在派驻期间才能登记服务日志"))
    if isinstance(served, Specialist) and served.status is not SpecialistStatus.ACTIVE:
        raise Conflict(_("这份备案已终止，不能再登记服务日志"))


def _fill(
    session: Session,
    served: Served,
    log: ServiceLog,
    draft: ServiceLogDraft,
    *,
    expert_id: int | None,
    clock: Clock,
) -> None:
    if draft.day is None or draft.share is None or expert_id is None:
        raise Invalid({"expert": _("请选择专家")})
    if draft.day > clock.today():
        raise Invalid({"day": _("服务日期：晚于今天，请核对；还没有发生的不登记")})
    if isinstance(served, Team):
        _check_team(served, draft.day, expert_id)
        firms, wrong = queries.firms_of(served, draft.day), _("请从特派团服务的企业中选择")
    else:
        _check_filing(served, draft.day, expert_id)
        firms, wrong = specialists.firms_on(session, served, draft.day), _("请从当天服务的企业中选择")
    firm_id = row_id(draft.firm)
    if firm_id not in {firm.id for firm in firms}:
        raise Invalid({"firm": wrong})
    half_days = int(draft.share)
    _keep_to_a_day(session, expert_id, draft.day, half_days, without=log.id)
    log.expert_id, log.firm_id, log.day, log.half_days = expert_id, firm_id, draft.day, half_days
    log.problem, log.result, log.updated_at = draft.problem, draft.result, clock.now()


def _keep_to_a_day(session: Session, expert_id: int, day: date, half_days: int, *, without: int | None) -> None:
    exclusive(session, f"service_day:{expert_id}:{day}")
    if queries.half_days_of(session, expert_id, day, without=without) + half_days > WHOLE_DAY:
        raise Invalid({"share": _("这一天已登记过服务日志，合计不能超过一天")})


def _check_team(team: Team, day: date, expert_id: int | None) -> None:
    if expert_id not in {one.expert_id for one in team_life.members_on(team, day)}:
        raise Invalid({"expert": _("当天不是这个特派团的成员，请核对日期和专家")})
    if (team.starts_on and day < team.starts_on) or (team.ends_on and day > team.ends_on):
        raise Invalid({"day": _("服务日期：不在特派团的任期内，请核对")})


def _check_filing(one: Specialist, day: date, expert_id: int | None) -> None:
    if expert_id != one.expert_id:
        raise Invalid({"expert": _("服务日志记在备案的专家本人名下")})
    if day < one.filed_on or (one.ended_on is not None and day >= one.ended_on):
        raise Invalid({"day": _("服务日期：当天不在册，请核对")})


def move(
    session: Session,
    actor: Actor,
    log: ServiceLog,
    action: str,
    *,
    clock: Clock,
    reason: str = "",
    version: int | None = None,
) -> Step:
    """Submit, take back, pass, approve or return a log; whoever has to act next is told.

    Raises `Invalid` for rating, which is `rate`'s.
    """
    if action == "rate":
        raise Invalid({"rating": _("请选择 1 到 5 分")})
    if action == "unapprove" and log.team is not None:
        _refuse_certified(session, log, log.team)
    behalf = actor.is_bureau and action == "submit"
    step = transitions.apply(session, actor, log, action, clock=clock, reason=reason, version=version, on_behalf=behalf)
    if action in {"submit", "unit_pass"}:
        log.passed_by_id = actor.account_id if action == "unit_pass" else None
    if action == "restore":
        _keep_to_a_day(session, log.expert_id, log.day, log.half_days, without=log.id)
    if action == "unrate":
        log.rating, log.rating_words, log.rated_by, log.rated_on_behalf = None, "", "", False
        session.flush()
    if step.notice is not None:
        _tell(session, log, step.notice, reason=reason, clock=clock)
    return step


def _refuse_certified(session: Session, log: ServiceLog, team: Team) -> None:
    paper = certificates.overlapping(session, team, log.expert_id, log.day, log.day)
    if paper is not None:
        told = {"id": paper.id, "name": paper.name}
        raise Conflict(_("第 %(id)s 号服务证明（%(name)s）写有这条日志，请先撤销那份证明", **told))


def _tell(session: Session, log: ServiceLog, notice: str, *, reason: str, clock: Clock) -> None:
    payload = {
        "path": f"/service-logs/{log.id}",
        "title": log.problem[:80],
        "day": log.day.isoformat(),
        "firm": log.firm.name,
        "expert": log.expert.name,
    }
    key = f"{notice}:{log.id}:{log.version}"
    if notice == "log_returned":
        own, address = payload | {"name": log.expert.name, "reason": reason}, log.expert.email
        reader = Reader(expert_id=log.expert_id)
    else:
        own, address = payload | {"name": log.firm.contact_name or log.firm.name}, log.firm.contact_email
        reader = Reader(organisation_id=log.firm_id)
    outbox.queue(session, notice, address, own, dedup_key=key, clock=clock, reader=reader)


def rate(
    session: Session,
    actor: Actor,
    log: ServiceLog,
    *,
    rating: str,
    words: str,
    clock: Clock,
    version: int | None = None,
) -> None:
    """The firm's word on an approved log, from 1 to 5; an officer may take it down 代录 and says how it was told.

    Raises `Invalid` with field → message, `Conflict` for a log that is not approved or rated already.
    """
    text = words.strip()
    errors = {"rating": rating_problem(rating), "words": ""}
    if actor.is_bureau and not text:
        errors["words"] = _("代录请写明对方何时、通过什么方式答复的")
    elif len(text) > LONGEST_WORDS:
        errors["words"] = _("最多 %(limit)s 个字", limit=LONGEST_WORDS)
    elif mark := secrecy_mark(text):
        errors["words"] = refusal(_("评价"), mark)
    if any(errors.values()):
        raise Invalid({name: said for name, said in errors.items() if said})
    transitions.apply(session, actor, log, "rate", clock=clock, reason=text, version=version, on_behalf=actor.is_bureau)
    log.rating, log.rating_words = int(rating), text
    log.rated_by, log.rated_on_behalf = actor.name, actor.is_bureau
    session.flush()
