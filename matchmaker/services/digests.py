"""The daily letter: what came for a person who wants one letter a day."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, Notice
from matchmaker.domain.vocabulary import Frequency
from matchmaker.i18n import ngettext, use_locale
from matchmaker.queries.outbox import address_of
from matchmaker.services import outbox
from matchmaker.services.notices import Reader

MOST_TOLD = 50
PAGE = "/notices"


def send(session: Session, day: date, *, clock: Clock) -> str:
    """One letter to everybody who has unread notices waiting for it; says how many.

    A notice goes into one such letter only. A second run on a day finds nothing left of what the first one told; what
    came in between waits for the next day, as a person gets one letter a day.
    """
    written = 0
    for account_id, notices in groupby(_waiting(session), key=lambda notice: notice.account_id):
        written += _write(session, session.get_one(Account, account_id), list(notices), day, clock)
    return f"{written} digests"


def _waiting(session: Session) -> Sequence[Notice]:
    due = (Notice.frequency == Frequency.DAILY, Notice.digested_on.is_(None), Notice.read_at.is_(None))
    active = select(Account.id).where(Account.active)
    statement = select(Notice).where(*due, Notice.account_id.in_(active))
    return session.scalars(statement.order_by(Notice.account_id, Notice.id)).all()


def _write(session: Session, account: Account, notices: Sequence[Notice], day: date, clock: Clock) -> bool:
    address = address_of(session, account)
    with use_locale(account.locale):
        title = ngettext("%(num)s 条新通知", "%(num)s 条新通知", len(notices))
    payload: dict[str, Any] = {
        "path": PAGE,
        "title": title,
        "name": account.name,
        "locale": account.locale,
        "account": account.id,
        "items": [{"notice": each.notice, "params": each.params} for each in notices[:MOST_TOLD]],
        "more": max(0, len(notices) - MOST_TOLD),
    }
    key, reader = f"digest:{account.id}:{day}", Reader(account_id=account.id)
    new = outbox.queue(session, "digest", address, payload, dedup_key=key, clock=clock, reader=reader)
    if new or not address:
        told = [each.id for each in notices]
        session.execute(update(Notice).where(Notice.id.in_(told)).values(digested_on=day))
    return new
