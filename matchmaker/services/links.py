"""Signed links: answering an invitation without a password, for as long as the link lives."""

from dataclasses import dataclass
from datetime import date, timedelta

from itsdangerous import BadData, URLSafeSerializer

from matchmaker.domain.vocabulary import Side
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _

ANSWER_SALT = "invitation-answer"  # one salt per purpose: a link made for another one does not open this
LIFE = timedelta(days=30)
SIDES = {side.value: side for side in Side}


@dataclass(frozen=True)
class Grant:
    """What a link lets its holder do: answer one invitation for one side, through the day `until`."""

    invitation_id: int
    side: Side
    until: date


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


def _serializer(key: str) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt=ANSWER_SALT)
