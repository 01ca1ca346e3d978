"""From a pair to an agreement: what a proposal and an answer may say, whose turn it is, when a pair rests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from matchmaker.domain.vocabulary import Decision, DeclineReason, MeetingKind, Side
from matchmaker.i18n import gettext as _

LONGEST_WAIT_DAYS = 60
LONGEST_NOTE = 500

COOL_DOWN_DAYS: dict[DeclineReason, int | None] = {
    DeclineReason.NOT_MY_FIELD: None,
    DeclineReason.NO_TIME: 30,
    DeclineReason.ALREADY_SOLVED: None,
    DeclineReason.CONFLICT: None,
    DeclineReason.CONDITIONS: 90,
    DeclineReason.PASSED_ON: None,
    DeclineReason.OTHER: 30,
}
"""Days after which a declined pair may be suggested again; None: never for the same need."""

REASONS = tuple(reason for reason in DeclineReason if reason is not DeclineReason.PASSED_ON)
"""What a person may choose from; passing on to a colleague is a step of its own."""
UNDO_WITHIN = timedelta(hours=1)
"""How long a side may take back the consent that closed an invitation, if nothing followed."""


@dataclass(frozen=True)
class Proposal:
    """What an invitation proposes. `answer_by` left out: the usual number of days from today."""

    kind: MeetingKind
    day: date | None = None
    at: time | None = None
    message: str = ""
    answer_by: date | None = None

    def problems(self, today: date) -> dict[str, str]:
        """Field → what is wrong with it, on the day of sending."""
        found = future_day("day", self.day, today)
        if self.at is not None and self.day is None:
            found["day"] = _("提议时间时请同时给出日期")
        if len(self.message) > LONGEST_NOTE:
            found["message"] = _("最多 %(limit)s 个字", limit=LONGEST_NOTE)
        if self.answer_by is not None and not 0 <= (self.answer_by - today).days <= LONGEST_WAIT_DAYS:
            found["answer_by"] = _("答复期限应在今天起 %(days)s 天内", days=LONGEST_WAIT_DAYS)
        elif self.answer_by is not None and self.day is not None and self.answer_by > self.day:
            found["answer_by"] = _("答复期限不能晚于提议的日期")
        return found


@dataclass(frozen=True)
class Reply:
    """What one side says. `day` and `at` go with another time, `reason` with a decline."""

    decision: Decision
    reason: DeclineReason | None = None
    day: date | None = None
    at: time | None = None
    note: str = ""

    def problems(self, today: date, *, on_behalf: bool = False) -> dict[str, str]:
        """Field → what is wrong with it. On behalf of a side, the note must say how the answer was given."""
        found: dict[str, str] = {}
        if self.decision is Decision.DECLINE and self.reason is None:
            found["reason"] = _("请选择婉拒的原因")
        if self.reason is DeclineReason.PASSED_ON:
            found["reason"] = _("请用“转给同事”，选定转给谁")
        if self.reason is DeclineReason.OTHER and not self.note.strip():
            found["note"] = _("选“其他原因”时请写明是什么原因")
        if self.decision is Decision.ANOTHER_TIME:
            missing = {"day": _("请选择另一个日期")} if self.day is None else {}
            found |= missing or future_day("day", self.day, today)
        if len(self.note) > LONGEST_NOTE:
            found["note"] = _("最多 %(limit)s 个字", limit=LONGEST_NOTE)
        if on_behalf and not self.note.strip():
            found["note"] = _("代录时请写明对方以何种方式答复，如“11 月 20 日电话”")
        return found


def future_day(field: str, day: date | None, today: date) -> dict[str, str]:
    """A problem if `day` is given and is not after `today`."""
    return {field: _("请选择今天以后的日期")} if day is not None and day <= today else {}


class Given(Protocol):
    """The part of a stored answer that decides whose turn it is."""

    @property
    def side(self) -> Side: ...
    @property
    def decision(self) -> Decision: ...
    @property
    def given_at(self) -> datetime: ...


def waiting_sides(answers: Iterable[Given], since: datetime) -> frozenset[Side]:
    """The sides that have yet to agree to the proposal as it stands now, `since` then.

    Another time replaces the proposal: whoever named it agrees to it, and an earlier consent of the other side no
    longer holds, whatever becomes of the answer that named it. A decline holds nothing once the invitation is open.
    """
    agreed = {each.side for each in answers if each.decision is not Decision.DECLINE and each.given_at >= since}
    return frozenset(set(Side) - agreed)
