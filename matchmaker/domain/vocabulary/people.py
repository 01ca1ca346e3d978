"""Who signs in, what an organisation is, how they come in."""

from matchmaker.domain.vocabulary.word import Word


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
