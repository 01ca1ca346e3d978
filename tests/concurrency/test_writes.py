"""Eight processes read, add and write at once, and nothing is lost (traps M1–M3)."""

import subprocess
import sys

import pytest

from matchmaker.db.models import Setting
from matchmaker.db.session import Sessions
from tests.concurrency.adding import KEY
from tests.support.server import ROOT

PROCESSES, TIMES = 8, 200


@pytest.mark.both_databases
@pytest.mark.slow
def test_nothing_is_lost(sessions: Sessions) -> None:
    with sessions.write() as session:
        session.add(Setting(key=KEY, value="0"))
    command = [sys.executable, "-m", "tests.concurrency.adding", sessions.url, str(TIMES)]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(PROCESSES)]
    assert [process.wait() for process in running] == [0] * PROCESSES
    with sessions.read() as session:
        assert session.get_one(Setting, KEY).value == str(PROCESSES * TIMES)
