"""Who acts behind a signed link: with exactly the rights of the party it was sent to, and no account."""

from typing import TypeVar

from sqlalchemy.orm import Session

from matchmaker.db.models import Expert, Organisation
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Noun, Role
from matchmaker.errors import NotFound
from matchmaker.queries.merged import stands_for

LONGEST_NAME = 64  # of whoever acts, as it is kept; names on file may be longer
P = TypeVar("P", Organisation, Expert)


def speaks_for(organisation: Organisation | None, expert: Expert | None) -> Actor:
    """An organisation's contact person, or an expert. Raises `ValueError` for neither."""
    if expert is not None:
        return Actor(Role.EXPERT, expert.name[:LONGEST_NAME], expert_id=expert.id)
    if organisation is None:
        raise ValueError("a link is sent to somebody")
    role = Role.FIRM if organisation.kind.value == Role.FIRM.value else Role.INSTITUTE
    name = organisation.contact_name or organisation.name
    return Actor(role, name[:LONGEST_NAME], organisation_id=organisation.id)


def speaker(session: Session, organisation_id: int | None, expert_id: int | None, *, gone: str) -> Actor:
    """The party that a link names, or the record that stands for it since they were merged.

    Raises `NotFound` saying `gone` where there is none.
    """
    organisation = _now(session, Organisation, Noun.ORGANISATION, organisation_id)
    expert = _now(session, Expert, Noun.EXPERT, expert_id)
    if (expert_id and expert is None) or (organisation_id and organisation is None) or not (expert or organisation):
        raise NotFound(gone)
    return speaks_for(organisation, expert)


def _now(session: Session, model: type[P], noun: Noun, number: int | None) -> P | None:
    return session.get(model, stands_for(session, noun, number)) if number else None
