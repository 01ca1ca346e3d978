"""Policy measures as data: their conditions checked against what is on file, and their amounts by formula and cap.

A check compares and nothing else: whether anybody is paid is decided elsewhere. All amounts are in 万元 (10,000 yuan).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from matchmaker.domain.vocabulary import (
    ConditionKind,
    ConditionState,
    PlatformLevel,
    SubsidySubject,
    TargetStatus,
    TeamLevel,
)
from matchmaker.i18n import gettext as _

CENT = Decimal("0.01")
STATED = frozenset({ConditionKind.STATED, ConditionKind.AMOUNT})


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """One condition as a text puts it; `level` is what kinds about teams and platforms ask for.

    `help` says what the text leaves open, or which document shows it.
    """

    code: str = Field(max_length=32)
    kind: ConditionKind
    text: str
    clause: str
    level: Literal["province", "city", ""] = ""
    help: str = ""

    @property
    def statable(self) -> bool:
        """Whether its answer is stated, because no record of ours shows it: the province ranks its teams itself."""
        return self.kind in STATED or (self.kind is ConditionKind.EVALUATION and self.level == TeamLevel.PROVINCE.value)


class Terms(_Part):
    """Whom a measure is for and how its amount is worked out.

    `fixed`: so much; `ceiling`: at most the cap, the text says no more; `share`: of the amount stated for the condition
    `of`. `joint_wan` limits the sum with what was given already, stated for the condition `joint_of`. `per_project`:
    each project is a case of its own.
    """

    subject: SubsidySubject
    form: Literal["fixed", "ceiling", "share"]
    share: Decimal | None = Field(default=None, gt=0, le=1)
    of: str = ""
    joint_wan: int | None = None
    joint_of: str = ""
    per_project: bool = False
    recipient: str
    note: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.form == "share") != (self.share is not None and self.of != ""):
            raise ValueError("a share needs what it is a share of")
        if (self.joint_wan is None) != (self.joint_of == ""):
            raise ValueError("a joint cap needs the condition that states the other funds")
        return self


@dataclass(frozen=True)
class Measure:
    """A measure as its row states it."""

    conditions: tuple[Condition, ...]
    terms: Terms
    cap_wan: int | None

    @property
    def level(self) -> str:
        """The level of teams it is for, "" for any."""
        return next((one.level for one in self.conditions if one.kind is ConditionKind.TEAM_LEVEL), "")


def in_force(status: TargetStatus, valid_from: date | None, valid_to: date | None, day: date) -> bool:
    """Whether a measure is final and the day lies within its dates; a date that no text gives limits nothing."""
    begun = valid_from is None or valid_from <= day
    return status is TargetStatus.FINAL and begun and (valid_to is None or day <= valid_to)


@dataclass(frozen=True)
class Said:
    """What was stated for a condition: a yes or no, or an amount, with its document."""

    holds: bool | None
    amount_wan: Decimal | None
    document: str
    by: str
    by_firm: bool = False  # the firm's own word; otherwise an officer's


@dataclass(frozen=True)
class Evaluated:
    """A team's last published evaluation: ours says whether it is within the line, the province's only has words."""

    year: int
    in_line: bool
    told: str = ""


@dataclass(frozen=True)
class OnFile:
    """What is on file of a case: of the team, if it is a team's, and what was stated."""

    team_level: TeamLevel | None = None
    book_signed_on: date | None = None
    platform: str = ""
    platform_level: PlatformLevel | None = None
    platform_on: date | None = None
    evaluated: Evaluated | None = None
    stated: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One condition of a case: what the check found, what it found it by, and what somebody stated, if it was that."""

    condition: Condition
    state: ConditionState
    found: str
    said: Said | None = None

    @property
    def stated(self) -> bool:
        """Whether somebody stated it."""
        return self.said is not None


def check(measure: Measure, facts: OnFile) -> list[Line]:
    """Every condition of a measure against what is on file, in the measure's order."""
    return [_line(condition, facts, measure.terms) for condition in measure.conditions]


def _line(condition: Condition, facts: OnFile, terms: Terms) -> Line:
    if condition.kind is ConditionKind.ELSEWHERE:
        return Line(condition, ConditionState.UNKNOWN, _("由主管部门评定，本系统不作判断"))
    if condition.statable:
        return _stated(condition, facts, terms)
    holds, found = _RECORDED[condition.kind](condition, facts)
    return Line(condition, ConditionState.MET if holds else ConditionState.MISSING, found)


def _stated(condition: Condition, facts: OnFile, terms: Terms) -> Line:
    said = facts.stated.get(condition.code)
    if said is None:
        return Line(condition, ConditionState.UNKNOWN, _unsaid(condition, facts.evaluated))
    if said.amount_wan is not None:
        nothing = said.amount_wan == 0 and condition.code == terms.of  # a share of nothing
        state = ConditionState.MISSING if nothing else ConditionState.MET
        return Line(condition, state, _("%(amount)s 万元", amount=plain(said.amount_wan)), said)
    state, found = (ConditionState.MET, _("是")) if said.holds else (ConditionState.MISSING, _("否"))
    return Line(condition, state, found, said)


def _unsaid(condition: Condition, evaluated: Evaluated | None) -> str:
    if condition.kind is not ConditionKind.EVALUATION or evaluated is None:
        return _("还没有填报")
    return _("%(year)s 年度省评价结果：%(told)s；是否在线内还没有填报", year=evaluated.year, told=evaluated.told)


def _team_level(condition: Condition, facts: OnFile) -> tuple[bool, str]:
    if facts.team_level is None:
        return False, _("没有登记这一级的特派团")
    return facts.team_level.value == condition.level, _(facts.team_level.label)


def _task_book(_condition: Condition, facts: OnFile) -> tuple[bool, str]:
    day = facts.book_signed_on
    return day is not None, _("%(day)s 签订", day=day.isoformat()) if day else _("任务书还没有登记签订")


def _platform(condition: Condition, facts: OnFile) -> tuple[bool, str]:
    if not facts.platform or facts.platform_level is None:
        return False, _("没有登记共建平台")
    if facts.platform_on is None:
        return False, _("%(name)s：没有登记共建协议的签订日期", name=facts.platform)
    told = _("%(name)s（%(level)s）", name=facts.platform, level=_(facts.platform_level.label))
    return facts.platform_level.value == condition.level, told


def _evaluation(_condition: Condition, facts: OnFile) -> tuple[bool, str]:
    found = facts.evaluated
    if found is None:
        return False, _("没有已公布的评价结果")
    if found.in_line:
        return True, _("%(year)s 年度在线内", year=found.year)
    return False, _("%(year)s 年度不在线内", year=found.year)


_RECORDED = {
    ConditionKind.TEAM_LEVEL: _team_level,
    ConditionKind.TASK_BOOK: _task_book,
    ConditionKind.PLATFORM: _platform,
    ConditionKind.EVALUATION: _evaluation,
}


@dataclass(frozen=True)
class Amount:
    """What formula and cap give, in 万元 with at most two decimals, and by what; None while a figure is missing."""

    wan: Decimal | None
    by: Literal["formula", "cap", "joint", "ceiling", "waiting"]
    unchecked: bool = False  # the joint limit could not be looked at: nobody has stated the other funds


def amount(measure: Measure, stated: Mapping[str, Decimal]) -> Amount:
    """The amount by formula, cap and joint cap from stated amounts (condition → 万元); digits beyond 0.01 are cut off.

    Cutting off keeps a share from ever exceeding what the clause says.
    """
    terms, cap = measure.terms, measure.cap_wan
    ceiling = None if cap is None else Decimal(cap)
    if terms.share is None:
        return Amount(ceiling, "formula" if terms.form == "fixed" else "ceiling")
    base = stated.get(terms.of)
    if base is None:
        return Amount(None, "waiting")
    found = _least(terms.share * base, ceiling)
    if terms.joint_wan is None:
        return found
    others = stated.get(terms.joint_of)
    if others is None:
        return Amount(found.wan, found.by, unchecked=True)
    room = max(Decimal(0), terms.joint_wan - others)
    return found if found.wan is not None and found.wan <= room else Amount(_cut(room), "joint")


def _least(worked_out: Decimal, ceiling: Decimal | None) -> Amount:
    if ceiling is not None and worked_out > ceiling:
        return Amount(ceiling, "cap")
    return Amount(_cut(worked_out), "formula")


def _cut(wan: Decimal) -> Decimal:
    return wan.quantize(CENT, rounding=ROUND_DOWN)


def plain(wan: Decimal) -> str:
    """A figure as people write it: `12.5`, `300`."""
    text = f"{wan:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
