"""Letters about meetings after which a later one told the same party something newer."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import OutboxMessage

KINDS = (
    "meeting_planned",
    "meeting_changed",
    "meeting_cancelled",
    "meeting_left",
    "meeting_reminder",
    "meeting_particulars",
    "reception_asked",
    "clinic_planned",
    "clinic_changed",
    "clinic_cancelled",
)
CALENDAR = "entry"  # a letter with it puts a meeting into a calendar or takes it out; `entries` are further ones


def superseded(session: Session, messages: Collection[OutboxMessage]) -> set[int]:
    """Ids of those messages all of whose meetings a later message to the same party speaks of."""
    asked = [message for message in messages if CALENDAR in message.payload]
    if not asked:
        return set()
    newest = _newest(session, min(message.id for message in asked))
    return {
        message.id
        for message in asked
        if all(newest.get(key, 0) > message.id for key in _keys(message.dedup_key, message.payload))
    }


def _newest(session: Session, after: int) -> dict[tuple[str, str], int]:
    """(meeting, party) → the last message about it."""
    columns = (OutboxMessage.id, OutboxMessage.dedup_key, OutboxMessage.payload)
    later = select(*columns).where(OutboxMessage.id > after, OutboxMessage.notice.in_(KINDS))
    rows = session.execute(later.order_by(OutboxMessage.id).execution_options(yield_per=1000))
    return {key: number for number, dedup_key, payload in rows for key in _keys(dedup_key, payload)}


def _keys(dedup_key: str, payload: dict[str, Any]) -> list[tuple[str, str]]:
    """A letter's meetings, each with the party it was written to, which stands third in its key."""
    entries = [payload[CALENDAR], *payload.get("entries", ())] if CALENDAR in payload else []
    return [(str(entry["key"]), dedup_key.split(":")[2]) for entry in entries]
