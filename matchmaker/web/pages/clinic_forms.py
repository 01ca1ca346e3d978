"""Planning a technical clinic, and changing one."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import abort, flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Clinic
from matchmaker.domain.availability import HOURS, Half
from matchmaker.domain.clinics import VISIT, Round, planned, without_left_over
from matchmaker.domain.drafts import ClinicChangeDraft, ClinicDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.task_books import MOST_ROWS, SPARE_ROWS, rows_of
from matchmaker.domain.vocabulary import MemberRole
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, short_day, with_detail
from matchmaker.queries import absences, availability, choices, targets
from matchmaker.queries import clinics as queries
from matchmaker.services import clinics as services
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.clinics import plans
from matchmaker.web.pages.goal_forms import drafted

bp = APIBlueprint("clinic_forms", __name__, url_prefix="/clinics", enable_openapi=False)
FORM = "pages/clinics/form.html"
FIRST_ROWS = 6


@bp.before_request
def only_planners() -> None:
    if not plans(current_actor()):
        abort(403)


@bp.get("/new")
def new() -> str:
    with reading() as session:
        return render(FORM, **_form(session, None, {}, {}))


@bp.post("")
def create() -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        clinic = services.plan(session, actor, _round(drafted(ClinicDraft, values), values), clock=clock())
        flash(_("已安排巡诊，企业和专家会收到通知。"))
        _warn(session, clinic)
        return url_for("clinics.show", clinic_id=clinic.id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(FORM, **_form(session, None, values, refusal.errors))


@bp.get("/<int:clinic_id>/edit")
def edit(clinic_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        clinic = queries.get_visible(session, actor, clinic_id)
        services.require_planned(actor, clinic)
        return render(FORM, **_form(session, clinic, _values(clinic), {}))


@bp.post("/<int:clinic_id>/edit")
def update(clinic_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        clinic = queries.get_visible(session, actor, clinic_id)
        version = row_id(values.get("version")) or 0
        draft = drafted(ClinicChangeDraft, values)
        wanted = _round(draft, values)
        services.change(session, actor, clinic, wanted, version=version, clock=clock(), reason=draft.reason)
        flash(_("已保存，有变动的企业和专家会收到通知。"))
        _warn(session, clinic)
        return url_for("clinics.show", clinic_id=clinic_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            clinic = queries.get_visible(session, actor, clinic_id)
            return refused_form(FORM, **_form(session, clinic, values, refusal.errors))


def _round(draft: ClinicDraft, values: Mapping[str, Any]) -> Round:
    typed = without_left_over(values, "visit", "firm", "day")
    return planned(draft, rows_of(typed, VISIT, "visit"))


def _values(clinic: Clinic) -> dict[str, Any]:
    """A clinic as the form has it; experts by name and institute, so that nobody is taken for another."""
    rows = sorted(clinic.experts, key=lambda row: row.role is not MemberRole.LEAD)
    people = [with_detail(row.expert.name, row.expert.institute.name) for row in rows]
    group = clinic.group.name if clinic.group else ""
    values: dict[str, Any] = {"title": clinic.title, "note": clinic.note, "version": clinic.version}
    values |= {"group": group, "experts": people}
    for number, visit in enumerate(clinic.visits):
        row = {"firm": visit.firm.name, "day": visit.day.isoformat(), "half": visit.half.value}
        values |= {f"visit_{name}_{number}": value for name, value in row.items()}
    return values


def _form(
    session: Session, clinic: Clinic | None, values: Mapping[str, Any], errors: Mapping[str, str]
) -> dict[str, Any]:
    filled = [number for number in range(MOST_ROWS) if values.get(f"visit_firm_{number}")]
    rows = min(MOST_ROWS, max(FIRST_ROWS, max(filled, default=0) + 1 + SPARE_ROWS))
    return {
        "clinic": clinic,
        "controls": controls(ClinicChangeDraft if clinic else ClinicDraft, values, errors),
        "rows": range(rows),
        "halves": [(each.value, _(each.label)) for each in Half],
        "firms": choices.firms(session, current_actor()),
        "values": values,
        "errors": errors,
    }


def _warn(session: Session, clinic: Clinic) -> None:
    """What may have been agreed on all the same: days off, people away, half-days that nobody named as free."""
    found: dict[str, None] = {}
    calendar = targets.calendar_since(session, clinic.visits[0].day)
    people = frozenset(row.expert_id for row in clinic.experts)
    for visit in clinic.visits:
        if not calendar.works(visit.day):
            found[_("%(day)s不是工作日", day=short_day(visit.day))] = None
        if away := absences.away_on(session, people, visit.day):
            found[absences.told(away)] = None
        who = availability.Who(people, frozenset({visit.firm_id}))
        if busy := availability.refusals(session, who, visit.day, *HOURS[visit.half]):
            found[f"{short_day(visit.day)} {availability.told(busy)}"] = None
    if found:
        flash(_("请再确认：%(away)s。", away=joined(found)), "warn")
