"""Words of technical clinics 技术巡诊: where a round of firms stands, how soon a problem is to be dealt with."""

from matchmaker.domain.vocabulary.word import Word


class ClinicStatus(Word):
    """Stored states of a clinic (DESIGN §4)."""

    PLANNED = "planned", "已安排"
    HELD = "held", "已完成"
    CANCELLED = "cancelled", "已取消"


class Urgency(Word):
    """How soon a problem found at a firm is to be dealt with."""

    URGENT = "urgent", "紧急（一个月内）"
    SOON = "soon", "较急（半年内）"
    LATER = "later", "一般"


class Visited(Word):
    """Whether the experts were at a firm of the round."""

    YES = "yes", "去了"
    NO = "no", "没有去成"
