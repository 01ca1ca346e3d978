"""Messages about a need, queued in the transaction of what they tell of."""

from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, Comment, Need
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.queries import reminders
from matchmaker.services import outbox
from matchmaker.services.notices import Reader


def tell_firm(session: Session, need: Need, notice: str, *, reason: str, clock: Clock) -> None:
    """Tell the firm what became of its need."""
    _to_firm(session, need, notice, {"reason": reason.strip()}, key=f"{notice}:{need.id}:{need.version}", clock=clock)


def tell_of_comment(session: Session, actor: Actor, need: Need, comment: Comment, *, clock: Clock) -> None:
    """Tell the other side: the firm of an officer's remark, the officer in charge, else the unit's, of the firm's."""
    said, key = {"message": comment.body, "sender": actor.name}, f"need_comment:{comment.id}"
    if actor.role is not Role.FIRM:
        _to_firm(session, need, "need_comment", said, key=key, clock=clock)
        return
    for officer in _in_charge(session, need):
        payload = {"path": f"/needs/{need.id}", "title": need.title, "name": officer.name, "locale": officer.locale}
        payload |= said | {"firm": need.firm.name}
        own, reader = f"{key}:officer:{officer.id}", Reader(account_id=officer.id)
        outbox.queue(session, "need_comment", officer.email, payload, dedup_key=own, clock=clock, reader=reader)


def _to_firm(session: Session, need: Need, notice: str, said: dict[str, str], *, key: str, clock: Clock) -> None:
    firm = need.firm
    payload = {"path": f"/needs/{need.id}", "title": need.title, "name": firm.contact_name or firm.name} | said
    reader = Reader(organisation_id=firm.id)
    outbox.queue(session, notice, firm.contact_email, payload, dedup_key=key, clock=clock, reader=reader)


def _in_charge(session: Session, need: Need) -> list[Account]:
    officer = session.get(Account, need.officer_id) if need.officer_id else None
    if officer is not None and officer.active:
        return [officer]
    return reminders.officers(session, {need.firm.unit_id})
