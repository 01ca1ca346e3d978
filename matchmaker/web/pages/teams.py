"""Specialist teams: the list, one team with who covers what, and forming one for a need."""

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Noun, TeamStatus
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import history, needs
from matchmaker.queries import teams as queries
from matchmaker.services import teams as services
from matchmaker.web import buttons
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import once, render
from matchmaker.web.masking import firm_name
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("teams", __name__, enable_openapi=False)


@bp.get("/teams")
def index() -> str:
    actor, asked = current_actor(), wanted(queries.FILTERS)
    with reading() as session:
        page = queries.search(session, actor, asked)
        return render(
            "pages/teams/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            statuses=[(each.value, _(each.label)) for each in TeamStatus],
        )


@bp.get("/teams/export.xlsx")
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        rows = [
            {
                _("编号"): team.id,
                _("特派团"): team.name,
                _("级别"): _(team.level.label),
                _("状态"): _(team.status.label),
                _("企业"): firm_name(team.need),
                _("团长"): team.members[0].expert.name if team.members else "",
                _("成员"): joined(member.expert.name for member in team.members[1:]),
                _("覆盖率"): round(team.coverage, 4),
                _("未覆盖"): joined(team.uncovered),
            }
            for team in queries.search(session, actor, asked).rows
        ]
    return sheet(_("科技特派团"), rows)


@bp.get("/teams/<int:team_id>")
def show(team_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        team = queries.get_visible(session, actor, team_id)
        return render(
            "pages/teams/show.html",
            team=team,
            items=queries.items_of(session, team),
            buttons=buttons.of(actor, team),
            timeline=history.timeline(session, Noun.TEAM, team.id) if actor.is_bureau else [],
        )


@bp.post("/needs/<int:need_id>/teams")
@guard(Permission.TEAM_PROPOSE)
def propose(need_id: int) -> Response:
    """Form a first team for a need; the thinking happens before the transaction."""
    actor, run = current_actor(), runtime()
    with reading() as session:
        need = needs.get_visible(session, actor, need_id)
        made = services.draft_now(session, run.index, need, settings=run.settings, clock=run.clock)

    def keep(session: Session) -> str:
        team = services.propose(session, actor, made, clock=run.clock)
        flash(_("已拟组建特派团，请核对成员和未覆盖的内容。"))
        return url_for("teams.show", team_id=team.id)

    return once(keep)


@bp.post("/teams/<int:team_id>/<any(end, reform):action>")
def act(team_id: int, action: str) -> Response:
    actor, reason = current_actor(), request.form.get("reason", "")
    step = {"end": services.end, "reform": services.reform}[action]

    def move(session: Session) -> str:
        step(session, actor, queries.get_visible(session, actor, team_id), reason=reason, clock=clock())
        return url_for("teams.show", team_id=team_id)

    return once(move)
