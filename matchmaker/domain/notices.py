"""Every kind of message to a person: what it is called, who gets it, and how it comes unless they choose otherwise."""

from dataclasses import dataclass

from matchmaker.domain.vocabulary import Frequency, Role
from matchmaker.i18n import LazyString
from matchmaker.i18n import lazy_gettext as _

R = Role
SIDES = frozenset({R.FIRM, R.EXPERT})
OFFICERS = frozenset({R.COUNTY, R.CITY})
_LABELS_OUTSIDE = {
    "account_reset": _("重设密码的链接"),
    "account_welcome": _("开通账号的链接"),
    "digest": _("每日通知汇总"),
}
OUTSIDE = frozenset(_LABELS_OUTSIDE)
"""Letters that are no notice: they open an account, or gather notices."""


@dataclass(frozen=True)
class Kind:
    """A kind of notice; `name` is the folder of its letter in templates/email.

    `roles` may choose how often they are written to about it. `gathered_for` are those who get it in the daily letter
    by default, the others at once. A `mandatory` one asks for something and cannot be left to the inbox alone.
    """

    name: str
    label: LazyString
    roles: frozenset[Role]
    gathered_for: frozenset[Role] = frozenset()
    mandatory: bool = False

    def default(self, role: Role) -> Frequency:
        """How it comes to this role without a choice of one's own."""
        return Frequency.DAILY if role in self.gathered_for else Frequency.AT_ONCE

    @property
    def choices(self) -> tuple[Frequency, ...]:
        """What a person may choose."""
        return tuple(each for each in Frequency if each is not Frequency.NEVER or not self.mandatory)


KINDS: tuple[Kind, ...] = (
    Kind("invitation_sent", _("请我答复的对接邀请"), SIDES, mandatory=True),
    Kind("invitation_reminder", _("对接邀请快到答复期限"), SIDES),
    Kind("invitation_accepted", _("双方已同意对接"), SIDES),
    Kind("invitation_declined", _("对接邀请被婉拒"), SIDES),
    Kind("invitation_withdrawn", _("对接邀请被撤回"), SIDES),
    Kind("answer_taken_back", _("对方收回了答复"), SIDES),
    Kind("invitation_passed", _("对接邀请转给了同事"), frozenset({R.FIRM})),
    Kind("invitation_companion", _("同事约我一起参加对接"), frozenset({R.EXPERT})),
    Kind("companion_leaves", _("约好同去的同事不能参加"), frozenset({R.EXPERT})),
    Kind("invitation_expired", _("对接邀请逾期没有答复"), SIDES | OFFICERS, gathered_for=OFFICERS),
    Kind("colleague_named", _("专家推荐了名录以外的同事"), OFFICERS | {R.INSTITUTE}),
    Kind("meeting_planned", _("对接活动安排"), SIDES),
    Kind("meeting_changed", _("对接活动变更"), SIDES | {R.INSTITUTE}),
    Kind("meeting_particulars", _("对接活动的准备事项有变动"), SIDES | {R.INSTITUTE}),
    Kind("meeting_left", _("不再请我参加的对接活动"), SIDES | {R.INSTITUTE}),
    Kind("meeting_cancelled", _("对接活动取消"), SIDES | {R.INSTITUTE}),
    Kind("meeting_reminder", _("次日对接活动提醒"), SIDES | {R.INSTITUTE}),
    Kind("reception_asked", _("请我确认接待的走进活动"), frozenset({R.INSTITUTE}), mandatory=True),
    Kind("meeting_recorded", _("请我确认的活动记录"), SIDES | {R.INSTITUTE}),
    Kind("meeting_recorded_reminder", _("还没有确认的活动记录"), SIDES | {R.INSTITUTE}),
    Kind("stand_in_named", _("对接活动来人有变动"), SIDES | {R.INSTITUTE}),
    Kind("meeting_unrecorded", _("对接活动待登记"), OFFICERS),
    Kind("follow_up_asked", _("请我说说对接后的进展"), SIDES | {R.INSTITUTE}, mandatory=True),
    Kind("task_given", _("交给我的待办"), SIDES | OFFICERS | {R.INSTITUTE}),
    Kind(
        "task_due",
        _("待办快到期和已过期"),
        SIDES | OFFICERS | {R.INSTITUTE},
        gathered_for=SIDES | OFFICERS | {R.INSTITUTE},
    ),
    Kind("task_book_asked", _("请我确认的工作任务书"), SIDES, mandatory=True),
    Kind("milestone_due", _("特派团里程碑快到期和已过期"), OFFICERS | {R.EXPERT}, gathered_for=OFFICERS),
    Kind("log_returned", _("我的服务日志被退回"), frozenset({R.EXPERT})),
    Kind("log_to_rate", _("请我评价的专家服务"), frozenset({R.FIRM})),
    Kind("clinic_planned", _("技术巡诊安排"), SIDES),
    Kind("clinic_changed", _("技术巡诊变更"), SIDES),
    Kind("clinic_cancelled", _("技术巡诊取消"), SIDES),
    Kind("evaluation_opened", _("请我填写的特派团自评"), frozenset({R.EXPERT}), mandatory=True),
    Kind("evaluation_returned", _("特派团自评被退回"), frozenset({R.EXPERT})),
    Kind("evaluation_published", _("特派团考评结果公布"), frozenset({R.EXPERT})),
    Kind("appeal_answered", _("对考评申诉的答复"), frozenset({R.EXPERT})),
    Kind("need_unmatched", _("久未对接、需要会商的需求"), OFFICERS, gathered_for=OFFICERS),
    Kind("pace_warning", _("目标进度预警"), OFFICERS | {R.LEADER}),
    Kind("report_due", _("该出的月报、季报"), frozenset({R.CITY})),
    Kind("need_published", _("我的需求已发布"), frozenset({R.FIRM})),
    Kind("need_returned", _("我的需求被退回"), frozenset({R.FIRM})),
    Kind("need_declined", _("我的需求不予受理"), frozenset({R.FIRM})),
    Kind("need_comment", _("需求的审核意见和回复"), OFFICERS | {R.FIRM}),
    Kind(
        "capability_comment",
        _("能力的审核意见和回复"),
        frozenset({R.CITY, R.EXPERT, R.INSTITUTE}),
        gathered_for=OFFICERS,
    ),
    Kind("confirmation_due", _("资料年度确认提醒"), frozenset({R.EXPERT, R.INSTITUTE})),
    Kind("registration_approved", _("企业注册已核准"), frozenset({R.FIRM})),
    Kind("registration_refused", _("企业注册未核准"), frozenset({R.FIRM})),
    Kind("letters_dead", _("没有送达的信件"), frozenset({R.CITY, R.ADMIN})),
    Kind("handed_over", _("工作交接给我"), OFFICERS | {R.ADMIN}),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def default_of(name: str, role: Role) -> Frequency:
    """How a kind comes to a role by default; one nobody has listed comes at once."""
    kind = BY_NAME.get(name)
    return kind.default(role) if kind else Frequency.AT_ONCE


def kinds_for(role: Role) -> list[Kind]:
    """The kinds a role may choose for."""
    return [kind for kind in KINDS if role in kind.roles]


def label_of(name: str) -> str:
    """What people call a kind of letter."""
    known = BY_NAME.get(name)
    return str(known.label if known else _LABELS_OUTSIDE.get(name, name))
