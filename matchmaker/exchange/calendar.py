"""Meetings as iCalendar (RFC 5545, iTIP RFC 5546): what a calendar takes in, replaces, and takes out again."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vText

from matchmaker.i18n import gettext as _

MAKER = "-//matchmaker//calendar//ZH"
ZONE = "Asia/Shanghai"
_OFFSET = timedelta(hours=8)  # the whole year round since 1992
_SINCE = datetime(1992, 1, 1)  # noqa: DTZ001 -- a wall-clock time, as VTIMEZONE asks for
MEDIA_TYPE = "text/calendar; charset=utf-8"


class Method(StrEnum):
    """What a calendar is to do with it."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True)
class Entry:
    """A meeting for a calendar. `starts` and `ends` are wall-clock times in China, as `2026-11-27T09:30`.

    `key` is the same for ever, `sequence` grows with every change: with both a calendar knows which one replaces which.
    """

    key: str
    sequence: int
    title: str
    starts: str
    ends: str
    place: str = ""
    agenda: tuple[tuple[str, str], ...] = ()
    bring: str = ""
    secrecy: str = ""
    travel: str = ""
    gathering: str = ""
    contact: str = ""
    path: str = ""
    cancelled: bool = False

    def kept(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """What `kept` wrote down."""
        agenda = tuple((str(at), str(what)) for at, what in kept["agenda"])
        return cls(**{**kept, "agenda": agenda})


@dataclass(frozen=True)
class Mailbox:
    """A name and an e-mail address."""

    name: str
    address: str


def invitation(
    entry: Entry, method: Method, *, base: str, stamped: datetime, organizer: Mailbox, attendee: Mailbox
) -> bytes:
    """One meeting for one person; nobody else's address stands in it. `base` is the address of this installation."""
    event = _event(entry, base, stamped, cancelled=entry.cancelled or method is Method.CANCEL)
    event.add("organizer", _who(organizer))
    event.add("attendee", _guest(attendee))
    return _bytes(_calendar(method, [event]))


def feed(entries: Iterable[Entry], *, base: str, stamped: datetime, name: str = "") -> bytes:
    """Meetings to look at, to be downloaded or subscribed to."""
    events = [_event(entry, base, stamped, cancelled=entry.cancelled) for entry in entries]
    return _bytes(_calendar(Method.PUBLISH, events, name))


def mailbox(written: str, name: str = "") -> Mailbox:
    """The address in `Name <a@b>`; `name` goes before the one written there."""
    own, address = parseaddr(written)
    return Mailbox(name or own or address, address)


def _calendar(method: Method, events: Iterable[Event], name: str = "") -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    if name:
        calendar.add("x-wr-calname", name)
    calendar.add_component(_zone())
    for event in events:
        calendar.add_component(event)
    return calendar


def _bytes(calendar: Calendar) -> bytes:
    data: bytes = calendar.to_ical()
    return data


def _zone() -> Timezone:
    """Written out: calendar programs do not agree on the zones they know by name."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", ZONE)
    standard.add("dtstart", _SINCE)
    standard.add("tzoffsetfrom", _OFFSET)
    standard.add("tzoffsetto", _OFFSET)
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(entry: Entry, base: str, stamped: datetime, *, cancelled: bool) -> Event:
    event = Event()
    event.add("uid", f"{entry.key}@{urlsplit(base).hostname or 'localhost'}")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", stamped.astimezone(UTC))
    for name, moment in (("dtstart", entry.starts), ("dtend", entry.ends)):
        event.add(name, datetime.fromisoformat(moment), parameters={"TZID": ZONE})
    event.add("summary", entry.title)
    link = base + entry.path if entry.path else ""
    texts = {"location": entry.place, "description": _description(entry, link), "url": link}
    for name, text in texts.items():
        if text:
            event.add(name, text)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    return event


def _description(entry: Entry, link: str) -> str:
    agenda = "\n".join(f"{at} {what}".strip() for at, what in entry.agenda)
    parts = (
        (_("议程"), agenda),
        (_("需带资料"), entry.bring),
        (_("保密提示"), entry.secrecy),
        (_("集合"), entry.gathering),
        (_("交通"), entry.travel),
        (_("联系人和电话"), entry.contact),
    )
    said = [f"{heading}\n{text.strip()}" for heading, text in parts if text.strip()]
    return "\n\n".join([*said, *([link] if link else [])])


def _who(box: Mailbox) -> vCalAddress:
    address = vCalAddress(f"mailto:{box.address}")
    address.params["CN"] = vText(box.name)
    return address


def _guest(box: Mailbox) -> vCalAddress:
    """Nobody reads answers to these letters, so none is asked for."""
    address = _who(box)
    for name, value in (("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "NEEDS-ACTION"), ("RSVP", "FALSE")):
        address.params[name] = vText(value)
    return address
