"""Reads of the table of job runs."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import JobRun


class RunState(StrEnum):
    """What a run looks like from outside; derived, never stored."""

    DONE = "done"
    RUNNING = "running"
    WAITING = "waiting"
    DEAD = "dead"


def state(run: JobRun, *, now: datetime, max_attempts: int) -> RunState:
    """Whether a run is done, under a lease, waiting to be tried again, or given up."""
    if run.done_at is not None:
        return RunState.DONE
    if run.lease_until >= now and not run.error:
        return RunState.RUNNING
    return RunState.DEAD if run.attempts >= max_attempts else RunState.WAITING


def wanting(session: Session, job: str, due: Sequence[datetime], *, now: datetime, max_attempts: int) -> list[datetime]:
    """Which of the `due` slots (oldest first) are neither done, nor held, nor dead.

    A job catches up from its first run on and not from before: where it has never run, only the last slot is wanted.
    """
    first = session.scalar(select(func.min(JobRun.slot)).where(JobRun.job == job))
    if first is None:
        return list(due[-1:])
    rows = select(JobRun).where(JobRun.job == job, JobRun.slot >= due[0], JobRun.slot <= due[-1])
    busy = {run.slot for run in session.scalars(rows) if not _free(run, now, max_attempts)}
    return [slot for slot in due if slot >= first and slot not in busy]


def _free(run: JobRun, now: datetime, max_attempts: int) -> bool:
    return run.done_at is None and run.lease_until < now and run.attempts < max_attempts


def last_success(session: Session) -> dict[str, datetime]:
    """When each job was last done."""
    done_at = func.max(JobRun.done_at)
    rows = select(JobRun.job, done_at).where(JobRun.done_at.is_not(None)).group_by(JobRun.job)
    return {job: moment for job, moment in session.execute(rows) if moment is not None}


def last_run(session: Session, job: str) -> JobRun | None:
    """The run of a job that began last, whatever came of it."""
    runs = select(JobRun).where(JobRun.job == job).order_by(JobRun.started_at.desc(), JobRun.slot.desc())
    return session.scalars(runs.limit(1)).first()


def given_up(session: Session, *, now: datetime, max_attempts: int) -> dict[str, int]:
    """How many slots of which jobs were given up."""
    dead = and_(JobRun.done_at.is_(None), JobRun.attempts >= max_attempts, JobRun.lease_until < now)
    rows = select(JobRun.job, func.count()).where(dead).group_by(JobRun.job).order_by(JobRun.job)
    return dict(session.execute(rows).all())
