"""Suggested 微对接: institutes that several needs could visit together, taken up in one step."""

from datetime import time, timedelta
from typing import Any

from apiflask import APIBlueprint
from flask import flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, plans_meetings
from matchmaker.errors import Conflict, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import trips as queries
from matchmaker.services import trips as services
from matchmaker.services.meetings import PersonTaken
from matchmaker.web import half_days, pairing
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render

bp = APIBlueprint("trips", __name__, url_prefix="/trips", enable_openapi=False)
TEMPLATE = "pages/trips/index.html"
SHOWN = 6  # trips beside the suggestions; all of them have a list
MORNING = (time(9, 30), time(11, 30))


@bp.get("")
@guard(Permission.BOARD_VIEW)
def index() -> str:
    with reading() as session:
        return render(TEMPLATE, **_page(session))


def _page(session: Session) -> dict[str, Any]:
    actor, today = current_actor(), clock().today()
    made = queries.recent(session, actor, SHOWN)
    return {
        "options": queries.options(session, actor, today),
        "so_far": queries.outbound_so_far(session, today),
        "trips": made,
        "meetings": queries.meetings_of(session, made),
        "may_plan": plans_meetings(actor),
        "tomorrow": today + timedelta(days=1),
        "hours": MORNING,
        "errors": {},
        "values": {},
    }


@bp.post("/<int:institute_id>")
def take_up(institute_id: int) -> Response:
    actor, values = current_actor(), form_values("needs")

    def plan(session: Session) -> str:
        chosen = {number for number in map(row_id, values["needs"]) if number is not None}
        starts, ends = (
            pairing.clock_time(values, name) or usual for name, usual in zip(("starts", "ends"), MORNING, strict=True)
        )
        day = pairing.day(values, "day")
        meeting = services.take_up(
            session, actor, institute_id, chosen, day=day, starts=starts, ends=ends, clock=clock()
        )
        flash(_("已安排行程和一场走进活动，请核对时间和人员。"))
        half_days.warn_of(session, [meeting])
        return url_for("meetings.show", meeting_id=meeting.id)

    try:
        return once(plan)
    except PersonTaken as taken:
        return _refused(institute_id, values, {"day": str(taken)}, Conflict.http_status)
    except Invalid as refused:
        return _refused(institute_id, values, refused.errors, Invalid.http_status)


def _refused(institute_id: int, values: dict[str, Any], errors: dict[str, str], status: int) -> Response:
    with reading() as session:
        shown = _page(session) | {"errors": errors, "values": values | {"institute": institute_id}}
        answer = refused_form(TEMPLATE, **shown)
    answer.status_code = status
    return answer
