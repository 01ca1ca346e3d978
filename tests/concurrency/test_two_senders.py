"""Two sending processes, a mail server that misbehaves, and kill -9 in between: every letter arrives.

Copies are counted: one letter may come more than once only as often as the server took it and its reply was lost, with
the server (a dropped connection) or with the sender (killed); and then under the same Message-ID.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

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
from tests.delivery.test_post import At
from tests.support.nasty_mail import BODY, DATA, DROP, MAIL, RCPT, REPLY, NastyServer
from tests.support.server import ROOT

MESSAGES, BEFORE_KILL = 40, 8
FAULTS = [(MAIL, DROP), (REPLY, DROP), (RCPT, "450 4.2.1 busy"), (BODY, DROP), (REPLY, DROP), (DATA, "451 4.3.0 later")]
KEYS = [f"key{number}" for number in range(MESSAGES)]


@pytest.fixture
def server() -> Iterator[NastyServer]:
    server = NastyServer()
    server.start()
    yield server
    server.stop()


def sender(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.concurrency.sending"]
    return subprocess.Popen(command, cwd=ROOT, env=child_environment(settings))


def kill_both_in_the_middle(settings: Settings, server: NastyServer) -> None:
    both = [sender(settings), sender(settings)]
    deadline = time.monotonic() + 90
    while len(server.messages) < BEFORE_KILL:
        assert all(each.poll() is None for each in both)
        assert time.monotonic() < deadline
        time.sleep(0.005)
    for each in both:
        each.kill()
        each.wait()


def drain(sessions: Sessions, settings: Settings) -> None:
    """Rounds after every lease and every wait has ended, until nothing is left."""
    moment = datetime.now(UTC) + 2 * LEASE
    for _ in range(20):
        deliver(sessions, settings, clock=At(moment))
        moment += timedelta(hours=3)


@pytest.mark.both_databases
@pytest.mark.slow
def test_two_senders_lose_nothing_and_double_only_lost_replies(
    sessions: Sessions, settings: Settings, server: NastyServer
) -> None:
    mail = {"smtp_host": server.host, "smtp_port": server.port, "smtp_timeout_seconds": 5}
    settings = settings.model_copy(update=mail)
    with sessions.write() as session:
        for key in KEYS:
            payload = {"path": "/", "title": key}
            outbox.queue(session, "need_published", "x@example.org", payload, dedup_key=key, clock=SystemClock())
    server.faults = list(FAULTS)
    kill_both_in_the_middle(settings, server)
    drain(sessions, settings)
    with sessions.read() as session:
        assert {row.state for row in session.scalars(select(OutboxMessage))} == {OutboxState.SENT}
    copies = Counter(each["Message-ID"] for each in server.messages)
    assert set(copies) == {message_id(key, settings.smtp_from) for key in KEYS}
    assert server.faults == []
    lost_replies = FAULTS.count((REPLY, DROP)) + 2  # and what each killed sender had just handed over
    assert copies.total() - MESSAGES <= lost_replies
