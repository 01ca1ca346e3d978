"""Signed links: answering an invitation without a password, for as long as the link lives."""

from dataclasses import dataclass
from datetime import date, timedelta

from itsdangerous import BadData, URLSafeSerializer

from matchmaker.domain.vocabulary import Side
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _

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
    return "/c/" + URLSafeSerializer(key, salt=CONFIRMATION_SALT).dumps([owner_key, until])


def read_confirmation_token(key: str, token: str) -> ConfirmationGrant:
    """What `token` grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""
    try:
        owner_key, until = URLSafeSerializer(key, salt=CONFIRMATION_SALT).loads(token)
        return ConfirmationGrant(str(owner_key), date.fromordinal(int(until)))
    except (BadData, ValueError, TypeError, OverflowError) as error:
        raise NotFound(_("这个链接无效。请检查是否复制完整，或登录后在首页确认。")) from error


def answer_token(key: str, invitation_id: int, side: Side, *, today: date) -> str:
    """The part of the address after `/a/`. `key` is the installation's signing key."""
    until = today + LIFE
    return _serializer(key).dumps([invitation_id, side.value, until.toordinal()])


def read_answer_token(key: str, token: str) -> Grant:
    """What `token` grants; the caller judges whether it has expired. Raises `NotFound` for one we did not sign."""
    try:
        invitation_id, side, until = _serializer(key).loads(token)
        return Grant(int(invitation_id), SIDES[side], date.fromordinal(int(until)))
    except (BadData, KeyError, ValueError, TypeError) as error:
        raise NotFound(_("这个链接无效。请检查是否复制完整，或联系邀请您的工作人员重新发送。")) from error


def companion_path(key: str, invitation_id: int, expert_id: int, *, today: date) -> str:
    """Where a colleague who is to come along reads what it is about, and says so if they cannot."""
    until = (today + LIFE).toordinal()
    return "/a/with/" + _serializer(key, COMPANION_SALT).dumps([invitation_id, expert_id, until])


def read_companion_token(key: str, token: str) -> tuple[int, int, date]:
    """Invitation, expert and last day. Raises `NotFound` for one we did not sign."""
    try:
        invitation_id, expert_id, until = _serializer(key, COMPANION_SALT).loads(token)
        return int(invitation_id), int(expert_id), date.fromordinal(int(until))
    except (BadData, ValueError, TypeError) as error:
        raise NotFound(_("这个链接无效。请检查是否复制完整，或联系约您同去的同事。")) from error


def preferences_path(key: str, account_id: int) -> str:
    """Where a person chooses how often to be written to, without a password; in every letter, so without an end."""
    return "/p/" + _serializer(key, PREFERENCES_SALT).dumps(account_id)


def read_preferences_token(key: str, token: str) -> int:
    """Whose preferences `token` opens. Raises `NotFound` for one we did not sign."""
    try:
        return int(_serializer(key, PREFERENCES_SALT).loads(token))
    except (BadData, ValueError, TypeError) as error:
        raise NotFound(_("这个链接无效。请检查是否复制完整，或登录后在“通知设置”里修改。")) from error


def _serializer(key: str, salt: str = ANSWER_SALT) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=salt)
