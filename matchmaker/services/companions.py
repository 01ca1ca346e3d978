"""A team's reply: an expert who agrees brings colleagues along; each of them may say that they cannot come."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Answer, Expert, Invitation
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Decision, InvitationStatus, Side
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries.colleagues import mates, named
from matchmaker.queries.facts import facts_of
from matchmaker.queries.invitations import answer_of, counterpart_of, lead_of
from matchmaker.services import audit, invitation_notices, links, outbox
from matchmaker.services.invitations import lock
from matchmaker.services.notices import Reader

MOST = 8
STANDING = frozenset({InvitationStatus.OPEN, InvitationStatus.ACCEPTED})


def may_bring(actor: Actor, invitation: Invitation) -> bool:
    """Whether the actor may say who comes along: the expert side that has agreed, or an officer for it."""
    mine, facts = answer_of(invitation, Side.EXPERT), facts_of(invitation)
    agreed = mine is not None and mine.decision is not Decision.DECLINE and invitation.status in STANDING
    rights = (Permission.INVITATION_ANSWER_EXPERT, Permission.INVITATION_ON_BEHALF)
    return agreed and any(can(actor, right, facts) for right in rights)


def bring(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    expert_ids: Iterable[int],
    *,
    settings: Settings,
    clock: Clock,
) -> None:
    """Say who comes along, in place of what was said before; whoever is new is told, by a link without a password.

    Raises `Forbidden` for others, `Conflict` unless the expert side has agreed, `Invalid` for somebody who is not of
    its groups or institute, or for too many.
    """
    lock(session, invitation)
    if not can(actor, Permission.INVITATION_VIEW, facts_of(invitation)):
        raise Forbidden(_("您没有权限"))
    mine = answer_of(invitation, Side.EXPERT)
    if mine is None or not may_bring(actor, invitation):
        raise Conflict(_("专家方同意之后，才能约同事同去"))
    wanted, before = list(dict.fromkeys(expert_ids)), [int(each) for each in mine.companion_ids]
    _check(session, invitation, wanted)
    if wanted == before:
        return
    _write(session, actor, invitation, mine, wanted, action="bring", clock=clock)
    for colleague in named(session, [each for each in wanted if each not in before]):
        _tell(session, actor, invitation, colleague, settings=settings, clock=clock)


def leave(session: Session, actor: Actor, invitation: Invitation, note: str, *, clock: Clock) -> None:
    """A colleague cannot come after all; who named them is told. A second time changes nothing."""
    lock(session, invitation)
    mine = answer_of(invitation, Side.EXPERT)
    if mine is None or actor.expert_id not in mine.companion_ids:
        return
    rest = [int(each) for each in mine.companion_ids if each != actor.expert_id]
    _write(session, actor, invitation, mine, rest, action="leave", clock=clock, reason=note.strip()[:500])
    lead = lead_of(session, counterpart_of(invitation))
    if lead is None:
        return
    payload = {"name": lead.name, "sender": actor.name, "reason": note.strip()[:500]}
    _queue(session, invitation, "companion_leaves", lead, payload, path=f"/invitations/{invitation.id}", clock=clock)


def _check(session: Session, invitation: Invitation, wanted: list[int]) -> None:
    known = {each.id for each in mates(session, invitation)}
    if not set(wanted) <= known:
        raise Invalid({"companions": _("只能约本团队、本单位的同事，请重新选择")})
    if len(wanted) > MOST:
        raise Invalid({"companions": _("最多约 %(limit)s 位同事", limit=MOST)})


def _write(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    mine: Answer,
    wanted: list[int],
    *,
    action: str,
    clock: Clock,
    reason: str = "",
) -> None:
    before = {"companions": [each.name for each in named(session, mine.companion_ids)]}
    mine.companion_ids = wanted
    invitation.updated_at = clock.now()
    session.flush()
    after = {"companions": [each.name for each in named(session, wanted)]}
    audit.log(session, actor, action, invitation, clock=clock, before=before, after=after, reason=reason)


def _tell(
    session: Session, actor: Actor, invitation: Invitation, colleague: Expert, *, settings: Settings, clock: Clock
) -> None:
    path = links.companion_path(settings.key(), invitation.id, colleague.id, today=clock.today())
    payload = {"name": colleague.name, "sender": actor.name}
    _queue(session, invitation, "invitation_companion", colleague, payload, path=path, clock=clock)


def _queue(
    session: Session,
    invitation: Invitation,
    notice: str,
    to: Expert,
    payload: dict[str, str],
    *,
    path: str,
    clock: Clock,
) -> None:
    said = invitation_notices.payload_for_experts(invitation) | payload | {"path": path}
    key = f"{notice}:{invitation.id}:{to.id}:{invitation.version}"
    reader = Reader(expert_id=to.id)
    outbox.queue(session, notice, to.email, said, dedup_key=key, clock=clock, reader=reader)
