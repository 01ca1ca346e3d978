"""Files of a need, and who may read them: its firm, the officers, the people it has agreed to meet, nobody else."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Attachment, GroupMember, Invitation, Need
from matchmaker.db.nouns import Record, noun_of
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import InvitationStatus, Noun, Role
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries.facts import facts_of


def may_read(session: Session, actor: Actor, need: Need) -> bool:
    """Whether the actor may read the need's files: its own firm, its officers and leaders, the accepted expert side."""
    mine = (Permission.NEED_EDIT, Permission.NEED_COUNTY_REVIEW, Permission.AUDIT_VIEW)
    if any(can(actor, permission, facts_of(need)) for permission in mine):
        return True
    return actor.role is Role.EXPERT and _accepted(session, need, actor.expert_id)


def _accepted(session: Session, need: Need, expert_id: int | None) -> bool:
    groups = select(GroupMember.group_id).where(GroupMember.expert_id == expert_id)
    theirs = or_(Invitation.expert_id == expert_id, Invitation.group_id.in_(groups))
    agreed = (Invitation.need_id == need.id, Invitation.status == InvitationStatus.ACCEPTED)
    return session.scalar(select(Invitation.id).where(*agreed, theirs).limit(1)) is not None


def of_record(session: Session, noun: Noun, record_id: int) -> list[Attachment]:
    """A record's files in order, void ones too, for readers of the record."""
    rows = select(Attachment).where(Attachment.noun == noun, Attachment.record_id == record_id)
    return list(session.scalars(rows.order_by(Attachment.id)))


def standing(session: Session, record: Record) -> list[Attachment]:
    """The files of a record that are not void."""
    return [row for row in of_record(session, noun_of(record), record.id) if row.voided_at is None]


def of_need(session: Session, actor: Actor, need: Need) -> list[Attachment]:
    """The need's files in order, void ones too; none for who may not read them."""
    if not may_read(session, actor, need):
        return []
    return of_record(session, Noun.NEED, need.id)


def get(session: Session, actor: Actor, need: Need, attachment_id: int) -> Attachment:
    """One file of the need, if the actor may read it; `NotFound` otherwise."""
    found = next((row for row in of_need(session, actor, need) if row.id == attachment_id), None)
    if found is None:
        raise NotFound(_("没有找到这个附件"))
    return found
