"""How well a capability is written: what it lacks to be found and believed, and whether it says what another says."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from matchmaker.domain.drafts import CapabilityDraft, comparable
from matchmaker.domain.indicators import has_quantity
from matchmaker.domain.vocabulary import CapabilityKind
from matchmaker.i18n import lazy_gettext as _

SHORT, LONG, FEW = 60, 150, 3  # characters of a first and of a full description; keywords
NEAR = 0.6  # likeness from which the owner is asked whether it is the same thing twice
_MARKS = re.compile(r"[\W_]+")
WITH_NUMBER = frozenset({CapabilityKind.PATENT})
WITH_MATURITY = frozenset({CapabilityKind.ACHIEVEMENT, CapabilityKind.PATENT, CapabilityKind.PILOT})
Key = TypeVar("Key")


@dataclass(frozen=True)
class Completeness:
    """`percent` 0–100 of what readers and the matcher look for; `hints` say what would help most, best first."""

    percent: int
    hints: tuple[str, ...]


def completeness(draft: CapabilityDraft) -> Completeness:
    """Weigh what is there.

    A description counts 30, its detail 15, a number with a unit 20, a name that says something 10, three keywords 15,
    maturity and patent number 10 each where the kind has them.
    """
    parts = [(weight, done, hint) for weight, done, hint, applies in _parts(draft) if applies]
    earned = sum(weight for weight, done, _hint in parts if done)
    lacking = sorted((part for part in parts if not part[1]), key=lambda part: -part[0])
    return Completeness(round(100 * earned / sum(part[0] for part in parts)), tuple(part[2] for part in lacking))


def _parts(draft: CapabilityDraft) -> Iterable[tuple[int, bool, str, bool]]:
    """(weight, whether it is there, what to do, whether the kind has it)."""
    length = len(draft.text)
    yield 30, length >= SHORT, _("详细说明至少写 60 字：做什么、解决过什么问题"), True
    yield 15, length >= LONG, _("写到 150 字以上，补充适用条件和已有的应用"), length >= SHORT
    yield 20, has_quantity(draft.text), _("写出达到的指标，数值带单位"), True
    yield 10, len(draft.title) >= 6, _("名称写具体，例如材料、工艺或对象"), True
    yield 15, len(draft.keywords) >= FEW, _("填写 3 个以上关键词"), True
    yield 10, draft.maturity is not None, _("选择成熟度"), draft.kind in WITH_MATURITY
    yield 10, bool(draft.ip_number), _("填写专利号"), draft.kind in WITH_NUMBER


def alike(draft: CapabilityDraft, others: Mapping[Key, tuple[str, str]]) -> list[Key]:
    """Which of `others` (key → title and text) say nearly what `draft` says, the nearest first.

    Equal titles, or a Dice coefficient of the character pairs of title and text (Dice 1945) of `NEAR` or more.
    """
    found = {key: _likeness(draft, title, text) for key, (title, text) in others.items()}
    return sorted((key for key, score in found.items() if score >= NEAR), key=lambda key: -found[key])


def _likeness(draft: CapabilityDraft, title: str, text: str) -> float:
    if _plain(draft.title) == _plain(title):
        return 1.0
    mine, theirs = _pairs(draft.title + draft.text), _pairs(title + text)
    return 2 * len(mine & theirs) / max(1, len(mine) + len(theirs))


def _plain(text: str) -> str:
    return _MARKS.sub("", comparable(text))


def _pairs(text: str) -> set[str]:
    plain = _plain(text)
    return {plain[place : place + 2] for place in range(len(plain) - 1)}
