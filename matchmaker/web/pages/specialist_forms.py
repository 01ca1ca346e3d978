"""Filing a specialist, correcting it, adding and ending hosts, entering the three-party agreement."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Expert, Organisation, Specialist
from matchmaker.domain.drafts import CorrectionDraft, HostDraft, SpecialistDraft, TripartiteDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import HostKind
from matchmaker.errors import Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import choices, scopes, team_life
from matchmaker.queries import specialists as queries
from matchmaker.services import specialists as services
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import Control, controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.pages.need_files import allow_larger, sent_files
from matchmaker.web.pages.team_files import keep

bp = APIBlueprint("specialist_forms", __name__, url_prefix="/specialists", enable_openapi=False)
bp.url_value_preprocessor(allow_larger)
FORM = "pages/specialists/form.html"
Values = Mapping[str, Any]


def may_file(actor: Actor) -> bool:
    """Whether the actor files specialists at all: officers do."""
    units = frozenset({actor.unit_id} if actor.unit_id is not None else ())
    return can(actor, Permission.SPECIALIST_EDIT, Facts(unit_ids=units))


def _form(one: Specialist | None, title: str, action: str, items: list[Control], **more: Any) -> dict[str, Any]:
    page: dict[str, Any] = {"one": one, "heading": title, "action": action, "controls": items, "errors": {}}
    return page | {"files": False, "hidden": {}, "suggested": {}} | more


def _expert(session: Session, text: str) -> Expert:
    """The expert a form names. Raises `Invalid` for none or several."""
    found = team_life.expert_named(session, text)
    if len(found) != 1:
        message = _("专家：有同名的，请写“姓名（单位）”") if found else _("专家：专家库中没有，请先登记或导入这位专家")
        raise Invalid({"expert": message})
    return found[0]


def _institute(session: Session, text: str) -> Organisation | None:
    """Who sends them, None for an empty field. Raises `Invalid` for a name that is nobody's."""
    if not text.strip():
        return None
    named = select(Organisation).where(scopes.on_file(), Organisation.name == text.strip())
    found = session.scalars(named).first()
    if found is None:
        raise Invalid({"institute": _("派出单位：名录中没有，请填写全称，或先登记该单位")})
    return found


def _key(session: Session, actor: Actor, firm: str, place: str) -> str:
    """The host that a form names, `""` for nobody. Raises `Invalid` for a firm that is not of the city."""
    if place or not firm.strip():
        return place
    found = team_life.local_firm(session, actor, firm)
    if found is None:
        raise Invalid({"firm": _("企业：请填写本市名录中企业的全称，或在下面选择责任单位、集群")})
    return f"{HostKind.FIRM}:{found.id}"


# A new filing


@bp.get("/new")
def new() -> str:
    if not may_file(current_actor()):
        raise Forbidden(_("科技特派员由工作人员登记"))
    with reading() as session:
        return render(FORM, **_new_form(session, {"filed_on": clock().today(), "kind": "enterprise"}, {}))


@bp.post("")
def create() -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        draft = drafted(SpecialistDraft, values)
        key = _key(session, actor, draft.firm, draft.place)
        expert, institute = _expert(session, draft.expert), _institute(session, draft.institute)
        hosts = [key] if key else []
        one = services.file(session, actor, draft, expert, institute, hosts=hosts, clock=clock())
        flash(_("已备案，从备案日期起计入在册人数。"))
        return url_for("specialists.show", specialist_id=one.id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(FORM, **_new_form(session, values, refusal.errors))


def _new_form(session: Session, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    shown = {**errors, "place": errors.get("host", "")}
    items = controls(SpecialistDraft, values, shown, {"place": team_life.clusters_and_units(session)})
    firms = {"firm": choices.firms(session, current_actor())}
    page = _form(None, _("登记科技特派员"), url_for("specialist_forms.create"), items, suggested=firms)
    return page | {"errors": errors}


# Correcting it


@bp.get("/<int:specialist_id>/edit")
def edit(specialist_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        one = queries.get_visible(session, actor, specialist_id)
        services.require_correcting(actor)
        values = {name: getattr(one, name) for name in ("number", "kind", "filed_on")}
        return render(FORM, **_edit_form(one, values | {"institute": one.institute.name}, {}, str(one.version)))


@bp.post("/<int:specialist_id>/edit")
def update(specialist_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        one = queries.get_visible(session, actor, specialist_id)
        draft, version = drafted(CorrectionDraft, values), row_id(values.get("version")) or 0
        institute = _institute(session, draft.institute)
        services.edit(session, actor, one, draft, institute, version=version, clock=clock(), reason=draft.reason)
        flash(_("已保存。"))
        return url_for("specialists.show", specialist_id=specialist_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            one = queries.get_visible(session, actor, specialist_id)
            return refused_form(FORM, **_edit_form(one, values, refusal.errors, str(values.get("version", ""))))


def _edit_form(one: Specialist, values: Values, errors: Mapping[str, str], version: str) -> dict[str, Any]:
    items, where = controls(CorrectionDraft, values, errors), url_for("specialist_forms.update", specialist_id=one.id)
    return _form(one, _("修改备案"), where, items, hidden={"version": version}) | {"errors": errors}


# Hosts


@bp.get("/<int:specialist_id>/hosts/new")
def new_host(specialist_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        one = queries.get_visible(session, actor, specialist_id)
        services.require(actor, one)
        return render(FORM, **_host_form(session, one, {"since": clock().today()}, {}))


@bp.post("/<int:specialist_id>/hosts")
def add_host(specialist_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        one = queries.get_visible(session, actor, specialist_id)
        draft = drafted(HostDraft, values)
        key, since = _key(session, actor, draft.firm, draft.place), draft.since or clock().today()
        services.add_host(session, actor, one, key, since=since, clock=clock())
        return url_for("specialists.show", specialist_id=specialist_id, _anchor="hosts")

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            one = queries.get_visible(session, actor, specialist_id)
            return refused_form(FORM, **_host_form(session, one, values, refusal.errors))


def _host_form(session: Session, one: Specialist, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    shown = {**errors, "place": errors.get("host", "")}
    items = controls(HostDraft, values, shown, {"place": team_life.clusters_and_units(session)})
    where, firms = url_for("specialist_forms.add_host", specialist_id=one.id), choices.firms(session, current_actor())
    return _form(one, _("增加服务对象"), where, items, suggested={"firm": firms}) | {"errors": errors}


@bp.post("/<int:specialist_id>/hosts/<int:host_id>/end")
def end_host(specialist_id: int, host_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        one = queries.get_visible(session, actor, specialist_id)
        services.end_host(session, actor, one, host_id, reason=reason, clock=clock())
        return url_for("specialists.show", specialist_id=specialist_id, _anchor="hosts")

    return once(save)


# The three-party agreement


@bp.get("/<int:specialist_id>/agreement")
def new_agreement(specialist_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        one = queries.get_visible(session, actor, specialist_id)
        services.require(actor, one)
        host = next((row for row in one.hosts if row.id == row_id(request.args.get("host", ""))), None)
        days = {"agreed_on": host.agreed_on, "agreed_until": host.agreed_until} if host else {}
        return render(FORM, **_agreement_form(one, {"host": request.args.get("host", "")} | days, {}))


@bp.post("/<int:specialist_id>/agreement")
def agree(specialist_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        one = queries.get_visible(session, actor, specialist_id)
        services.agree(session, actor, one, drafted(TripartiteDraft, values), clock=clock())
        keep(session, actor, one, files)
        flash(_("协议已登记。"))
        return url_for("specialists.show", specialist_id=specialist_id, _anchor="hosts")

    try:
        files = sent_files()
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            one = queries.get_visible(session, actor, specialist_id)
            return refused_form(FORM, **_agreement_form(one, values, refusal.errors))


def _agreement_form(one: Specialist, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    options = [(str(host.id), team_life.host_name(host)) for host in one.hosts if host.until is None]
    items = controls(TripartiteDraft, values, errors, {"host": options})
    where = url_for("specialist_forms.agree", specialist_id=one.id)
    return _form(one, _("登记三方协议"), where, items, files=True) | {"errors": errors}
