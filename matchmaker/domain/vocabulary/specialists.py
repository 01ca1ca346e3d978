"""Words of specialists 科技特派员."""

from matchmaker.domain.vocabulary.word import Word


class SpecialistKind(Word):
    """Whom specialists of this kind are filed for."""

    ENTERPRISE = "enterprise", "企业科技特派员"
    AGRICULTURAL = "agricultural", "农业科技特派员"


class SpecialistStatus(Word):
    """Stored states of a filing (DESIGN §4)."""

    ACTIVE = "active", "在册"
    ENDED = "ended", "已终止"
