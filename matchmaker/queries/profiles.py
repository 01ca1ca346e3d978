"""Experts, groups and organisations as their pages show them."""

from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased, defer, lazyload, selectinload

from matchmaker.db.models import Capability, Expert, Group, GroupMember, Need, Organisation, Unit
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import CapabilityStatus, OrganisationKind
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import exchanges, scopes, specialists
from matchmaker.queries.facts import PUBLIC_NEEDS
from matchmaker.queries.listing import Page, Wanted, contains, fetch
from matchmaker.queries.meetings import of_year

EXPERT_FILTERS = ("institute",)
Institute = aliased(Organisation)
EXPERT_SORTS = {"id": Expert.id, "name": Expert.name, "institute": Institute.name, "title": Expert.title}
ORGANISATION_SORTS = {
    "id": Organisation.id,
    "name": Organisation.name,
    "kind": Organisation.kind,
    "unit": Unit.position,
}
DEFAULT_SORT = "name"


def _offers(text: str) -> ColumnElement[bool]:
    """Experts with a listed capability that mentions the words."""
    mentions = contains(text, Capability.title, Capability.text)
    listed = Capability.status == CapabilityStatus.LISTED
    return Expert.id.in_(select(Capability.expert_id).where(Capability.expert_id.is_not(None), listed, mentions))


def search_experts(session: Session, wanted: Wanted) -> Page[Expert]:
    """Experts by name, institute or what they offer."""
    statement = select(Expert).join(Institute, Institute.id == Expert.institute_id).where(scopes.known_experts())
    if wanted.text:
        statement = statement.where(or_(contains(wanted.text, Expert.name, Institute.name), _offers(wanted.text)))
    institute = wanted.filters.get("institute", "")
    if (number := row_id(institute)) is not None:
        statement = statement.where(Expert.institute_id == number)
    return fetch(session, statement, wanted, EXPERT_SORTS, default=DEFAULT_SORT)


def offer_counts(session: Session, expert_ids: list[int]) -> dict[int, int]:
    """Expert id → listed capabilities."""
    statement = (
        select(Capability.expert_id, func.count())
        .where(Capability.expert_id.in_(expert_ids), Capability.status == CapabilityStatus.LISTED)
        .group_by(Capability.expert_id)
    )
    return {row[0]: row[1] for row in session.execute(statement) if row[0] is not None}


def visible_organisations(actor: Actor) -> ColumnElement[bool]:
    """Institutes and agencies for everybody; firms for who oversees them, and those known to have published a need."""
    known = (Need.status.in_(PUBLIC_NEEDS), scopes.needs(actor), scopes.named_needs(actor))
    posted = Organisation.id.in_(select(Need.firm_id).where(*known))
    seen = or_(Organisation.kind != OrganisationKind.FIRM, scopes.firms_of(actor), posted)
    return and_(scopes.on_file(), seen)


def organisation_filters(actor: Actor) -> tuple[str, ...]:
    """What the list may be narrowed by: the year of meetings is for who sees the board."""
    return ("kind", "unit", *(["met", "specialist"] if can(actor, Permission.BOARD_VIEW) else []))


def search_organisations(session: Session, actor: Actor, wanted: Wanted, today: date) -> Page[Organisation]:
    """Organisations the actor may see, by name, kind, unit and the year in which firms met them.

    `specialist`: high-tech firms, all of them, those with a specialist who came this year, or those without.
    """
    statement = (
        select(Organisation)
        .outerjoin(Unit, Unit.id == Organisation.unit_id)
        .where(visible_organisations(actor), contains(wanted.text, Organisation.name))
    )
    if wanted.filters.get("kind"):
        statement = statement.where(Organisation.kind == _kind(wanted.filters["kind"]))
    if wanted.filters.get("unit"):
        statement = statement.where(Unit.code == wanted.filters["unit"])
    if (year := of_year(wanted.filters.get("met", ""))) is not None:
        statement = statement.where(exchanges.met(year))
    if wanted.filters.get("specialist"):
        chosen = specialists.coverage(session, actor, today).chosen(wanted.filters["specialist"])
        statement = statement.where(Organisation.id.in_(chosen or ()))
    return fetch(session, statement, wanted, ORGANISATION_SORTS, default=DEFAULT_SORT)


def _kind(text: str) -> OrganisationKind | None:
    return next((kind for kind in OrganisationKind if kind.value == text), None)


def expert(session: Session, expert_id: int) -> Expert:
    """One expert, or `NotFound`."""
    found = session.get(Expert, expert_id)
    if found is None:
        raise NotFound(_("没有找到这位专家"))
    return found


def group(session: Session, group_id: int) -> Group:
    """One group with its members, or `NotFound`."""
    found = session.get(Group, group_id, options=[selectinload(Group.members)])
    if found is None:
        raise NotFound(_("没有找到这个团队"))
    return found


def organisation(session: Session, actor: Actor, organisation_id: int) -> Organisation:
    """One organisation with its sites, or `NotFound` when the actor may not know of it."""
    statement = select(Organisation).where(Organisation.id == organisation_id, visible_organisations(actor))
    found = session.scalars(statement.options(selectinload(Organisation.sites))).one_or_none()
    if found is None:
        raise NotFound(_("没有找到这家机构"))
    return found


def groups_of_expert(session: Session, expert_id: int) -> list[Group]:
    """The groups an expert belongs to."""
    mine = select(GroupMember.group_id).where(GroupMember.expert_id == expert_id)
    return list(session.scalars(select(Group).where(Group.id.in_(mine)).order_by(Group.name)))


def groups_of(session: Session, institute_id: int) -> list[Group]:
    """The groups of an institute."""
    return list(session.scalars(select(Group).where(Group.institute_id == institute_id).order_by(Group.name)))


def experts_of(session: Session, institute_id: int) -> list[Expert]:
    """The experts of an institute."""
    theirs = (Expert.institute_id == institute_id, scopes.known_experts())
    return list(session.scalars(select(Expert).where(*theirs).order_by(Expert.name)))


def needs_of(session: Session, actor: Actor, firm_id: int) -> list[Need]:
    """The needs of a firm that the actor may see, newest first."""
    seen = (Need.firm_id == firm_id, scopes.needs(actor), scopes.named_needs(actor))
    statement = select(Need).where(*seen).options(defer(Need.terms), lazyload(Need.releases))
    return list(session.scalars(statement.order_by(Need.id.desc())))


def offers_of(session: Session, actor: Actor, organisation_id: int, most: int = 100) -> list[Capability]:
    """What the organisation and its people offer, as far as the actor may see."""
    statement = select(Capability).where(Capability.source_id == organisation_id, scopes.capabilities(actor))
    return list(session.scalars(statement.order_by(Capability.id.desc()).limit(most).options(defer(Capability.terms))))
