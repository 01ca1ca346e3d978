"""Messages to the parties of a meeting, queued in the transaction of what they tell of."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting, Organisation
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.services import outbox
from matchmaker.services.notices import Reader

Recipient = tuple[str, str, str, Reader]  # key, name, address, whose inbox
HOSTS = {"meeting_planned": "reception_asked"}  # what the host institute is sent instead


def tell(session: Session, meeting: Meeting, notice: str, *, clock: Clock, reason: str = "") -> None:
    """Tell every firm, every expert and the host institute. Of a meeting whose day has passed nobody is told."""
    for key, name, address, reader in (*_recipients(meeting), *_host(meeting)):
        kind = HOSTS.get(notice, notice) if key.startswith("host-") else notice
        _queue(session, meeting, kind, (key, name, address, reader), reason=reason, clock=clock)


def tell_firm(
    session: Session, meeting: Meeting, firm: Organisation, notice: str, *, clock: Clock, reason: str = ""
) -> None:
    """Tell one of the firms alone."""
    _queue(session, meeting, notice, _of_firm(firm), reason=reason, clock=clock)


def _queue(session: Session, meeting: Meeting, notice: str, to: Recipient, *, reason: str, clock: Clock) -> None:
    key, name, address, reader = to
    if meeting.day >= clock.today():
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


def _of_firm(firm: Organisation) -> Recipient:
    name, reader = firm.contact_name or firm.name, Reader(organisation_id=firm.id)
    return f"firm-{firm.id}", name, firm.contact_email, reader


def _host(meeting: Meeting) -> Iterator[Recipient]:
    host = meeting.host
    if host is not None and meeting.kind is MeetingKind.OUTBOUND:
        name, reader = host.contact_name or host.name, Reader(organisation_id=host.id)
        yield f"host-{host.id}", name, host.contact_email, reader


def _recipients(meeting: Meeting) -> Iterator[Recipient]:
    for each in meeting.firms:
        yield _of_firm(each.firm)
    for person in meeting.experts:
        reader = Reader(expert_id=person.expert_id)
        yield f"expert-{person.expert_id}", person.expert.name, person.expert.email, reader
