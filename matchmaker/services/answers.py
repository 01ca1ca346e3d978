"""A side thinks better of what it said: its answer is taken back as long as nothing followed from it."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Answer, Invitation
from matchmaker.domain.pairing import UNDO_WITHIN
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import Decision, InvitationStatus, NeedStatus, Side
from matchmaker.errors import Conflict
from matchmaker.i18n import gettext as _
from matchmaker.queries import invitations as found
from matchmaker.queries.arranged import meeting_id_of
from matchmaker.queries.invitations import answer_of
from matchmaker.services import audit, invitation_notices, labels, transitions
from matchmaker.services.invitations import check_answer, lock, put_ahead


def take_back(
    session: Session, actor: Actor, invitation: Invitation, side: Side, *, settings: Settings, clock: Clock
) -> None:
    """Undo a side's consent or decline, as if it had not answered yet; the other side is told.

    The other side's consent stands if it was to the proposal that stands. Raises `Forbidden` for anybody but the
    side itself, `Conflict` saying why it is too late.
    """
    lock(session, invitation)
    check_answer(actor, invitation, side, on_behalf=False)
    if reason := too_late(session, invitation, side, now=clock.now()):
        raise Conflict(reason)
    if invitation.status is not InvitationStatus.OPEN:
        transitions.apply(session, SYSTEM, invitation, "take_back", clock=clock)
    _forget(session, actor, invitation, side, clock=clock)
    labels.forget(session, invitation)
    put_ahead(invitation, settings=settings, clock=clock)
    invitation.updated_at = clock.now()
    session.flush()
    invitation_notices.tell_other(session, actor, invitation, side, "answer_taken_back", settings=settings, clock=clock)


def may_take_back(session: Session, invitation: Invitation, side: Side, *, now: datetime) -> bool:
    """Whether the side could take its answer back now."""
    return too_late(session, invitation, side, now=now) == ""


def too_late(session: Session, invitation: Invitation, side: Side, *, now: datetime) -> str:
    """Why the side cannot take its answer back, or ""."""
    mine, other = answer_of(invitation, side), answer_of(invitation, side.other)
    if mine is None or mine.decision is Decision.ANOTHER_TIME:
        return _("没有可以收回的答复；要改时间，请直接提出新的时间")
    if other is not None and other.given_at > mine.given_at:
        return _("对方已经在您之后答复，请联系工作人员")
    return next(_what_followed(session, invitation, mine, now), "")


def _what_followed(session: Session, invitation: Invitation, mine: Answer, now: datetime) -> Iterator[str]:
    agreed, need = mine.decision is Decision.ACCEPT, invitation.need
    if invitation.status is InvitationStatus.WITHDRAWN:
        yield _("这份邀请已撤回，不需要再改")
    if invitation.status is InvitationStatus.DECLINED and agreed:
        yield _("对方已经婉拒，不需要再改")
    if invitation.status is InvitationStatus.OPEN and invitation.sent_side is mine.side:
        yield _("这是您发出的邀请，请用“撤回邀请”")
    if invitation.status is InvitationStatus.ACCEPTED and now - mine.given_at > UNDO_WITHIN:
        yield _("双方同意已超过一小时，请联系工作人员撤回")
    if meeting_id_of(session, SYSTEM, invitation) is not None:
        yield _("工作人员已据此安排活动，请联系工作人员")
    if need.status is not NeedStatus.PUBLISHED:
        yield _("这条需求已不再征集，不能再改")
    if found.followed(session, invitation):
        yield _("之后已另发邀请，请答复新的那一份")


def _forget(session: Session, actor: Actor, invitation: Invitation, side: Side, *, clock: Clock) -> None:
    mine = answer_of(invitation, side)
    if mine is None:
        return
    before = audit.state_of(mine)
    invitation.answers.remove(mine)
    session.delete(mine)
    session.flush()
    audit.log(session, actor, f"take_back_{side}", invitation, clock=clock, before=before, after={})
