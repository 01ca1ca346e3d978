"""Whom a team serves, and what is signed with them."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Agreement, Team
from matchmaker.domain.drafts import AgreementDraft, HostDraft
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import HostKind, Noun
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments, teams
from matchmaker.queries import team_life as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import team_life as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.pages.need_files import allow_larger, sent_files
from matchmaker.web.pages.team_files import keep
from matchmaker.web.team_forms import FORM, Values, form_of

bp = APIBlueprint("team_hosts", __name__, enable_openapi=False)
bp.url_value_preprocessor(allow_larger)


@bp.get("/teams/<int:team_id>/hosts/new")
@guard(Permission.TEAM_MANAGE)
def new_host(team_id: int) -> str:
    with reading() as session:
        team = teams.get_visible(session, current_actor(), team_id)
        return render(FORM, **_host_form(session, team, {"since": clock().today()}, {}))


@bp.post("/teams/<int:team_id>/hosts")
@guard(Permission.TEAM_MANAGE)
def add_host(team_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        draft = drafted(HostDraft, values)
        key, since = draft.place or _firm_key(session, actor, draft.firm), draft.since or clock().today()
        services.add_host(session, actor, team, key, since=since, clock=clock())
        return url_for("team_life.show", team_id=team_id, _anchor="hosts")

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            team = teams.get_visible(session, actor, team_id)
            return refused_form(FORM, **_host_form(session, team, values, refusal.errors))


def _firm_key(session: Session, actor: Actor, name: str) -> str:
    found = queries.local_firm(session, actor, name)
    if found is None:
        raise Invalid({"firm": _("企业：请填写本市名录中企业的全称，或在下面选择责任单位、集群")})
    return f"{HostKind.FIRM}:{found.id}"


def _host_form(session: Session, team: Team, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    firms = [row.need.firm.name for row in team.needs]
    shown = {**errors, "place": errors.get("host", "")}
    items = controls(HostDraft, values, shown, {"place": queries.clusters_and_units(session)})
    where = url_for("team_hosts.add_host", team_id=team.id)
    page = form_of(team, _("增加服务对象"), where, items, suggested={"firm": firms})
    return page | {"errors": errors}


@bp.post("/teams/<int:team_id>/hosts/<int:host_id>/end")
@guard(Permission.TEAM_MANAGE)
def end_host(team_id: int, host_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        services.end_host(session, actor, team, host_id, reason=reason, clock=clock())
        return url_for("team_life.show", team_id=team_id, _anchor="hosts")

    return once(save)


@bp.get("/teams/<int:team_id>/agreements/new")
@guard(Permission.TEAM_MANAGE)
def new_agreement(team_id: int) -> str:
    with reading() as session:
        team = teams.get_visible(session, current_actor(), team_id)
        return render(FORM, **_agreement_form(team, {"host": request.args.get("host", "")}, {}))


@bp.post("/teams/<int:team_id>/agreements")
@guard(Permission.TEAM_MANAGE)
def add_agreement(team_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        row = services.agree(session, actor, team, drafted(AgreementDraft, values), clock=clock())
        keep(session, actor, row, files)
        return url_for("team_life.show", team_id=team_id, _anchor="agreements")

    try:
        files = sent_files()
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            team = teams.get_visible(session, actor, team_id)
            return refused_form(FORM, **_agreement_form(team, values, refusal.errors))


def _agreement_form(team: Team, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    options = [(str(host.id), queries.host_name(host)) for host in team.hosts]
    items = controls(AgreementDraft, values, errors, {"host": options})
    where = url_for("team_hosts.add_agreement", team_id=team.id)
    return form_of(team, _("登记协议"), where, items, files=True) | {"errors": errors}


@bp.get("/agreements/<int:agreement_id>")
def agreement(agreement_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        row = queries.get(session, actor, Agreement, agreement_id)
        return render(
            "pages/team_life/agreement.html",
            row=row,
            team=row.team,
            host=queries.host_name(row.host),
            files=attachments.of_record(session, Noun.AGREEMENT, row.id),
            may_manage=can(actor, Permission.TEAM_MANAGE, facts_of(row)),
        )


@bp.post("/agreements/<int:agreement_id>/void")
@guard(Permission.TEAM_MANAGE)
def void_agreement(agreement_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        row = queries.get(session, actor, Agreement, agreement_id)
        services.void_agreement(session, actor, row, reason=reason, clock=clock())
        return url_for("team_hosts.agreement", agreement_id=agreement_id)

    return once(save)
