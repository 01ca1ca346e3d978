"""The scheduler as a process: it beats, stops when asked, makes good a pause, and ends rather than sleep on."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.clock import SystemClock
from matchmaker.config import Settings, child_environment
from matchmaker.db.models import JobRun
from matchmaker.db.session import Sessions
from matchmaker.queries import jobs as queries
from matchmaker.scheduler.jobs import JOBS
from matchmaker.scheduler.runner import STUCK
from matchmaker.services import profile
from matchmaker.services.jobs import HEARTBEAT
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.slow
MORE = ("scheduler", "--more-jobs", "tests.concurrency.ticking:JOBS")


@pytest.fixture(autouse=True)
def installed(sessions: Sessions) -> None:
    with sessions.write() as session:
        profile.load(session, profile.read(), clock=SystemClock())


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def done(sessions: Sessions, job: str) -> list[int]:
    with sessions.read() as session:
        slots = session.scalars(select(JobRun.slot).where(JobRun.job == job, JobRun.done_at.is_not(None)))
        return sorted(round(slot.timestamp()) for slot in slots)


@pytest.mark.both_databases
def test_it_runs_every_job_beats_and_stops_when_asked(
    settings: Settings, sessions: Sessions, start_server: Callable[..., Server]
) -> None:
    server = start_server(settings, "scheduler")

    def successes() -> set[str]:
        with sessions.read() as session:
            return set(queries.last_success(session))

    wait_for(lambda: {HEARTBEAT, *(job.name for job in JOBS)} <= successes())
    assert server.stop() == 0
    assert "scheduler_stopped" in server.output()


def test_a_pause_loses_no_slot(settings: Settings, sessions: Sessions, start_server: Callable[..., Server]) -> None:
    server = start_server(settings, *MORE)
    wait_for(lambda: done(sessions, "tick"))
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(4)
    server.process.send_signal(signal.SIGCONT)
    end = int(datetime.now(UTC).timestamp())
    wait_for(lambda: set(range(done(sessions, "tick")[0], end)) <= set(done(sessions, "tick")))
    assert server.stop() == 0


def test_what_it_holds_is_free_after_it_stopped(
    settings: Settings, sessions: Sessions, start_server: Callable[..., Server]
) -> None:
    first = start_server(settings, *MORE)
    wait_for(lambda: done(sessions, "tick"))
    assert first.stop() == 0
    with sessions.read() as session:
        held = JobRun.done_at.is_(None) & (JobRun.lease_until > datetime.now(UTC))
        assert session.scalars(select(JobRun).where(held)).all() == []


def test_it_ends_when_the_clock_was_set_back(settings: Settings) -> None:
    command = [sys.executable, "-m", "tests.scheduler.set_back"]
    ended = subprocess.run(
        command, cwd=ROOT, env=child_environment(settings), timeout=60, check=False, capture_output=True, text=True
    )
    assert ended.returncode == STUCK
    assert "scheduler_stuck" in ended.stdout + ended.stderr


def test_the_web_never_imports_the_scheduler_s_clock() -> None:
    program = "import sys, matchmaker.web, matchmaker.web.pages.health; sys.exit('apscheduler' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_importing_the_composition_opens_no_connection() -> None:
    program = (
        "import sys; from matchmaker.bootstrap import Runtime; from matchmaker.config import Settings;"
        "runtime = Runtime.build(Settings()); sys.exit(runtime.sessions.engine.pool.checkedin())"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
