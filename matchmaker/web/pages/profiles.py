"""Experts, groups and organisations: lists and pages. Contacts come from `queries.contacts` alone."""

from apiflask import APIBlueprint

from matchmaker.domain.permissions import NO_FACTS, Facts, Permission, can
from matchmaker.domain.vocabulary import OrganisationKind
from matchmaker.queries import capabilities, choices, contacts
from matchmaker.queries import profiles as queries
from matchmaker.queries.owners import places
from matchmaker.web.auth import guard
from matchmaker.web.context import current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import render
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
def expert(expert_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        found = queries.expert(session, expert_id)
        owner = Facts(expert_ids=frozenset({found.id}), institute_ids=frozenset({found.institute_id}))
        return render(
            "pages/profiles/expert.html",
            expert=found,
            groups=queries.groups_of_expert(session, found.id),
            offers=capabilities.of_owner(session, actor, found),
            contact=contacts.of_expert(session, actor, found),
            may_offer=can(actor, Permission.CAPABILITY_EDIT, owner),
            place=places(session),
        )


@bp.get("/groups/<int:group_id>")
@anybody
def group(group_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        found = queries.group(session, group_id)
        people = frozenset(member.expert_id for member in found.members)
        owner = Facts(expert_ids=people, institute_ids=frozenset({found.institute_id}))
        return render(
            "pages/profiles/group.html",
            group=found,
            offers=capabilities.of_owner(session, actor, found),
            may_offer=can(actor, Permission.CAPABILITY_EDIT, owner),
            place=places(session),
        )


@bp.get("/organisations")
@anybody
def organisations() -> str:
    actor, asked = current_actor(), wanted(queries.ORGANISATION_FILTERS)
    with reading() as session:
        page = queries.search_organisations(session, actor, asked)
        return render(
            "pages/profiles/organisations.html",
            listing=Listing(page, asked, queries.DEFAULT_SORT),
            kinds=[(kind.value, label(kind)) for kind in OrganisationKind],
            units=choices.units(session),
        )


@bp.get("/organisations/<int:organisation_id>")
@anybody
def organisation(organisation_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        found = queries.organisation(session, actor, organisation_id)
        firm = found.kind is OrganisationKind.FIRM
        owner = NO_FACTS if firm else Facts(institute_ids=frozenset({found.id}))
        contact = contacts.of_firm(session, actor, found) if firm else contacts.of_organisation(actor, found)
        return render(
            "pages/profiles/organisation.html",
            organisation=found,
            needs=queries.needs_of(session, actor, found.id) if firm else [],
            groups=queries.groups_of(session, found.id),
            experts=queries.experts_of(session, found.id),
            offers=queries.offers_of(session, actor, found.id),
            contact=contact,
            may_offer=can(actor, Permission.CAPABILITY_EDIT, owner),
            place=places(session),
        )
