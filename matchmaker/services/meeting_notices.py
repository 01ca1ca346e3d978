"""Messages to the parties of a meeting, queued in the transaction of what they tell of."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting
from matchmaker.services import outbox


def tell(session: Session, meeting: Meeting, notice: str, *, clock: Clock, reason: str = "") -> None:
    """Tell every firm and every expert with an address. Of a meeting whose day has passed nobody is told."""
    if meeting.day < clock.today():
        return
    for key, name, address in _recipients(meeting):
        payload = payload_of(meeting) | {"name": name, "reason": reason}
        dedup_key = f"{notice}:{meeting.id}:{key}:{meeting.version}"
        outbox.queue(session, notice, address, payload, dedup_key=dedup_key, clock=clock)


def payload_of(meeting: Meeting) -> dict[str, Any]:
    """What the templates of a meeting's messages show."""
    return {
        "path": f"/meetings/{meeting.id}",
        "title": meeting.title,
        "firm": "、".join(row.firm.name for row in meeting.firms),
        "expert": "、".join(row.expert.name for row in meeting.experts),
        "institute": meeting.host.name if meeting.host else "",
        "day": meeting.day.isoformat(),
        "time": f"{meeting.starts:%H:%M}–{meeting.ends:%H:%M}",
        "place": f"{meeting.site.name} {meeting.site.address}".strip() if meeting.site else "",
    }


def _recipients(meeting: Meeting) -> Iterator[tuple[str, str, str]]:
    for firm in meeting.firms:
        yield f"firm-{firm.firm_id}", firm.firm.contact_name or firm.firm.name, firm.firm.contact_email
    for person in meeting.experts:
        yield f"expert-{person.expert_id}", person.expert.name, person.expert.email
