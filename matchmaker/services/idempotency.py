"""One form, one effect: the second sending of the same form gets the first one's answer (traps §1.4)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker.db.insert import insert_into
from matchmaker.db.models import Idempotency
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _

KEPT = timedelta(hours=24)


def answer(
    session: Session, account_id: int, key: str, fingerprint: str, *, now: datetime, carry_out: Callable[[], str]
) -> str:
    """Return the address to go to next; `carry_out` is called only if this account's `key` is new.

    The key is claimed first, in the caller's transaction: a parallel sending waits for that row and then reads the
    stored answer. Raises `Invalid` when the same key comes with another body.
    """
    expired = delete(Idempotency).where(Idempotency.account_id == account_id, Idempotency.made_at < now - KEPT)
    session.execute(expired)
    if _claim(session, account_id=account_id, key=key, fingerprint=fingerprint, made_at=now):
        location = carry_out()
        _row(session, account_id, key).location = location
        return location
    known = _row(session, account_id, key)
    if known.fingerprint != fingerprint:
        raise Invalid({"": _("这张表单已经提交过，内容却不同。请刷新页面后重新填写。")})
    return known.location


def carried_out(session: Session, account_id: int, key: str) -> bool:
    """Whether the form with this id has been sent and answered."""
    mine = (Idempotency.account_id == account_id, Idempotency.key == key)
    return session.scalar(select(Idempotency.id).where(*mine)) is not None


def _claim(session: Session, **values: object) -> bool:
    insert = insert_into(session, Idempotency, location="", **values).on_conflict_do_nothing()
    return session.execute(insert.returning(Idempotency.id)).scalar_one_or_none() is not None


def _row(session: Session, account_id: int, key: str) -> Idempotency:
    statement = select(Idempotency).where(Idempotency.account_id == account_id, Idempotency.key == key)
    return session.scalars(statement).one()
