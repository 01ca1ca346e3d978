"""Invitations as the forecast sees them: how each stands, and what came of it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, true
from sqlalchemy.orm import Session

from matchmaker.clock import shanghai_date
from matchmaker.db.models import (
    GroupMember,
    Invitation,
    Meeting,
    MeetingExpert,
    MeetingNeed,
    Need,
    Organisation,
)
from matchmaker.domain.invited import Invited
from matchmaker.domain.vocabulary import InvitationStatus, MeetingKind, MeetingStatus
from matchmaker.queries.arranged import to_arrange

Clause = ColumnElement[bool]


@dataclass(frozen=True)
class Visit:
    """A meeting about a need: who was invited to it."""

    id: int
    kind: MeetingKind
    status: MeetingStatus
    made_at: datetime
    experts: frozenset[int]


@dataclass(frozen=True)
class Letters:
    """Every invitation, the meetings about each need, and who is in which group."""

    rows: list[Row[Any]]
    visits: Mapping[int, list[Visit]]
    members: Mapping[int, frozenset[int]]

    def came_of(self, row: Row[Any]) -> Iterator[Visit]:
        """The meetings about its need with somebody of its expert side, planned since."""
        side = self.members.get(row.group_id, frozenset()) if row.group_id else frozenset({row.expert_id})
        return (one for one in self.visits.get(row.need_id, ()) if one.made_at >= row.created_at and side & one.experts)


def letters(session: Session) -> Letters:
    """All invitations, in four queries."""
    return Letters(list(session.execute(_invitations(true()))), _visits(session), _members(session))


def all_invited(session: Session, counted: Collection[int]) -> list[Invited]:
    """Every invitation as it stands now; `counted` are the meetings that count."""
    found = letters(session)
    return [invited(found, row, row.status, counted=counted) for row in found.rows]


def invited(
    found: Letters,
    row: Row[Any],
    status: InvitationStatus,
    *,
    counted: Collection[int],
    visits: Mapping[int, MeetingStatus] | None = None,
) -> Invited:
    """One invitation with `status`; `visits` are the meetings known, with their states (left out: as they are now)."""
    states = {one.id: one.status if visits is None else visits.get(one.id) for one in found.came_of(row)}
    same_kind = {one.id for one in found.came_of(row) if one.kind is row.kind}
    return _plain(
        row,
        status,
        arranged=any(state not in {None, MeetingStatus.CANCELLED} for state in states.values()),
        counted=any(number in counted for number in same_kind),
    )


def waited_for(session: Session) -> list[Invited]:
    """Those that may still lead to a visit: open, or agreed and not arranged. No more than a bureau can look after."""
    waiting = or_(Invitation.status == InvitationStatus.OPEN, to_arrange())
    rows = session.execute(_invitations(waiting))
    return [_plain(row, row.status, arranged=False, counted=False) for row in rows]


@dataclass(frozen=True)
class Waiting:
    """Invitations of a kind that may lead to a visit: open, of these past their time to answer, agreed."""

    open: int
    overdue: int
    agreed: int


def letters_by_kind(waiting: Collection[Invited], today: date) -> dict[str, Waiting]:
    """Kind of meeting → what its list of invitations shows as open, overdue, and agreed without a meeting."""
    found = {}
    for kind in MeetingKind:
        mine = [one for one in waiting if one.kind is kind]
        asked = [one for one in mine if one.status is InvitationStatus.OPEN]
        late = sum(one.answer_by < today for one in asked)
        found[kind.value] = Waiting(len(asked), late, len(mine) - len(asked))
    return found


def _plain(row: Row[Any], status: InvitationStatus, *, arranged: bool, counted: bool) -> Invited:
    return Invited(
        kind=row.kind,
        status=status,
        unit_id=row.unit_id,
        sent_on=shanghai_date(row.created_at),
        answer_by=row.answer_by,
        proposed_on=row.proposed_on,
        arranged=arranged,
        counted=counted,
    )


def _invitations(where: Clause) -> Any:
    return (
        select(
            *(Invitation.id, Invitation.kind, Invitation.status, Invitation.need_id, Invitation.expert_id),
            *(Invitation.group_id, Invitation.created_at, Invitation.answer_by, Invitation.proposed_on),
            Organisation.unit_id,
        )
        .join(Need, Need.id == Invitation.need_id)
        .join(Organisation, Organisation.id == Need.firm_id)
        .where(where)
    )


def _visits(session: Session) -> Mapping[int, list[Visit]]:
    people: dict[int, set[int]] = defaultdict(set)
    for meeting_id, expert_id in session.execute(select(MeetingExpert.meeting_id, MeetingExpert.expert_id)):
        people[meeting_id].add(expert_id)
    about = select(MeetingNeed.need_id, Meeting.id, Meeting.kind, Meeting.status, Meeting.created_at)
    found: dict[int, list[Visit]] = defaultdict(list)
    for row in session.execute(about.join(Meeting, Meeting.id == MeetingNeed.meeting_id)):
        found[row.need_id].append(Visit(row.id, row.kind, row.status, row.created_at, frozenset(people[row.id])))
    return found


def _members(session: Session) -> Mapping[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for group_id, expert_id in session.execute(select(GroupMember.group_id, GroupMember.expert_id)):
        found[group_id].add(expert_id)
    return {group_id: frozenset(people) for group_id, people in found.items()}
