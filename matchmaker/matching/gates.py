"""Reasons for which a candidate is not offered at all, however well the texts agree."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from matchmaker.domain.vocabulary import DeclineReason, Word
from matchmaker.i18n import joined, lazy_gettext
from matchmaker.text import AnalysedText, normalise


class Gate(Word):
    """Why not."""

    OWN_ORGANISATION = "own_organisation", "本单位"
    RELEASE = "release", "不在定向范围"
    CONFLICT = "conflict", "需回避"
    NOT_MY_FIELD = "not_my_field", "专家说过不是这个方向"
    WITHDRAWN = "withdrawn", "已撤下"
    STALE = "stale", "资料久未确认"
    AWAY = "away", "外出期间"
    CAPACITY = "capacity", "名额已满"
    DECLINED = "declined", "近期已谢绝"
    KEYWORD = "keyword", "缺少必备关键词"


@dataclass(frozen=True)
class Facts:
    """What is known about a candidate for a need; the defaults bar nobody.

    `capacity` None means without limit. Ages are in days; None means never, or not known.
    `not_my_field` is the title of the need that was refused as such, if this one stands on its ground.
    `not_released`: the need is for chosen institutes, and the candidate's is none of them.
    `stale_after` and `declined_within` are the bureau's limits in days; `declined_why` is the label of the reason and
    `rests_until` the last day of the rest, None for one without an end. `away_until` is the end of an absence that
    leaves no day to answer an invitation in.
    """

    own_organisation: bool = False
    not_released: bool = False
    conflict: str = ""
    not_my_field: str = ""
    withdrawn: bool = False
    unconfirmed_for: int | None = None
    stale_after: int = 365
    away_until: date | None = None
    used: int = 0
    capacity: int | None = None
    declined_ago: int | None = None
    declined_within: int = 180
    declined_why: str = DeclineReason.OTHER.label
    rests_until: date | None = None
    missing_keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Barred:
    """A gate that is shut, and the particulars for the reader (translated when shown; may be empty)."""

    gate: Gate
    detail: str = ""


def shut_gates(facts: Facts) -> list[Barred]:
    """All gates that keep the candidate out, the weightiest first; none means: may be ranked."""
    return [*_by_relation(facts), *_by_state(facts)]


def missing_keywords(required: Iterable[str], text: AnalysedText) -> tuple[str, ...]:
    """The must-have keywords, as given, that no sentence of a candidate's text contains."""
    content = "\n".join(sentence.text for sentence in text.sentences())
    return tuple(keyword for keyword in required if normalise(keyword).text.strip() not in content)


def _declined(facts: Facts) -> str:
    said: dict[str, object] = {"days": facts.declined_ago, "reason": facts.declined_why}
    if facts.rests_until is None:
        return lazy_gettext("%(days)s 天前谢绝（%(reason)s），不再推荐", **said)
    said["day"] = facts.rests_until.isoformat()
    return lazy_gettext("%(days)s 天前谢绝（%(reason)s），%(day)s 后可再推荐", **said)


def _by_relation(facts: Facts) -> Iterator[Barred]:
    if facts.own_organisation:
        yield Barred(Gate.OWN_ORGANISATION)
    if facts.not_released:
        yield Barred(Gate.RELEASE)
    if facts.conflict:
        yield Barred(Gate.CONFLICT, facts.conflict)
    if facts.not_my_field:
        yield Barred(Gate.NOT_MY_FIELD, facts.not_my_field)
    if facts.withdrawn:
        yield Barred(Gate.WITHDRAWN)


def _by_state(facts: Facts) -> Iterator[Barred]:
    if facts.unconfirmed_for is not None and facts.unconfirmed_for > facts.stale_after:
        yield Barred(Gate.STALE, lazy_gettext("已 %(days)s 天未确认", days=facts.unconfirmed_for))
    if facts.away_until is not None:
        yield Barred(Gate.AWAY, lazy_gettext("外出到 %(day)s", day=facts.away_until.isoformat()))
    if facts.capacity is not None and facts.used >= facts.capacity:
        detail = lazy_gettext("已接 %(used)s 项，上限 %(limit)s 项", used=facts.used, limit=facts.capacity)
        yield Barred(Gate.CAPACITY, detail)
    if facts.declined_ago is not None and facts.declined_ago <= facts.declined_within:
        yield Barred(Gate.DECLINED, _declined(facts))
    if facts.missing_keywords:
        yield Barred(Gate.KEYWORD, joined(facts.missing_keywords))
