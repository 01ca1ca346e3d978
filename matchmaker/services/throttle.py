"""How often a network may ask for something without signing in."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.locks import exclusive
from matchmaker.db.models import PublicAttempt
from matchmaker.errors import TooMany
from matchmaker.i18n import gettext as _

WINDOW = timedelta(hours=1)
MOST = 10  # an office shares one address


def require_free(session: Session, action: str, network: str, *, now: datetime, most: int = MOST) -> None:
    """Raise `TooMany` when the network has asked for this `most` times in the last hour."""
    mine = (PublicAttempt.action == action, PublicAttempt.network == network, PublicAttempt.at > now - WINDOW)
    if (session.scalar(select(func.count()).where(*mine)) or 0) >= most:
        raise TooMany(_("您所在的网络一小时内提交次数过多，请过一小时再试，或致电市科技局"))


def take(session: Session, action: str, network: str, *, now: datetime, most: int = MOST) -> None:
    """Count one more asking, or raise `TooMany`; two at once are counted one after the other."""
    exclusive(session, f"attempt:{action}:{network}")
    require_free(session, action, network, now=now, most=most)
    session.add(PublicAttempt(action=action, network=network, at=now))
