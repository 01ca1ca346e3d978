"""Signed links: saying how it goes on after a meeting, without a password."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from matchmaker.domain.follow_ups import LINK_LIFE
from matchmaker.i18n import gettext as _
from matchmaker.services import signed

SALT = "follow-up"


@dataclass(frozen=True)
class FollowUpGrant:
    """What a link lets its holder do: answer one round about one meeting for one organisation or its expert."""

    meeting_id: int
    days: int
    organisation_id: int
    expert_id: int | None
    until: date


def path(key: str, *, meeting_id: int, days: int, organisation_id: int, expert_id: int | None, today: date) -> str:
    """Where they say it: `/f/…`."""
    content = [meeting_id, days, organisation_id, expert_id or 0, (today + LINK_LIFE).toordinal()]
    return "/f/" + signed.sign(key, SALT, content)


def read(key: str, token: str) -> FollowUpGrant:
    """What a token grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""

    def build(content: Any) -> FollowUpGrant:
        meeting_id, days, organisation_id, expert_id, until = map(int, content)
        return FollowUpGrant(meeting_id, days, organisation_id, expert_id or None, date.fromordinal(until))

    refusal = _("这个链接无效。请检查是否复制完整，或登录后在“跟踪回访”里答复。")
    return signed.read(key, SALT, token, build, refusal=refusal)
