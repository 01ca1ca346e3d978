"""Who is to be on a bus and who is to sign a sheet: firms' people as announced, experts, telephones where known."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Meeting, MeetingFirm, Organisation
from matchmaker.domain.permissions import Actor
from matchmaker.domain.preparing import names
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.i18n import with_detail
from matchmaker.queries import contacts
from matchmaker.queries.choices import named


@dataclass(frozen=True)
class Attendee:
    """A person, or with an empty name a place kept for one; `phone` is empty where the reader may not know it."""

    organisation: str
    unit: str
    name: str
    title: str = ""
    phone: str = ""


def on_the_bus(session: Session, actor: Actor, meetings: Iterable[Meeting]) -> list[Attendee]:
    """Who travels: the firms' people on a trip, the experts on a route; each once, of meetings not called off."""
    firms: dict[int, list[MeetingFirm]] = {}
    experts: dict[int, Expert] = {}
    for meeting in meetings:
        if meeting.status is MeetingStatus.CANCELLED:
            continue
        if meeting.kind is MeetingKind.OUTBOUND:
            for row in meeting.firms:
                firms.setdefault(row.firm_id, []).append(row)
        else:
            experts |= {row.expert_id: row.expert for row in meeting.experts}
    found = [one for rows in firms.values() for one in _of_firm(session, actor, rows)]
    return found + [_of_expert(session, actor, expert) for expert in experts.values()]


def at(session: Session, actor: Actor, meeting: Meeting) -> list[Attendee]:
    """Who should sign at a meeting: the firms' people, then the experts."""
    firms = [one for row in meeting.firms for one in _of_firm(session, actor, [row])]
    return firms + [_of_expert(session, actor, row.expert) for row in meeting.experts]


def _of_firm(session: Session, actor: Actor, rows: list[MeetingFirm]) -> list[Attendee]:
    """The people announced, in whichever of the meetings; nobody announced: one place, and whom to ring up."""
    firm: Organisation = rows[0].firm
    unit = named(firm.unit) if firm.unit else ""
    known = contacts.of_firm(session, actor, firm)
    contact, phone = (known.name, known.phone) if known else ("", "")
    people = list(dict.fromkeys(name for row in rows for name in names(row.expected))) or [contact]
    if contact not in people and phone:
        first, reach = people[0], with_detail(phone, contact)  # whose number it is stands with it
    else:
        first, reach = contact, phone
    return [Attendee(firm.name, unit, name, phone=reach if name == first else "") for name in people]


def _of_expert(session: Session, actor: Actor, expert: Expert) -> Attendee:
    known = contacts.of_expert(session, actor, expert)
    return Attendee(expert.institute.name, "", expert.name, expert.title, known.phone if known else "")
