"""One milestone of a team: reported as reached with what shows it."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Milestone
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid
from matchmaker.queries import attachments, history
from matchmaker.queries import team_life as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import milestones
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.pages.need_files import allow_larger, sent_files
from matchmaker.web.pages.team_files import keep
from matchmaker.web.team_forms import Values, day_of

bp = APIBlueprint("milestones", __name__, url_prefix="/milestones/<int:milestone_id>", enable_openapi=False)
bp.url_value_preprocessor(allow_larger)
MILESTONE = "pages/team_life/milestone.html"


@bp.get("")
def show(milestone_id: int) -> str:
    with reading() as session:
        row = queries.get(session, current_actor(), Milestone, milestone_id)
        return render(MILESTONE, **_milestone(session, row, {"done_on": clock().today()}, {}))


@bp.post("")
def reach(milestone_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row = queries.get(session, actor, Milestone, milestone_id)
        proof = values.get("proof", "")
        milestones.report(session, actor, row, done_on=day_of(values, "done_on"), proof=proof, clock=clock())
        keep(session, actor, row, files)
        return url_for("milestones.show", milestone_id=milestone_id)

    try:
        files = sent_files()
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            row = queries.get(session, actor, Milestone, milestone_id)
            return refused_form(MILESTONE, **_milestone(session, row, values, refusal.errors))


def _milestone(session: Session, row: Milestone, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    actor = current_actor()
    return {
        "row": row,
        "team": row.team,
        "files": attachments.of_record(session, Noun.MILESTONE, row.id),
        "may_report": can(actor, Permission.MILESTONE_REPORT, facts_of(row)),
        "may_manage": can(actor, Permission.TEAM_MANAGE, facts_of(row)),
        "values": values,
        "errors": errors,
        "timeline": history.timeline(session, Noun.MILESTONE, row.id) if actor.is_bureau else [],
    }


@bp.post("/reopen")
@guard(Permission.TEAM_MANAGE)
def reopen(milestone_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        row = queries.get(session, actor, Milestone, milestone_id)
        milestones.reopen(session, actor, row, reason=reason, clock=clock())
        return url_for("milestones.show", milestone_id=milestone_id)

    return once(save)
