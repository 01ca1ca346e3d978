"""An organisation keeps its introduction, contact and places; the city keeps its name, code, unit and tags as well."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import flash, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Organisation, Site
from matchmaker.domain.drafts import IntroductionDraft, OrganisationDraft, SiteDraft, check
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import OrganisationKind
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices
from matchmaker.queries import profiles as queries
from matchmaker.services import organisations as services
from matchmaker.services import records
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import Control, controls, form_values, once, refused_form, render

bp = APIBlueprint("organisation_forms", __name__, url_prefix="/organisations", enable_openapi=False)
TEMPLATE, SITE = "pages/profiles/organisation_form.html", "pages/profiles/site_form.html"
FIXED = "kind"  # what an organisation is decides what hangs on it: never edited


@bp.get("/<int:organisation_id>/edit")
def edit(organisation_id: int) -> str:
    with reading() as session:
        row = _mine(session, organisation_id)
        return render(TEMPLATE, **_form(session, row, _values(row), {}))


@bp.post("/<int:organisation_id>")
def update(organisation_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row = _mine(session, organisation_id)
        said = {name: value for name, value in values.items() if name != "version"}
        model = _model(actor)
        draft = _checked(model, said | ({FIXED: row.kind.value} if model is OrganisationDraft else {}))
        services.edit(session, actor, row, draft, version=row_id(values.get("version")) or 0, clock=clock())
        flash(_("已保存。"))
        return url_for("profiles.organisation", organisation_id=organisation_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(TEMPLATE, **_form(session, _mine(session, organisation_id), values, refusal.errors))


@bp.get("/<int:organisation_id>/sites/new")
def new_site(organisation_id: int) -> str:
    with reading() as session:
        row = _mine(session, organisation_id)
        unit = row.unit.code if row.unit else ""
        return render(SITE, **_site_form(session, row, None, {"unit": unit}, {}))


@bp.get("/<int:organisation_id>/sites/<int:site_id>/edit")
def edit_site(organisation_id: int, site_id: int) -> str:
    with reading() as session:
        row = _mine(session, organisation_id)
        site = _site(row, site_id)
        units = choices.unit_codes(session)
        values = {"site": site.name, "address": site.address, "region": site.region_code}
        return render(SITE, **_site_form(session, row, site, values | {"unit": units.get(site.unit_id or 0, "")}, {}))


@bp.post("/<int:organisation_id>/sites", defaults={"site_id": None})
@bp.post("/<int:organisation_id>/sites/<int:site_id>")
def write_site(organisation_id: int, site_id: int | None) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row = _mine(session, organisation_id)
        site = _site(row, site_id) if site_id is not None else None
        draft = _checked(SiteDraft, {name: values.get(name, "") for name in SiteDraft.model_fields})
        services.write_site(session, actor, row, site, draft, unit=str(values.get("unit", "")), clock=clock())
        flash(_("已保存。"))
        return url_for("profiles.organisation", organisation_id=organisation_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            row = _mine(session, organisation_id)
            site = _site(row, site_id) if site_id is not None else None
            return refused_form(SITE, **_site_form(session, row, site, values, refusal.errors))


def _mine(session: Session, organisation_id: int) -> Organisation:
    actor = current_actor()
    row = queries.organisation(session, actor, organisation_id)
    records.require_editable(actor, row)
    return row


def _site(row: Organisation, site_id: int) -> Site:
    found = next((site for site in row.sites if site.id == site_id), None)
    if found is None:
        raise NotFound(_("没有找到这个地点"))
    return found


def _model(actor: Actor) -> type[IntroductionDraft]:
    return OrganisationDraft if can(actor, Permission.IMPORT_RUN) else IntroductionDraft


def _checked(model: type[services.Form], values: Mapping[str, Any]) -> services.Form:
    draft, errors = check(model, values)
    if draft is None:
        raise Invalid(errors)
    return draft


def _values(row: Organisation) -> dict[str, Any]:
    names = [name for name in OrganisationDraft.model_fields if name not in {"unit", FIXED}]
    return {name: getattr(row, name) for name in names} | {
        "unit": row.unit.code if row.unit else "",
        "version": row.version,
    }


def _form(session: Session, row: Organisation, values: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, Any]:
    shown = controls(_model(current_actor()), values, errors, {"unit": choices.units(session)})
    return {
        "organisation": row,
        "controls": [item for item in shown if item.name not in _left_out(row)],
        "errors": errors,
        "version": values.get("version", ""),
    }


def _left_out(row: Organisation) -> set[str]:
    """Fields that the form does not have; only an institute is of a type."""
    return {FIXED} if row.kind is OrganisationKind.INSTITUTE else {FIXED, "institute_type"}


def _site_form(
    session: Session, row: Organisation, site: Site | None, values: Mapping[str, Any], errors: Mapping[str, str]
) -> dict[str, Any]:
    shown: list[Control] = controls(SiteDraft, values, errors)
    units = choices.units(session)
    return {"organisation": row, "spot": site, "controls": shown, "units": units, "values": values, "errors": errors}
