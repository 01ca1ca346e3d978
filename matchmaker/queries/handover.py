"""Which open items an officer looks after, who could take them over, and what was handed over lately."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from matchmaker.clock import shanghai_date
from matchmaker.db.models import Account, Audit, Invitation, Meeting, MeetingFirm, Need, Organisation
from matchmaker.domain.vocabulary import InvitationStatus, MeetingStatus, NeedStatus, Noun, Role, Word

ACTION = "hand_over"
OPEN_NEEDS = (NeedStatus.COUNTY_REVIEW, NeedStatus.CITY_REVIEW, NeedStatus.RETURNED, NeedStatus.PUBLISHED)
MODELS: dict[Noun, type[Need] | type[Meeting] | type[Invitation]] = {
    Noun.NEED: Need,
    Noun.MEETING: Meeting,
    Noun.INVITATION: Invitation,
}
OPEN: dict[Noun, ColumnElement[bool]] = {
    Noun.NEED: Need.status.in_(OPEN_NEEDS),
    Noun.MEETING: Meeting.status == MeetingStatus.PLANNED,
    Noun.INVITATION: Invitation.status == InvitationStatus.OPEN,
}
OFFICERS = frozenset({Role.CITY, Role.COUNTY})
LATELY = 10
MOST_ROWS = 2000


@dataclass(frozen=True)
class Item:
    """One open item: a need in review or published, a meeting planned or unrecorded, an invitation sent and open."""

    noun: Noun
    id: int
    title: str
    status: Word
    day: date

    @property
    def key(self) -> str:
        """As a form names it."""
        return f"{self.noun}:{self.id}"


@dataclass(frozen=True)
class Handed:
    """What one person handed from one officer to another in one go; `still` are those that the receiver still has."""

    at: datetime
    actor: str
    sender: str
    receiver: str
    sender_id: int
    receiver_id: int
    reason: str
    number: int
    still: tuple[str, ...]


def _items(officer_id: int) -> dict[Noun, Any]:
    """Id, title, status and day of what an officer looks after, by its kind."""
    asked = select(Invitation.id, Need.title, Invitation.status, Invitation.answer_by)
    statements: dict[Noun, Any] = {
        Noun.NEED: select(Need.id, Need.title, Need.status, Need.status_since),
        Noun.MEETING: select(Meeting.id, Meeting.title, Meeting.status, Meeting.day),
        Noun.INVITATION: asked.join(Need, Need.id == Invitation.need_id),
    }
    return {noun: statement.where(*_mine(noun, officer_id)) for noun, statement in statements.items()}


def open_items(session: Session, officer_id: int) -> list[Item]:
    """What an officer looks after and is not finished: needs, meetings, invitations, each by its day."""
    found: list[Item] = []
    for noun, statement in _items(officer_id).items():
        rows = [Item(noun, row[0], row[1], row[2], _day(row[3])) for row in session.execute(statement)]
        found += sorted(rows, key=lambda item: (item.day, item.id))
    return found


def _day(value: date | datetime) -> date:
    return shanghai_date(value) if isinstance(value, datetime) else value


def numbers(session: Session) -> dict[int, int]:
    """Account id → how many open items it looks after."""
    found: Counter[int] = Counter()
    for noun, model in MODELS.items():
        mine = select(model.officer_id, func.count()).where(model.officer_id.is_not(None), OPEN[noun])
        rows = session.execute(mine.group_by(model.officer_id))
        found.update({officer_id: number for officer_id, number in rows if officer_id is not None})
    return dict(found)


def looked_after(session: Session, officer_id: int) -> dict[Noun, int]:
    """How many open items of each kind one account looks after; kinds without any are left out."""
    found = {noun: session.scalar(select(func.count()).where(*_mine(noun, officer_id))) or 0 for noun in MODELS}
    return {noun: number for noun, number in found.items() if number}


def _mine(noun: Noun, officer_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return MODELS[noun].officer_id == officer_id, OPEN[noun]


def number_of(session: Session, officer_id: int) -> int:
    """How many open items one account looks after."""
    return sum(looked_after(session, officer_id).values())


def officers(session: Session, *, active: bool = False) -> list[Account]:
    """County and city officers by name; with `active` only those who can sign in."""
    mine = and_(Account.role.in_(OFFICERS), Account.active) if active else Account.role.in_(OFFICERS)
    return list(session.scalars(select(Account).where(mine).order_by(Account.role, Account.name, Account.id)))


def units_of(session: Session, noun: Noun, ids: Iterable[int]) -> dict[int, set[int | None]]:
    """Record id → the units of its firms."""
    if noun is Noun.MEETING:
        rows = (
            select(MeetingFirm.meeting_id, Organisation.unit_id)
            .join(Organisation, Organisation.id == MeetingFirm.firm_id)
            .where(MeetingFirm.meeting_id.in_(list(ids)))
        )
    elif noun is Noun.INVITATION:
        rows = (
            select(Invitation.id, Organisation.unit_id)
            .join(Need, Need.id == Invitation.need_id)
            .join(Organisation, Organisation.id == Need.firm_id)
            .where(Invitation.id.in_(list(ids)))
        )
    else:
        firms = select(Need.id, Organisation.unit_id).join(Organisation, Organisation.id == Need.firm_id)
        rows = firms.where(Need.id.in_(list(ids)))
    found: dict[int, set[int | None]] = {}
    for record_id, unit_id in session.execute(rows):
        found.setdefault(record_id, set()).add(unit_id)
    return found


def lately(session: Session) -> list[Handed]:
    """The last handovers, newest first, with what could still be handed back."""
    newest = select(Audit).where(Audit.action == ACTION).order_by(Audit.id.desc()).limit(MOST_ROWS)
    heaps: dict[tuple[datetime, int | None], list[Audit]] = {}
    for row in session.scalars(newest):
        heaps.setdefault((row.at, row.account_id), []).append(row)
    recent = list(heaps.values())[:LATELY]
    held = {
        officer_id: {item.key for item in open_items(session, officer_id)}
        for officer_id in {rows[0].after["officer_id"] for rows in recent}
    }
    return [_handed(rows, held[rows[0].after["officer_id"]]) for rows in recent]


def _handed(rows: list[Audit], held: set[str]) -> Handed:
    first = rows[0]
    keys = [f"{row.noun}:{row.record_id}" for row in rows]
    return Handed(
        at=first.at,
        actor=first.actor,
        sender=first.before["officer"],
        receiver=first.after["officer"],
        sender_id=first.before["officer_id"],
        receiver_id=first.after["officer_id"],
        reason=first.reason,
        number=len(rows),
        still=tuple(key for key in keys if key in held),
    )
