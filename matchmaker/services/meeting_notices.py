"""Messages to the parties of a meeting, queued in the transaction of what they tell of."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting
from matchmaker.services import outbox
from matchmaker.services.notices import Reader


def tell(session: Session, meeting: Meeting, notice: str, *, clock: Clock, reason: str = "") -> None:
    """Tell every firm and every expert with an address. Of a meeting whose day has passed nobody is told."""
    if meeting.day < clock.today():
        return
    for key, name, address, reader in _recipients(meeting):
        payload = payload_of(meeting) | {"name": name, "reason": reason}
        dedup_key = f"{notice}:{meeting.id}:{key}:{meeting.version}"
        outbox.queue(session, notice, address, payload, dedup_key=dedup_key, clock=clock, reader=reader)


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


def _recipients(meeting: Meeting) -> Iterator[tuple[str, str, str, Reader]]:
    for each in meeting.firms:
        firm, reader = each.firm, Reader(organisation_id=each.firm_id)
        yield f"firm-{firm.id}", firm.contact_name or firm.name, firm.contact_email, reader
    for person in meeting.experts:
        reader = Reader(expert_id=person.expert_id)
        yield f"expert-{person.expert_id}", person.expert.name, person.expert.email, reader
