"""The technical field and the industry that a need's text speaks for, with the words that say so.

Published needs vote: a field is what its needs have in common, and a text is as near to it as the cosine of the two
(`matching.likeness.nearest_classes`). Words of a field's or a division's own name add to that, and for the industry
what the firm has said before. At most two are told, the second only where it comes close.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Need, TechnicalField
from matchmaker.matching import Index
from matchmaker.matching.likeness import nearest_classes
from matchmaker.queries import texts
from matchmaker.queries.choices import named
from matchmaker.queries.industries import industries, industry_named
from matchmaker.text import AnalysedText, Segmenter

LEAST, CLOSE, MOST = 0.04, 0.75, 2
NAMED_IN_HEAD, NAMED_IN_BODY, SAID_BEFORE = 0.1, 0.03, 0.1
WORDS = 3
# Words of the names that mean in a need's text what they mean there; 治理, 软件 or 天然气 stand in needs of every kind.
_TELLING = frozenset({
    "渔业", "林业", "畜牧业", "食品", "饮料", "烟草", "纺织", "服装", "皮革", "木材", "家具", "造纸", "印刷", "医药",
    "橡胶", "塑料", "汽车", "铁路", "船舶", "航空", "航天", "计算机", "通信", "仪器仪表", "房屋", "建筑", "装修",
    "批发", "零售", "仓储", "装卸", "邮政", "住宿", "餐饮", "电信", "卫星", "互联网", "水利", "体育", "娱乐",
    "人工智能", "物流", "数字经济", "生态环保", "食品安全",
})  # fmt: skip


@dataclass(frozen=True)
class Hint:
    """What is suggested: its code, its name in the reader's language, and the words that spoke for it."""

    code: str
    name: str
    words: tuple[str, ...]


@dataclass
class _Votes:
    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    words: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, code: str, weight: float, words: Iterable[str] = ()) -> None:
        self.sums[code] += weight
        self.words[code] += words

    def best(self) -> list[str]:
        """The codes worth telling, the first first."""
        ranked = sorted(self.sums, key=lambda code: (-self.sums[code], code))[:MOST]
        return [code for code in ranked if self.sums[code] >= max(LEAST, CLOSE * self.sums[ranked[0]])]

    def hint(self, code: str, name: str) -> Hint:
        return Hint(code, name, tuple(dict.fromkeys(self.words[code]))[:WORDS])


def fields_for(session: Session, index: Index, segmenter: Segmenter, text: AnalysedText) -> list[Hint]:
    """The technical fields a need's text speaks for, at most two."""
    known = {row.code: row for row in session.scalars(select(TechnicalField).order_by(TechnicalField.position))}
    labels = select(Need.id, TechnicalField.code).join(TechnicalField, TechnicalField.id == Need.field_id)
    votes = _Votes()
    _by_name(votes, segmenter, text, {code: row.name for code, row in known.items()})
    _by_needs(votes, index, text, _rows(session, labels.where(texts.published())))
    return [votes.hint(code, named(known[code])) for code in votes.best() if code in known]


def industries_for(
    session: Session, index: Index, segmenter: Segmenter, text: AnalysedText, *, firm_id: int | None
) -> list[Hint]:
    """The divisions of the national economy a need's text speaks for, at most two."""
    votes = _Votes()
    _by_name(votes, segmenter, text, {code: row.name for code, row in industries().items()})
    said = select(Need.id, Need.industry_code).where(texts.published(), Need.industry_code.is_not(None))
    _by_needs(votes, index, text, _rows(session, said))
    before = select(Need.industry_code).where(Need.firm_id == firm_id, Need.industry_code.is_not(None)).distinct()
    for code in session.scalars(before) if firm_id is not None else ():
        votes.add(str(code), SAID_BEFORE)
    return [votes.hint(code, industry_named(code)) for code in votes.best()]


def _rows(session: Session, statement: Select[int, Any]) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in session.execute(statement)]


def _by_needs(votes: _Votes, index: Index, text: AnalysedText, labels: Iterable[tuple[int, str]]) -> None:
    label_of = {str(need_id): code for need_id, code in labels}
    for found in nearest_classes(index, text, label_of, words=WORDS):
        votes.add(found.label, found.likeness, found.words)


def _by_name(votes: _Votes, segmenter: Segmenter, text: AnalysedText, names: Mapping[str, str]) -> None:
    head, whole = _content(text, "title", "keywords"), _content(text)
    for code, name in names.items():
        words = {term for sentence in segmenter.sentences(name) for term in sentence.terms}
        told = sorted(word for word in words if word in _TELLING and word in whole)
        longest = [word for word in told if not any(word != other and word in other for other in told)]
        for word in longest:
            votes.add(code, NAMED_IN_HEAD if word in head else NAMED_IN_BODY, [word])


def _content(text: AnalysedText, *names: str) -> str:
    return "\n".join(sentence.text for sentence in text.sentences(*names))
