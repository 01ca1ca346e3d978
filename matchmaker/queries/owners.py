"""Who offers: the people, groups and organisations behind the owner keys of the index."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Group, GroupMember, Organisation, Region, Site
from matchmaker.domain.ids import row_id
from matchmaker.domain.vocabulary import MemberRole, OwnerKind
from matchmaker.queries.choices import named

Record = Expert | Group | Organisation
R = TypeVar("R", Expert, Group, Organisation)
KINDS = {kind.value: kind for kind in OwnerKind}


@dataclass(frozen=True)
class Owner:
    """An owner. `person` speaks for it: the expert, or the group's lead; an organisation has none here."""

    key: str
    record: Record
    person: Expert | None

    @property
    def kind(self) -> OwnerKind:
        """What it is."""
        return KINDS[self.key.partition(":")[0]]

    @property
    def organisation(self) -> Organisation:
        """Where it belongs."""
        return self.record if isinstance(self.record, Organisation) else self.record.institute

    @property
    def site(self) -> Site | None:
        """Where the work is done, if it is said."""
        return None if isinstance(self.record, Organisation) else self.record.site

    @property
    def may_be_invited(self) -> bool:
        """Invitations go to people and groups; an organisation is asked by one of its people."""
        return not isinstance(self.record, Organisation)


def owners(session: Session, keys: Collection[str]) -> dict[str, Owner]:
    """Key → owner, for those that exist."""
    experts = {OwnerKind.EXPERT.key(row.id): row for row in _rows(session, Expert, keys, OwnerKind.EXPERT)}
    groups = {OwnerKind.GROUP.key(row.id): row for row in _rows(session, Group, keys, OwnerKind.GROUP)}
    places = _rows(session, Organisation, keys, OwnerKind.ORGANISATION)
    leads = _leads(session, [row.id for row in groups.values()])
    found = {key: Owner(key, row, row) for key, row in experts.items()}
    found |= {key: Owner(key, row, leads.get(row.id)) for key, row in groups.items()}
    return found | {(key := OwnerKind.ORGANISATION.key(row.id)): Owner(key, row, None) for row in places}


def record_of(session: Session, key: str) -> Record | None:
    """The row behind a key that came from outside, or None."""
    owner = owners(session, [key]).get(key)
    return owner.record if owner is not None else None


def ids_of(keys: Iterable[str], kind: OwnerKind) -> list[int]:
    """The ids of the owners of one kind among these keys."""
    split = (key.partition(":") for key in keys)
    numbers = (row_id(number) for word, _separator, number in split if word == kind)
    return [number for number in numbers if number is not None]


def _rows(session: Session, model: type[R], keys: Iterable[str], kind: OwnerKind) -> list[R]:
    ids = ids_of(keys, kind)
    return list(session.scalars(select(model).where(model.id.in_(ids)).order_by(model.id)).unique()) if ids else []


def _leads(session: Session, group_ids: Collection[int]) -> dict[int, Expert]:
    """Group → its lead, else its first member."""
    members = session.scalars(select(GroupMember).where(GroupMember.group_id.in_(group_ids)))
    ordered = sorted(members, key=lambda member: (member.role is not MemberRole.LEAD, member.id), reverse=True)
    return {member.group_id: member.expert for member in ordered}


def places(session: Session) -> Callable[[Site | None], str]:
    """A function from a site to the name of its city as people say it: 北京市, 石家庄市; "" when unknown."""
    regions = {row.code: row for row in session.scalars(select(Region))}

    def name(site: Site | None) -> str:
        code = site.region_code if site is not None else ""
        province, city = regions.get(f"{code[:2]}0000"), regions.get(f"{code[:4]}00")
        shown = province if province is not None and province.name.endswith("市") else city or province
        return named(shown) if shown is not None else ""

    return name
