"""Letters that did not arrive: sent again, settled in another way, and never left unseen."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.models import Account, OutboxMessage
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Noun, OutboxState, Role
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import ngettext, use_locale
from matchmaker.queries.outbox import holder
from matchmaker.queries.superseded import superseded
from matchmaker.services import audit, outbox
from matchmaker.services.notices import Reader

NOTICE = "letters_dead"
STOPPED = (OutboxState.DEAD, OutboxState.HANDLED)
CHUNK = 500
LONGEST_NOTE = 200


def resend(session: Session, actor: Actor, numbers: Iterable[int] | None, *, clock: Clock) -> int:
    """Queue letters again, for when what stopped them has been put right; how many there were.

    `numbers` None means all that are dead; given ones may also have been settled in another way. A letter goes to the
    address that stands on its reader's record now, and keeps its Message-ID. Of two who ask at once one is counted.
    A settled letter that opened an account is not sent: it leads nowhere now; nor is one about a meeting of which the
    same party was told something newer, `queries.superseded`.
    """
    _check(actor)
    stopped = list(_stopped(session, numbers))
    old = superseded(session, stopped)
    return sum(_again(session, actor, message, clock) for message in stopped if message.id not in old)


def _stopped(session: Session, numbers: Iterable[int] | None) -> Iterator[OutboxMessage]:
    if numbers is None:
        yield from session.scalars(
            select(OutboxMessage).where(OutboxMessage.state == OutboxState.DEAD).order_by(OutboxMessage.id)
        )
        return
    left = iter(sorted(set(numbers)))
    while chunk := list(islice(left, CHUNK)):
        chosen = (OutboxMessage.id.in_(chunk), OutboxMessage.state.in_(STOPPED))
        yield from session.scalars(select(OutboxMessage).where(*chosen).order_by(OutboxMessage.id))


def _again(session: Session, actor: Actor, message: OutboxMessage, clock: Clock) -> bool:
    if message.state is OutboxState.HANDLED and message.payload.get(outbox.ONCE):
        return False  # its path, which opened an account, is forgotten
    now, to = outbox.MACHINE_TIME.now(), _address(session, message)
    values = {"state": OutboxState.QUEUED, "tries": 0, "next_try_at": now, "lease_until": None, "recipient": to}
    before = {"state": message.state.value, "recipient": message.recipient}
    if not _take(session, message, STOPPED, **values, **_unsettled()):
        return False
    after = {"state": OutboxState.QUEUED.value, "recipient": to}
    _log(session, actor, "resend", message.id, before=before, after=after, clock=clock)
    return True


def _unsettled() -> dict[str, object]:
    return {"told_on": None, "settled_by": "", "settled_at": None, "settled_note": ""}


def _address(session: Session, message: OutboxMessage) -> str:
    known = holder(session, message)
    return (known.email.strip() if known else "") or message.recipient


def settle(session: Session, actor: Actor, message: OutboxMessage, note: str, *, clock: Clock) -> None:
    """Note that its reader was told in another way, such as by telephone; it is dead no longer.

    Raises `Forbidden`, `Invalid` without a word on how, `Conflict` when it is not dead (any more).
    """
    _check(actor)
    if not note.strip():
        raise Invalid({"note": _("请写明怎样通知的，例如“电话告知王经理”")})
    if len(note.strip()) > LONGEST_NOTE:
        raise Invalid({"note": _("最多 %(number)s 个字，请缩短", number=LONGEST_NOTE)})
    said = {"settled_by": actor.name, "settled_at": clock.now(), "settled_note": note.strip()}
    kept = outbox.without_secret(message.payload)
    if not _take(session, message, (OutboxState.DEAD,), state=OutboxState.HANDLED, payload=kept, **said):
        raise Conflict(_("这封信已经重新发送或处理过，请刷新页面"))
    before, after = {"state": OutboxState.DEAD.value}, {"state": OutboxState.HANDLED.value}
    _log(session, actor, "settle", message.id, before=before, after=after, clock=clock, reason=note.strip())


def tell(session: Session, day: date, *, clock: Clock) -> str:
    """Put into the inboxes of the city's officers and administrators that letters have died since they were last told.

    Once a day: what dies after that is told of on the next.
    """
    if session.scalar(select(OutboxMessage.id).where(OutboxMessage.told_on == day).limit(1)) is not None:
        return "told today"
    new = (OutboxMessage.state == OutboxState.DEAD, OutboxMessage.told_on.is_(None))
    untold = update(OutboxMessage).where(*new).values(told_on=day).returning(OutboxMessage.id)
    number = len(session.execute(untold).all())
    if number:
        responsible = select(Account).where(Account.active, Account.role.in_((Role.CITY, Role.ADMIN)))
        for account in session.scalars(responsible.order_by(Account.id)):
            _tell(session, account, number, day, clock)
    return f"{number} new dead letters"


def _tell(session: Session, account: Account, number: int, day: date, clock: Clock) -> None:
    with use_locale(account.locale):
        title = ngettext("%(num)s 封信没有送达", "%(num)s 封信没有送达", number)
    payload = {
        "path": f"/outbox?state={OutboxState.DEAD.value}",
        "title": title,
        "name": account.name,
        "locale": account.locale,
    }
    key, reader = f"{NOTICE}:{day}:{account.id}", Reader(account_id=account.id)
    outbox.queue(session, NOTICE, "", payload, dedup_key=key, clock=clock, reader=reader)


def _check(actor: Actor) -> None:
    if not can(actor, Permission.LETTER_RESEND):
        raise Forbidden(_("您没有权限处理没有送达的信件"))


def _take(session: Session, message: OutboxMessage, states: Iterable[OutboxState], **values: object) -> bool:
    """Change a letter that is still in one of `states`; False when somebody was faster."""
    mine = (OutboxMessage.id == message.id, OutboxMessage.state.in_(states))
    taken = session.execute(update(OutboxMessage).where(*mine).values(**values).returning(OutboxMessage.id)).all()
    return bool(taken)


def _log(
    session: Session,
    actor: Actor,
    action: str,
    number: int,
    *,
    before: dict[str, str],
    after: dict[str, str],
    clock: Clock,
    reason: str = "",
) -> None:
    audit.write(
        session,
        actor,
        action=action,
        noun=Noun.MESSAGE,
        record_id=number,
        at=clock.now(),
        before=before,
        after=after,
        reason=reason,
    )
