"""Signed links: answering an invitation without a password, for as long as the link lives."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from matchmaker.domain.vocabulary import Side
from matchmaker.i18n import gettext as _
from matchmaker.services import signed

ANSWER_SALT = "invitation-answer"  # one salt per purpose: a link made for another one does not open this
COMPANION_SALT = "invitation-companion"
PREFERENCES_SALT = "notice-preferences"
CONFIRMATION_SALT = "confirmation"
LIFE = timedelta(days=30)
CONFIRMATION_LIFE = timedelta(days=90)
SIDES = {side.value: side for side in Side}


@dataclass(frozen=True)
class Grant:
    """What a link lets its holder do: answer one invitation for one side, through the day `until`."""

    invitation_id: int
    side: Side
    until: date


@dataclass(frozen=True)
class ConfirmationGrant:
    """What a yearly letter's link lets its holder do: confirm what `owner_key` answers for, through the day `until`."""

    owner_key: str
    until: date


def confirmation_path(key: str, owner_key: str, *, today: date) -> str:
    """Where the expert or institute behind `owner_key` confirms without a password."""
    until = (today + CONFIRMATION_LIFE).toordinal()
    return "/c/" + signed.sign(key, CONFIRMATION_SALT, [owner_key, until])


def read_confirmation_token(key: str, token: str) -> ConfirmationGrant:
    """What `token` grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""

    def build(content: Any) -> ConfirmationGrant:
        owner_key, until = content
        return ConfirmationGrant(str(owner_key), date.fromordinal(int(until)))

    refusal = _("这个链接无效。请检查是否复制完整，或登录后在首页确认。")
    return signed.read(key, CONFIRMATION_SALT, token, build, refusal=refusal)


def answer_token(key: str, invitation_id: int, side: Side, *, today: date) -> str:
    """The part of the address after `/a/`. `key` is the installation's signing key."""
    return signed.sign(key, ANSWER_SALT, [invitation_id, side.value, (today + LIFE).toordinal()])


def read_answer_token(key: str, token: str) -> Grant:
    """What `token` grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""

    def build(content: Any) -> Grant:
        invitation_id, side, until = content
        return Grant(int(invitation_id), SIDES[side], date.fromordinal(int(until)))

    refusal = _("这个链接无效。请检查是否复制完整，或联系邀请您的工作人员重新发送。")
    return signed.read(key, ANSWER_SALT, token, build, refusal=refusal)


def companion_path(key: str, invitation_id: int, expert_id: int, *, today: date) -> str:
    """Where a colleague who is to come along reads what it is about, and says so if they cannot."""
    until = (today + LIFE).toordinal()
    return "/a/with/" + signed.sign(key, COMPANION_SALT, [invitation_id, expert_id, until])


def read_companion_token(key: str, token: str) -> tuple[int, int, date]:
    """Invitation, expert and last day. Raises `NotFound` for one we did not sign."""

    def build(content: Any) -> tuple[int, int, date]:
        invitation_id, expert_id, until = content
        return int(invitation_id), int(expert_id), date.fromordinal(int(until))

    refusal = _("这个链接无效。请检查是否复制完整，或联系约您同去的同事。")
    return signed.read(key, COMPANION_SALT, token, build, refusal=refusal)


def preferences_path(key: str, account_id: int) -> str:
    """Where a person chooses how often to be written to, without a password; in every letter, so without an end."""
    return "/p/" + signed.sign(key, PREFERENCES_SALT, account_id)


def read_preferences_token(key: str, token: str) -> int:
    """Whose preferences `token` opens. Raises `NotFound` for one we did not sign."""
    refusal = _("这个链接无效。请检查是否复制完整，或登录后在“通知设置”里修改。")
    return signed.read(key, PREFERENCES_SALT, token, int, refusal=refusal)
