"""Naming who comes to a meeting instead, before its day."""

from typing import Any

from apiflask import APIBlueprint
from flask import flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Meeting
from matchmaker.domain.ids import row_id
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import meetings as queries
from matchmaker.services import stand_ins as services
from matchmaker.services.meetings import PersonTaken
from matchmaker.services.stand_ins import Row, StandIn
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form
from matchmaker.web.pages.meeting_page import TEMPLATE, page_of

bp = APIBlueprint("stand_ins", __name__, url_prefix="/meetings", enable_openapi=False)


@bp.post("/<int:meeting_id>/stand-in")
def name(meeting_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        back = values.get("back") == "1"
        sent = StandIn() if back else StandIn(row_id(values.get("colleague")), values.get("who", ""))
        if not back and sent == StandIn():
            raise Invalid({"who": _("请写明由谁参加")})
        reason = values.get("reason", "")
        services.name(session, actor, meeting, _row(meeting, values), sent, reason=reason, clock=clock())
        flash(_("已记下，其他参加方会收到通知。"))
        return url_for("meetings.show", meeting_id=meeting_id)

    try:
        return once(save)
    except Invalid as refused:
        errors, status = refused.errors, refused.http_status
    except PersonTaken as taken:
        errors, status = {"colleague": str(taken)}, Conflict.http_status
    with reading() as session:
        meeting = queries.get_visible(session, actor, meeting_id)
        answer = refused_form(TEMPLATE, **page_of(session, meeting, errors=errors))
    answer.status_code = status
    return answer


def _row(meeting: Meeting, values: dict[str, Any]) -> Row:
    """The party `firm:12` or `expert:5`."""
    kind, _separator, number = values.get("party", "").partition(":")
    found: Row | None = None
    if kind == "firm":
        found = next((row for row in meeting.firms if row.firm_id == row_id(number)), None)
    elif kind == "expert":
        found = next((row for row in meeting.experts if row.expert_id == row_id(number)), None)
    if found is None:
        raise NotFound(_("没有找到这一方"))
    return found
