"""The audit trail: one inserted row per change, in the change's own transaction."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.base import Base
from matchmaker.db.models import Audit
from matchmaker.db.nouns import Record, noun_of
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun

# Derived or secret: not part of what a record says.
LEFT_OUT = frozenset({"terms", "lexicon_stamp", "index_version", "password_hash", "token", "updated_at", "version"})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def state_of(record: Base) -> dict[str, Any]:
    """A record's columns as JSON values, without derived and secret ones."""
    columns = inspect(type(record)).column_attrs
    return {
        attr.key: _plain(getattr(record, attr.key))
        for attr in columns
        if attr.key not in LEFT_OUT and attr.key in record.__dict__
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the fields that differ, as (before, after)."""
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return {key: before.get(key) for key in keys}, {key: after.get(key) for key in keys}


def write(
    session: Session,
    actor: Actor,
    *,
    action: str,
    noun: Noun,
    record_id: int,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    on_behalf: bool = False,
) -> None:
    """Add one row: who did what to which record, and what changed (only differing fields are kept)."""
    old, new = changes(before or {}, after or {})
    session.add(
        Audit(
            at=at,
            account_id=actor.account_id,
            actor=actor.name,
            role=actor.role.value if actor.role else "",
            action=action,
            noun=noun,
            record_id=record_id,
            before=old,
            after=new,
            reason=reason,
            on_behalf=on_behalf,
        )
    )


def log(
    session: Session,
    actor: Actor,
    action: str,
    record: Record,
    *,
    clock: Clock,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    on_behalf: bool = False,
) -> None:
    """`write` for a record that is at hand and has been flushed; without `after` it is the record's state now."""
    write(
        session,
        actor,
        action=action,
        noun=noun_of(record),
        record_id=record.id,
        at=clock.now(),
        before=before,
        after=state_of(record) if after is None else after,
        reason=reason,
        on_behalf=on_behalf,
    )
