"""The diagnosis sheet of one firm of a clinic: read, filled in on a phone, printed, and made into needs."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import ClinicVisit
from matchmaker.domain.clinics import PROBLEM, diagnosed, without_left_over
from matchmaker.domain.drafts import DiagnosisDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission
from matchmaker.domain.task_books import MOST_ROWS, SPARE_ROWS, rows_of
from matchmaker.domain.vocabulary import Urgency, Visited
from matchmaker.errors import Invalid
from matchmaker.exchange import word
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, with_detail
from matchmaker.queries import clinics as queries
from matchmaker.services import clinics as services
from matchmaker.services.analysis import analyse_need
from matchmaker.web import buttons
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.downloads import sent_out
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted

bp = APIBlueprint("clinic_sheets", __name__, url_prefix="/clinics/sheets", enable_openapi=False)
SHOW, FORM = "pages/clinics/sheet.html", "pages/clinics/sheet_form.html"


@bp.get("/<int:visit_id>")
def show(visit_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        visit = queries.visit_visible(session, actor, visit_id)
        return render(
            SHOW,
            visit=visit,
            lead=queries.lead_of(visit.clinic),
            may_fill=buttons.may(services.require_sheet, actor, visit),
            may_draft=services.may_draft(actor, visit),
            readable=queries.readable_needs(session, actor, visit),
        )


@bp.get("/<int:visit_id>/fill")
def fill(visit_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        visit = queries.visit_visible(session, actor, visit_id)
        services.require_sheet(actor, visit)
        return render(FORM, **_form(visit, _values(visit), {}))


@bp.post("/<int:visit_id>/fill")
def save(visit_id: int) -> Response:
    actor, values = current_actor(), without_left_over(form_values(), "problem", "problem", "advice")

    def write(session: Session) -> str:
        visit = queries.visit_visible(session, actor, visit_id)
        sheet = diagnosed(drafted(DiagnosisDraft, values), rows_of(values, PROBLEM, "problem"))
        services.diagnose(session, actor, visit, sheet, seen=str(values.get("seen", "")), clock=clock())
        flash(_("诊断单已保存。"))
        return url_for("clinic_sheets.show", visit_id=visit_id)

    try:
        return once(write)
    except Invalid as refusal:
        with reading() as session:
            visit = queries.visit_visible(session, actor, visit_id)
            return refused_form(FORM, **_form(visit, values, refusal.errors))


def _values(visit: ClinicVisit) -> dict[str, Any]:
    visited = "" if visit.visited is None else (Visited.YES if visit.visited else Visited.NO).value
    values: dict[str, Any] = {"visited": visited, "people": visit.people, "findings": visit.findings}
    values["seen"] = queries.seen_of(visit)
    for number, row in enumerate(visit.problems):
        said = {"id": row.id, "problem": row.problem, "advice": row.advice, "urgency": row.urgency.value}
        values |= {f"problem_{name}_{number}": value for name, value in said.items()}
    return values


def _form(visit: ClinicVisit, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    filled = [number for number in range(MOST_ROWS) if values.get(f"problem_problem_{number}")]
    rows = min(MOST_ROWS, max(filled, default=-1) + 1 + SPARE_ROWS)
    return {
        "visit": visit,
        "controls": controls(DiagnosisDraft, values, errors),
        "rows": range(rows),
        "urgencies": [(each.value, _(each.label)) for each in Urgency],
        "values": values,
        "errors": errors,
    }


@bp.post("/<int:visit_id>/needs")
@guard(Permission.NEED_CREATE)
def draft_need(visit_id: int) -> Response:
    """A need of the firm, as a draft, from one problem; the same one however often it is asked for."""
    actor, number = current_actor(), row_id(request.form.get("problem"))
    with reading() as session:
        problem = queries.problem_of(queries.visit_visible(session, actor, visit_id), number)
        analysis = analyse_need(runtime().segmenter, services.need_draft(problem))

    def write(session: Session) -> str:
        visit = queries.visit_visible(session, actor, visit_id)
        need = services.draft_need(session, actor, visit, number, analysis, clock=clock())
        flash(_("已起草需求，请补充完整后提交审核。"))
        return url_for("needs.show", need_id=need.id)

    return once(write)


@bp.get("/<int:visit_id>/sheet.docx")
def printed(visit_id: int) -> Answer:
    """The sheet on paper, for the firm and the group to sign."""
    with reading() as session:
        visit = queries.visit_visible(session, current_actor(), visit_id)
        data = word.fill("diagnosis", _printed(visit))
        name = _("技术巡诊诊断单_%(firm)s.docx", firm=visit.firm.name)
    return sent_out(data, word.MEDIA_TYPE, name, plain=f"diagnosis-{visit_id}")


def _printed(visit: ClinicVisit) -> dict[str, Any]:
    visited = "" if visit.visited is None else _("去了") if visit.visited else _("没有去成")
    return {
        "clinic": visit.clinic.title,
        "firm": visit.firm.name,
        "day": f"{visit.day.isoformat()} {_(visit.half.label)}",
        "experts": joined(with_detail(row.expert.name, row.expert.institute.name) for row in visit.clinic.experts),
        "visited": visited,
        "people": visit.people,
        "findings": visit.findings,
        "problems": [
            {"problem": row.problem, "advice": row.advice, "urgency": _(row.urgency.label)} for row in visit.problems
        ],
    }
