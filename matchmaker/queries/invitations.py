"""Reads about invitations: who is asked, whose turn it is, which one already stands between a pair."""

from datetime import date

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from matchmaker.db.models import (
    Answer,
    Capability,
    Expert,
    Group,
    GroupMember,
    Invitation,
    Need,
    Organisation,
    Unit,
)
from matchmaker.domain.pairing import waiting_sides
from matchmaker.domain.permissions import Actor, Facts
from matchmaker.domain.vocabulary import InvitationStatus, MeetingKind, MemberRole, OwnerKind, Role, Side
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import masking, scopes
from matchmaker.queries.arranged import to_arrange
from matchmaker.queries.facts import facts_of, group_expert_ids
from matchmaker.queries.listing import Page, Sorts, Wanted, fetch
from matchmaker.queries.owners import record_of

Counterpart = Expert | Group
FILTERS = ("status", "kind", "unit")
DEFAULT_SORT = "-id"
OVERDUE, TO_ARRANGE = "overdue", "to_arrange"  # derived, beside the stored states in the filter
SORTS: Sorts = {
    "id": Invitation.id,
    "need": Need.title,
    "party": func.coalesce(Expert.name, Group.name),
    "status": Invitation.status,
    "answer_by": Invitation.answer_by,
    "sent": Invitation.created_at,
}


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
    found = record_of(session, owner_key)
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


def followed(session: Session, invitation: Invitation) -> bool:
    """Whether the same two were invited again since, or the invitation was passed on to a colleague."""
    passed = select(Invitation.id).where(Invitation.passed_from_id == invitation.id)
    newest = between(session, invitation.need, counterpart_of(invitation))[0]
    return newest.id != invitation.id or session.scalar(passed) is not None


def answer_of(invitation: Invitation, side: Side) -> Answer | None:
    """What the side has said, or None."""
    return next((each for each in invitation.answers if each.side is side), None)


def waiting(invitation: Invitation) -> frozenset[Side]:
    """The sides whose answer an open invitation waits for; nobody's once it is closed."""
    if invitation.status is not InvitationStatus.OPEN:
        return frozenset()
    return waiting_sides(invitation.answers, invitation.proposed_since)


def side_of(actor: Actor, facts: Facts) -> Side | None:
    """The side the actor stands on; None for officers and onlookers."""
    if actor.organisation_id in facts.firm_ids:
        return Side.FIRM
    return Side.EXPERT if actor.expert_id in facts.expert_ids else None


def owner_key(party: Counterpart) -> str:
    """The counterpart's key in the index."""
    kind = OwnerKind.EXPERT if isinstance(party, Expert) else OwnerKind.GROUP
    return kind.key(party.id)


def offered_by(session: Session, party: Counterpart, capability_id: int | None) -> int | None:
    """`capability_id`, if it is the counterpart's own, else None."""
    capability = session.get(Capability, capability_id) if capability_id is not None else None
    return capability.id if capability is not None and capability.owner_key == owner_key(party) else None


def speaker(session: Session, invitation: Invitation, side: Side) -> Actor:
    """Who a signed link speaks for: the side's own person, with exactly that person's rights."""
    if side is Side.FIRM:
        firm = invitation.need.firm
        return Actor(Role.FIRM, through_link(firm.contact_name or firm.name), organisation_id=firm.id)
    person = lead_of(session, counterpart_of(invitation))
    name = person.name if person is not None else counterpart_of(invitation).name
    return Actor(Role.EXPERT, through_link(name), expert_id=person.id if person is not None else None)


def through_link(name: str) -> str:
    """What the trail calls somebody who acted behind a signed link."""
    return _("%(name)s（通过链接）", name=name[:40])


def is_overdue(invitation: Invitation, today: date) -> bool:
    """Whether the time to answer has passed without an agreement."""
    return invitation.status is InvitationStatus.OPEN and invitation.answer_by < today


def search(session: Session, actor: Actor, wanted: Wanted, today: date) -> Page[Invitation]:
    """The invitations the actor may know of: filtered, sorted, cut."""
    statement = (
        select(Invitation)
        .join(Need, Need.id == Invitation.need_id)
        .join(Organisation, Organisation.id == Need.firm_id)
        .outerjoin(Expert, Expert.id == Invitation.expert_id)
        .outerjoin(Group, Group.id == Invitation.group_id)
        .where(scopes.invitations(actor), *_narrowed(wanted, today))
    )
    if wanted.text:
        statement = statement.where(masking.mentions(actor, wanted.text, Need.title, Expert.name, Group.name))
    return fetch(session, statement, wanted, {**SORTS, "firm": masking.by_firm(actor)}, default=DEFAULT_SORT)


def _narrowed(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [true()]
    status, kind, unit = (wanted.filters.get(name, "") for name in FILTERS)
    if status == OVERDUE:
        found.append(and_(Invitation.status == InvitationStatus.OPEN, Invitation.answer_by < today))
    elif status == TO_ARRANGE:
        found.append(to_arrange())
    elif status in {each.value for each in InvitationStatus}:
        found.append(Invitation.status == status)
    if kind in {each.value for each in MeetingKind}:
        found.append(Invitation.kind == kind)
    if unit:
        found.append(Organisation.unit_id.in_(select(Unit.id).where(Unit.code == unit)))
    return found


def tally(session: Session, actor: Actor, today: date) -> dict[str, int]:
    """Status → how many the actor may know of, and how many are overdue."""
    mine = scopes.invitations(actor)
    rows = session.execute(select(Invitation.status, func.count()).where(mine).group_by(Invitation.status))
    found = {status.value: number for status, number in rows}
    late = and_(Invitation.status == InvitationStatus.OPEN, Invitation.answer_by < today)
    found[OVERDUE] = session.scalar(select(func.count(Invitation.id)).where(mine, late)) or 0
    return found
