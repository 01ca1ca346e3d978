"""Technical clinics: the list, one round, and its steps."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Clinic, ClinicVisit
from matchmaker.domain.entries import Verdict
from matchmaker.domain.ids import row_id
from matchmaker.domain.lifecycle import CLINIC_STEPS
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import ClinicStatus, Noun
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import clinics as queries
from matchmaker.queries import entries, history
from matchmaker.queries.choices import named
from matchmaker.services import clinics as services
from matchmaker.web import buttons
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import once, render
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("clinics", __name__, url_prefix="/clinics", enable_openapi=False)
ACTIONS = ", ".join(sorted({step.action for step in CLINIC_STEPS}))
YEARS_BACK = 4


def plans(actor: Actor) -> bool:
    """Whether the actor plans clinics at all."""
    units = frozenset({actor.unit_id} if actor.unit_id is not None else ())
    return can(actor, Permission.CLINIC_PLAN, Facts(unit_ids=units))


@bp.get("")
def index() -> str:
    actor, asked, today = current_actor(), wanted(queries.FILTERS), clock().today()
    with reading() as session:
        return render(
            "pages/clinics/index.html",
            listing=Listing(queries.search(session, actor, asked, today), asked, queries.DEFAULT_SORT),
            statuses=[(each.value, _(each.label)) for each in ClinicStatus],
            years=[(str(year), str(year)) for year in range(today.year + 1, today.year - YEARS_BACK, -1)],
            may_plan=plans(actor),
        )


@bp.get("/export.xlsx")
def export() -> Answer:
    """A row for each firm of the rounds asked for that the reader may know of, and whether it counts."""
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        verdicts = entries.load(session).clinic_visits
        found = queries.search(session, actor, asked, clock().today()).rows
        mine = queries.readable_ids(session, actor, [clinic.id for clinic in found])
        rows = [
            _row(clinic, visit, verdicts.get(visit.id))
            for clinic in found
            for visit in clinic.visits
            if visit.id in mine
        ]
    return sheet(_("技术巡诊"), rows)


def _row(clinic: Clinic, visit: ClinicVisit, verdict: Verdict | None) -> dict[str, Any]:
    return {
        _("编号"): clinic.id,
        _("巡诊"): clinic.title,
        _("状态"): label(clinic.status),
        _("专家"): joined(row.expert.name for row in clinic.experts),
        _("日期"): visit.day,
        _("上午或下午"): label(visit.half),
        _("企业"): visit.firm.name,
        _("责任单位"): named(visit.firm.unit) if visit.firm.unit else "",
        _("去了没有"): "" if visit.visited is None else _("去了") if visit.visited else _("没有去成"),
        _("企业参加人员"): visit.people,
        _("总体情况"): visit.findings,
        _("问题"): _("；").join(row.problem for row in visit.problems),
        _("据此起草的需求"): joined(str(row.need_id) for row in visit.problems if row.need_id),
        _("是否计入"): label(verdict) if verdict else "",
    }


@bp.get("/<int:clinic_id>")
def show(clinic_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        clinic = queries.get_visible(session, actor, clinic_id)
        may_plan = queries.may_plan(actor, clinic)
        return render(
            "pages/clinics/show.html",
            clinic=clinic,
            visits=queries.readable(session, actor, clinic),
            lead=queries.lead_of(clinic),
            verdicts=entries.load(session).clinic_visits if clinic.status is ClinicStatus.HELD else {},
            buttons=buttons.of(actor, clinic) if may_plan else [],
            may_edit=buttons.may(services.require_planned, actor, clinic),
            may_fill=[visit.id for visit in clinic.visits if buttons.may(services.require_sheet, actor, visit)],
            timeline=history.timeline(session, Noun.CLINIC, clinic.id) if actor.is_bureau else [],
        )


@bp.post(f"/<int:clinic_id>/<any({ACTIONS}):action>")
def act(clinic_id: int, action: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def move(session: Session) -> str:
        clinic = queries.get_visible(session, actor, clinic_id)
        version = row_id(request.form.get("version", ""))
        services.move(session, actor, clinic, action, reason=reason, version=version, clock=clock())
        return url_for("clinics.show", clinic_id=clinic_id)

    return once(move)
