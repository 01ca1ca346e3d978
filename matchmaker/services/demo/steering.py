"""What the officer does with the matcher's suggestions: pins one, sets one aside."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Expert, Group, Need, Suggestion
from matchmaker.domain.permissions import Actor
from matchmaker.queries.invitations import Counterpart, owner_key
from matchmaker.services import suggestions
from matchmaker.services.demo.script import Row, Script


def steer(session: Session, actor: Actor, script: Script, *, clock: Clock) -> None:
    """Pin or exclude as the script says; what the matcher has not suggested is left alone."""
    for row in script.steers.values():
        suggestion = _suggestion(session, script, row)
        if suggestion is None:
            continue
        if row["action"] == "pin":
            suggestions.pin(session, actor, suggestion, clock=clock)
        else:
            suggestions.exclude(session, actor, suggestion, row["reason"], clock=clock)


def need_of(session: Session, script: Script, key: str) -> Need:
    """The need that the script calls `key`."""
    return session.scalars(select(Need).where(Need.external_id == script.numbers[key])).one()


def _suggestion(session: Session, script: Script, row: Row) -> Suggestion | None:
    owner = _owner(session, script, row["owner"])
    need = need_of(session, script, row["need"])
    wanted = select(Suggestion).where(Suggestion.need_id == need.id, Suggestion.owner_key == owner_key(owner))
    return session.scalars(wanted).one_or_none()


def _owner(session: Session, script: Script, key: str) -> Counterpart:
    if key in script.groups:
        return session.scalars(select(Group).where(Group.external_id == script.numbers[key])).one()
    return session.scalars(select(Expert).where(Expert.external_id == script.numbers[key])).one()
