"""Messages to people: written with the change they tell of, delivered afterwards (traps T20)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock, SystemClock
from matchmaker.db.insert import insert_into
from matchmaker.db.models import OutboxMessage
from matchmaker.domain.vocabulary import MailFault, OutboxState
from matchmaker.resources import resource_dir
from matchmaker.services import notices
from matchmaker.services.notices import Reader

MAIL = "mail"
QUIET = "outbox_quiet"
MAX_TRIES = 10
PATIENT_TRIES = 45  # about three days: a server that is ill over a weekend is no letter's fault
FOR_GOOD = frozenset({MailFault.ADDRESS, MailFault.LETTER})
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=2)
TO = "to"  # in a payload: whose address the letter goes to
ONCE = "once"  # in a payload whose path opens an account: the path is forgotten once the letter has gone
MACHINE_TIME = SystemClock()  # deliveries and leases go by real time, also where the day is fixed


def queue(
    session: Session,
    notice: str,
    recipient: str,
    payload: Mapping[str, Any],
    *,
    dedup_key: str,
    clock: Clock,
    reader: Reader | None = None,
) -> bool:
    """Leave a message in the outbox, in the transaction of the change it tells of; True if it is a new letter.

    `notice` is a folder of templates/email and `recipient` an address; without one no letter is written, the person is
    told by phone. The same `dedup_key` is written once, for ever: name the event and the recipient in it, such as
    `invitation_sent:12:expert`. Whoever has an account, the `reader`'s or with this address, finds it in the inbox
    too; a letter goes only if one of them wants this kind at once, or nobody has an account.

    `payload` is JSON. `path` is where the link leads ("/invitations/12", a signed path for who has no password),
    `page` where it leads a signed-in reader if that is another one, and `title` what it is about. The templates show
    when given: `name` (greeting), `firm`, `expert`, `institute`, `day`, `time`, `place`, `answer_by`, `reason`,
    `message`, `sender`, `side`, and `locale`.

    Raises:
        ValueError: there is no such notice, or `path` or `title` is missing.
    """
    _check(notice, payload)
    if session.info.get(QUIET):
        return False
    filed = notices.file(session, notice, recipient, payload, dedup_key=dedup_key, reader=reader, clock=clock)
    if not recipient.strip() or not filed.by_letter:
        return False
    for_whom: dict[str, Any] = {"account": filed.account.id, "locale": filed.account.locale} if filed.account else {}
    if reader is not None:
        for_whom[TO] = reader.kept()
    return _write(session, notice, recipient, {**for_whom, **payload}, dedup_key=dedup_key, clock=clock)


def _write(
    session: Session, notice: str, recipient: str, payload: Mapping[str, Any], *, dedup_key: str, clock: Clock
) -> bool:
    now = MACHINE_TIME.now()
    values = {
        "dedup_key": dedup_key,
        "channel": MAIL,
        "recipient": recipient.strip(),
        "notice": notice,
        "payload": dict(payload),
        "state": OutboxState.QUEUED,
        "made_at": clock.now(),
        "next_try_at": now,
        "tries": 0,
        "last_error": "",
    }
    insert = insert_into(session, OutboxMessage, **values).on_conflict_do_nothing(index_elements=["dedup_key"])
    return session.execute(insert.returning(OutboxMessage.id)).scalar_one_or_none() is not None


@contextmanager
def quiet(session: Session) -> Iterator[None]:
    """Nobody is told of what is done in here, by letter or inbox: for what happened long ago and is only written down.

    What is queued is checked all the same.
    """
    session.info[QUIET] = True
    try:
        yield
    finally:
        del session.info[QUIET]


@cache
def letters() -> frozenset[str]:
    """The messages there are: one folder each in templates/email."""
    return frozenset(folder.name for folder in (resource_dir("templates") / "email").iterdir() if folder.is_dir())


def _check(notice: str, payload: Mapping[str, Any]) -> None:
    missing = {"path", "title"} - payload.keys()
    if notice not in letters() or missing:
        raise ValueError(f"notice {notice!r}: unknown, or without {', '.join(sorted(missing))}")


def due(session: Session, *, now: datetime, limit: int) -> list[int]:
    """The oldest messages that may be tried now."""
    statement = select(OutboxMessage.id).where(_free(now)).order_by(OutboxMessage.next_try_at, OutboxMessage.id)
    return list(session.scalars(statement.limit(limit)))


def claim(session: Session, message_id: int, *, lease: timedelta, now: datetime) -> OutboxMessage | None:
    """Take a message for `lease` and count the try; None when somebody else has it."""
    lost = session.scalar(select(OutboxMessage.lease_until).where(OutboxMessage.id == message_id)) is not None
    values = {"lease_until": now + lease, "tries": OutboxMessage.tries + 1}
    statement = update(OutboxMessage).where(OutboxMessage.id == message_id, _free(now)).values(values)
    taken = session.execute(statement.returning(OutboxMessage.id)).scalar_one_or_none()
    if taken is None:
        return None
    message = session.get_one(OutboxMessage, taken, populate_existing=True)
    if lost and message.tries > MAX_TRIES:  # whoever tried it last did not live to say why it failed
        mark_failed(session, message, MailFault.ENDED, "the sending process ended each time", now=now)
        return None
    return message


def mark_sent(session: Session, message: OutboxMessage, *, now: datetime) -> None:
    """The mail server has confirmed it."""
    fine = {"last_error": "", "fault": None, "payload": without_secret(message.payload)}
    _update(session, message, state=OutboxState.SENT, sent_at=now, lease_until=None, **fine)


def without_secret(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a letter that is done with: a path that opens an account is forgotten."""
    return {**payload, "path": "/"} if payload.get(ONCE) else dict(payload)


def mark_failed(session: Session, message: OutboxMessage, fault: MailFault, said: str, *, now: datetime) -> None:
    """Try again after 30 s, 1 min, 2 min … at most 2 h; or it is dead and shown as such with what the server `said`.

    Dead is at once what was refused for good, after ten tries what was not, after about three days what failed by the
    server alone.
    """
    state = OutboxState.DEAD if message.tries >= _most_tries(fault) else OutboxState.QUEUED
    wait = min(FIRST_WAIT * 2 ** min(message.tries - 1, 20), LONGEST_WAIT)
    why = {"fault": fault, "last_error": said[:2000]}
    _update(session, message, state=state, next_try_at=now + wait, lease_until=None, **why)


def _most_tries(fault: MailFault) -> int:
    if fault in FOR_GOOD:
        return 0
    return PATIENT_TRIES if fault is MailFault.SERVER else MAX_TRIES


def _update(session: Session, message: OutboxMessage, **values: object) -> None:
    """Write to the message while it is still queued and ours: the try says whose it is."""
    ours = (OutboxMessage.id == message.id, OutboxMessage.tries == message.tries)
    session.execute(update(OutboxMessage).where(*ours, OutboxMessage.state == OutboxState.QUEUED).values(**values))


def _free(now: datetime) -> ColumnElement[bool]:
    unclaimed = or_(OutboxMessage.lease_until.is_(None), OutboxMessage.lease_until < now)
    return and_(OutboxMessage.state == OutboxState.QUEUED, OutboxMessage.next_try_at <= now, unclaimed)
