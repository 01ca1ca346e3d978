"""The rows of a meeting's minutes on file."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting, MinuteItem
from matchmaker.domain.minutes import MinuteRow


def replace(session: Session, meeting: Meeting, rows: Iterable[MinuteRow], *, clock: Clock) -> None:
    """Let the minutes consist of `rows`, in this order; empty ones are left out.

    A row with the `item_id` of one on file changes that one, so that what refers to it stays with it. Rows on file
    that are not among them are dropped: they stay on file and are no longer part of the minutes.
    """
    wanted = [row for row in rows if not row.empty]
    if not wanted and meeting.recorded_at is None:
        return
    known = {item.id: item for item in meeting.items}
    for position, row in enumerate(wanted):
        item = known.pop(row.item_id, None) if row.item_id is not None else None
        item = item or MinuteItem(meeting_id=meeting.id)
        item.position, item.problem, item.advice = position, row.problem, row.advice
        item.next_step, item.owner, item.due = row.next_step, row.owner, row.due
        session.add(item)
    for gone in known.values():
        gone.dropped_at = clock.now()
    session.flush()
    session.expire(meeting, ["items"])


def state_of(meeting: Meeting) -> dict[str, Any]:
    """The rows as the audit trail keeps them; nothing where there are none."""
    if meeting.recorded_at is None:
        return {}
    rows = [
        [item.problem, item.advice, item.next_step, item.owner, item.due.isoformat() if item.due else None]
        for item in meeting.items
    ]
    return {"items": rows} if rows else {}
