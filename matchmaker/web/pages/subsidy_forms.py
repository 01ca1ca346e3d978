"""Deciding how firm a policy measure is, and stating what no record shows; each change gives its reason."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Subsidy
from matchmaker.domain.drafts import ForceDraft
from matchmaker.domain.permissions import Permission
from matchmaker.domain.subsidies import Condition
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import subsidies as queries
from matchmaker.queries.subsidies import Party
from matchmaker.services import subsidies as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.pages.subsidies import address, asked

bp = APIBlueprint("subsidy_forms", __name__, url_prefix="/subsidies", enable_openapi=False)
AT = "/<int:subsidy_id>/firms/<int:organisation_id>/<code>"
Values = Mapping[str, Any]


@bp.get("/<int:subsidy_id>/edit")
@guard(Permission.SUBSIDY_EDIT)
def edit(subsidy_id: int) -> str:
    with reading() as session:
        row = _measure(session, subsidy_id)
        values = {name: getattr(row, name) for name in ForceDraft.model_fields}
        return render("pages/subsidies/edit.html", **_force_form(row, values, {}))


@bp.post("/<int:subsidy_id>/edit")
@guard(Permission.SUBSIDY_EDIT)
def update(subsidy_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row, draft = _measure(session, subsidy_id), drafted(ForceDraft, values)
        seen, reason = values.get("seen", ""), values.get("reason", "")
        services.put_in_force(session, actor, row, draft, seen=seen, reason=reason, clock=clock())
        flash(_("已保存。"))
        return url_for("subsidies.show", subsidy_id=row.id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            row = _measure(session, subsidy_id)
            return refused_form("pages/subsidies/edit.html", **_force_form(row, values, refusal.errors))


def _measure(session: Session, subsidy_id: int) -> Subsidy:
    return queries.get_visible(session, current_actor(), subsidy_id, clock().today())


def _force_form(row: Subsidy, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    items, seen = controls(ForceDraft, values, errors), values.get("seen") or services.force_of(row)
    return {"subsidy": row, "controls": items, "values": values, "errors": errors, "seen": seen}


# What is stated


@bp.get(AT)
def state(subsidy_id: int, organisation_id: int, code: str) -> str:
    with reading() as session:
        row, whose, condition = _asked(session, subsidy_id, organisation_id, code)
        return render("pages/subsidies/state.html", **_state_form(session, row, whose, condition, {}, {}))


@bp.post(AT)
def save(subsidy_id: int, organisation_id: int, code: str) -> Response:
    actor, values = current_actor(), form_values()

    def write(session: Session) -> str:
        row, whose, condition = _asked(session, subsidy_id, organisation_id, code)
        draft, reason = drafted(services.draft_of(condition), values), values.get("reason", "")
        services.state(session, actor, row, whose, condition=condition, draft=draft, reason=reason, clock=clock())
        flash(_("已填报，页面上注明“填报”。"))
        return address(row, whose)

    try:
        return once(write)
    except Invalid as refusal:
        with reading() as session:
            row, whose, condition = _asked(session, subsidy_id, organisation_id, code)
            form = _state_form(session, row, whose, condition, values, refusal.errors)
            return refused_form("pages/subsidies/state.html", **form)


def _asked(session: Session, subsidy_id: int, organisation_id: int, code: str) -> tuple[Subsidy, Party, Condition]:
    row, whose = asked(session, subsidy_id, organisation_id)
    services.require(current_actor(), whose, ())
    condition = services.condition_of(row, code)
    if condition is None:
        raise NotFound(_("这项条件不由填报得出"))
    services.require(current_actor(), whose, services.standing(session, row, whose, condition))
    return row, whose, condition


def _state_form(  # noqa: PLR0917 -- a form's parts
    session: Session, row: Subsidy, whose: Party, condition: Condition, values: Values, errors: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "subsidy": row,
        "whose": whose,
        "condition": condition,
        "replaces": bool(services.standing(session, row, whose, condition)),
        "controls": controls(services.draft_of(condition), values, errors),
        "values": values,
        "errors": errors,
        "action": address(row, whose, "subsidy_forms.save", code=condition.code),
        "back": address(row, whose),
    }


@bp.post("/statements/<int:statement_id>/void")
def void(statement_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def take_back(session: Session) -> str:
        said = queries.statement(session, actor, statement_id)
        queries.get_visible(session, actor, said.subsidy_id, clock().today())
        services.void(session, actor, said, reason=reason, clock=clock())
        flash(_("已作废，仍留存备查。"))
        return address(said.subsidy, Party(said.organisation, said.team, said.project))

    return once(take_back)
