"""An expert passes an invitation on: to a colleague on file, or to one whom the bureau has yet to take in."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Account, Answer, Expert, Invitation, Need
from matchmaker.domain.drafts import ExpertDraft, fields_of, parse
from matchmaker.domain.pairing import LONGEST_NOTE, Reply
from matchmaker.domain.permissions import SYSTEM, Actor, Permission, can
from matchmaker.domain.vocabulary import Decision, DeclineReason, InvitationStatus, Role, Side
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import reminders
from matchmaker.queries.circumstances import circumstances
from matchmaker.queries.colleagues import chain, refusal, successor, was_passed
from matchmaker.queries.facts import facts_of
from matchmaker.queries.invitations import answer_of, counterpart_of
from matchmaker.services import audit, invitation_notices, labels, outbox, transitions
from matchmaker.services.invitations import check_published, follow_up_of, keep, lock
from matchmaker.services.notices import Reader

LONGEST_NAME = 60


@dataclass(frozen=True)
class Stranger:
    """A colleague who is not on file: enough for the bureau to write to them."""

    name: str
    email: str


def may_pass(session: Session, actor: Actor, invitation: Invitation) -> bool:
    """Whether the actor may pass it on: the expert side, or an officer for it, while it is open.

    An officer also after the expert side has named somebody who was not on file then.
    """
    if successor(session, invitation) is not None:
        return False
    if _for_officer(actor, invitation):
        return invitation.status is InvitationStatus.OPEN or was_passed(invitation)
    own = can(actor, Permission.INVITATION_ANSWER_EXPERT, facts_of(invitation))
    return own and invitation.status is InvitationStatus.OPEN


def _for_officer(actor: Actor, invitation: Invitation) -> bool:
    """Whether an officer enters what the expert has said 代录."""
    return can(actor, Permission.INVITATION_ON_BEHALF, facts_of(invitation))


def pass_on(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    colleague: Expert,
    note: str,
    *,
    settings: Settings,
    clock: Clock,
) -> Invitation:
    """Decline with "passed on" and ask a colleague of the same institute instead; the new invitation.

    The firm's consent goes along if it is to the proposal that stands; the firm is told and may withdraw. Raises
    `Forbidden`, `Conflict` when it can be passed on no more or not to this person, `Invalid` for a note too long.
    """
    _begin(session, actor, invitation, note)
    check_published(session.scalars(select(Need.status).where(Need.id == invitation.need_id).with_for_update()).one())
    around = circumstances(session, settings=settings, today=clock.today())
    if reason := refusal(session, chain(session, invitation), colleague, around):
        raise Conflict(f"{colleague.name}{_('：')}{reason}")
    onward = follow_up_of(invitation, colleague, settings=settings, clock=clock)
    firm_agrees = _agrees(invitation) if onward.proposed_on == invitation.proposed_on else None
    if invitation.status is InvitationStatus.OPEN:
        _decline(session, actor, invitation, note, clock)
    session.add(onward)
    session.flush()
    session.refresh(onward)
    audit.log(session, actor, "pass_on", onward, clock=clock, reason=note.strip())
    if firm_agrees is not None:
        _take_along(session, onward, firm_agrees, clock)
    invitation_notices.tell_passed(session, actor, onward, note.strip(), settings=settings, clock=clock)
    return onward


def name_stranger(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    stranger: Stranger,
    note: str,
    *,
    settings: Settings,
    clock: Clock,
) -> None:
    """Decline with "passed on" to somebody not on file; the institute and the unit's officers are asked to add them.

    The address goes to them alone and stands in nothing the firm reads. An officer then passes the invitation on.
    """
    _begin(session, actor, invitation, note)
    if invitation.status is not InvitationStatus.OPEN:
        raise Conflict(_("已经推荐过同事，请等工作人员联系"))
    known = _checked(stranger)
    said = _("推荐同事 %(name)s，工作人员正在联系。", name=known.name) + note.strip()
    _decline(session, actor, invitation, said, clock)
    invitation_notices.tell_other(
        session, actor, invitation, Side.EXPERT, "invitation_declined", settings=settings, clock=clock, reason=said
    )
    party, need = counterpart_of(invitation), invitation.need
    payload = invitation_notices.payload_for_experts(invitation) | {
        "path": f"/invitations/{invitation.id}",
        "sender": actor.name,
        "message": f"{known.name} {known.email} {note.strip()}".strip(),
    }
    for account in _who_adds(session, party.institute_id, need.firm.unit_id):
        key, own = f"colleague_named:{invitation.id}:{account.id}", payload | {"name": account.name}
        reader = Reader(account_id=account.id)
        outbox.queue(session, "colleague_named", account.email, own, dedup_key=key, clock=clock, reader=reader)


def _begin(session: Session, actor: Actor, invitation: Invitation, note: str) -> None:
    lock(session, invitation)
    own = can(actor, Permission.INVITATION_ANSWER_EXPERT, facts_of(invitation))
    if not (own or _for_officer(actor, invitation)):
        raise Forbidden(_("您没有权限转交这份邀请"))
    if not may_pass(session, actor, invitation):
        raise Conflict(_("这份邀请已经是“%(status)s”，不能再转给同事", status=_(invitation.status.label)))
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": _("最多 %(limit)s 个字", limit=LONGEST_NOTE)})


def _decline(session: Session, actor: Actor, invitation: Invitation, note: str, clock: Clock) -> None:
    said = Reply(Decision.DECLINE, DeclineReason.PASSED_ON, note=note[:LONGEST_NOTE])
    on_behalf = _for_officer(actor, invitation)
    keep(session, actor, invitation, Side.EXPERT, said, clock=clock, on_behalf=on_behalf)
    labels.declined(session, actor, invitation, Side.EXPERT, said.reason, clock=clock)
    transitions.apply(session, SYSTEM, invitation, "decline", clock=clock, on_behalf=on_behalf)


def _agrees(invitation: Invitation) -> Answer | None:
    """The firm's consent to the proposal as it stands."""
    firm = answer_of(invitation, Side.FIRM)
    holds = firm is not None and firm.decision is not Decision.DECLINE and firm.given_at >= invitation.proposed_since
    return firm if holds else None


def _take_along(session: Session, onward: Invitation, consent: Answer, clock: Clock) -> None:
    kept = Answer(
        invitation_id=onward.id,
        side=Side.FIRM,
        decision=Decision.ACCEPT,
        note=consent.note,
        given_by=consent.given_by,
        on_behalf=consent.on_behalf,
        given_at=clock.now(),
    )
    onward.answers.append(kept)
    session.flush()
    after = audit.state_of(kept)
    audit.log(session, SYSTEM, "answer_firm", onward, clock=clock, after=after, on_behalf=consent.on_behalf)


def _checked(stranger: Stranger) -> Stranger:
    problems: dict[str, str] = {}
    name, email = stranger.name.strip(), ""
    if not 0 < len(name) <= LONGEST_NAME:
        problems["colleague_name"] = _("请填写同事的姓名，最多 %(limit)s 个字", limit=LONGEST_NAME)
    try:
        email = str(parse(fields_of(ExpertDraft)["email"], stranger.email.strip()))
    except ValueError as wrong:
        problems["colleague_email"] = str(wrong)
    if not email and "colleague_email" not in problems:
        problems["colleague_email"] = _("请填写同事的邮箱，以便工作人员联系")
    if problems:
        raise Invalid(problems)
    return Stranger(name, email)


def _who_adds(session: Session, institute_id: int, unit_id: int | None) -> list[Account]:
    """The institute's managers and the officers who look after the firm."""
    managers = select(Account).where(
        Account.active, Account.role == Role.INSTITUTE, Account.organisation_id == institute_id
    )
    return [*session.scalars(managers.order_by(Account.id)), *reminders.officers(session, {unit_id})]
