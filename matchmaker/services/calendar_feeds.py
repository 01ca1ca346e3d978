"""The private address at which a calendar program reads a person's meetings, and changing it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Account, CalendarFeed
from matchmaker.domain.permissions import Actor
from matchmaker.errors import Forbidden, NotFound
from matchmaker.exchange import calendar
from matchmaker.i18n import gettext as _
from matchmaker.i18n import use_locale
from matchmaker.queries.accounts import actor_of
from matchmaker.queries.calendar_feeds import ROLES, meetings_of
from matchmaker.services import audit, signed
from matchmaker.services.meeting_events import entry_of

SALT = "calendar-feed"
FIRST_NUMBER = 1
NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # the stamp of a calendar without meetings


def path_of(session: Session, account: Account, key: str) -> str:
    """Where the account's calendar is read now: `/calendar/….ics`."""
    return f"/calendar/{signed.sign(key, SALT, [account.id, _number(session, account.id)])}.ics"


def renew(session: Session, actor: Actor, account: Account, *, clock: Clock) -> None:
    """Make all addresses given out before invalid. Raises `Forbidden` for another person's account."""
    if actor.account_id != account.id:
        raise Forbidden(_("只能更换自己的日历链接"))
    exclusive(session, f"calendar:{account.id}")
    before = _number(session, account.id)
    session.merge(CalendarFeed(account_id=account.id, number=before + 1))
    session.flush()
    audit.log(
        session,
        actor,
        "renew_calendar",
        account,
        clock=clock,
        before={"calendar": before},
        after={"calendar": before + 1},
    )


def holder(session: Session, token: str, key: str) -> Account:
    """Whose calendar an address is. Raises `NotFound` for one not ours, replaced, or of a closed account."""
    refusal = _("这个日历链接无效或已停用")
    account_id, number = signed.read(key, SALT, token, _both, refusal=refusal)
    account = session.get(Account, account_id)
    if account is None or not account.active or account.role not in ROLES or number != _number(session, account_id):
        raise NotFound(refusal)
    return account


def _both(content: Any) -> tuple[int, int]:
    account_id, number = map(int, content)
    return account_id, number


def content(session: Session, account: Account, *, base: str, clock: Clock) -> bytes:
    """The account's calendar, in its language; the same bytes as long as no meeting in it changes."""
    found = meetings_of(session, actor_of(account), clock.today())
    stamped = max((meeting.updated_at for meeting in found), default=NEVER)
    with use_locale(account.locale):
        return calendar.feed(map(entry_of, found), base=base, stamped=stamped, name=_("科技对接活动"))


def _number(session: Session, account_id: int) -> int:
    row = session.get(CalendarFeed, account_id)
    return row.number if row else FIRST_NUMBER
