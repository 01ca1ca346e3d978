"""Messages to people: written with the change they tell of, delivered afterwards (traps T20)."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matchmaker.clock import Clock, SystemClock
from matchmaker.db.models import OutboxMessage
from matchmaker.domain.vocabulary import OutboxState
from matchmaker.resources import resource_dir

MAIL = "mail"
MACHINE_TIME = SystemClock()  # deliveries and leases go by real time, also where the day is fixed


def queue(
    session: Session, notice: str, recipient: str, payload: Mapping[str, Any], *, dedup_key: str, clock: Clock
) -> bool:
    """Leave a message in the outbox, in the transaction of the change it tells of; True if it is a new one.

    `notice` is a folder of templates/email and `recipient` an address; without one nothing is queued, the person is
    told by phone. The same `dedup_key` is written once, for ever: name the event and the recipient in it, such as
    `invitation_sent:12:expert`.

    `payload` is JSON. `path` is where the link leads ("/invitations/12", a signed path for who has no password) and
    `title` what it is about. The templates show when given: `name` (greeting), `firm`, `expert`, `institute`, `day`,
    `time`, `place`, `answer_by`, `reason`, `message`, `sender`, `side`, and `locale`.

    Raises:
        ValueError: there is no such notice, or `path` or `title` is missing.
    """
    _check(notice, payload)
    if not recipient.strip():
        return False
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
    insert: Insert | sqlite.Insert | postgresql.Insert
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(OutboxMessage).values(values).on_conflict_do_nothing(index_elements=["dedup_key"])
    return session.execute(insert.returning(OutboxMessage.id)).scalar_one_or_none() is not None


@cache
def notices() -> frozenset[str]:
    """The messages there are: one folder each in templates/email."""
    return frozenset(folder.name for folder in (resource_dir("templates") / "email").iterdir() if folder.is_dir())


def _check(notice: str, payload: Mapping[str, Any]) -> None:
    missing = {"path", "title"} - payload.keys()
    if notice not in notices() or missing:
        raise ValueError(f"notice {notice!r}: unknown, or without {', '.join(sorted(missing))}")
