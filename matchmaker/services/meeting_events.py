"""A meeting as an entry of a calendar."""

from matchmaker.db.models import Meeting
from matchmaker.domain.vocabulary import MeetingStatus
from matchmaker.exchange.calendar import Entry
from matchmaker.i18n import gettext as _
from matchmaker.queries.journeys import journey_of


def entry_of(meeting: Meeting) -> Entry:
    """The meeting as it stands. Its version grows with every change, so a later entry replaces an earlier one."""
    return Entry(
        key=f"meeting-{meeting.id}",
        sequence=meeting.version,
        title=meeting.title,
        starts=f"{meeting.day.isoformat()}T{meeting.starts:%H:%M}",
        ends=f"{meeting.day.isoformat()}T{meeting.ends:%H:%M}",
        place=place_of(meeting),
        agenda=tuple((str(at), str(what)) for at, what in meeting.agenda or ()),
        bring=meeting.bring or "",
        secrecy=meeting.secrecy or "",
        travel=meeting.travel or "",
        gathering=gathering_of(meeting),
        contact=_journey(meeting, "contact"),
        path=f"/meetings/{meeting.id}",
        cancelled=meeting.status is MeetingStatus.CANCELLED,
    )


def particulars(meeting: Meeting) -> dict[str, str]:
    """What letters say of a meeting beside its time and place, each in one line; nothing of what is not known."""
    told = {
        "gathering": gathering_of(meeting),
        "transport": _journey(meeting, "transport"),
        "contact": _journey(meeting, "contact"),
        "agenda": _("；").join(f"{at} {what}".strip() for at, what in meeting.agenda or ()),
        **{name: _line(getattr(meeting, name) or "") for name in ("travel", "bring", "secrecy")},
    }
    return {name: text for name, text in told.items() if text}


def gathering_of(meeting: Meeting) -> str:
    """When and where the journey's car leaves."""
    journey = journey_of(meeting)
    at = f"{journey.departs:%H:%M}" if journey and journey.departs else ""
    return f"{at} {_journey(meeting, 'gathering')}".strip()


def _journey(meeting: Meeting, name: str) -> str:
    return str(getattr(journey_of(meeting), name, ""))


def _line(text: str) -> str:
    return _("；").join(line.strip() for line in text.splitlines() if line.strip())


def place_of(meeting: Meeting) -> str:
    """Name and address of the site, "" online."""
    return f"{meeting.site.name} {meeting.site.address}".strip() if meeting.site else ""
