"""Two schedulers and four web workers on one database for a minute, one scheduler killed: every slot ran once."""

import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.config import Settings
from matchmaker.db.models import Audit, JobRun, Setting
from matchmaker.db.session import Sessions
from tests.concurrency.ticking import LEASE, NAME
from tests.support.ports import free_port
from tests.support.server import Server

SECONDS = 60
WAIT_SECONDS = 60

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]


def ticks(sessions: Sessions) -> list[int]:
    with sessions.read() as session:
        return sorted(session.scalars(select(Audit.record_id).where(Audit.action == NAME)))


def held_by(sessions: Sessions, server: Server) -> list[int]:
    """The slots that this process has claimed and not done."""
    mine = JobRun.owner.contains(f":{server.process.pid}:")
    with sessions.read() as session:
        slots = session.scalars(select(JobRun.slot).where(JobRun.job == NAME, JobRun.done_at.is_(None), mine))
        return [round(slot.timestamp()) for slot in slots]


def holders(sessions: Sessions, servers: list[Server]) -> Iterator[tuple[Server, list[int]]]:
    """Whoever is in the middle of a slot (on a fast database it may always be the same one)."""
    found = ((server, held_by(sessions, server)) for server in servers)
    return ((server, slots) for server, slots in found if slots)


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.01)
    raise AssertionError("it never came")


class Visitors:
    """People who read pages all the while, and somebody who writes."""

    def __init__(self, server: Server, sessions: Sessions) -> None:
        self.server, self.sessions = server, sessions
        self.answers: list[int] = []
        self.written = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._read, self._read, self._write)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        while not self._stop.wait(0.02):
            try:
                with urllib.request.urlopen(self.server.url + "/", timeout=30) as answer:
                    self.answers.append(answer.status)
            except urllib.error.HTTPError as error:
                self.answers.append(error.code)

    def _write(self) -> None:
        while not self._stop.wait(0.02):
            with self.sessions.write() as session:
                session.add(Setting(key=f"written.{self.written}", value=""))
            self.written += 1


@pytest.fixture
def visitors(settings: Settings, sessions: Sessions, start_server: Callable[..., Server]) -> Iterator[Visitors]:
    web = start_server(settings.model_copy(update={"workers": 4, "port": free_port()}), "web").wait_until_ready()
    visitors = Visitors(web, sessions)
    visitors.start()
    yield visitors
    visitors.stop()


def test_every_slot_ran_exactly_once(
    visitors: Visitors, settings: Settings, sessions: Sessions, start_server: Callable[..., Server]
) -> None:
    arguments = ("scheduler", "--more-jobs", "tests.concurrency.ticking:JOBS")
    schedulers = [start_server(settings, *arguments) for _ in range(2)]
    wait_for(lambda: ticks(sessions))
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > SECONDS / 3)
    busy, orphans = wait_for(lambda: next(holders(sessions, schedulers), None))
    busy.process.send_signal(signal.SIGKILL)
    wait_for(lambda: time.monotonic() - began > SECONDS)
    end = int(datetime.now(UTC).timestamp())
    wait_for(lambda: set(range(ticks(sessions)[0], end)) <= set(ticks(sessions)))
    visitors.stop()
    (other,) = [each for each in schedulers if each is not busy]
    assert other.stop() == 0

    ran = ticks(sessions)
    assert ran == list(range(ran[0], ran[-1] + 1))  # none twice, none missing
    assert len(ran) >= SECONDS
    with sessions.read() as session:
        taken_over = select(JobRun.slot).where(JobRun.job == NAME, JobRun.attempts > 1)
        again = {round(slot.timestamp()) for slot in session.scalars(taken_over)}
        assert again <= set(orphans), f"somebody else's slot was taken before its {LEASE}"
        assert set(visitors.answers) == {200}
        kept = session.scalars(select(Setting.key).where(Setting.key.startswith("written."))).all()
    assert len(kept) == visitors.written > 0
