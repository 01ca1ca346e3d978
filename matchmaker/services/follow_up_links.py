"""Signed links: saying how it goes on after a meeting, without a password."""

from dataclasses import dataclass
from datetime import date

from itsdangerous import BadData, URLSafeSerializer

from matchmaker.domain.follow_ups import LINK_LIFE
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _

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
    return "/f/" + str(URLSafeSerializer(key, salt=SALT).dumps(content))


def read(key: str, token: str) -> FollowUpGrant:
    """What a token grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""
    try:
        meeting_id, days, organisation_id, expert_id, until = map(int, URLSafeSerializer(key, salt=SALT).loads(token))
        return FollowUpGrant(meeting_id, days, organisation_id, expert_id or None, date.fromordinal(until))
    except (BadData, ValueError, TypeError, OverflowError) as error:
        raise NotFound(_("这个链接无效。请检查是否复制完整，或登录后在“跟踪回访”里答复。")) from error
