"""Keeping a meeting out of a count, and letting it in again, from the meeting's own page."""

from collections.abc import Callable
from functools import partial

from apiflask import APIBlueprint
from flask import abort, flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import Permission
from matchmaker.i18n import gettext as _
from matchmaker.queries import meetings as queries
from matchmaker.services import exclusions
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor
from matchmaker.web.forms import once

bp = APIBlueprint("exclusions", __name__, url_prefix="/meetings", enable_openapi=False)


@bp.post("/<int:meeting_id>/exclude")
@guard(Permission.COUNT_EXCLUDE)
def exclude(meeting_id: int) -> Response:
    return _done(meeting_id, exclusions.exclude, _("已从计数中剔除，台账里写明原因。"))


@bp.post("/<int:meeting_id>/include")
@guard(Permission.COUNT_EXCLUDE)
def include(meeting_id: int) -> Response:
    return _done(meeting_id, exclusions.take_back, _("已恢复，是否计数由规则判断。"))


def _done(meeting_id: int, move: Callable[..., object], said: str) -> Response:
    metric, reason, actor = request.form.get("metric", ""), request.form.get("reason", ""), current_actor()
    if metric not in set(MetricCode):
        abort(404)
    take = partial(move, reason=reason, clock=clock())

    def save(session: Session) -> str:
        meeting = queries.get_visible(session, actor, meeting_id)
        take(session, actor, meeting, MetricCode(metric))
        flash(said)
        return url_for("meetings.show", meeting_id=meeting_id)

    return once(save)
