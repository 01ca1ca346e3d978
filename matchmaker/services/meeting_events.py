"""A meeting as an entry of a calendar."""

from matchmaker.db.models import Meeting
from matchmaker.domain.vocabulary import MeetingStatus
from matchmaker.exchange.calendar import Entry


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
        path=f"/meetings/{meeting.id}",
        cancelled=meeting.status is MeetingStatus.CANCELLED,
    )


def place_of(meeting: Meeting) -> str:
    """Name and address of the site, "" online."""
    return f"{meeting.site.name} {meeting.site.address}".strip() if meeting.site else ""
