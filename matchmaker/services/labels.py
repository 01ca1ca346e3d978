"""What became of a pair, kept for learning; and what an expert has said is not their field, until they take it back."""

from typing import cast

from sqlalchemy import ColumnElement, and_, delete, func, not_, select, true
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.insert import insert_into
from matchmaker.db.models import (
    Corpus,
    Invitation,
    Label,
    Meeting,
    MeetingExpert,
    MeetingNeed,
    RefreshRequest,
    Suggestion,
)
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Attendance, DeclineReason, LabelKind, MeetingStatus, OwnerKind, Side


def note(
    session: Session,
    actor: Actor,
    need_id: int,
    owner_key: str,
    kind: LabelKind,
    *,
    clock: Clock,
    side: Side | None = None,
    reason: DeclineReason | None = None,
) -> None:
    """Keep what became of a pair, in place of an older label of the same kind; agreeing undoes a decline."""
    values = {"kind": kind, "reason": reason, "side": side, "made_at": clock.now(), "made_by": actor.name}
    insert = insert_into(session, Label, need_id=need_id, owner_key=owner_key, **values)
    keys = ["need_id", "owner_key", "kind"]
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_=values, where=_may_be_replaced(side)))
    if kind is LabelKind.ACCEPTED:
        drop(session, need_id, owner_key, LabelKind.DECLINED)
    if kind is LabelKind.DECLINED:
        _rank_again(session, Suggestion.need_id == need_id)
    if reason is DeclineReason.NOT_MY_FIELD and side is Side.EXPERT:
        _rank_again(session, Suggestion.owner_key == owner_key)


def _may_be_replaced(side: Side | None) -> ColumnElement[bool]:
    """The expert's "not my field" says more of the pair than any later refusal of the firm."""
    if side is Side.EXPERT:
        return true()
    weighty = and_(Label.reason == DeclineReason.NOT_MY_FIELD, Label.side == Side.EXPERT)
    return cast("ColumnElement[bool]", func.coalesce(not_(weighty), true()))


def drop(session: Session, need_id: int, owner_key: str, *kinds: LabelKind) -> None:
    """What was said was taken back."""
    pair = (Label.need_id == need_id, Label.owner_key == owner_key, Label.kind.in_(kinds))
    gone = session.execute(delete(Label).where(*pair).returning(Label.reason)).scalars().all()
    if any(gone):
        _rank_again(session, Suggestion.need_id == need_id)
    if DeclineReason.NOT_MY_FIELD in gone:
        _rank_again(session, Suggestion.owner_key == owner_key)


def agreed(session: Session, actor: Actor, invitation: Invitation, *, clock: Clock) -> None:
    """Both sides of an invitation have said yes."""
    note(session, actor, invitation.need_id, invitation.owner_key, LabelKind.ACCEPTED, clock=clock)


def declined(
    session: Session, actor: Actor, invitation: Invitation, side: Side, reason: DeclineReason | None, *, clock: Clock
) -> None:
    """One side of an invitation has said no, and why."""
    pair = (invitation.need_id, invitation.owner_key)
    note(session, actor, *pair, LabelKind.DECLINED, clock=clock, side=side, reason=reason)


def forget(session: Session, invitation: Invitation) -> None:
    """An answer was taken back, or the invitation opened again: neither yes nor no."""
    drop(session, invitation.need_id, invitation.owner_key, LabelKind.ACCEPTED, LabelKind.DECLINED)


def held(session: Session, actor: Actor, meeting: Meeting, *, clock: Clock) -> None:
    """The needs of a recorded meeting were talked about with the experts who came; who did not come loses the label."""
    for each in meeting.needs:
        for person in meeting.experts:
            key = OwnerKind.EXPERT.key(person.expert_id)
            if person.attendance is Attendance.ATTENDED:
                note(session, actor, each.need_id, key, LabelKind.HELD, clock=clock)
            else:
                _drop_held(session, meeting, each.need_id, person.expert_id)


def not_held(session: Session, meeting: Meeting) -> None:
    """The record of a meeting was sent back."""
    for each in meeting.needs:
        for person in meeting.experts:
            _drop_held(session, meeting, each.need_id, person.expert_id)


def _drop_held(session: Session, meeting: Meeting, need_id: int, expert_id: int) -> None:
    """Unless the two have talked at another meeting."""
    about = select(MeetingNeed.meeting_id).where(MeetingNeed.need_id == need_id)
    came = (MeetingExpert.expert_id == expert_id, MeetingExpert.attendance == Attendance.ATTENDED)
    there = select(MeetingExpert.meeting_id).where(*came)
    recorded = Meeting.status.in_((MeetingStatus.HELD, MeetingStatus.VERIFIED))
    other = select(Meeting.id).where(recorded, Meeting.id != meeting.id, Meeting.id.in_(about), Meeting.id.in_(there))
    if session.scalar(other.limit(1)) is None:
        drop(session, need_id, OwnerKind.EXPERT.key(expert_id), LabelKind.HELD)


def _rank_again(session: Session, which: ColumnElement[bool]) -> None:
    """Have the needs of these suggestions ranked anew; the scheduler does it within seconds."""
    known = session.scalar(select(Corpus.version)) or 0
    needs = session.scalars(select(Suggestion.need_id).where(which).distinct())
    session.add_all(RefreshRequest(need_id=need_id, corpus_version=known) for need_id in needs)
