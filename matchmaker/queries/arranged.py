"""Which accepted invitations have led to a meeting: derived from what is planned, never stored."""

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import GroupMember, Invitation, Meeting, MeetingExpert, MeetingNeed
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import InvitationStatus, MeetingStatus
from matchmaker.queries import scopes


def _arranged() -> Select[int]:
    """The meetings about an invitation's need with somebody of its expert side, planned since, not called off."""
    mine = GroupMember.group_id == Invitation.group_id, GroupMember.expert_id == MeetingExpert.expert_id
    member = select(GroupMember.id).where(*mine).correlate(Invitation, MeetingExpert).exists()
    return (
        select(Meeting.id)
        .join(MeetingNeed, MeetingNeed.meeting_id == Meeting.id)
        .join(MeetingExpert, MeetingExpert.meeting_id == Meeting.id)
        .where(
            MeetingNeed.need_id == Invitation.need_id,
            or_(MeetingExpert.expert_id == Invitation.expert_id, member),
            Meeting.status != MeetingStatus.CANCELLED,
            Meeting.created_at >= Invitation.created_at,
        )
        .correlate(Invitation)
    )


def to_arrange() -> ColumnElement[bool]:
    """Both sides have accepted and no meeting has been planned yet."""
    return and_(Invitation.status == InvitationStatus.ACCEPTED, ~_arranged().exists())


def meeting_id_of(session: Session, actor: Actor, invitation: Invitation) -> int | None:
    """The newest meeting that came of an invitation, if the actor may know of it."""
    if invitation.status is not InvitationStatus.ACCEPTED:
        return None
    joined = select(Meeting.id).join(Invitation, Meeting.id.in_(_arranged()))
    mine = joined.where(Invitation.id == invitation.id, scopes.meetings(actor))
    return session.scalars(mine.order_by(Meeting.id.desc())).first()
