"""Words of invitations, answers and what became of a pair; of teams."""

from matchmaker.domain.vocabulary.word import Word


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
