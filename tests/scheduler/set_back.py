"""`python -m tests.scheduler.set_back`: a scheduler whose host's clock is set back by an hour while it runs."""

import threading
from datetime import UTC, datetime, timedelta

import time_machine

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.scheduler import runner
from matchmaker.scheduler.jobs import JOBS


def set_back() -> None:
    time_machine.travel(datetime.now(UTC) - timedelta(hours=1), tick=True).start()


if __name__ == "__main__":
    runner.SILENCE_SECONDS = 3
    runner.BEAT = timedelta(seconds=1)
    threading.Timer(2, set_back).start()
    runner.Runner(Runtime.build(Settings()), JOBS).run()
