"""Words of teams at work: what the sides say of a task book, where a service log stands."""

from matchmaker.domain.vocabulary.word import Word


class BookAnswer(Word):
    """What a side says of a version of the task book."""

    AGREES = "agrees", "同意"
    CHANGES = "changes", "要求修改"


class ServiceLogStatus(Word):
    """Stored states of a service log (DESIGN §4)."""

    DRAFT = "draft", "草稿"
    UNIT_REVIEW = "unit_review", "待县级审核"
    CITY_REVIEW = "city_review", "待市级审核"
    RETURNED = "returned", "退回修改"
    APPROVED = "approved", "已通过"
    RATED = "rated", "企业已评价"
    DROPPED = "dropped", "已作废"


class HostKind(Word):
    """Whom a team serves."""

    FIRM = "firm", "企业"
    UNIT = "unit", "责任单位"
    CLUSTER = "cluster", "县域特色产业集群"


class PlatformLevel(Word):
    """At which level a platform that was built together is recognised (policy 003 (31))."""

    NATIONAL = "national", "国家级"
    PROVINCE = "province", "省级"
    CITY = "city", "市级"
    NONE = "none", "未认定"


class DayShare(Word):
    """How much of a day somebody was there; the value is the number of half-days."""

    HALF = "1", "半天"
    WHOLE = "2", "一天"
