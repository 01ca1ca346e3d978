"""Signed links: saying yes to a task book without a password."""

from dataclasses import dataclass
from datetime import date

from itsdangerous import BadData, URLSafeSerializer

from matchmaker.domain.task_books import LINK_LIFE
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _

SALT = "task-book"


@dataclass(frozen=True)
class BookGrant:
    """What a link lets its holder do: answer for one host firm, or as the leading expert, about one team's book."""

    team_id: int
    organisation_id: int | None
    expert_id: int | None
    until: date


def path(key: str, *, team_id: int, organisation_id: int | None, expert_id: int | None, today: date) -> str:
    """Where they say it: `/b/…`."""
    content = [team_id, organisation_id or 0, expert_id or 0, (today + LINK_LIFE).toordinal()]
    return "/b/" + str(URLSafeSerializer(key, salt=SALT).dumps(content))


def read(key: str, token: str) -> BookGrant:
    """What a token grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""
    try:
        team_id, organisation_id, expert_id, until = map(int, URLSafeSerializer(key, salt=SALT).loads(token))
        return BookGrant(team_id, organisation_id or None, expert_id or None, date.fromordinal(until))
    except (BadData, ValueError, TypeError, OverflowError) as error:
        raise NotFound(_("这个链接无效。请检查是否复制完整，或登录后在特派团页面答复。")) from error
