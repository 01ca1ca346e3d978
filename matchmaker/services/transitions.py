"""`apply` is the only writer of a record's status."""

from sqlalchemy.orm import Session, object_session

from matchmaker.clock import Clock
from matchmaker.db.models import (
    Appeal,
    Capability,
    Clinic,
    Evaluation,
    FollowUp,
    Invitation,
    Meeting,
    Need,
    Registration,
    ServiceLog,
    Specialist,
    Task,
    Team,
)
from matchmaker.db.nouns import noun_of
from matchmaker.domain.lifecycle import Requirement, Step, find_step
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import Noun, RegistrationStatus, Role, TeamLevel
from matchmaker.errors import Conflict, Forbidden
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import evaluations
from matchmaker.queries.facts import facts_of, units_served
from matchmaker.services import audit, reasons
from matchmaker.services.corpus import touch

Record = (
    Appeal
    | Capability
    | Clinic
    | Evaluation
    | FollowUp
    | Invitation
    | Meeting
    | Need
    | Registration
    | ServiceLog
    | Specialist
    | Task
    | Team
)


def refusal(actor: Actor, record: Record, step: Step, facts: Facts) -> str | None:
    """Why `actor` may not take `step` now, or None. Pages ask this to show or hide a button."""
    if not can(actor, step.permission, facts):
        return _("您没有权限执行“%(action)s”", action=_(step.label))
    if isinstance(record, ServiceLog) and writes_for_another(actor, record, step.permission):
        return _("服务日志由专家本人填写和提交")
    if isinstance(record, Evaluation) and (why_not := _not_theirs(actor, record, step)):
        return why_not
    if Requirement.OTHER_PERSON in step.needs and actor.account_id in _had_a_hand(record) - {None}:
        return _(_SAME_PERSON[noun_of(record)])
    if Requirement.OUTSIDER in step.needs and actor.expert_id in _parties(record):
        return _("您是这个特派团的成员，考评应由其他工作人员办理")
    return None


_SAME_PERSON = {
    Noun.MEETING: lazy_gettext("登记人与核验人不能是同一人，请由另一位工作人员核验"),
    Noun.SERVICE_LOG: lazy_gettext("代录人、县级审核人和市级审核人要由不同的人担任，请由另一位工作人员办理"),
    Noun.EVALUATION: lazy_gettext("县级审核人与市级评分人不能是同一人，请由另一位工作人员评分"),
    Noun.APPEAL: lazy_gettext("评分人不能答复对自己评分的申诉，请由另一位工作人员答复"),
}


def _not_theirs(actor: Actor, row: Evaluation, step: Step) -> str | None:
    """Why an officer keeps out of a team's evaluation that is somebody else's to report, review or score."""
    if step.permission is Permission.EVALUATION_REPORT and rewrites(actor, row):
        return _("自评是团长本人填写的，由团长修改和提交；要改请退回")
    if step.permission is Permission.EVALUATION_UNIT_REVIEW and actor.role is Role.COUNTY:
        served = units_served(row.team, row.round.year)
        return None if actor.unit_id in served else _("县级审核由这一年服务对象所在的责任单位办理")
    if step.action == "unpublish" and row.level is TeamLevel.CITY and row.scored_by_id == actor.account_id is not None:
        return _("评分人不能撤回自己评分的公布结果，请由另一位工作人员办理")
    session = object_session(row)
    if step.action == "score" and session and actor.account_id in evaluations.taken_down_by(session, row):
        return _("代录自评的人不能评分，请由另一位工作人员评分")
    return None


def rewrites(actor: Actor, row: Evaluation) -> bool:
    """Whether an officer would change a report that the lead wrote."""
    return actor.is_bureau and any(row.words.values()) and not row.on_behalf


def writes_for_another(actor: Actor, log: ServiceLog, permission: Permission) -> bool:
    """Whether an officer would write in a log that its expert writes."""
    return permission is Permission.SERVICE_LOG_WRITE and actor.is_bureau and not log.on_behalf


def _had_a_hand(record: Record) -> frozenset[int | None]:
    """The accounts of the officers who took the record down or passed it before."""
    if isinstance(record, ServiceLog):
        return frozenset({record.entered_by_id, record.passed_by_id})
    if isinstance(record, Appeal):
        return frozenset({record.evaluation.scored_by_id})
    if isinstance(record, Evaluation):
        return frozenset({record.reviewed_by_id})
    return frozenset({record.recorded_by_id}) if isinstance(record, Meeting) else frozenset()


def _parties(record: Record) -> frozenset[int]:
    """The people an evaluation is about: whoever was ever in the team."""
    evaluation = record.evaluation if isinstance(record, Appeal) else record
    if not isinstance(evaluation, Evaluation):
        return frozenset()
    judged = {one.expert_id for one in evaluation.people}
    return frozenset(judged | {one.expert_id for one in evaluation.team.members})


def apply(
    session: Session,
    actor: Actor,
    record: Record,
    action: str,
    *,
    clock: Clock,
    reason: str = "",
    on_behalf: bool = False,
    version: int | None = None,
) -> Step:
    """Move `record` along the lifecycle and write the audit row, in the caller's transaction.

    `version` is the one the actor looked at, if they looked at one. Raises `Conflict` when the record is no longer in
    a state that `action` starts from or no longer what was looked at (somebody was faster), `Forbidden` when the
    actor may not, `Invalid` when a reason is asked for and missing.
    """
    step = find_step(noun_of(record), record.status, action)
    if step is None:
        raise Conflict(_("当前状态为“%(status)s”，不能执行此操作，请刷新页面", status=_(record.status.label)))
    why_not = refusal(actor, record, step, facts_of(record))
    if why_not:
        raise Forbidden(why_not)
    if version is not None and version != record.version:
        raise Conflict(_("您打开页面之后，这条记录又被改过，所以没有执行“%(action)s”", action=_(step.label)))
    if Requirement.REASON in step.needs:
        reasons.given(reason)
    before = audit.state_of(record)
    setattr(record, "status", step.target)  # noqa: B010 -- the noun's own table names only its own states
    _stamp(session, record, clock)
    audit.log(session, actor, action, record, clock=clock, before=before, reason=reason.strip(), on_behalf=on_behalf)
    return step


def put_back(record: Record, status: str) -> None:
    """The state a record had before an import moved it on, when that import is undone; the caller writes the audit."""
    setattr(record, "status", type(record.status)(status))  # noqa: B010 -- as in `apply`


def _stamp(session: Session, record: Record, clock: Clock) -> None:
    record.updated_at = clock.now()
    if isinstance(record, Registration):
        _follow(record)
    if isinstance(record, Need | Capability | Evaluation | ServiceLog | Specialist):
        record.status_since = clock.now()
    if isinstance(record, Need | Capability):
        touch(session, record)
    session.flush()


def _follow(registration: Registration) -> None:
    """A firm that came by its registration stands as that does; one that was on file before stays as it was."""
    if registration.status is RegistrationStatus.ACTIVE or not registration.known:
        registration.organisation.status = registration.status
        registration.organisation.updated_at = registration.updated_at
