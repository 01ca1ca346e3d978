"""Which accepted invitations have led to a meeting: derived from what is planned, never stored."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import GroupMember, Invitation, Meeting, MeetingExpert, MeetingNeed
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import InvitationStatus, MeetingStatus
from matchmaker.queries import scopes


def _leads_to() -> ColumnElement[bool]:
    """A meeting about the invitation's need with somebody of its expert side, planned since, not called off."""
    members = select(GroupMember.expert_id).where(GroupMember.group_id == Invitation.group_id).correlate(Invitation)
    about = select(MeetingNeed.meeting_id).where(MeetingNeed.need_id == Invitation.need_id).correlate(Invitation)
    invited = or_(MeetingExpert.expert_id == Invitation.expert_id, MeetingExpert.expert_id.in_(members))
    theirs = select(MeetingExpert.meeting_id).where(invited).correlate(Invitation)
    return and_(
        Meeting.status != MeetingStatus.CANCELLED,
        Meeting.created_at >= Invitation.created_at,
        Meeting.id.in_(about),
        Meeting.id.in_(theirs),
    )


def to_arrange() -> ColumnElement[bool]:
    """Both sides have accepted and no meeting has been planned yet."""
    planned = select(Meeting.id).where(_leads_to()).correlate(Invitation).exists()
    return and_(Invitation.status == InvitationStatus.ACCEPTED, ~planned)


def meeting_id_of(session: Session, actor: Actor, invitation: Invitation) -> int | None:
    """The newest meeting that came of an invitation, if the actor may know of it."""
    if invitation.status is not InvitationStatus.ACCEPTED:
        return None
    joined = (
        select(Meeting.id).join(Invitation, _leads_to()).where(Invitation.id == invitation.id, scopes.meetings(actor))
    )
    return session.scalars(joined.order_by(Meeting.id.desc())).first()
