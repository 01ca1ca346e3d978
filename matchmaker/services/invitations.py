"""Invitations: one side or an officer asks, both sides answer, and what follows from their answers."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Answer, Expert, Group, Invitation, Need
from matchmaker.domain.lifecycle import find_step
from matchmaker.domain.pairing import Proposal, Reply
from matchmaker.domain.permissions import SYSTEM, Actor, Permission, can
from matchmaker.domain.vocabulary import Decision, InvitationStatus, NeedStatus, Noun, Side
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import absences
from matchmaker.queries import invitations as found
from matchmaker.queries.candidates import released_to
from matchmaker.queries.facts import facts_of
from matchmaker.queries.invitations import Counterpart, answer_of
from matchmaker.services import audit, invitation_notices, labels, transitions

ANSWERS: dict[Side, Permission] = {
    Side.FIRM: Permission.INVITATION_ANSWER_FIRM,
    Side.EXPERT: Permission.INVITATION_ANSWER_EXPERT,
}


def invite(
    session: Session,
    actor: Actor,
    need: Need,
    party: Counterpart,
    proposal: Proposal,
    *,
    settings: Settings,
    clock: Clock,
    capability_id: int | None = None,
) -> Invitation:
    """Ask both sides of a pair to meet; a firm's or an expert's own side counts as agreed.

    Raises `Forbidden` without the right or between a firm and its own people, `Conflict` when the need is not
    published or an invitation of this pair still waits, `Invalid` for what is wrong in the proposal.
    """
    facts = found.pair_facts(session, need, party)
    if not can(actor, Permission.INVITATION_CREATE, facts):
        raise Forbidden(_("您没有权限就这条需求发出邀请"))
    _check(session, need, party, proposal, clock.today())
    absences.check_day(session, party, proposal.day)
    side = found.side_of(actor, facts)
    invitation = _written(need, party, proposal, settings, clock)
    invitation.capability_id = found.offered_by(session, party, capability_id)
    invitation.sent_by, invitation.sent_side = actor.name, side
    invitation.officer_id = actor.account_id if actor.is_bureau else None
    session.add(invitation)
    session.flush()
    session.refresh(invitation)
    audit.log(session, actor, "invite", invitation, clock=clock)
    if side is not None:
        keep(session, actor, invitation, side, Reply(Decision.ACCEPT), clock=clock)
    invitation_notices.ask(session, actor, invitation, settings=settings, clock=clock)
    return invitation


def answer(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    side: Side,
    reply: Reply,
    *,
    settings: Settings,
    clock: Clock,
    on_behalf: bool = False,
) -> Answer:
    """Keep what a side says, in place of what it said before, and draw the consequence.

    Both agreed: accepted. One declines: declined. Another time: it becomes the proposal and the other side is asked
    again. The same answer said twice changes nothing, nor does agreeing to what the side itself proposed.
    `on_behalf` (代录): an officer types in what was said; the note must say how. Raises `Conflict` when the invitation
    is closed, `Forbidden`, `Invalid`.
    """
    lock(session, invitation)
    check_answer(actor, invitation, side, on_behalf=on_behalf)
    if problems := reply.problems(clock.today(), on_behalf=on_behalf):
        raise Invalid(problems)
    known = answer_of(invitation, side)
    if known is not None and side not in found.waiting(invitation) and _adds_nothing(invitation, known, reply):
        return known
    if invitation.status is not InvitationStatus.OPEN:
        raise Conflict(_("这份邀请已经是“%(status)s”，不能再答复", status=_(invitation.status.label)))
    kept = keep(session, actor, invitation, side, reply, clock=clock, on_behalf=on_behalf)
    _follow(session, actor, invitation, kept, settings=settings, clock=clock, on_behalf=on_behalf)
    return kept


def check_published(status: NeedStatus) -> None:
    """Raise `Conflict` unless people may be invited to a need in this state."""
    if status is not NeedStatus.PUBLISHED:
        raise Conflict(_("这条需求现在是“%(status)s”，没有发布，不能邀请", status=_(status.label)))


def withdraw(
    session: Session, actor: Actor, invitation: Invitation, reason: str, *, settings: Settings, clock: Clock
) -> None:
    """Take an invitation back: its sender while it is open, an officer at any time. A reason is required."""
    lock(session, invitation)
    if not may_withdraw(actor, invitation):
        raise Forbidden(_("只有发出邀请的一方或工作人员可以撤回"))
    transitions.apply(session, actor, invitation, "withdraw", clock=clock, reason=reason)
    invitation_notices.tell(
        session, actor, invitation, "invitation_withdrawn", settings=settings, clock=clock, reason=reason
    )


def may_withdraw(actor: Actor, invitation: Invitation) -> bool:
    """Whether the actor is on the sender's side, or an officer."""
    return actor.is_system or actor.is_bureau or found.side_of(actor, facts_of(invitation)) is invitation.sent_side


def may_take(actor: Actor, invitation: Invitation, action: str) -> bool:
    """Whether the lifecycle has this move now and the actor may make it."""
    step = find_step(Noun.INVITATION, invitation.status, action)
    return step is not None and transitions.refusal(actor, invitation, step, facts_of(invitation)) is None


def reopen(
    session: Session, actor: Actor, invitation: Invitation, reason: str, *, settings: Settings, clock: Clock
) -> None:
    """Bring a withdrawn or declined invitation back; what was agreed to before no longer holds, both are asked again.

    Only an agreement of both, withdrawn by mistake, stands as it was, if its day still lies ahead. Raises `Conflict`
    when another one of the pair is open.
    """
    lock(session, invitation)
    _check_need(session, invitation.need, found.counterpart_of(invitation))
    transitions.apply(session, actor, invitation, "reopen", clock=clock, reason=reason)
    if found.waiting(invitation):
        invitation.proposed_since = clock.now()
        labels.forget(session, invitation)
    put_ahead(invitation, settings=settings, clock=clock)
    session.flush()
    if found.waiting(invitation):
        invitation_notices.ask(session, actor, invitation, settings=settings, clock=clock)
    else:
        transitions.apply(session, SYSTEM, invitation, "accept", clock=clock)


def put_ahead(invitation: Invitation, *, settings: Settings, clock: Clock) -> None:
    """What is past in an invitation that is open again gives way: its day, and the day to answer by."""
    invitation.reminded_on = None
    if invitation.proposed_on is not None and invitation.proposed_on <= clock.today():
        invitation.proposed_on, invitation.proposed_at, invitation.proposed_since = None, None, clock.now()
    if invitation.answer_by <= clock.today():
        invitation.answer_by = _answer_by(invitation.proposed_on, settings, clock)


def _written(need: Need, party: Counterpart, proposal: Proposal, settings: Settings, clock: Clock) -> Invitation:
    return Invitation(
        need=need,
        expert_id=party.id if isinstance(party, Expert) else None,
        group_id=party.id if isinstance(party, Group) else None,
        status=InvitationStatus.OPEN,
        kind=proposal.kind,
        proposed_on=proposal.day,
        proposed_at=proposal.at,
        message=proposal.message.strip(),
        answer_by=proposal.answer_by or _answer_by(proposal.day, settings, clock),
        created_at=clock.now(),
        updated_at=clock.now(),
    )


def follow_up_of(invitation: Invitation, colleague: Expert, *, settings: Settings, clock: Clock) -> Invitation:
    """The same invitation, not yet saved, to a colleague; a day that has passed is left open."""
    day = invitation.proposed_on if (invitation.proposed_on or date.min) > clock.today() else None
    proposal = Proposal(invitation.kind, day, invitation.proposed_at if day else None, invitation.message)
    onward = _written(invitation.need, colleague, proposal, settings, clock)
    onward.sent_by, onward.sent_side, onward.officer_id = (
        invitation.sent_by,
        invitation.sent_side,
        invitation.officer_id,
    )
    onward.passed_from_id = invitation.id
    return onward


def _check(session: Session, need: Need, party: Counterpart, proposal: Proposal, today: date) -> None:
    if party.institute_id == need.firm_id:
        raise Conflict(_("不能邀请本单位的人员"))
    if not released_to(need, party.institute_id):
        raise Conflict(_("这条需求只给选定的院所看，%(name)s不在其中", name=party.institute.name))
    _check_need(session, need, party)
    if problems := proposal.problems(today):
        raise Invalid(problems)


def _check_need(session: Session, need: Need, party: Counterpart) -> None:
    """The need is published and no invitation of the pair waits; its row is the lock of all its invitations."""
    check_published(session.scalars(select(Need.status).where(Need.id == need.id).with_for_update()).one())
    standing = found.open_between(session, need, party)
    if standing is not None:
        raise Conflict(
            _(
                "已有一份等待答复的邀请（第 %(id)s 号，%(by)s 于 %(day)s 发出），请先处理它",
                id=standing.id,
                by=standing.sent_by,
                day=standing.created_at.date().isoformat(),
            )
        )


def _answer_by(day: date | None, settings: Settings, clock: Clock) -> date:
    usual = clock.today() + timedelta(days=settings.invitation_answer_days)
    return usual if day is None else min(usual, day)


def lock(session: Session, invitation: Invitation) -> None:
    """Wait for whoever else is answering, then see what they left. Two answers at once come one after the other."""
    session.refresh(invitation, with_for_update={"of": Invitation})


def check_answer(actor: Actor, invitation: Invitation, side: Side, *, on_behalf: bool) -> None:
    """Raise `Forbidden` unless the actor may answer for the side, or enter its answer for it."""
    permission = Permission.INVITATION_ON_BEHALF if on_behalf else ANSWERS[side]
    if not can(actor, permission, facts_of(invitation)):
        raise Forbidden(_("您没有权限替%(side)s答复", side=_(side.label)))


def _adds_nothing(invitation: Invitation, known: Answer, reply: Reply) -> bool:
    """For a side that is not waited for: while the invitation is open, such a side has agreed already."""
    agrees = invitation.status is InvitationStatus.OPEN and reply.decision is Decision.ACCEPT
    return agrees or _says(known, reply)


def _says(known: Answer, reply: Reply) -> bool:
    same_time = (known.other_day, known.other_time) == (reply.day, reply.at)
    return known.decision is reply.decision and (
        known.reason is reply.reason and (reply.decision is not Decision.ANOTHER_TIME or same_time)
    )


def keep(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    side: Side,
    reply: Reply,
    *,
    clock: Clock,
    on_behalf: bool = False,
) -> Answer:
    """Write the side's row and say in the audit trail what it replaced."""
    kept = answer_of(invitation, side)
    before = audit.state_of(kept) if kept is not None else {}
    if kept is None:
        kept = Answer(invitation_id=invitation.id, side=side)
        invitation.answers.append(kept)
    elsewhere = reply.decision is Decision.ANOTHER_TIME
    kept.decision = reply.decision
    kept.reason = reply.reason if reply.decision is Decision.DECLINE else None
    kept.note = reply.note.strip()
    if reply.decision is Decision.DECLINE:
        kept.companion_ids = []
    kept.other_day, kept.other_time = (reply.day, reply.at) if elsewhere else (None, None)
    kept.given_by, kept.given_at, kept.on_behalf = actor.name, clock.now(), on_behalf
    if elsewhere:
        invitation.proposed_since = kept.given_at
    invitation.updated_at = clock.now()  # raises the version, so a parallel change is noticed
    session.flush()
    audit.log(
        session,
        actor,
        f"answer_{side}",
        invitation,
        clock=clock,
        before=before,
        after=audit.state_of(kept),
        reason=reply.note.strip(),
        on_behalf=on_behalf,
    )
    return kept


def _follow(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    said: Answer,
    *,
    settings: Settings,
    clock: Clock,
    on_behalf: bool,
) -> None:
    """What an answer leads to."""
    if said.decision is Decision.DECLINE:
        labels.declined(session, actor, invitation, said.side, said.reason, clock=clock)
        transitions.apply(session, SYSTEM, invitation, "decline", clock=clock, on_behalf=on_behalf)
        invitation_notices.tell(session, actor, invitation, "invitation_declined", settings=settings, clock=clock)
        return
    if said.decision is Decision.ANOTHER_TIME:
        invitation.proposed_on, invitation.proposed_at = said.other_day, said.other_time
        invitation.answer_by = _answer_by(said.other_day, settings, clock)
        invitation.reminded_on = None
        session.flush()
    if found.waiting(invitation):
        if said.decision is Decision.ANOTHER_TIME:
            invitation_notices.ask(session, actor, invitation, settings=settings, clock=clock)
        return
    labels.agreed(session, actor, invitation, clock=clock)
    transitions.apply(session, SYSTEM, invitation, "accept", clock=clock, on_behalf=on_behalf)
    invitation_notices.tell(session, actor, invitation, "invitation_accepted", settings=settings, clock=clock)
