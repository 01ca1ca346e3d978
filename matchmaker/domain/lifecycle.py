"""Every legal move of every record: one table per noun (DESIGN §4).

Buttons, `services.transitions.apply`, the audit trail, notices, the diagrams in docs and the test matrix are all
derived from these tables. States that follow from dates or other rows are not stored and have no step here.
"""

from dataclasses import dataclass
from enum import StrEnum

from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import (
    AppealStatus,
    CapabilityStatus,
    ClinicStatus,
    EvaluationStatus,
    FollowUpStatus,
    InvitationStatus,
    MeetingStatus,
    NeedStatus,
    Noun,
    RegistrationStatus,
    ServiceLogStatus,
    SpecialistStatus,
    TaskStatus,
    TeamStatus,
    Word,
)


class Requirement(StrEnum):
    """What a move asks for beside the permission."""

    REASON = "reason"
    OTHER_PERSON = "other_person"  # the one who recorded it may not do this
    OUTSIDER = "outsider"  # nobody whom it is about may do this


@dataclass(frozen=True)
class Step:
    """One legal move: `action` leads from `source` to `target` for whoever holds `permission`.

    `label` is the button's Chinese text; `notice` names the message sent to the record's parties, if any;
    `reversal` marks a step that takes an earlier one back. `question` is asked before a step that ends something.
    """

    action: str
    label: str
    source: Word
    target: Word
    permission: Permission
    needs: frozenset[Requirement] = frozenset()
    notice: str | None = None
    reversal: bool = False
    question: str = ""


_REASON = frozenset({Requirement.REASON})
_OTHER = frozenset({Requirement.OTHER_PERSON})
_SOLVED = "确认问题已经解决？之后不再推荐专家；需要重新开放时请联系市科技局。"
_N, _C, _I, _M = NeedStatus, CapabilityStatus, InvitationStatus, MeetingStatus
_P = Permission

NEED_STEPS = (
    Step("submit", "提交审核", _N.DRAFT, _N.COUNTY_REVIEW, _P.NEED_SUBMIT),
    Step("submit", "重新提交", _N.RETURNED, _N.COUNTY_REVIEW, _P.NEED_SUBMIT),
    Step("recall", "撤回修改", _N.COUNTY_REVIEW, _N.DRAFT, _P.NEED_SUBMIT, reversal=True),
    Step("county_pass", "县级审核通过", _N.COUNTY_REVIEW, _N.CITY_REVIEW, _P.NEED_COUNTY_REVIEW),
    Step("return", "退回修改", _N.COUNTY_REVIEW, _N.RETURNED, _P.NEED_COUNTY_REVIEW, _REASON, "need_returned"),
    Step("decline", "不予受理", _N.COUNTY_REVIEW, _N.DECLINED, _P.NEED_COUNTY_REVIEW, _REASON, "need_declined"),
    Step("publish", "审核通过并发布", _N.CITY_REVIEW, _N.PUBLISHED, _P.NEED_CITY_REVIEW, notice="need_published"),
    Step("return", "退回修改", _N.CITY_REVIEW, _N.RETURNED, _P.NEED_CITY_REVIEW, _REASON, "need_returned"),
    Step("decline", "不予受理", _N.CITY_REVIEW, _N.DECLINED, _P.NEED_CITY_REVIEW, _REASON, "need_declined"),
    Step("reconsider", "重新受理", _N.DECLINED, _N.CITY_REVIEW, _P.NEED_CITY_REVIEW, _REASON, reversal=True),
    Step("unpublish", "撤回发布", _N.PUBLISHED, _N.CITY_REVIEW, _P.NEED_CITY_REVIEW, _REASON, reversal=True),
    Step("solve", "标记已解决", _N.PUBLISHED, _N.SOLVED, _P.NEED_CLOSE, question=_SOLVED),
    Step("close", "关闭需求", _N.PUBLISHED, _N.CLOSED, _P.NEED_CLOSE, _REASON),
    Step("reopen", "重新开放", _N.SOLVED, _N.PUBLISHED, _P.NEED_CITY_REVIEW, _REASON, reversal=True),
    Step("reopen", "重新开放", _N.CLOSED, _N.PUBLISHED, _P.NEED_CITY_REVIEW, _REASON, reversal=True),
)

CAPABILITY_STEPS = (
    Step("submit", "提交审核", _C.DRAFT, _C.REVIEW, _P.CAPABILITY_EDIT),
    Step("submit", "重新提交", _C.RETURNED, _C.REVIEW, _P.CAPABILITY_EDIT),
    Step("list", "审核通过并上架", _C.REVIEW, _C.LISTED, _P.CAPABILITY_REVIEW),
    Step("return", "退回修改", _C.REVIEW, _C.RETURNED, _P.CAPABILITY_REVIEW, _REASON),
    Step("withdraw", "撤下", _C.LISTED, _C.WITHDRAWN, _P.CAPABILITY_EDIT, _REASON),
    Step("relist", "重新上架", _C.WITHDRAWN, _C.REVIEW, _P.CAPABILITY_EDIT, reversal=True),
)

# `accept`, `decline` and `take_back` follow from what the two sides say: the services apply them as the system.
INVITATION_STEPS = (
    Step("accept", "双方同意", _I.OPEN, _I.ACCEPTED, _P.SYSTEM_ONLY, notice="invitation_accepted"),
    Step("decline", "婉拒", _I.OPEN, _I.DECLINED, _P.SYSTEM_ONLY, notice="invitation_declined"),
    Step("withdraw", "撤回邀请", _I.OPEN, _I.WITHDRAWN, _P.INVITATION_WITHDRAW, _REASON, "invitation_withdrawn"),
    Step("withdraw", "撤回邀请", _I.ACCEPTED, _I.WITHDRAWN, _P.INVITATION_ON_BEHALF, _REASON, "invitation_withdrawn"),
    Step("take_back", "收回答复", _I.ACCEPTED, _I.OPEN, _P.SYSTEM_ONLY, notice="answer_taken_back", reversal=True),
    Step("take_back", "收回答复", _I.DECLINED, _I.OPEN, _P.SYSTEM_ONLY, notice="answer_taken_back", reversal=True),
    Step("reopen", "恢复邀请", _I.WITHDRAWN, _I.OPEN, _P.INVITATION_ON_BEHALF, _REASON, reversal=True),
    Step("reopen", "恢复邀请", _I.DECLINED, _I.OPEN, _P.INVITATION_ON_BEHALF, _REASON, reversal=True),
)

MEETING_STEPS = (
    Step("record", "登记结果", _M.PLANNED, _M.HELD, _P.MEETING_RECORD),
    Step("verify", "核验", _M.HELD, _M.VERIFIED, _P.MEETING_VERIFY, _OTHER),
    Step("reject", "退回重新登记", _M.HELD, _M.PLANNED, _P.MEETING_VERIFY, _REASON, reversal=True),
    Step("unverify", "撤销核验", _M.VERIFIED, _M.HELD, _P.MEETING_REVERSE, _REASON, reversal=True),
    Step("cancel", "取消活动", _M.PLANNED, _M.CANCELLED, _P.MEETING_PLAN, _REASON, "meeting_cancelled"),
    Step("restore", "恢复活动", _M.CANCELLED, _M.PLANNED, _P.MEETING_REVERSE, _REASON, reversal=True),
)

_F = TeamStatus
TEAM_STEPS = (
    Step("draft", "起草任务书", _F.FORMING, _F.TASK_BOOK_DRAFT, _P.TEAM_MANAGE),
    Step("redo", "退回组建", _F.TASK_BOOK_DRAFT, _F.FORMING, _P.TEAM_MANAGE, _REASON, reversal=True),
    Step("sign", "登记任务书已签", _F.TASK_BOOK_DRAFT, _F.SIGNED, _P.TEAM_MANAGE),
    Step("unsign", "撤销签署", _F.SIGNED, _F.TASK_BOOK_DRAFT, _P.TEAM_MANAGE, _REASON, reversal=True),
    Step("serve", "开始派驻", _F.SIGNED, _F.SERVING, _P.TEAM_MANAGE),
    Step("recall", "撤回派驻", _F.SERVING, _F.SIGNED, _P.TEAM_MANAGE, _REASON, reversal=True),
    Step("end", "终止组建", _F.FORMING, _F.ENDED, _P.TEAM_PROPOSE, _REASON),
    Step("end", "终止组建", _F.TASK_BOOK_DRAFT, _F.ENDED, _P.TEAM_MANAGE, _REASON),
    Step("end", "提前终止", _F.SIGNED, _F.ENDED, _P.TEAM_MANAGE, _REASON),
    Step("end", "结束派驻", _F.SERVING, _F.ENDED, _P.TEAM_MANAGE, _REASON),
    Step("reform", "恢复组建", _F.ENDED, _F.FORMING, _P.TEAM_PROPOSE, _REASON, reversal=True),
    Step("resume", "恢复派驻", _F.ENDED, _F.SERVING, _P.TEAM_MANAGE, _REASON, reversal=True),
)

_L = ServiceLogStatus
SERVICE_LOG_STEPS = (
    Step("submit", "提交审核", _L.DRAFT, _L.UNIT_REVIEW, _P.SERVICE_LOG_WRITE),
    Step("submit", "重新提交", _L.RETURNED, _L.UNIT_REVIEW, _P.SERVICE_LOG_WRITE),
    Step("recall", "撤回修改", _L.UNIT_REVIEW, _L.DRAFT, _P.SERVICE_LOG_WRITE, reversal=True),
    Step("drop", "作废", _L.DRAFT, _L.DROPPED, _P.SERVICE_LOG_WRITE, _REASON),
    Step("drop", "作废", _L.RETURNED, _L.DROPPED, _P.SERVICE_LOG_WRITE, _REASON),
    Step("restore", "恢复", _L.DROPPED, _L.DRAFT, _P.SERVICE_LOG_WRITE, _REASON, reversal=True),
    Step("unit_pass", "县级审核通过", _L.UNIT_REVIEW, _L.CITY_REVIEW, _P.SERVICE_LOG_UNIT_REVIEW, _OTHER),
    Step("return", "退回修改", _L.UNIT_REVIEW, _L.RETURNED, _P.SERVICE_LOG_UNIT_REVIEW, _REASON, "log_returned"),
    Step("approve", "审核通过", _L.CITY_REVIEW, _L.APPROVED, _P.SERVICE_LOG_CITY_REVIEW, _OTHER, "log_to_rate"),
    Step("return", "退回修改", _L.CITY_REVIEW, _L.RETURNED, _P.SERVICE_LOG_CITY_REVIEW, _REASON, "log_returned"),
    Step("unapprove", "撤销通过", _L.APPROVED, _L.CITY_REVIEW, _P.SERVICE_LOG_CITY_REVIEW, _REASON, reversal=True),
    Step("rate", "评价", _L.APPROVED, _L.RATED, _P.SERVICE_LOG_RATE),
    Step("unrate", "撤销评价", _L.RATED, _L.APPROVED, _P.SERVICE_LOG_CITY_REVIEW, _REASON, reversal=True),
)

_Z = SpecialistStatus
SPECIALIST_STEPS = (
    Step("end", "终止备案", _Z.ACTIVE, _Z.ENDED, _P.SPECIALIST_END, _REASON),
    Step("resume", "恢复在册", _Z.ENDED, _Z.ACTIVE, _P.SPECIALIST_END, _REASON, reversal=True),
)

_D = ClinicStatus
CLINIC_STEPS = (
    Step("hold", "完成巡诊", _D.PLANNED, _D.HELD, _P.CLINIC_PLAN),
    Step("reopen", "退回补填", _D.HELD, _D.PLANNED, _P.CLINIC_PLAN, _REASON, reversal=True),
    Step("cancel", "取消巡诊", _D.PLANNED, _D.CANCELLED, _P.CLINIC_PLAN, _REASON, "clinic_cancelled"),
    Step("restore", "恢复巡诊", _D.CANCELLED, _D.PLANNED, _P.CLINIC_PLAN, _REASON, reversal=True),
)

_E, _A = EvaluationStatus, AppealStatus
_FAIR = frozenset({Requirement.OTHER_PERSON, Requirement.OUTSIDER})
_OUTSIDER = frozenset({Requirement.OUTSIDER})
_WHY = _REASON | _OUTSIDER
EVALUATION_STEPS = (
    Step("submit", "提交自评", _E.DRAFT, _E.SUBMITTED, _P.EVALUATION_REPORT),
    Step("submit", "重新提交", _E.RETURNED, _E.SUBMITTED, _P.EVALUATION_REPORT),
    Step("recall", "撤回修改", _E.SUBMITTED, _E.DRAFT, _P.EVALUATION_REPORT, reversal=True),
    Step("unit_pass", "县级审核通过", _E.SUBMITTED, _E.UNIT_REVIEWED, _P.EVALUATION_UNIT_REVIEW, _OUTSIDER),
    Step("return", "退回修改", _E.SUBMITTED, _E.RETURNED, _P.EVALUATION_UNIT_REVIEW, _WHY, "evaluation_returned"),
    Step("return", "退回修改", _E.UNIT_REVIEWED, _E.RETURNED, _P.EVALUATION_SCORE, _WHY, "evaluation_returned"),
    Step("score", "确认评分", _E.UNIT_REVIEWED, _E.SCORED, _P.EVALUATION_SCORE, _FAIR),
    Step("rescore", "退回评分", _E.SCORED, _E.UNIT_REVIEWED, _P.EVALUATION_SCORE, _WHY, reversal=True),
    Step("publish", "公布", _E.SCORED, _E.PUBLISHED, _P.EVALUATION_MANAGE, _OUTSIDER, "evaluation_published"),
    Step("unpublish", "撤回公布", _E.PUBLISHED, _E.SCORED, _P.EVALUATION_MANAGE, _WHY, reversal=True),
    Step("excuse", "不参评", _E.DRAFT, _E.EXCUSED, _P.EVALUATION_MANAGE, _WHY),
    Step("excuse", "不参评", _E.RETURNED, _E.EXCUSED, _P.EVALUATION_MANAGE, _WHY),
    Step("include", "恢复参评", _E.EXCUSED, _E.DRAFT, _P.EVALUATION_MANAGE, _WHY, reversal=True),
)
APPEAL_STEPS = (
    Step("uphold", "申诉成立", _A.OPEN, _A.UPHELD, _P.APPEAL_ANSWER, _FAIR | _REASON, "appeal_answered"),
    Step("reject", "申诉不成立", _A.OPEN, _A.REJECTED, _P.APPEAL_ANSWER, _FAIR | _REASON, "appeal_answered"),
    Step("withdraw", "撤回申诉", _A.OPEN, _A.WITHDRAWN, _P.APPEAL_MAKE, _REASON),
    Step("reconsider", "重新审议", _A.REJECTED, _A.OPEN, _P.APPEAL_ANSWER, _WHY, reversal=True),
    Step("reconsider", "重新审议", _A.UPHELD, _A.OPEN, _P.APPEAL_ANSWER, _WHY, reversal=True),
    Step("renew", "恢复申诉", _A.WITHDRAWN, _A.OPEN, _P.APPEAL_MAKE, _REASON, reversal=True),
)

_T = TaskStatus
TASK_STEPS = (
    Step("finish", "办结", _T.OPEN, _T.DONE, _P.TASK_CLOSE, _REASON),
    Step("drop", "取消待办", _T.OPEN, _T.DROPPED, _P.TASK_CLOSE, _REASON),
    Step("reopen", "重新办理", _T.DONE, _T.OPEN, _P.TASK_CLOSE, _REASON, reversal=True),
    Step("reopen", "重新办理", _T.DROPPED, _T.OPEN, _P.TASK_CLOSE, _REASON, reversal=True),
)

# Either side says how it goes on; what was said may be put right, with a reason.
_SAID = {"contact": FollowUpStatus.CONTACTED, "progress": FollowUpStatus.PROGRESSING}
_SAID |= {"sign": FollowUpStatus.SIGNED, "stop": FollowUpStatus.STOPPED}
FOLLOW_UP_STEPS = tuple(
    Step(
        action,
        target.label,
        source,
        target,
        _P.FOLLOW_UP_ANSWER,
        _REASON if source is not FollowUpStatus.DUE or target is FollowUpStatus.STOPPED else frozenset(),
        reversal=source is not FollowUpStatus.DUE,
    )
    for source in FollowUpStatus
    for action, target in _SAID.items()
    if source is not target
)

_R = RegistrationStatus
REGISTRATION_STEPS = (
    Step("approve", "核准", _R.PENDING, _R.ACTIVE, _P.REGISTRATION_REVIEW, notice="registration_approved"),
    Step("refuse", "不予核准", _R.PENDING, _R.REFUSED, _P.REGISTRATION_REVIEW, _REASON, "registration_refused"),
    Step("reconsider", "重新受理", _R.REFUSED, _R.PENDING, _P.REGISTRATION_REVIEW, _REASON, reversal=True),
    Step("revoke", "撤销核准", _R.ACTIVE, _R.PENDING, _P.REGISTRATION_REVIEW, _REASON, reversal=True),
)

STEPS: dict[Noun, tuple[Step, ...]] = {
    Noun.NEED: NEED_STEPS,
    Noun.CAPABILITY: CAPABILITY_STEPS,
    Noun.INVITATION: INVITATION_STEPS,
    Noun.MEETING: MEETING_STEPS,
    Noun.TEAM: TEAM_STEPS,
    Noun.SERVICE_LOG: SERVICE_LOG_STEPS,
    Noun.CLINIC: CLINIC_STEPS,
    Noun.SPECIALIST: SPECIALIST_STEPS,
    Noun.EVALUATION: EVALUATION_STEPS,
    Noun.APPEAL: APPEAL_STEPS,
    Noun.TASK: TASK_STEPS,
    Noun.FOLLOW_UP: FOLLOW_UP_STEPS,
    Noun.REGISTRATION: REGISTRATION_STEPS,
}


def find_step(noun: Noun, status: str, action: str) -> Step | None:
    """The step that `action` means for a record of `noun` now in `status`, or None if there is no such move."""
    return next((step for step in STEPS[noun] if step.action == action and step.source == status), None)


def steps_from(noun: Noun, status: str) -> list[Step]:
    """All moves that leave `status`, in the table's order."""
    return [step for step in STEPS[noun] if step.source == status]
