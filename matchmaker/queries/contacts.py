"""Telephone numbers and addresses: shown only once both sides have accepted, and to the bureau. The only place."""

import re
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, GroupMember, Invitation, Need, Organisation
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import InvitationStatus, Role


@dataclass(frozen=True)
class Contact:
    """How to reach somebody."""

    name: str
    phone: str
    email: str


def of_firm(session: Session, actor: Actor, firm: Organisation) -> Contact | None:
    """How to reach a firm, or None while the actor may not know."""
    if not _may_reach_firm(session, actor, firm):
        return None
    return Contact(firm.contact_name, firm.contact_phone, firm.contact_email)


def of_expert(session: Session, actor: Actor, expert: Expert) -> Contact | None:
    """How to reach an expert, or None while the actor may not know."""
    if not _may_reach_expert(session, actor, expert):
        return None
    return Contact(expert.name, expert.phone, expert.email)


def of_organisation(actor: Actor, organisation: Organisation) -> Contact | None:
    """How to reach an institute or agency: itself and the bureau only. A firm's: see `of_firm`."""
    own = actor.role is Role.INSTITUTE and actor.organisation_id == organisation.id
    if own or actor.is_bureau:
        return Contact(organisation.contact_name, organisation.contact_phone, organisation.contact_email)
    return None


def of_letter(actor: Actor, recipient: str) -> str:
    """The address a letter went to; without its name for who may not read letters: `z***@example.org`."""
    if can(actor, Permission.LETTER_READ):
        return recipient
    name, _at, house = recipient.rpartition("@")
    return f"{name[:1]}***@{house}" if name else "***"


def in_answer(actor: Actor, recipient: str, answer: str) -> str:
    """What a mail server said about a letter, which likes to name the address, as the actor may read it."""
    shown = of_letter(actor, recipient)
    if shown == recipient:
        return answer
    return re.sub(re.escape(recipient), lambda _found: shown, answer, flags=re.IGNORECASE)


def _may_reach_firm(session: Session, actor: Actor, firm: Organisation) -> bool:
    if actor.role is Role.COUNTY:
        return actor.unit_id == firm.unit_id
    if actor.role is Role.FIRM:
        return actor.organisation_id == firm.id
    if actor.role is Role.EXPERT:
        return _agreed(session, firm_id=firm.id, expert_id=actor.expert_id)
    return actor.role is Role.CITY


def _may_reach_expert(session: Session, actor: Actor, expert: Expert) -> bool:
    if actor.role is Role.EXPERT:
        return actor.expert_id == expert.id
    if actor.role is Role.INSTITUTE:
        return actor.organisation_id == expert.institute_id
    if actor.role is Role.FIRM:
        return _agreed(session, firm_id=actor.organisation_id, expert_id=expert.id)
    return actor.is_bureau


def _agreed(session: Session, *, firm_id: int | None, expert_id: int | None) -> bool:
    """Whether both sides have accepted an invitation between a firm and an expert or a group of theirs."""
    groups = select(GroupMember.group_id).where(GroupMember.expert_id == expert_id)
    statement = (
        select(Invitation.id)
        .join(Need, Need.id == Invitation.need_id)
        .where(Need.firm_id == firm_id, Invitation.status == InvitationStatus.ACCEPTED)
        .where(or_(Invitation.expert_id == expert_id, Invitation.group_id.in_(groups)))
        .limit(1)
    )
    return session.scalar(statement) is not None
