"""Who is to be on a bus and who is to sign a sheet: firms' people as announced, experts, telephones where known."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Meeting, MeetingExpert, MeetingFirm, Organisation
from matchmaker.domain.permissions import Actor
from matchmaker.domain.preparing import names
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.i18n import gettext as _
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
    guests: dict[int, MeetingExpert] = {}
    for meeting in meetings:
        if meeting.status is MeetingStatus.CANCELLED:
            continue
        if meeting.kind is MeetingKind.OUTBOUND:
            for row in meeting.firms:
                firms.setdefault(row.firm_id, []).append(row)
        else:
            away = replaced(meeting)
            guests |= {row.expert_id: row for row in meeting.experts if row.expert_id not in away}
    found = [one for rows in firms.values() for one in _of_firm(session, actor, rows)]
    return found + [_of_guest(session, actor, row) for row in guests.values()]


def at(session: Session, actor: Actor, meeting: Meeting) -> list[Attendee]:
    """Who should sign at a meeting: the firms' people, then the experts."""
    firms = [one for row in meeting.firms for one in _of_firm(session, actor, [row])]
    away = replaced(meeting)
    return firms + [_of_guest(session, actor, row) for row in meeting.experts if row.expert_id not in away]


def replaced(meeting: Meeting) -> dict[int, Expert]:
    """Expert → the colleague on file who comes in their place."""
    there = {row.expert_id for row in meeting.experts}
    return {
        row.instead_of_id: row.expert
        for row in meeting.experts
        if row.instead_of_id in there and row.instead_of_id is not None and row.instead_of_id != row.expert_id
    }


def coming_experts(meeting: Meeting) -> list[str]:
    """The names of the experts, or of who comes for them as was said beforehand."""
    away = replaced(meeting)
    return [
        _("%(who)s（代%(name)s）", who=row.sends, name=row.expert.name) if row.sends else row.expert.name
        for row in meeting.experts
        if row.expert_id not in away
    ]


def _of_guest(session: Session, actor: Actor, row: MeetingExpert) -> Attendee:
    if not row.sends:
        return _of_expert(session, actor, row.expert)
    return Attendee(row.expert.institute.name, "", row.sends, _("代%(name)s", name=row.expert.name))


def _of_firm(session: Session, actor: Actor, rows: list[MeetingFirm]) -> list[Attendee]:
    """The people announced, in whichever of the meetings; nobody announced: one place, and whom to ring up."""
    firm: Organisation = rows[0].firm
    unit = named(firm.unit) if firm.unit else ""
    known = contacts.of_firm(session, actor, firm)
    contact, phone = (known.name, known.phone) if known else ("", "")
    sent = [name for row in rows for name in ([row.sends] if row.sends else names(row.expected))]
    people = list(dict.fromkeys(sent)) or [contact]
    if contact not in people and phone:
        first, reach = people[0], with_detail(phone, contact)  # whose number it is stands with it
    else:
        first, reach = contact, phone
    return [Attendee(firm.name, unit, name, phone=reach if name == first else "") for name in people]


def _of_expert(session: Session, actor: Actor, expert: Expert) -> Attendee:
    known = contacts.of_expert(session, actor, expert)
    return Attendee(expert.institute.name, "", expert.name, expert.title, known.phone if known else "")
