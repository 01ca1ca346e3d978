"""Messages about an invitation, queued in the transaction of what they tell of."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Invitation
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role, Side
from matchmaker.i18n import SOURCE_LOCALE, use_locale
from matchmaker.i18n import gettext as _
from matchmaker.queries.invitations import counterpart_of, lead_of, waiting
from matchmaker.queries.masking import expert_side
from matchmaker.services import links, outbox
from matchmaker.services.notices import Reader


def answer_path(invitation: Invitation, side: Side, *, settings: Settings, clock: Clock) -> str:
    """Where a side reads and answers without a password: `/a/…`."""
    return "/a/" + links.answer_token(settings.key(), invitation.id, side, today=clock.today())


def ask(session: Session, actor: Actor, invitation: Invitation, *, settings: Settings, clock: Clock) -> None:
    """Ask every side whose answer is missing, with a link that needs no password."""
    _queue(session, actor, invitation, "invitation_sent", waiting(invitation), settings=settings, clock=clock)


def tell(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    notice: str,
    *,
    settings: Settings,
    clock: Clock,
    reason: str = "",
) -> None:
    """Tell both sides what has become of it."""
    _queue(session, actor, invitation, notice, Side, settings=settings, clock=clock, reason=reason)


def tell_other(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    side: Side,
    notice: str,
    *,
    settings: Settings,
    clock: Clock,
    reason: str = "",
) -> None:
    """Tell the other side what `side` has done."""
    _queue(session, actor, invitation, notice, {side.other}, settings=settings, clock=clock, reason=reason)


def tell_passed(
    session: Session, actor: Actor, onward: Invitation, note: str, *, settings: Settings, clock: Clock
) -> None:
    """Ask the colleague, with what the one who passed it on says; tell the firm, unless it is asked itself."""
    asked = waiting(onward)
    _queue(session, actor, onward, "invitation_sent", asked, settings=settings, clock=clock, reason=note)
    told = {Side.FIRM} - asked
    _queue(session, actor, onward, "invitation_passed", told, settings=settings, clock=clock, reason=note)


def remind(session: Session, invitation: Invitation, *, settings: Settings, clock: Clock) -> None:
    """Remind every side whose answer is missing; once for each asking."""
    sender = Actor(role=None, name=invitation.sent_by)
    _queue(session, sender, invitation, "invitation_reminder", waiting(invitation), settings=settings, clock=clock)


def tell_unanswered(session: Session, invitation: Invitation, *, settings: Settings, clock: Clock) -> None:
    """Tell the side that has agreed that the other one let its time pass; once for each asking."""
    sender = Actor(role=None, name=invitation.sent_by)
    agreed = set(Side) - waiting(invitation)
    _queue(session, sender, invitation, "invitation_expired", agreed, settings=settings, clock=clock)


def _queue(
    session: Session,
    actor: Actor,
    invitation: Invitation,
    notice: str,
    sides: Iterable[Side],
    *,
    settings: Settings,
    clock: Clock,
    reason: str = "",
) -> None:
    for side in sorted(sides):
        name, address, reader = _recipient(session, invitation, side)
        payload = _payload(invitation, side, name, actor, reason)
        payload["path"] = answer_path(invitation, side, settings=settings, clock=clock)
        payload["page"] = f"/invitations/{invitation.id}"
        # The version tells one asking from the next: after another time, after reopening.
        key = f"{notice}:{invitation.id}:{side}:{invitation.version}"
        outbox.queue(session, notice, address, payload, dedup_key=key, clock=clock, reader=reader)


def _recipient(session: Session, invitation: Invitation, side: Side) -> tuple[str, str, Reader | None]:
    """Name and address of who speaks for the side, and whose inbox it is."""
    if side is Side.FIRM:
        firm = invitation.need.firm
        return firm.contact_name or firm.name, firm.contact_email, Reader(organisation_id=firm.id)
    person = lead_of(session, counterpart_of(invitation))
    return (person.name, person.email, Reader(expert_id=person.id)) if person is not None else ("", "", None)


def payload_of(invitation: Invitation) -> dict[str, Any]:
    """What the templates of every message about an invitation show."""
    party = counterpart_of(invitation)
    return {
        "title": invitation.need.title,
        "firm": invitation.need.firm.name,
        "expert": party.name,
        "institute": party.institute.name,
        "answer_by": invitation.answer_by.isoformat(),
    }


def payload_for_experts(invitation: Invitation) -> dict[str, Any]:
    """The same with the day, and with the firm as the expert side may know it."""
    return _payload(invitation, Side.EXPERT, "", Actor(role=None, name=""), "")


def _payload(invitation: Invitation, side: Side, name: str, actor: Actor, reason: str) -> dict[str, Any]:
    said = payload_of(invitation) | {
        "name": name,
        "day": invitation.proposed_on.isoformat() if invitation.proposed_on else "",
        "time": invitation.proposed_at.isoformat("minutes") if invitation.proposed_at else "",
        "message": invitation.message,
        "sender": actor.name,
        "side": side.value,
        "reason": reason,
    }
    said |= _masked(invitation, actor) if side is Side.EXPERT else {}
    return {key: value for key, value in said.items() if value}


def _masked(invitation: Invitation, actor: Actor) -> dict[str, str]:
    """The firm as the expert side may know it. Letters are in Chinese whatever the sender's pages are in."""
    names = expert_side(invitation)
    if names.knows(invitation.need):
        return {}
    with use_locale(SOURCE_LOCALE):
        sender = names.sender(invitation) if actor.name == invitation.sent_by else actor.name
        sender = _(Side.FIRM.label) if actor.role is Role.FIRM else sender
        return {"firm": names.firm(invitation.need), "sender": sender}
