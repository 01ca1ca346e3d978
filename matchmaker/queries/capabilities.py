"""Capabilities: lists, one capability, and who may be its owner."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased, defer

from matchmaker.db.models import Capability, Expert, Group, GroupMember, Organisation
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import CapabilityKind, CapabilityStatus, OwnerKind, Role
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.facts import facts_of
from matchmaker.queries.listing import Page, Wanted, contains, fetch
from matchmaker.queries.owners import Record, record_of

FILTERS = ("status", "kind", "source")
_COLUMN = {Expert: Capability.expert_id, Group: Capability.group_id, Organisation: Capability.organisation_id}
DEFAULT_SORT = "-since"
Source = aliased(Organisation)
SORTS = {
    "id": Capability.id,
    "title": Capability.title,
    "kind": Capability.kind,
    "status": Capability.status,
    "since": Capability.status_since,
    "source": Source.name,
}


def _narrowed(filters: dict[str, str]) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if filters.get("status") in set(CapabilityStatus):
        clauses.append(Capability.status == filters["status"])
    if filters.get("kind") in set(CapabilityKind):
        clauses.append(Capability.kind == filters["kind"])
    if (source := row_id(filters.get("source"))) is not None:
        clauses.append(Capability.source_id == source)
    return clauses


def search(session: Session, actor: Actor, wanted: Wanted) -> Page[Capability]:
    """The capabilities the actor may see, narrowed by status, kind, organisation and words; without their terms."""
    statement = (
        select(Capability)
        .join(Source, Source.id == Capability.source_id)
        .outerjoin(Expert, Expert.id == Capability.expert_id)
        .outerjoin(Group, Group.id == Capability.group_id)
        .where(scopes.capabilities(actor), *_narrowed(dict(wanted.filters)))
        .where(contains(wanted.text, Capability.title, Capability.text, Source.name, Expert.name, Group.name))
        .options(defer(Capability.terms))
    )
    return fetch(session, statement, wanted, SORTS, default=DEFAULT_SORT)


def get_visible(session: Session, actor: Actor, capability_id: int) -> Capability:
    """The capability, if the actor may know of it; `NotFound` otherwise."""
    mine = select(Capability).where(Capability.id == capability_id, scopes.capabilities(actor))
    found = session.scalars(mine).one_or_none()
    if found is None:
        raise NotFound(_("没有找到这条能力"))
    return found


def tally(session: Session, actor: Actor) -> dict[CapabilityStatus, int]:
    """How many capabilities the actor sees in each state there is one in, in the order of the lifecycle."""
    statement = select(Capability.status, func.count()).where(scopes.capabilities(actor)).group_by(Capability.status)
    found = {row[0]: row[1] for row in session.execute(statement)}
    return {status: found[status] for status in CapabilityStatus if status in found}


def sees_history(actor: Actor, capability: Capability) -> bool:
    """Remarks and reasons are for the owner's side and the bureau."""
    facts = facts_of(capability)
    return any(can(actor, permission, facts) for permission in (Permission.CAPABILITY_EDIT, Permission.AUDIT_VIEW))


def of_owner(session: Session, actor: Actor, owner: Record) -> list[Capability]:
    """What an expert, a group or an organisation offers, as far as the actor may see."""
    statement = select(Capability).where(_COLUMN[type(owner)] == owner.id, scopes.capabilities(actor))
    return list(session.scalars(statement.order_by(Capability.kind, Capability.id).options(defer(Capability.terms))))


def wordings_of(session: Session, owner: Record, *, but: int | None = None) -> dict[int, tuple[str, str]]:
    """Id → title and text of what an owner offers or is about to, without withdrawn ones and the one being written."""
    column = _COLUMN[type(owner)]
    statement = select(Capability.id, Capability.title, Capability.text).where(
        column == owner.id, Capability.status != CapabilityStatus.WITHDRAWN, Capability.id != (but or 0)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(statement.order_by(Capability.id))}


def owner_by_key(session: Session, key: str) -> Record:
    """The owner behind `expert:12`, `group:3` or `organisation:5`; `NotFound` for anything else."""
    found = record_of(session, key)
    if found is None:
        raise NotFound(_("没有找到这位能力提供者，请从专家、团队或院所的页面重新进入"))
    return found


def owners_for(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """(key, name) of those the actor may post for: an expert and their groups, an institute and its people."""
    if actor.role is Role.EXPERT:
        mine = select(GroupMember.group_id).where(GroupMember.expert_id == actor.expert_id)
        people: ColumnElement[bool] = Expert.id == actor.expert_id
        groups: ColumnElement[bool] = Group.id.in_(mine)
    elif actor.role is Role.INSTITUTE:
        people, groups = Expert.institute_id == actor.organisation_id, Group.institute_id == actor.organisation_id
    else:
        return []
    own = session.get(Organisation, actor.organisation_id) if actor.role is Role.INSTITUTE else None
    options = [(OwnerKind.ORGANISATION.key(own.id), own.name)] if own else []
    experts = session.scalars(select(Expert).where(people, scopes.known_experts()))
    options += [(OwnerKind.EXPERT.key(row.id), row.name) for row in experts]
    options += [(OwnerKind.GROUP.key(row.id), row.name) for row in session.scalars(select(Group).where(groups))]
    return options


def owner_keys(session: Session, capability_ids: list[int]) -> set[str]:
    """The owners of these capabilities."""
    statement = select(Capability).where(Capability.id.in_(capability_ids)).options(defer(Capability.terms))
    return {row.owner_key for row in session.scalars(statement)}


def by_id(session: Session, capability_ids: Collection[int]) -> dict[int, Capability]:
    """These capabilities with their terms, by id."""
    found = session.scalars(select(Capability).where(Capability.id.in_(capability_ids)))
    return {row.id: row for row in found.unique()}
