"""Signed links of a meeting: checking in on the spot, and confirming its record."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.services import signed

CHECK_IN_SALT, RECEIPT_SALT, RECORD_SALT = "meeting-check-in", "meeting-check-in-receipt", "meeting-record"
RECORD_LIFE = timedelta(days=30)


@dataclass(frozen=True)
class RecordGrant:
    """What a link lets its holder do: say for one organisation, as one of its experts or not, whether it is true."""

    meeting_id: int
    organisation_id: int
    expert_id: int | None
    until: date


def check_in_token(key: str, meeting_id: int, *, now: datetime, life: timedelta) -> tuple[str, datetime]:
    """The part of the address after `/i/`, and until when it is good.

    It changes every two thirds of its `life`, at the same moment for everybody who shows it: what has just been
    photographed is good for a third of it at the least.
    """
    every = int(life.total_seconds()) * 2 // 3
    until = int(now.timestamp()) // every * every + int(life.total_seconds())
    return signed.sign(key, CHECK_IN_SALT, [meeting_id, until]), datetime.fromtimestamp(until, UTC)


def read_check_in_token(key: str, token: str) -> tuple[int, datetime]:
    """Meeting and end of a token; the caller judges whether that has come. Raises `NotFound` for one not ours."""

    def build(content: Any) -> tuple[int, datetime]:
        meeting_id, until = content
        return int(meeting_id), datetime.fromtimestamp(int(until), UTC)

    refusal = _("这个签到链接无效。请再扫一次会场的二维码，或请工作人员登记。")
    return signed.read(key, CHECK_IN_SALT, token, build, refusal=refusal)


def receipt(key: str, check_in_id: int) -> str:
    """What lets a phone show its own check-in again."""
    return signed.sign(key, RECEIPT_SALT, check_in_id)


def read_receipt(key: str, text: str) -> int | None:
    """Which check-in a receipt is for; None for one not ours."""
    try:
        return signed.read(key, RECEIPT_SALT, text, int, refusal="")
    except NotFound:
        return None


def record_path(key: str, meeting_id: int, organisation_id: int, expert_id: int | None, *, today: date) -> str:
    """Where a party says without a password whether the record is true: `/v/…`."""
    content = [meeting_id, organisation_id, expert_id or 0, (today + RECORD_LIFE).toordinal()]
    return "/v/" + signed.sign(key, RECORD_SALT, content)


def read_record_token(key: str, token: str) -> RecordGrant:
    """What a token grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""

    def build(content: Any) -> RecordGrant:
        meeting_id, organisation_id, expert_id, until = map(int, content)
        return RecordGrant(meeting_id, organisation_id, expert_id or None, date.fromordinal(until))

    refusal = _("这个链接无效。请检查是否复制完整，或登录后在活动页面确认。")
    return signed.read(key, RECORD_SALT, token, build, refusal=refusal)
