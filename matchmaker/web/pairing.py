"""Forms of proposals and answers: text as it was typed → what the services take."""

from collections.abc import Callable, Mapping
from datetime import date, time
from typing import TypeVar

from matchmaker.domain.pairing import Proposal, Reply
from matchmaker.domain.vocabulary import Decision, DeclineReason, MeetingKind, Word
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _

T = TypeVar("T")
W = TypeVar("W", bound=Word)


def proposal(values: Mapping[str, str]) -> Proposal:
    """The fields `kind`, `day`, `at`, `message`, `answer_by`. Raises `Invalid` for one that cannot be read."""
    kind = word(MeetingKind, values, "kind")
    if kind is None:
        raise Invalid({"kind": _("请选择对接形式")})
    return Proposal(
        kind=kind,
        day=day(values, "day"),
        at=clock_time(values, "at"),
        message=values.get("message", ""),
        answer_by=day(values, "answer_by"),
    )


def reply(values: Mapping[str, str]) -> Reply:
    """The fields `decision`, `reason`, `day`, `at`, `note`. Raises `Invalid` for one that cannot be read."""
    decision = word(Decision, values, "decision")
    if decision is None:
        raise Invalid({"decision": _("请选择同意、改时间或婉拒")})
    return Reply(
        decision=decision,
        reason=word(DeclineReason, values, "reason"),
        day=day(values, "day"),
        at=clock_time(values, "at"),
        note=values.get("note", ""),
    )


def day(values: Mapping[str, str], field: str) -> date | None:
    """A date as the browser sends it, None when left empty."""
    return _read(date.fromisoformat, values, field, _("日期写法应为 2026-06-30"))


def clock_time(values: Mapping[str, str], field: str) -> time | None:
    """A time of day as the browser sends it, None when left empty."""
    return _read(time.fromisoformat, values, field, _("时间写法应为 09:30"))


def word(words: type[W], values: Mapping[str, str], field: str) -> W | None:
    """A choice by its stored value, None when left empty."""
    return _read({each.value: each for each in words}.__getitem__, values, field, _("请从列出的选项中选择"))


def _read(parse: Callable[[str], T], values: Mapping[str, str], field: str, problem: str) -> T | None:
    text = values.get(field, "").strip()
    if not text:
        return None
    try:
        return parse(text)
    except (ValueError, KeyError) as error:
        raise Invalid({field: problem}) from error
