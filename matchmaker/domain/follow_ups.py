"""Following up a meeting: when which side is asked how it goes on, and what an answer needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.vocabulary import FollowUpStatus
from matchmaker.i18n import gettext as _

ROUNDS = (30, 90, 180)  # days after the meeting
STILL_ASKED = timedelta(days=21)  # what fell due longer ago is not asked about any more, as after an upgrade
LATE = timedelta(days=7)  # without an answer after this, an officer asks by telephone
LINK_LIFE = timedelta(days=60)
LONGEST_REMARK = 1_000
MOST_WAN = 10_000_000
ACTIONS = {
    FollowUpStatus.CONTACTED: "contact",
    FollowUpStatus.PROGRESSING: "progress",
    FollowUpStatus.SIGNED: "sign",
    FollowUpStatus.STOPPED: "stop",
}


def rounds_due(meeting_day: date, today: date) -> Iterable[int]:
    """The rounds that fall due by `today` and are still worth asking about."""
    return [days for days in ROUNDS if timedelta() <= today - meeting_day - timedelta(days=days) <= STILL_ASKED]


@dataclass(frozen=True)
class Said:
    """What somebody says of how it goes on; `amount` as typed, in 万元."""

    status: FollowUpStatus | None
    remark: str = ""
    amount: str = ""

    @property
    def amount_wan(self) -> int | None:
        """The contract's worth; None where none is given, or nothing was signed."""
        text = self.amount.strip().replace(",", "")
        return int(text) if text and self.status is FollowUpStatus.SIGNED else None

    def problems(self, *, corrects: bool, on_behalf: bool) -> dict[str, str]:
        """Field → what is wrong. `corrects`: another answer stands; `on_behalf`: an officer takes it down 代录."""
        found = {"remark": self._remark(corrects=corrects, on_behalf=on_behalf), "amount": self._amount()}
        if self.status not in ACTIONS:
            found = {"status": _("请选择进展")}
        return {name: text for name, text in found.items() if text}

    def _remark(self, *, corrects: bool, on_behalf: bool) -> str:
        text = self.remark.strip()
        if not text and self.status is FollowUpStatus.STOPPED:
            return _("请写明为什么停止")
        if not text and on_behalf:
            return _("请写明对方何时、通过什么方式说的")
        if not text and corrects:
            return _("请写明为什么更正")
        if len(text) > LONGEST_REMARK:
            return _("最多 %(limit)s 个字", limit=LONGEST_REMARK)
        mark = secrecy_mark(text)
        return refusal(_("说明"), mark) if mark else ""

    def _amount(self) -> str:
        text = self.amount.strip().replace(",", "")
        if not text or self.status is not FollowUpStatus.SIGNED:
            return ""
        fits = text.isascii() and text.isdigit() and len(text) <= len(str(MOST_WAN)) and int(text) <= MOST_WAN
        return "" if fits else _("合同金额请填整数，单位万元")
