"""Specialist teams: the list, and one team with who covers what."""

from collections.abc import Sequence

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Team
from matchmaker.domain.ids import row_id
from matchmaker.domain.lifecycle import TEAM_STEPS
from matchmaker.domain.permissions import Permission, can
from matchmaker.domain.vocabulary import Noun, TeamStatus
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import history
from matchmaker.queries import teams as queries
from matchmaker.queries.facts import at_work
from matchmaker.queries.team_drafts import covered_share, term_rows
from matchmaker.queries.team_life import lead_of, members_on
from matchmaker.services import team_life as life
from matchmaker.web import team_steps
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import once, render
from matchmaker.web.masking import firm_name
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("teams", __name__, enable_openapi=False)
ACTIONS = ", ".join(sorted({step.action for step in TEAM_STEPS}))


@bp.get("/teams")
def index() -> str:
    actor, asked = current_actor(), wanted(queries.FILTERS)
    with reading() as session:
        page = queries.search(session, actor, asked)
        return render(
            "pages/teams/index.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            statuses=[(each.value, _(each.label)) for each in TeamStatus],
            firms_of=_firms(session, page.rows),
            members_of=_members,
            can_form=can(actor, Permission.TEAM_PROPOSE),
        )


def _firms(session: Session, teams: Sequence[Team]) -> dict[int, list[str]]:
    """Team → the firms of its needs that the reader may read, as the reader may call them."""
    seen = queries.needs_seen(session, current_actor(), teams)
    return {number: list(dict.fromkeys(firm_name(row.need) for row in rows)) for number, rows in seen.items()}


def _members(team: Team) -> list[str]:
    """The names of those who are in it today, the leader first."""
    return [member.expert.name for member in members_on(team, clock().today())]


@bp.get("/teams/export.xlsx")
def export() -> Answer:
    actor, asked = current_actor(), all_rows(wanted(queries.FILTERS))
    with reading() as session:
        found = queries.search(session, actor, asked).rows
        firms = _firms(session, found)
        rows = [
            {
                _("编号"): team.id,
                _("特派团"): team.name,
                _("级别"): _(team.level.label),
                _("状态"): _(team.status.label),
                _("企业"): joined(firms[team.id]),
                _("团长"): lead.name if (lead := lead_of(team)) else "",
                _("成员"): joined(_members(team)[1:]),
                _("覆盖率"): round(team.coverage, 4),
                _("未覆盖"): joined(team.uncovered),
            }
            for team in found
        ]
    return sheet(_("科技特派团"), rows)


@bp.get("/teams/<int:team_id>")
def show(team_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        team = queries.get_visible(session, actor, team_id)
        seen = queries.needs_seen(session, actor, [team])[team.id]
        members = members_on(team, clock().today())
        covers = [(member.expert.name, member.covers) for member in members]
        rows = term_rows([row.terms for row in seen], covers)
        shares = [(row.need, covered_share(row.terms, [said for _name, said in covers])) for row in seen]
        return render(
            "pages/teams/show.html",
            team=team,
            members=members,
            working=can(actor, Permission.TEAM_VIEW, at_work(team)),
            shares=shares,
            rows=rows,
            covered=sum(share for _need, share in shares) / len(shares) if shares else 0,
            uncovered=[row.term for row in rows if not row.by],
            may_change=team.status is TeamStatus.FORMING and can(actor, Permission.TEAM_PROPOSE),
            items=queries.items_of(session, team),
            buttons=team_steps.of(session, actor, team),
            timeline=history.timeline(session, Noun.TEAM, team.id) if actor.is_bureau else [],
        )


@bp.post(f"/teams/<int:team_id>/<any({ACTIONS}):action>")
def act(team_id: int, action: str) -> Response:
    """One step on or back; `back` says from which of its pages it was taken."""
    actor, form = current_actor(), request.form
    where = "team_life.show" if form.get("back") == "work" else "teams.show"

    def move(session: Session) -> str:
        team, version = queries.get_visible(session, actor, team_id), row_id(form.get("version"))
        life.move(session, actor, team, action, reason=form.get("reason", ""), version=version, clock=clock())
        return url_for(where, team_id=team_id)

    return once(move)
