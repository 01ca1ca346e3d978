"""Words of needs, capabilities and who offers them."""

from matchmaker.domain.vocabulary.word import Word


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
