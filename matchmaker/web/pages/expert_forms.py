"""我的意愿: what an expert takes on, when and how; and, for the institute and the city, who the person is."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Expert, Organisation
from matchmaker.domain.drafts import ExpertDraft, WishesDraft, check
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import OrganisationKind, Role
from matchmaker.errors import Invalid, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import profiles as queries
from matchmaker.queries.circumstances import used
from matchmaker.queries.groups import sites_of
from matchmaker.services import experts as services
from matchmaker.services import records
from matchmaker.web.auth import allow
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.matching import capabilities_changed

bp = APIBlueprint("expert_forms", __name__, enable_openapi=False)
TEMPLATE = "pages/profiles/expert_form.html"
BESIDE = ("institute", "site", "version")
keepers = allow(Role.INSTITUTE, Role.CITY)


@bp.get("/experts/new")
@keepers
def new() -> str:
    with reading() as session:
        institute = institute_of(session, current_actor(), request.args.get("institute", ""))
        return render(TEMPLATE, **_form(session, {}, {}, institute=institute))


@bp.post("/experts")
@keepers
def create() -> Response:
    actor, values = current_actor(), form_values("modes")

    def save(session: Session) -> str:
        institute = institute_of(session, actor, str(values.get("institute", "")))
        draft = _checked(ExpertDraft, values)
        row = services.create(session, actor, institute.id, draft, site_id=row_id(values.get("site")), clock=clock())
        flash(_("已登记。请为其填报研究方向或成果，审核上架后即可推荐。"))
        return url_for("profiles.expert", expert_id=row.id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            institute = institute_of(session, actor, str(values.get("institute", "")))
            return refused_form(TEMPLATE, **_form(session, values, refusal.errors, institute=institute))


@bp.get("/experts/<int:expert_id>/edit")
def edit(expert_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        expert = queries.expert(session, expert_id)
        records.require_editable(actor, expert)
        return render(TEMPLATE, **_form(session, _values(expert), {}, expert=expert))


@bp.post("/experts/<int:expert_id>")
def update(expert_id: int) -> Response:
    actor, values = current_actor(), form_values("modes")
    owners: set[str] = set()

    def save(session: Session) -> str:
        expert = queries.expert(session, expert_id)
        records.require_editable(actor, expert)
        draft, version = _checked(_model(actor), values), row_id(values.get("version")) or 0
        site = row_id(values.get("site"))
        services.edit(session, actor, expert, draft, version=version, site_id=site, clock=clock())
        owners.update(services.keys_of(session, expert))
        flash(_("已保存，资料也已确认仍然有效。"))
        return url_for("profiles.expert", expert_id=expert_id)

    try:
        answer = once(save)
    except Invalid as refusal:
        with reading() as session:
            expert = queries.expert(session, expert_id)
            return refused_form(TEMPLATE, **_form(session, values, refusal.errors, expert=expert))
    capabilities_changed(owners)
    return answer


def _model(actor: Actor) -> type[WishesDraft]:
    return ExpertDraft if services.keeps_names(actor) else WishesDraft


def _checked(model: type[services.Wishes], values: Mapping[str, Any]) -> services.Wishes:
    draft, errors = check(model, {name: value for name, value in values.items() if name not in BESIDE})
    if draft is None:
        raise Invalid(errors)
    return draft


def institute_of(session: Session, actor: Actor, text: str) -> Organisation:
    """The manager's own institute, else the one named in the address."""
    number = actor.organisation_id if actor.role is Role.INSTITUTE else row_id(text)
    found = session.get(Organisation, number) if number else None
    if found is None or found.kind is OrganisationKind.FIRM:
        raise NotFound(_("没有找到这家院所，请从院所的页面重新进入"))
    return found


def _values(expert: Expert) -> dict[str, Any]:
    values = {name: getattr(expert, name) for name in ExpertDraft.model_fields}
    return values | {"version": expert.version, "site": expert.site_id or ""}


def _form(
    session: Session,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    expert: Expert | None = None,
    institute: Organisation | None = None,
) -> dict[str, Any]:
    actor = current_actor()
    place = expert.institute if expert else institute
    keeps = services.keeps_names(actor)
    today = clock().today()
    return {
        "expert": expert,
        "institute": place,
        "controls": controls(_model(actor), values, errors),
        "sites": sites_of(session, place.id) if keeps and place else [],
        "work_site": values.get("site", ""),
        "errors": errors,
        "version": values.get("version", ""),
        "keeps": keeps,
        "taken": used(session, today.year, {expert.id}).get(expert.id, 0) if expert else 0,
    }
