"""Meetings as files for calendars."""

from apiflask import APIBlueprint
from flask import Response

from matchmaker.exchange import calendar
from matchmaker.queries import meetings as queries
from matchmaker.services.meeting_events import entry_of
from matchmaker.web.context import clock, current_actor, reading, runtime

bp = APIBlueprint("calendar", __name__, enable_openapi=False)


@bp.get("/meetings/<int:meeting_id>/meeting.ics")
def meeting(meeting_id: int) -> Response:
    """One meeting, for whoever may see it."""
    with reading() as session:
        entry = entry_of(queries.get_visible(session, current_actor(), meeting_id))
    data = calendar.feed([entry], base=runtime().settings.public_url, stamped=clock().now())
    answer = Response(data, content_type=calendar.MEDIA_TYPE)
    answer.headers["Content-Disposition"] = f"attachment; filename=meeting-{meeting_id}.ics"
    return answer
