"""A team at work: its page, its particulars, who joins and leaves, the next term."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Expert, Team
from matchmaker.domain.drafts import MemberDraft, TeamDraft
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.vocabulary import Noun
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import with_detail
from matchmaker.queries import certificates, history, service_totals, teams
from matchmaker.queries import team_life as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.team_drafts import Place
from matchmaker.services import team_life as services
from matchmaker.web import team_steps
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import controls, form_values, once, refused_form, render
from matchmaker.web.pages.goal_forms import drafted
from matchmaker.web.team_forms import FORM, Values, form_of

bp = APIBlueprint("team_life", __name__, enable_openapi=False)


@bp.get("/teams/<int:team_id>/work")
def show(team_id: int) -> str:
    actor, today = current_actor(), clock().today()
    with reading() as session:
        team = queries.get_at_work(session, actor, team_id)
        return render(
            "pages/team_life/show.html",
            team=team,
            today=today,
            hosts=[(host, queries.host_name(host)) for host in team.hosts],
            names={host.id: queries.host_name(host) for host in team.hosts},
            agreements=queries.agreements_seen(session, actor, team),
            unsigned=queries.without_agreement(session, team, today),
            members=queries.members_on(team, today),
            left=[one for one in team.members if one.left_on is not None],
            flags=queries.flags(session, team, today),
            book=queries.newest(session, team),
            milestones=queries.milestones(session, team),
            totals=service_totals.of_teams(session, [team.id]).get(team.id, service_totals.NOTHING),
            people=service_totals.of_people(session, team.id),
            year_totals=service_totals.of_teams(session, [team.id], today.year).get(team.id, service_totals.NOTHING),
            certificates=certificates.of_team(session, actor, team),
            renewed=queries.next_term(session, team),
            may_manage=can(actor, Permission.TEAM_MANAGE, facts_of(team)),
            buttons=team_steps.of(session, actor, team),
            timeline=history.timeline(session, Noun.TEAM, team.id) if actor.is_bureau else [],
        )


# Particulars


@bp.get("/teams/<int:team_id>/edit")
@guard(Permission.TEAM_MANAGE)
def edit(team_id: int) -> str:
    with reading() as session:
        team = teams.get_visible(session, current_actor(), team_id)
        values = {name: getattr(team, name) for name in TeamDraft.model_fields}
        return render(FORM, **_edit_form(team, values, {}, str(team.version)))


@bp.post("/teams/<int:team_id>/edit")
@guard(Permission.TEAM_MANAGE)
def update(team_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        version = row_id(values.get("version")) or 0
        services.edit(session, actor, team, drafted(TeamDraft, values), version=version, clock=clock())
        flash(_("已保存。"))
        return url_for("team_life.show", team_id=team_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            team = teams.get_visible(session, actor, team_id)
            page = _edit_form(team, values, refusal.errors, str(values.get("version", "")))
            return refused_form(FORM, **page)


def _edit_form(team: Team, values: Values, errors: Mapping[str, str], version: str) -> dict[str, Any]:
    items = controls(TeamDraft, values, errors)
    where = url_for("team_life.update", team_id=team.id)
    return form_of(team, _("级别、任期和共建平台"), where, items) | {"errors": errors, "hidden": {"version": version}}


# Members and terms


@bp.get("/teams/<int:team_id>/members/change")
@guard(Permission.TEAM_MANAGE)
def new_member(team_id: int) -> str:
    with reading() as session:
        team = teams.get_visible(session, current_actor(), team_id)
        return render(FORM, **_member_form(team, {"day": clock().today()}, {}))


@bp.post("/teams/<int:team_id>/members/change")
@guard(Permission.TEAM_MANAGE)
def change_member(team_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        team = teams.get_visible(session, actor, team_id)
        draft = drafted(MemberDraft, values)
        services.change_member(
            session,
            actor,
            team,
            leaves=row_id(draft.leaves),
            joins=session.get(Expert, joins) if joins else None,
            place=place,
            day=draft.day or clock().today(),
            reason=draft.reason,
            clock=clock(),
        )
        flash(_("成员变更已登记。"))
        return url_for("team_life.show", team_id=team_id, _anchor="members")

    try:
        joins, place = _joining(team_id, values.get("joins", ""))
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            team = teams.get_visible(session, actor, team_id)
            return refused_form(FORM, **_member_form(team, values, refusal.errors))


def _joining(team_id: int, name: str) -> tuple[int | None, Place | None]:
    """Whom a form names and what they cover: looked for before the transaction, because the texts are asked."""
    run = runtime()
    with reading() as session:
        team, person = teams.get_visible(session, current_actor(), team_id), _person(session, name)
        if person is None:
            return None, None
        place = services.look_at(session, run.index, team, person, settings=run.settings, clock=run.clock)
        return person.id, place


def _person(session: Session, name: str) -> Expert | None:
    if not name.strip():
        return None
    found = queries.expert_named(session, name)
    if len(found) == 1:
        return found[0]
    if found:
        names = _("；").join(with_detail(one.name, one.institute.name) for one in found)
        raise Invalid({"joins": _("加入的专家：同名的有几位，请连单位一起填写：%(names)s", names=names)})
    raise Invalid({"joins": _("加入的专家：专家库里没有这个人，请核对姓名或先录入")})


def _member_form(team: Team, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    there = queries.members_on(team, clock().today())
    options = [(str(one.id), one.expert.name) for one in there]
    items = controls(MemberDraft, values, errors, {"leaves": options})
    where = url_for("team_life.change_member", team_id=team.id)
    return form_of(team, _("成员变更"), where, items) | {"errors": errors}


@bp.post("/teams/<int:team_id>/renew")
@guard(Permission.TEAM_MANAGE)
def renew(team_id: int) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")

    def save(session: Session) -> str:
        new = services.renew(session, actor, teams.get_visible(session, actor, team_id), reason=reason, clock=clock())
        flash(_("已建立下一任期的特派团，请核对成员和服务对象。"))
        return url_for("teams.show", team_id=new.id)

    return once(save)
