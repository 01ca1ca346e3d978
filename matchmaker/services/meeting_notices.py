"""Messages to the parties of a meeting, queued in the transaction of what they tell of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Meeting, MeetingExpert, MeetingFirm, Organisation
from matchmaker.domain.vocabulary import MeetingKind
from matchmaker.exchange.calendar import Entry, Method
from matchmaker.i18n import gettext as _
from matchmaker.queries.attendees import coming_experts, replaced
from matchmaker.services import outbox
from matchmaker.services.meeting_events import entry_of, particulars, place_of
from matchmaker.services.notices import Reader

Recipient = tuple[str, str, str, Reader]  # key, name, address, whose inbox
HOSTS = dict.fromkeys(("meeting_planned", "meeting_changed"), "reception_asked")  # what the host is sent instead
PREPARED = "meeting_particulars"
IN_FULL = ("meeting_planned", "meeting_changed", "reception_asked", "meeting_reminder", PREPARED)
CALENDARS = {  # letters that put the meeting into the reader's calendar, or take it out
    **dict.fromkeys(IN_FULL, Method.REQUEST),
    **dict.fromkeys(("meeting_cancelled", "meeting_left"), Method.CANCEL),
}
TO_WHO_COMES = ("meeting_reminder", PREPARED)  # and not to experts in whose place a colleague on file comes


@dataclass(frozen=True)
class Before:
    """Who was to come to a meeting, and what they had been told of it."""

    recipients: dict[str, Recipient]
    payload: dict[str, Any]
    entry: Entry
    day: date


def tell(session: Session, meeting: Meeting, notice: str, *, clock: Clock, reason: str = "") -> None:
    """Tell every firm, every expert and the host institute. Of a meeting whose day has passed nobody is told."""
    if meeting.day < clock.today():
        return
    _tell_all(session, meeting, notice, reason=reason, clock=clock)


def _tell_all(session: Session, meeting: Meeting, notice: str, *, reason: str, clock: Clock) -> None:
    payload = payload_of(meeting)
    for to in _everybody(meeting, notice):
        kind = _kind_for(meeting, notice, to, clock)
        _queue(session, meeting, kind, to, payload, reason=reason, clock=clock)


def _kind_for(meeting: Meeting, notice: str, to: Recipient, clock: Clock) -> str:
    """A host is asked whether it receives; of what is over it is only told."""
    asked = to[0].startswith("host-") and meeting.day >= clock.today()
    return HOSTS.get(notice, notice) if asked else notice


def before_change(meeting: Meeting) -> Before:
    """To be asked before a plan is replaced, for `tell_changed`."""
    recipients = {to[0]: to for to in (*_recipients(meeting), *_host(meeting))}
    return Before(recipients, payload_of(meeting), entry_of(meeting), meeting.day)


def tell_stand_in(
    session: Session, meeting: Meeting, row: MeetingFirm | MeetingExpert, said: str, *, clock: Clock
) -> None:
    """Tell everybody else who comes for a party."""
    own = f"firm-{row.firm_id}" if isinstance(row, MeetingFirm) else f"expert-{row.expert_id}"
    for to in (*_recipients(meeting), *_host(meeting)):
        if to[0] != own:
            _queue(session, meeting, "stand_in_named", to, payload_of(meeting), reason=said, clock=clock)


def tell_difference(session: Session, meeting: Meeting, before: Before, *, clock: Clock) -> None:
    """Invite who is new and tell who is no longer asked; nothing has changed for the others."""
    for to in _recipients(meeting):
        if to[0] not in before.recipients:
            _queue(session, meeting, "meeting_planned", to, payload_of(meeting), reason="", clock=clock)
    _tell_who_left(session, meeting, before, clock=clock, reason="")


def tell_changed(session: Session, meeting: Meeting, before: Before, *, clock: Clock, reason: str = "") -> None:
    """Tell who comes what holds now, and who is no longer asked that the day is theirs again.

    Also where a day still to come was changed to one gone by: nobody is to wait for it.
    """
    if max(meeting.day, before.day) >= clock.today():
        _tell_all(session, meeting, "meeting_changed", reason=reason, clock=clock)
    _tell_who_left(session, meeting, before, clock=clock, reason=reason)


def _tell_who_left(session: Session, meeting: Meeting, before: Before, *, clock: Clock, reason: str) -> None:
    if before.day < clock.today():
        return
    entry = replace(before.entry, sequence=entry_of(meeting).sequence)  # what is new is not for them
    still = {to[0] for to in (*_recipients(meeting), *_host(meeting))}
    for key, to in before.recipients.items():
        if key not in still:
            _queue(session, meeting, "meeting_left", to, before.payload, reason=reason, clock=clock, entry=entry)


def tell_together(session: Session, meetings: Iterable[Meeting], notice: str, *, clock: Clock, reason: str) -> None:
    """Tell everybody once what became of their meetings of a day: one letter, with the entry of each."""
    theirs: dict[str, tuple[Recipient, list[Meeting]]] = {}
    for meeting in meetings:
        for to in _everybody(meeting, notice):
            theirs.setdefault(to[0], (to, []))[1].append(meeting)
    for to, mine in theirs.values():
        kind = _kind_for(mine[0], notice, to, clock)
        _queue(session, mine[0], kind, to, _payload_of_all(mine), reason=reason, clock=clock)


def _payload_of_all(meetings: list[Meeting]) -> dict[str, Any]:
    """As `payload_of` the first; the others' times and places beside its own, and their entries."""
    first, *others = map(payload_of, meetings)
    if not others:
        return first
    title = _("%(title)s等 %(count)s 场", title=first["title"], count=len(meetings))
    when = [f"{each['time']} {each['place']}".strip() for each in (first, *others)]
    entries = [entry_of(each).kept() for each in meetings[1:]]
    return first | {"title": title, "time": _("；").join(when), "place": "", "entries": entries}


def _queue(
    session: Session,
    meeting: Meeting,
    notice: str,
    to: Recipient,
    told: dict[str, Any],
    *,
    reason: str,
    clock: Clock,
    entry: Entry | None = None,
) -> None:
    key, name, address, reader = to
    payload = told | {"name": name, "reason": reason}
    if notice in IN_FULL:
        payload |= particulars(meeting)
    if notice in TO_WHO_COMES and (sent := _sent(meeting).get(key)):
        payload |= {"pass_on": sent}
    if method := CALENDARS.get(notice):
        payload |= {"method": method.value, "entry": (entry or entry_of(meeting)).kept()}
    dedup_key = f"{notice}:{meeting.id}:{key}:{meeting.version}"
    outbox.queue(session, notice, address, payload, dedup_key=dedup_key, clock=clock, reader=reader)


def payload_of(meeting: Meeting) -> dict[str, Any]:
    """What the templates of a meeting's messages show."""
    return {
        "path": f"/meetings/{meeting.id}",
        "title": meeting.title,
        "firm": "、".join(row.firm.name for row in meeting.firms),
        "expert": "、".join(coming_experts(meeting)),
        "institute": meeting.host.name if meeting.host else "",
        "day": meeting.day.isoformat(),
        "time": f"{meeting.starts:%H:%M}–{meeting.ends:%H:%M}",
        "place": place_of(meeting),
    }


def _sent(meeting: Meeting) -> dict[str, str]:
    """Recipient → who comes for them, where that is nobody on file and so cannot be written to."""
    firms = {f"firm-{row.firm_id}": row.sends for row in meeting.firms}
    return firms | {f"expert-{row.expert_id}": row.sends for row in meeting.experts}


def _everybody(meeting: Meeting, notice: str) -> Iterator[Recipient]:
    away = {f"expert-{expert_id}" for expert_id in replaced(meeting)} if notice in TO_WHO_COMES else set()
    yield from (to for to in _recipients(meeting) if to[0] not in away)
    yield from _host(meeting)


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
