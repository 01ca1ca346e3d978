"""Who runs a slot of a job: one row, claimed under a lease, done once (traps §1.4)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.orm import Session

from matchmaker.db.insert import insert_into
from matchmaker.db.models import JobRun

MAX_ATTEMPTS = 5  # then the slot is dead: it is shown, and never tried again by itself
HEARTBEAT = "heartbeat"
NO_SLOT = datetime(1970, 1, 1, tzinfo=UTC)  # the one row of what is not done by slots
_ERROR_CHARACTERS = 2000


class FencedError(Exception):
    """The slot belongs to another process by now, so what was done for it must not be kept."""


@dataclass(frozen=True)
class Slot:
    """A slot that `owner` holds; `attempts` counts the holders so far."""

    job: str
    at: datetime
    owner: str
    attempts: int


def claim(session: Session, job: str, at: datetime, *, owner: str, lease: timedelta, now: datetime) -> Slot | None:
    """Take a slot that nobody has done or holds; None if somebody has or does, or if it is dead.

    The owner has `lease` to finish. After that another process may take the slot, and the late owner's work is
    refused by `finish`.
    """
    mine = {"owner": owner, "lease_until": now + lease, "started_at": now, "error": ""}
    insert = insert_into(session, JobRun, job=job, slot=at, attempts=1, result="", **mine)
    free = and_(JobRun.done_at.is_(None), JobRun.lease_until < now, JobRun.attempts < MAX_ATTEMPTS)
    insert = insert.on_conflict_do_update(
        index_elements=["job", "slot"], set_={**mine, "attempts": JobRun.attempts + 1}, where=free
    )
    attempts = session.execute(insert.returning(JobRun.attempts)).scalar_one_or_none()
    return None if attempts is None else Slot(job, at, owner, attempts)


def finish(session: Session, slot: Slot, result: str, *, now: datetime) -> None:
    """Mark a slot done, in the transaction of its effect.

    Raises:
        FencedError: another process holds the slot or has done it; the transaction must not commit.
    """
    done = update(JobRun).where(_held(slot)).values(done_at=now, result=result, error="")
    if session.execute(done.returning(JobRun.job)).scalar_one_or_none() is None:
        raise FencedError(f"{slot.job} {slot.at:%Y-%m-%d %H:%M:%S} is no longer held by {slot.owner}")


def fail(session: Session, slot: Slot, error: str, *, now: datetime) -> None:
    """Note why a slot was not done and let it be tried again: after 30 s, 2 min, 8 min, 32 min."""
    retry = now + timedelta(seconds=30 * 4 ** (slot.attempts - 1))
    values = {"error": error[:_ERROR_CHARACTERS], "lease_until": retry}
    session.execute(update(JobRun).where(_held(slot)).values(values))


def release(session: Session, owner: str, *, now: datetime) -> None:
    """Give back what `owner` holds, so that others need not wait for its leases to end."""
    held = and_(JobRun.owner == owner, JobRun.done_at.is_(None), JobRun.lease_until > now, JobRun.error == "")
    session.execute(update(JobRun).where(held).values(lease_until=now))


def beat(session: Session, owner: str, *, now: datetime, job: str = HEARTBEAT, result: str = "") -> None:
    """Say that a scheduler is alive, or that it has just done a job that has no slots."""
    values = {"owner": owner, "lease_until": now, "started_at": now, "done_at": now, "result": result}
    key = {"job": job, "slot": NO_SLOT}
    insert = insert_into(session, JobRun, **key, **values, attempts=1, error="")
    session.execute(insert.on_conflict_do_update(index_elements=list(key), set_=values))


def _held(slot: Slot) -> ColumnElement[bool]:
    same = and_(JobRun.job == slot.job, JobRun.slot == slot.at)
    return and_(same, JobRun.owner == slot.owner, JobRun.done_at.is_(None))
