"""Experts, groups and organisations: lists and pages. Contacts come from `queries.contacts` alone."""

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Group
from matchmaker.domain.availability import Statement
from matchmaker.domain.permissions import NO_FACTS, Actor, Facts, Permission, can
from matchmaker.domain.vocabulary import Noun, OrganisationKind
from matchmaker.i18n import gettext as _
from matchmaker.queries import availability as queries_of_times
from matchmaker.queries import (
    board,
    capabilities,
    choices,
    confirmations,
    contacts,
    expert_pages,
    specialists,
    subsidies,
)
from matchmaker.queries import groups as group_queries
from matchmaker.queries import profiles as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.owners import places
from matchmaker.services import availability as services
from matchmaker.services.availability import Party
from matchmaker.services.confirmations import limits
from matchmaker.web import half_days
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.filters import label
from matchmaker.web.following import follow
from matchmaker.web.forms import render
from matchmaker.web.pages.availability import title_of
from matchmaker.web.paging import Listing, wanted

bp = APIBlueprint("profiles", __name__, enable_openapi=False)
anybody = guard(Permission.CAPABILITY_VIEW, Facts(public=True))


@bp.get("/experts")
@anybody
def experts() -> str:
    asked = wanted(queries.EXPERT_FILTERS)
    with reading() as session:
        page = queries.search_experts(session, asked)
        return render(
            "pages/profiles/experts.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            offers=queries.offer_counts(session, [row.id for row in page.rows]),
            place=places(session),
        )


@bp.get("/experts/<int:expert_id>")
@anybody
@follow(Noun.EXPERT, "expert_id")
def expert(expert_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        found = queries.expert(session, expert_id)
        may_edit = can(actor, Permission.EXPERT_EDIT, facts_of(found))
        return render(
            "pages/profiles/expert.html",
            expert=found,
            groups=queries.groups_of_expert(session, found.id),
            offers=capabilities.of_owner(session, actor, found),
            contact=contacts.of_expert(session, actor, found),
            may_offer=can(actor, Permission.CAPABILITY_EDIT, facts_of(found)),
            may_edit=may_edit,
            specialists=specialists.of_expert(session, actor, found.id),
            record=expert_pages.record_of(session, actor, found),
            place=places(session),
            **_times(session, found),
            **(_told(session, found) if may_edit or actor.is_bureau else {"why_not": [], "due": False}),
        )


def _told(session: Session, found: Expert) -> dict[str, Any]:
    """What only the owner's side and the bureau are told: why nothing is suggested, and that it is to be confirmed."""
    run, today = runtime(), clock().today()
    index = run.index.current(session)
    return {
        "why_not": expert_pages.why_not(session, index, found, settings=run.settings, today=today),
        "due": confirmations.is_due(found, limits(run.settings), today),
    }


@bp.get("/groups/<int:group_id>")
@anybody
def group(group_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        found = queries.group(session, group_id)
        return render("pages/profiles/group.html", **_group(session, actor, found))


def _group(session: Session, actor: Actor, found: Group) -> dict[str, Any]:
    people = frozenset(member.expert_id for member in found.members)
    owner = Facts(expert_ids=people, institute_ids=frozenset({found.institute_id}))
    return {
        "group": found,
        "offers": capabilities.of_owner(session, actor, found),
        "may_offer": can(actor, Permission.CAPABILITY_EDIT, owner),
        "may_edit": can(actor, Permission.GROUP_EDIT, facts_of(found)),
        "may_leave": actor.expert_id in people and actor.expert_id != group_queries.lead_of(found),
        "record": group_queries.record_of(session, actor, found),
        "asked": group_queries.suggestions_for(session, actor, found, owner),
        "place": places(session),
    }


@bp.get("/organisations")
@anybody
def organisations() -> str:
    actor = current_actor()
    asked = wanted(queries.organisation_filters(actor))
    with reading() as session:
        page = queries.search_organisations(session, actor, asked, clock().today())
        return render(
            "pages/profiles/organisations.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            kinds=[(kind.value, label(kind)) for kind in OrganisationKind],
            units=choices.units(session),
            years=_years(session, actor),
            coverages=[("all", _("全部高新技术企业")), ("yes", _("今年特派员已服务")), ("no", _("今年特派员未服务"))],
        )


def _years(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """What the list of organisations may be narrowed to: the years of meetings, for who sees the board."""
    known = board.years(session, clock().today()) if can(actor, Permission.BOARD_VIEW) else []
    return [(str(year), str(year)) for year in known]


@bp.get("/organisations/<int:organisation_id>")
@anybody
@follow(Noun.ORGANISATION, "organisation_id")
def organisation(organisation_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        found = queries.organisation(session, actor, organisation_id)
        firm = found.kind is OrganisationKind.FIRM
        owner = NO_FACTS if firm else facts_of(found)
        contact = contacts.of_firm(session, actor, found) if firm else contacts.of_organisation(actor, found)
        return render(
            "pages/profiles/organisation.html",
            organisation=found,
            needs=queries.needs_of(session, actor, found.id) if firm else [],
            specialists=specialists.of_firm(session, actor, found.id, clock().today()) if firm else [],
            groups=queries.groups_of(session, found.id),
            experts=queries.experts_of(session, found.id),
            offers=queries.offers_of(session, actor, found.id),
            contact=contact,
            may_offer=can(actor, Permission.CAPABILITY_EDIT, owner),
            may_edit=can(actor, Permission.ORGANISATION_EDIT, facts_of(found)),
            place=places(session),
            checks=subsidies.may_read(session, actor, found),
            **_times(session, found),
        )


def _times(session: Session, party: Party) -> dict[str, Any]:
    """When the party is free, if it says so and is not a firm, whose days are its own and the officers' matter."""
    may_state = services.may_state(current_actor(), party)
    shown = may_state or getattr(party, "kind", None) is not OrganisationKind.FIRM
    statement = queries_of_times.read(queries_of_times.row_of(session, party)) if shown else Statement()
    return {"times": half_days.weekly(statement), "times_called": title_of(party), "may_state": may_state}
