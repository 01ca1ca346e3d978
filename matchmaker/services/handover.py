"""An officer's open items pass to another: all or some, in one transaction, and back the same way."""

from collections.abc import Iterable

from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined, use_locale
from matchmaker.queries.handover import ACTION, MODELS, OFFICERS, OPEN, units_of
from matchmaker.services import audit, outbox
from matchmaker.services.notices import Reader


def hand_over(
    session: Session,
    actor: Actor,
    sender: Account,
    receiver: Account,
    keys: Iterable[str],
    *,
    reason: str,
    clock: Clock,
) -> int:
    """Give the items named by `keys` (as `need:12`) from one officer to another; how many there are.

    All or none. Raises `Forbidden` without the right, `Invalid` for what is wrong with the form or a receiver of
    another unit, `Conflict` when an item is finished or no longer the sender's.
    """
    if not can(actor, Permission.HANDOVER):
        raise Forbidden(_("您没有权限移交工作"))
    items = _chosen(keys)
    _check(session, sender, receiver, items, reason)
    for noun, ids in items.items():
        _give(session, sender, receiver, noun, ids)
    at = clock.now()
    for noun, ids in items.items():
        for record_id in ids:
            audit.write(
                session,
                actor,
                action=ACTION,
                noun=noun,
                record_id=record_id,
                at=at,
                before=_officer(sender),
                after=_officer(receiver),
                reason=reason.strip(),
            )
    _tell(session, actor, receiver, items, reason=reason, clock=clock)
    return sum(map(len, items.values()))


def _officer(account: Account) -> dict[str, object]:
    return {"officer_id": account.id, "officer": account.name, "login": account.login}


def _chosen(keys: Iterable[str]) -> dict[Noun, list[int]]:
    """Noun → ids in order; anything that is no item's key is left out."""
    nouns = {noun.value: noun for noun in MODELS}
    found: dict[Noun, list[int]] = {}
    for key in sorted(set(keys)):
        name, _colon, number = key.partition(":")
        record_id = row_id(number)
        if name in nouns and record_id is not None:
            found.setdefault(nouns[name], []).append(record_id)
    return {noun: found[noun] for noun in MODELS if noun in found}


def _check(session: Session, sender: Account, receiver: Account, items: dict[Noun, list[int]], reason: str) -> None:
    errors = {}
    if not items:
        errors["items"] = _("请勾选要移交的工作")
    if receiver.id == sender.id or not receiver.active or receiver.role not in OFFICERS:
        errors["to"] = _("请选择另一位在用的县级或市级工作人员")
    elif number := _of_others(session, receiver, items):
        text = _("其中 %(number)s 项不属于%(name)s的责任单位，请取消勾选，或移交给市级工作人员")
        errors["to"] = text % {"number": number, "name": receiver.name}
    if not reason.strip():
        errors["reason"] = _("请填写原因")
    if errors:
        raise Invalid(errors)


def _of_others(session: Session, receiver: Account, items: dict[Noun, list[int]]) -> int:
    """How many items a county officer could not see: none of their firms is of the officer's unit."""
    if receiver.role is not Role.COUNTY:
        return 0
    units = {(noun, key): units_of(session, noun, ids).get(key, set()) for noun, ids in items.items() for key in ids}
    return sum(receiver.unit_id not in found for found in units.values())


def _give(session: Session, sender: Account, receiver: Account, noun: Noun, ids: list[int]) -> None:
    """Set the officer without touching the record's version: nobody's half-written edit is lost by it."""
    model = MODELS[noun]
    mine = (model.id.in_(ids), model.officer_id == sender.id, OPEN[noun])
    given = session.execute(update(model).where(*mine).values(officer_id=receiver.id).returning(model.id)).all()
    if len(given) != len(ids):
        raise Conflict(_("勾选的工作里有的已经办结或换了承办人，请刷新页面后重新勾选"))


def _tell(
    session: Session, actor: Actor, receiver: Account, items: dict[Noun, list[int]], *, reason: str, clock: Clock
) -> None:
    with use_locale(receiver.locale):
        parts = [_("%(what)s %(number)s 项", what=_(noun.label), number=len(ids)) for noun, ids in items.items()]
        title = joined(parts)
    payload = {
        "path": "/home",
        "title": title,
        "name": receiver.name,
        "sender": actor.name,
        "reason": reason.strip(),
        "locale": receiver.locale,
    }
    key = f"handed_over:{receiver.id}:{actor.account_id}:{clock.now().isoformat()}"
    reader = Reader(account_id=receiver.id)
    outbox.queue(session, "handed_over", receiver.email, payload, dedup_key=key, clock=clock, reader=reader)
