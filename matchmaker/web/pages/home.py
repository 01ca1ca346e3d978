"""The first page after sign-in: what each role comes for."""

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import NeedStatus, Role
from matchmaker.queries import (
    capabilities,
    clinics,
    confirmations,
    evaluations,
    expert_pages,
    follow_ups,
    guide,
    handover,
    matches,
    needs,
    profiles,
    service_logs,
    specialists,
    supply,
    tasks,
    team_life,
    worklist,
)
from matchmaker.queries.listing import Wanted
from matchmaker.services.confirmations import limits
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import render
from matchmaker.web.pages.suggestions import declines
from matchmaker.web.standing import where_they_sit
from matchmaker.web.todo import groups_of

bp = APIBlueprint("home", __name__, enable_openapi=False)
SHOWN, SHOWN_OFFERS = 20, 6
_N = NeedStatus
# What waits for the firm stands first, then what others hold; what has ended comes last.
TURNS = {_N.RETURNED: 0, _N.DRAFT: 1, _N.PUBLISHED: 2, _N.COUNTY_REVIEW: 3, _N.CITY_REVIEW: 3}


@bp.get("/home")
def index() -> str | Response:
    actor = current_actor()
    if actor.role is Role.LEADER:
        return redirect(url_for("board.show"), 302)
    if actor.role is Role.ADMIN:
        return redirect(url_for("accounts.index"), 302)
    with reading() as session:
        return HOMES[actor.role or Role.CITY](session, actor)


def _firm(session: Session, actor: Actor) -> str:
    page = needs.search(session, actor, Wanted(filters={"firm": str(actor.organisation_id)}, size=SHOWN))
    return render(
        "pages/home/firm.html",
        page=page,
        needs=sorted(page.rows, key=lambda need: TURNS.get(need.status, len(TURNS))),
        standings=where_they_sit(session, page.rows, ask=True),
        reasons=needs.reasons(session, page.rows),
        waiting=worklist.to_answer(session, actor),
        asked=worklist.asked_by_firm(session, actor),
        to_rate=service_logs.to_rate(session, actor),
        upcoming=worklist.upcoming(session, actor, clock().today()),
        **_own(session, actor),
    )


def _expert(session: Session, actor: Actor) -> str:
    run, today = runtime(), clock().today()
    index = run.index.current(session)
    found = matches.for_expert(session, index, actor.expert_id or 0, settings=run.settings, today=today)
    upcoming = worklist.upcoming(session, actor, today)
    due = confirmations.due(session, actor, limits(run.settings), today)
    return render(
        "pages/home/expert.html",
        found=found,
        declines=declines(),
        sheets=clinics.to_fill(session, actor, today),
        serving=bool(
            team_life.serving(session, found.expert.id, today) or specialists.active_of(session, found.expert.id)
        ),
        to_report=evaluations.to_report(session, actor),
        upcoming=upcoming,
        due=due,
        **_own(session, actor),
        why_not=expert_pages.why_not(session, index, found.expert, settings=run.settings, today=today),
    )


def _institute(session: Session, actor: Actor) -> str:
    institute, today = actor.organisation_id or 0, clock().today()
    fresh = limits(runtime().settings)
    return render(
        "pages/home/institute.html",
        organisation_id=institute,
        groups=profiles.groups_of(session, institute),
        page=capabilities.search(session, actor, Wanted(filters={"source": str(institute)}, size=SHOWN_OFFERS)),
        invitations=worklist.open_invitations(session, actor),
        upcoming=worklist.upcoming(session, actor, today),
        supply=supply.supply(session, institute, fresh, today),
        due=confirmations.due(session, actor, fresh, today),
        **_own(session, actor),
    )


def _own(session: Session, actor: Actor) -> dict[str, object]:
    """What the actor's own side has to do and to say."""
    return {"tasks": tasks.open_tasks(session, actor), "follow_ups": follow_ups.to_answer(session, actor)}


def _officer(session: Session, actor: Actor) -> str:
    today = clock().today()
    limits_of = runtime().settings
    work = worklist.of(
        session,
        actor,
        today,
        review_days=limits_of.review_days,
        report_day=limits_of.report_day,
        escalation_days=limits_of.escalation_days,
    )
    return render(
        "pages/home/officer.html",
        groups=groups_of(actor, work),
        numbers=needs.tally(session, actor),
        mine=handover.looked_after(session, actor.account_id or 0),
        guide=guide.guide(session, actor, today.year) if actor.role is Role.CITY else None,
    )


HOMES: dict[Role, Callable[[Session, Actor], str]] = {
    Role.FIRM: _firm,
    Role.EXPERT: _expert,
    Role.INSTITUTE: _institute,
    Role.COUNTY: _officer,
    Role.CITY: _officer,
}
