"""One slot from claim to done (traps §1.4)."""

from collections.abc import Callable
from datetime import datetime

import structlog

from matchmaker.bootstrap import Runtime
from matchmaker.clock import SystemClock
from matchmaker.queries import jobs as queries
from matchmaker.scheduler.jobs import FREQUENT, Job, Turn
from matchmaker.services import jobs as services

# Slots, leases and heartbeats go by the host's clock; a fixed day only changes what the jobs are for.
CLOCK = SystemClock()

log = structlog.get_logger(__name__)


def wanted_slots(runtime: Runtime, job: Job) -> list[datetime]:
    """The slots that are due and that nobody has done or holds, oldest first."""
    now = CLOCK.now()
    due = job.schedule.due(now, job.catch_up)
    with runtime.sessions.read() as session:
        return queries.wanting(session, job.name, due, now=now, max_attempts=services.MAX_ATTEMPTS)


def run_due(runtime: Runtime, job: Job, owner: str, *, stopping: Callable[[], bool]) -> None:
    """Run every slot of the job that is wanted, until told to stop; a shared job each time."""
    if job.shared:
        run_shared(runtime, job, owner)
        return
    for slot in wanted_slots(runtime, job):
        if stopping():
            return
        run_turn(runtime, job, job.turn(runtime, slot), owner)


def run_shared(runtime: Runtime, job: Job, owner: str) -> None:
    """Do a job without slots once, beside whoever else does it."""
    effect = job.prepare(runtime, job.turn(runtime, CLOCK.now()))
    with runtime.sessions.write() as session:
        result = effect(session)
        services.beat(session, owner, now=CLOCK.now(), job=job.name, result=result)
    log.debug("job_done", job=job.name, result=result)


def run_turn(runtime: Runtime, job: Job, turn: Turn, owner: str) -> str | None:
    """Claim one slot and run it; what it did, or None when it was not ours to run or failed (see the log)."""
    with runtime.sessions.write() as session:
        slot = services.claim(session, job.name, turn.slot, owner=owner, lease=job.lease, now=CLOCK.now())
    if slot is None:
        return None
    try:
        result = _carry_out(runtime, job, turn, slot)
    except services.FencedError as error:
        log.warning("job_fenced", job=job.name, slot=turn.slot.isoformat(), error=str(error))
        return None
    except Exception as error:
        log.exception("job_failed", job=job.name, slot=turn.slot.isoformat(), attempts=slot.attempts)
        with runtime.sessions.write() as session:
            services.fail(session, slot, f"{type(error).__name__}: {error}", now=CLOCK.now())
        return None
    note = log.info if job.schedule.period >= FREQUENT else log.debug
    note("job_done", job=job.name, slot=turn.slot.isoformat(), day=turn.day.isoformat(), result=result)
    return result


def _carry_out(runtime: Runtime, job: Job, turn: Turn, slot: services.Slot) -> str:
    effect = job.prepare(runtime, turn)
    with runtime.sessions.write() as session:
        result = effect(session)
        services.finish(session, slot, result, now=CLOCK.now())
    return result
