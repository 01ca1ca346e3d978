"""Signed links: saying yes to a task book without a password."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from matchmaker.domain.task_books import LINK_LIFE
from matchmaker.i18n import gettext as _
from matchmaker.services import signed

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
    return "/b/" + signed.sign(key, SALT, content)


def read(key: str, token: str) -> BookGrant:
    """What a token grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""

    def build(content: Any) -> BookGrant:
        team_id, organisation_id, expert_id, until = map(int, content)
        return BookGrant(team_id, organisation_id or None, expert_id or None, date.fromordinal(until))

    refusal = _("这个链接无效。请检查是否复制完整，或登录后在特派团页面答复。")
    return signed.read(key, SALT, token, build, refusal=refusal)
