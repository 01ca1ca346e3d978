"""What is to be confirmed again: profiles of experts and listed capabilities, by the day they were last confirmed."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, defer

from matchmaker.clock import SHANGHAI, shanghai_date
from matchmaker.db.models import Capability, Expert, GroupMember
from matchmaker.domain.freshness import Freshness
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import CapabilityStatus, MemberRole, Noun, OwnerKind, Role
from matchmaker.queries.scopes import known_experts

Clause = ColumnElement[bool]
LISTED = Capability.status == CapabilityStatus.LISTED


@dataclass(frozen=True)
class Item:
    """A profile or a capability with the day from which its time runs."""

    record: Expert | Capability
    confirmed: date

    @property
    def noun(self) -> Noun:
        """Which of the two it is."""
        return Noun.EXPERT if isinstance(self.record, Expert) else Noun.CAPABILITY

    @property
    def key(self) -> str:
        """How a form names it, as `capability:5`."""
        return f"{self.noun.value}:{self.record.id}"

    @property
    def frozen(self) -> bool:
        """Whether it is out of matching already."""
        return isinstance(self.record, Capability) and self.record.frozen_on is not None


def confirmed_on(record: Expert | Capability) -> date:
    """The day of the last confirmation; one never confirmed counts from the day it was taken in."""
    return record.confirmed_on or shanghai_date(record.created_at)


def due(session: Session, actor: Actor, fresh: Freshness, today: date) -> list[Item]:
    """What the actor is asked to confirm now, the oldest first."""
    cut = fresh.asked_up_to(today)
    return _items(session, actor, not_since(Expert, cut), not_since(Capability, cut))


def everything(session: Session, actor: Actor) -> list[Item]:
    """All that the actor can confirm: profiles, then capabilities."""
    return sorted(_items(session, actor, true(), true()), key=lambda item: item.noun is Noun.CAPABILITY)


def is_due(record: Expert | Capability, fresh: Freshness, today: date) -> bool:
    """Whether a record's confirmation has run out or soon will."""
    return confirmed_on(record) <= fresh.asked_up_to(today)


def not_since(model: type[Expert] | type[Capability], cut: date) -> Clause:
    """Not confirmed after the day `cut`."""
    end = datetime.combine(cut + timedelta(days=1), time(), SHANGHAI)
    return or_(model.confirmed_on <= cut, and_(model.confirmed_on.is_(None), model.created_at < end))


def _items(session: Session, actor: Actor, people: Clause, offers: Clause) -> list[Item]:
    whose_people, whose_offers = _mine(actor)
    experts = select(Expert).where(whose_people, people, Expert.merged_into_id.is_(None)).order_by(Expert.id)
    listed = select(Capability).where(whose_offers, offers, LISTED).options(defer(Capability.terms))
    found: list[Expert | Capability] = [*session.scalars(experts).unique()]
    found += session.scalars(listed.order_by(Capability.id)).unique()
    return sorted((Item(record, confirmed_on(record)) for record in found), key=lambda item: item.confirmed)


def _mine(actor: Actor) -> tuple[Clause, Clause]:
    """The profiles and the capabilities that the actor answers for; a group's are its lead's."""
    if actor.role is Role.EXPERT:
        led = select(GroupMember.group_id).where(
            GroupMember.expert_id == actor.expert_id, GroupMember.role == MemberRole.LEAD
        )
        own = or_(Capability.expert_id == actor.expert_id, Capability.group_id.in_(led))
        return Expert.id == actor.expert_id, own
    if actor.role is Role.INSTITUTE:
        return Expert.institute_id == actor.organisation_id, Capability.source_id == actor.organisation_id
    return false(), false()


def oldest(session: Session, cut: date) -> dict[str, date]:
    """Owner key of an expert or organisation → the oldest confirmation of theirs that is not later than `cut`."""
    lead = (GroupMember.group_id == Capability.group_id, GroupMember.role == MemberRole.LEAD)
    dates = (Capability.confirmed_on, Capability.created_at)
    late = (LISTED, not_since(Capability, cut))
    profiles = select(Expert.id, Expert.confirmed_on, Expert.created_at).where(not_since(Expert, cut), known_experts())
    sources: list[tuple[OwnerKind, Select[Any, Any, Any]]] = [
        (OwnerKind.EXPERT, profiles),
        (OwnerKind.EXPERT, select(Capability.expert_id, *dates).where(Capability.expert_id.is_not(None), *late)),
        (OwnerKind.EXPERT, select(GroupMember.expert_id, *dates).join(Capability, and_(*lead)).where(*late)),
        (
            OwnerKind.ORGANISATION,
            select(Capability.organisation_id, *dates).where(Capability.organisation_id.is_not(None), *late),
        ),
    ]
    found: dict[str, date] = {}
    for kind, statement in sources:
        for owner, confirmed, made in session.execute(statement):
            key, day = kind.key(owner), confirmed or shanghai_date(made)
            found[key] = min(day, found.get(key, day))
    return found


def last_offered(session: Session) -> dict[int, date]:
    """Organisation → the last day on which one of its own listed capabilities was confirmed or taken in."""
    newest = (func.max(Capability.confirmed_on), func.max(Capability.created_at))
    own = (LISTED, Capability.organisation_id.is_not(None))
    statement = select(Capability.organisation_id, *newest).where(*own).group_by(Capability.organisation_id)
    return {
        owner: max(shanghai_date(made), confirmed or date.min)
        for owner, confirmed, made in session.execute(statement)
        if owner is not None
    }


def to_freeze(session: Session, cut: date, *, warned: date) -> list[Capability]:
    """Listed capabilities that take part in matching though nobody confirmed them after the day `cut`.

    Only those whose owner was told so on the day `warned` or before.
    """
    return _unfrozen(session, cut, Capability.warned_on <= warned)


def to_warn_of(session: Session, cut: date) -> list[Capability]:
    """Those that nobody confirmed after the day `cut`, and whose owner has not been told yet."""
    return _unfrozen(session, cut, Capability.warned_on.is_(None))


def _unfrozen(session: Session, cut: date, told: Clause) -> list[Capability]:
    late = (LISTED, Capability.frozen_on.is_(None), not_since(Capability, cut), told)
    found = select(Capability).where(*late).options(defer(Capability.terms)).order_by(Capability.id)
    return list(session.scalars(found).unique())
