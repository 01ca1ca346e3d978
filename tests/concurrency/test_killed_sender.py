"""A sender is killed between sending and marking: nothing is lost, and copies have the same Message-ID (traps T20)."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.clock import SystemClock
from matchmaker.config import Settings, child_environment
from matchmaker.db.models import OutboxMessage
from matchmaker.db.session import Sessions
from matchmaker.delivery.letters import message_id
from matchmaker.delivery.post import LEASE, deliver
from matchmaker.domain.vocabulary import OutboxState
from matchmaker.services import outbox
from tests.support.mail import MailServer
from tests.support.server import ROOT

MESSAGES, KILLS = 30, 4


class Slow(MailServer):
    """Has the message a while before it says so: the moment in which senders die."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(0.1)
        return answer


@pytest.fixture
def server() -> Iterator[Slow]:
    server = Slow()
    server.start()
    yield server
    server.stop()


class Later:
    """After every lease has ended."""

    def now(self) -> datetime:
        return datetime.now(UTC) + 2 * LEASE

    def today(self) -> Any:
        return self.now().date()


def kill_in_the_middle(settings: Settings, server: Slow) -> None:
    command = [sys.executable, "-m", "tests.concurrency.sending"]
    sender = subprocess.Popen(command, cwd=ROOT, env=child_environment(settings))
    arrived = len(server.messages)
    deadline = time.monotonic() + 60
    while len(server.messages) < arrived + 3:  # the server holds the third and has not said so yet
        assert sender.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    sender.kill()
    sender.wait()


@pytest.mark.both_databases
@pytest.mark.slow
def test_nothing_is_lost_and_copies_are_recognised(sessions: Sessions, settings: Settings, server: Slow) -> None:
    settings = settings.model_copy(update={"smtp_host": server.host, "smtp_port": server.port})
    keys = [f"key{number}" for number in range(MESSAGES)]
    with sessions.write() as session:
        for key in keys:
            payload = {"path": "/", "title": key}
            outbox.queue(session, "need_published", "x@example.org", payload, dedup_key=key, clock=SystemClock())
    for _ in range(KILLS):
        kill_in_the_middle(settings, server)
    while "sent 0" not in deliver(sessions, settings, clock=Later()):
        pass
    with sessions.read() as session:
        assert {row.state for row in session.scalars(select(OutboxMessage))} == {OutboxState.SENT}
    copies = Counter(each["Message-ID"] for each in server.messages)
    assert set(copies) == {message_id(key, settings.smtp_from) for key in keys}
    assert 0 < len(server.messages) - MESSAGES <= KILLS
