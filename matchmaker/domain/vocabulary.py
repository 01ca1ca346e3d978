"""Every closed list of words the product stores, with its Chinese label (DESIGN §2, one word per concept).

A member's value is what the database holds and what URLs carry; `.label` is the Chinese source string that
gettext translates. Columns and their CHECK constraints are derived from these enums.
"""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A stored word with a label; declare members as `value, label`."""

    _label: str

    def __new__(cls, value: str, label: str = "") -> Self:  # looking a member up passes the value alone
        """Build the member from its stored value and its Chinese label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member._label = label  # noqa: SLF001 -- its own, under construction
        return member

    @property
    def label(self) -> str:
        """The Chinese source string; pass it through gettext before showing it."""
        return self._label


class Role(Word):
    """Who signs in (DESIGN §1). One account has one role."""

    FIRM = "firm", "企业"
    EXPERT = "expert", "专家"
    INSTITUTE = "institute", "院所管理员"
    COUNTY = "county", "县级科技管理人员"
    CITY = "city", "市科技局工作人员"
    LEADER = "leader", "领导（只读）"
    ADMIN = "admin", "系统管理员"


class OrganisationKind(Word):
    """What an organisation is."""

    FIRM = "firm", "企业"
    INSTITUTE = "institute", "院所高校"
    AGENCY = "agency", "技术转移机构"
    BUREAU = "bureau", "科技主管部门"


class InstituteType(Word):
    """Which institutes may host an outbound meeting that counts (DESIGN §6)."""

    UNIVERSITY = "university", "高等院校"
    RESEARCH_INSTITUTE = "research_institute", "科研院所"
    OTHER = "other", "其他机构"


class RegistrationStatus(Word):
    """Stored states of a registration and of the organisation it is about (DESIGN §4)."""

    PENDING = "pending", "待核准"
    ACTIVE = "active", "正常"
    REFUSED = "refused", "未核准"


class LinkPurpose(Word):
    """What a link sent to an account's holder opens, once."""

    WELCOME = "welcome", "开通账号"
    RESET = "reset", "重设密码"


class NeedStatus(Word):
    """Stored states of a need (DESIGN §4); 对接中, overdue and stale are derived."""

    DRAFT = "draft", "草稿"
    COUNTY_REVIEW = "county_review", "待县级审核"
    CITY_REVIEW = "city_review", "待市级审核"
    RETURNED = "returned", "已退回"
    DECLINED = "declined", "未受理"
    PUBLISHED = "published", "已发布"
    SOLVED = "solved", "已解决"
    CLOSED = "closed", "已关闭"


class Cooperation(Word):
    """How a firm wants a need solved."""

    JOINT = "joint", "合作研发"
    COMMISSION = "commission", "委托研发"
    TRANSFER = "transfer", "技术转让"
    CONSULT = "consult", "技术咨询"


class Audience(Word):
    """Who may read a published need, and whether the firm's name stands with it."""

    OPEN = "open", "向院所和专家公开，显示企业名称"
    MASKED = "masked", "向院所和专家公开，隐去企业名称"
    CHOSEN = "chosen", "只给选定的院所看"


class CapabilityKind(Word):
    """What is offered."""

    EXPERTISE = "expertise", "研究方向"
    ACHIEVEMENT = "achievement", "成果"
    PATENT = "patent", "专利"
    FACILITY = "facility", "仪器平台"
    PILOT = "pilot", "中试"
    SERVICE = "service", "技术服务"


class Maturity(Word):
    """How far a capability has come towards use."""

    LABORATORY = "laboratory", "实验室阶段"
    PILOT = "pilot", "中试阶段"
    PRODUCTION = "production", "已用于生产"


class ServiceMode(Word):
    """In what ways an expert will work with a firm."""

    MICRO_MEETING = "micro_meeting", "微对接"
    DIAGNOSIS = "diagnosis", "入企诊断"
    JOINT_RESEARCH = "joint_research", "联合攻关"
    TRANSFER = "transfer", "成果转让"
    TEAM = "team", "参加特派团"


class CapabilityStatus(Word):
    """Stored states of a capability (DESIGN §4)."""

    DRAFT = "draft", "草稿"
    REVIEW = "review", "待审核"
    RETURNED = "returned", "已退回"
    LISTED = "listed", "已上架"
    WITHDRAWN = "withdrawn", "已撤下"


class OwnerKind(Word):
    """Who offers a capability."""

    EXPERT = "expert", "专家"
    GROUP = "group", "科研项目团队"
    ORGANISATION = "organisation", "机构"

    def key(self, owner_id: int) -> str:
        """The owner as the index knows it, as `expert:12`."""
        return f"{self}:{owner_id}"

    @classmethod
    def key_of(cls, expert_id: int | None, group_id: int | None, organisation_id: int | None = None) -> str:
        """The key of the one owner that is given."""
        ids = {cls.EXPERT: expert_id, cls.GROUP: group_id, cls.ORGANISATION: organisation_id}
        return next(kind.key(owner_id) for kind, owner_id in ids.items() if owner_id is not None)


class MemberRole(Word):
    """Place of a person in a group or team."""

    LEAD = "lead", "负责人"
    MEMBER = "member", "成员"


class InvitationStatus(Word):
    """Stored states of an invitation; overdue is derived from its answer-by day."""

    OPEN = "open", "待答复"
    ACCEPTED = "accepted", "双方同意"
    DECLINED = "declined", "已婉拒"
    WITHDRAWN = "withdrawn", "已撤回"


class Side(Word):
    """The two sides of an invitation."""

    FIRM = "firm", "企业方"
    EXPERT = "expert", "专家方"

    @property
    def other(self) -> "Side":
        """The side across the table."""
        return Side.EXPERT if self is Side.FIRM else Side.FIRM


class Decision(Word):
    """What one side answers."""

    ACCEPT = "accept", "同意"
    DECLINE = "decline", "婉拒"
    ANOTHER_TIME = "another_time", "改时间"


class DeclineReason(Word):
    """Why a side declines; each has its own cool-down before the pair is suggested again."""

    NOT_MY_FIELD = "not_my_field", "不是我的方向"
    NO_TIME = "no_time", "近期没有时间"
    ALREADY_SOLVED = "already_solved", "问题已解决"
    CONFLICT = "conflict", "有利益冲突"
    CONDITIONS = "conditions", "合作条件不合适"
    PASSED_ON = "passed_on", "已转给同事"
    OTHER = "other", "其他原因"


class LabelKind(Word):
    """What became of a pair, for learning 反馈标记."""

    ACCEPTED = "accepted", "同意对接"
    DECLINED = "declined", "婉拒"
    HELD = "held", "已对接"
    SIGNED = "signed", "已签约"


class MeetingKind(Word):
    """Outbound: one trip × one host institute × one day. Inbound: one firm × one day (DESIGN §2)."""

    OUTBOUND = "outbound", "走进（微对接）"
    INBOUND = "inbound", "请进（入企）"
    ONLINE = "online", "线上"


class MeetingStatus(Word):
    """Stored states of a meeting; 待登记 (past and unrecorded) is derived."""

    PLANNED = "planned", "已安排"
    HELD = "held", "已登记待核验"
    VERIFIED = "verified", "已核验"
    CANCELLED = "cancelled", "已取消"


class Attendance(Word):
    """Outcome for one invited firm or person; never filled in automatically."""

    ATTENDED = "attended", "到会"
    STAND_IN = "stand_in", "代替"
    EXCUSED = "excused", "请假"
    ABSENT = "absent", "缺席"


class EvidenceKind(Word):
    """What an uploaded file proves."""

    SIGN_IN = "sign_in", "签到表"
    PHOTO = "photo", "现场照片"
    MINUTES = "minutes", "纪要"
    OTHER = "other", "其他"


class CheckInHow(Word):
    """How somebody at a meeting was noted down."""

    CODE = "code", "扫码签到"
    OFFICER = "officer", "工作人员登记"


class RecordAnswer(Word):
    """What a party of a meeting says of its record."""

    AGREES = "agrees", "属实"
    DIFFERS = "differs", "有出入"


class ReceptionAnswer(Word):
    """What the receiving party says to a planned meeting."""

    CONFIRMED = "confirmed", "已确认接待"
    CHANGE = "change", "要求调整"
    DECLINED = "declined", "不能接待"


class TaskStatus(Word):
    """Stored states of a task (DESIGN §4); overdue is derived from its day."""

    OPEN = "open", "待办理"
    DONE = "done", "已办结"
    DROPPED = "dropped", "已取消"


class FollowUpStatus(Word):
    """What one side says of how it goes on after a meeting; the first: it has not said anything yet."""

    DUE = "due", "待回访"
    CONTACTED = "contacted", "已联系"
    PROGRESSING = "progressing", "推进中"
    SIGNED = "signed", "已签约"
    STOPPED = "stopped", "已停止"


class TalkOutcome(Word):
    """What is to be done about a need that nobody has been found for 问题会商."""

    WIDEN = "widen", "请企业扩大公开范围"
    REWRITE = "rewrite", "请企业把需求写清楚"
    ASK_INSTITUTES = "ask_institutes", "请院所帮助推荐专家"
    WATCH = "watch", "继续观察"


class LetterKind(Word):
    """What a letter of the bureau asks for: that an institute receives firms, or a firm experts."""

    TO_HOST = "to_host", "对接函"
    TO_FIRM = "to_firm", "接待函"


class TeamLevel(Word):
    """Level of a specialist team (policy 003 (30))."""

    PROVINCE = "province", "省级"
    CITY = "city", "市级"


class TeamStatus(Word):
    """Stored states of a specialist team (DESIGN §4)."""

    FORMING = "forming", "拟组建"
    TASK_BOOK_DRAFT = "task_book_draft", "任务书起草"
    SIGNED = "signed", "已签任务书"
    SERVING = "serving", "派驻中"
    ENDED = "ended", "已结束"


class TargetBasis(Word):
    """How a target's value is meant."""

    ABSOLUTE = "absolute", "当年总量"
    GROWTH = "growth", "年均增长"
    CUMULATIVE = "cumulative", "累计"


class TargetStatus(Word):
    """How firm a target is."""

    DRAFT = "draft", "征求意见稿"
    FINAL = "final", "正式下达"
    DEMO = "demo", "演示"


class WarningLevel(Word):
    """How badly a year goes, as far as a warning says so."""

    BEHIND = "behind", "落后进度 5% 以上"
    FAR_BEHIND = "far_behind", "落后进度 15% 以上"
    OUT_OF_REACH = "out_of_reach", "年底预计达不到目标"


class TurnoverSpan(Word):
    """What a figure of contract turnover covers; the last month of it is stored beside."""

    MONTH = "month", "当月"
    QUARTER = "quarter", "当季"
    TO_DATE = "to_date", "年初至当月累计"


class ImportKind(Word):
    """What a sheet holds."""

    ORGANISATIONS = "organisations", "机构"
    EXPERTS = "experts", "专家"
    GROUPS = "groups", "科研项目团队"
    NEEDS = "needs", "技术需求"
    CAPABILITIES = "capabilities", "能力"
    HISTORY = "history", "往年对接台账"


class ImportState(Word):
    """Where a sheet on its way in stands."""

    CHECKED = "checked", "待确认"
    QUEUED = "queued", "排队中"
    RUNNING = "running", "导入中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"
    DROPPED = "dropped", "已放弃"


class Frequency(Word):
    """When a person wants to be written to about a kind of notice; the inbox always has it."""

    AT_ONCE = "at_once", "立即发邮件"
    DAILY = "daily", "每日汇总一封"
    NEVER = "never", "只在站内提醒"


class OutboxState(Word):
    """State of a message to be delivered."""

    QUEUED = "queued", "待发送"
    SENT = "sent", "已发送"
    DEAD = "dead", "没有送达"
    HANDLED = "handled", "已用其他方式通知"


class MailFault(Word):
    """Why a letter has not gone."""

    ADDRESS = "address", "收件地址被拒绝"
    LETTER = "letter", "信件被对方拒收"
    LATER = "later", "对方暂时不收"
    SERVER = "server", "发信服务器出错或中断"
    UNWRITABLE = "unwritable", "信件无法生成"
    ENDED = "ended", "发送进程中途退出"


class Noun(Word):
    """Kinds of record that actions, audit and comments refer to."""

    ORGANISATION = "organisation", "机构"
    EXPERT = "expert", "专家"
    GROUP = "group", "科研项目团队"
    NEED = "need", "技术需求"
    CAPABILITY = "capability", "能力"
    SUGGESTION = "suggestion", "推荐"
    INVITATION = "invitation", "对接邀请"
    MEETING = "meeting", "对接活动"
    TRIP = "trip", "行程"
    ROUTE = "route", "入企路线"
    TASK = "task", "待办"
    FOLLOW_UP = "follow_up", "跟踪回访"
    TEAM = "team", "科技特派团"
    TARGET = "target", "目标"
    RULE = "rule", "计数规则"
    ABSORPTION = "absorption", "成果吸纳"
    TURNOVER = "turnover", "技术合同成交额"
    TRAINING = "training", "技术经理人培训"
    ASSESSMENT = "assessment", "执行情况说明"
    REPORT = "report", "报告"
    WORKDAY = "workday", "工作日"
    IMPORT_BATCH = "import_batch", "导入批次"
    REGISTRATION = "registration", "企业注册"
    ACCOUNT = "account", "账号"
    JOB = "job", "任务运行"
    MESSAGE = "message", "信件"
