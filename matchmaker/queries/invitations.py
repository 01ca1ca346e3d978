"""Reads about invitations: who is asked, whose turn it is, which one already stands between a pair."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Expert, Group, GroupMember, Invitation, Need
from matchmaker.domain.pairing import waiting_sides
from matchmaker.domain.permissions import Actor, Facts
from matchmaker.domain.vocabulary import InvitationStatus, MemberRole, OwnerKind, Side
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import scopes
from matchmaker.queries.facts import facts_of, group_expert_ids

Counterpart = Expert | Group


def get_visible(session: Session, actor: Actor, invitation_id: int) -> Invitation:
    """The invitation, if the actor is one of those who may know of it; `NotFound` otherwise."""
    statement = select(Invitation).where(Invitation.id == invitation_id, scopes.invitations(actor))
    found = session.scalar(statement)
    if found is None:
        raise NotFound(_("没有找到这份邀请"))
    return found


def counterpart_of(invitation: Invitation) -> Counterpart:
    """The person or group on the expert side."""
    party = invitation.expert or invitation.group
    if party is None:
        raise ValueError(f"invitation {invitation.id} has no counterpart")
    return party


def counterpart(session: Session, owner_key: str) -> Counterpart:
    """The person or group behind `expert:12` or `group:3`. Raises `NotFound` for anything else."""
    kind, _separator, number = owner_key.partition(":")
    model = {OwnerKind.EXPERT.value: Expert, OwnerKind.GROUP.value: Group}.get(kind)
    found = session.get(model, int(number)) if model is not None and number.isdecimal() else None
    if not isinstance(found, Expert | Group):
        raise NotFound(_("没有找到这位专家或团队"))
    return found


def lead_of(session: Session, party: Counterpart) -> Expert | None:
    """The person who answers for the expert side: the expert, or the group's lead (else its first member)."""
    if isinstance(party, Expert):
        return party
    members = session.scalars(select(GroupMember).where(GroupMember.group_id == party.id).order_by(GroupMember.id))
    ranked = sorted(members, key=lambda member: member.role is not MemberRole.LEAD)
    return ranked[0].expert if ranked else None


def pair_facts(session: Session, need: Need, party: Counterpart) -> Facts:
    """What permissions may look at in a pair that has no invitation yet."""
    people = frozenset({party.id}) if isinstance(party, Expert) else group_expert_ids(session, party.id)
    own = facts_of(need)
    return Facts(
        firm_ids=own.firm_ids,
        unit_ids=own.unit_ids,
        expert_ids=people,
        institute_ids=frozenset({party.institute_id}),
    )


def between(session: Session, need: Need, party: Counterpart) -> list[Invitation]:
    """All invitations between a need and a counterpart, the newest first."""
    column = Invitation.expert_id if isinstance(party, Expert) else Invitation.group_id
    statement = select(Invitation).where(Invitation.need_id == need.id, column == party.id)
    return list(session.scalars(statement.order_by(Invitation.id.desc())))


def open_between(session: Session, need: Need, party: Counterpart) -> Invitation | None:
    """The invitation that still waits for an answer between the two, or None."""
    found = between(session, need, party)
    return next((each for each in found if each.status is InvitationStatus.OPEN), None)


def waiting(invitation: Invitation) -> frozenset[Side]:
    """The sides whose answer an open invitation waits for; nobody's once it is closed."""
    if invitation.status is not InvitationStatus.OPEN:
        return frozenset()
    return waiting_sides(invitation.answers)


def side_of(actor: Actor, facts: Facts) -> Side | None:
    """The side the actor stands on; None for officers and onlookers."""
    if actor.organisation_id in facts.firm_ids:
        return Side.FIRM
    return Side.EXPERT if actor.expert_id in facts.expert_ids else None


def owner_key(party: Counterpart) -> str:
    """The counterpart's key in the index."""
    kind = OwnerKind.EXPERT if isinstance(party, Expert) else OwnerKind.GROUP
    return f"{kind}:{party.id}"


def offered_by(session: Session, party: Counterpart, capability_id: int | None) -> int | None:
    """`capability_id`, if it is the counterpart's own, else None."""
    capability = session.get(Capability, capability_id) if capability_id is not None else None
    return capability.id if capability is not None and capability.owner_key == owner_key(party) else None
