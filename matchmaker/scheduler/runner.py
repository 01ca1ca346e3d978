"""The process that starts jobs. APScheduler is only its clock: it keeps nothing, and the database decides who runs."""

import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from types import FrameType
from typing import Never
from uuid import uuid4

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger

from matchmaker.bootstrap import Runtime
from matchmaker.scheduler.jobs import Job
from matchmaker.scheduler.turns import CLOCK, run_due
from matchmaker.services import jobs as services

LONGEST_CHECK = timedelta(seconds=30)  # how long a slot whose owner died may wait for somebody to look again
BEAT = timedelta(seconds=10)
SILENCE_SECONDS = 60  # without a beat the clock is stuck, as after the host's time was set back (traps T7)
GRACE_SECONDS = 5
STUCK = 70  # exit status

log = structlog.get_logger(__name__)


class Runner:
    """Looks at every job again and again until told to stop. One per process."""

    def __init__(self, runtime: Runtime, jobs: Sequence[Job]) -> None:
        """Set up the clock; nothing runs before `run`."""
        self.runtime = runtime
        self.owner = f"{socket.gethostname()[:32]}:{os.getpid()}:{uuid4().hex[:8]}"
        self._stop = threading.Event()
        self._running = 0
        self._lock = threading.Lock()
        self._beat_at = time.monotonic()
        self._clock = BlockingScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(len(jobs) + 1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        self._add("heartbeat", self._beat, BEAT)
        for job in jobs:
            self._add(job.name, self._look, min(job.schedule.period, LONGEST_CHECK), job)

    def run(self) -> Never:
        """Run until SIGTERM or SIGINT, then give back what is held and end the process."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        log.info("scheduler_started", owner=self.owner)
        self._clock.start()
        self._leave(0)

    def _add(self, name: str, call: object, every: timedelta, *arguments: object) -> None:
        trigger = IntervalTrigger(seconds=int(every.total_seconds()), timezone="UTC")
        self._clock.add_job(call, trigger, args=arguments, id=name, name=name, next_run_time=CLOCK.now())

    def _look(self, job: Job) -> None:
        with self._lock:
            self._running += 1
        try:
            run_due(self.runtime, job, self.owner, stopping=self._stop.is_set)
        except Exception:
            log.exception("job_not_looked_at", job=job.name)
        finally:
            with self._lock:
                self._running -= 1

    def _beat(self) -> None:
        self._beat_at = time.monotonic()
        try:
            with self.runtime.sessions.write() as session:
                services.beat(session, self.owner, now=CLOCK.now())
        except Exception:
            log.exception("no_heartbeat")

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        log.info("scheduler_stopping", signal=signal.Signals(number).name)
        self._stop.set()

    def _watch(self) -> None:
        """End the clock when asked to; end the process when the clock has stopped by itself."""
        while not self._stop.wait(SILENCE_SECONDS / 10):
            silence = time.monotonic() - self._beat_at
            if silence > SILENCE_SECONDS:
                log.critical("scheduler_stuck", silence=round(silence))
                self._leave(STUCK)
        self._clock.shutdown(wait=False)

    def _leave(self, status: int) -> Never:
        """Wait a little for running jobs, give their slots back, and end: an unfinished effect is rolled back."""
        deadline = time.monotonic() + GRACE_SECONDS
        while self._running and time.monotonic() < deadline:
            time.sleep(0.05)
        try:
            with self.runtime.sessions.write() as session:
                services.release(session, self.owner, now=CLOCK.now())
        except Exception:
            log.exception("slots_not_given_back")
        log.info("scheduler_stopped", owner=self.owner)
        os._exit(status)
