"""`matchmaker up` (or web, or scheduler) as its own processes, the way an operator runs it."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from matchmaker.config import Settings, child_environment

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 90
STOP_SECONDS = 30


class Server:
    """A process group started from the command line with the given settings."""

    def __init__(self, settings: Settings, *arguments: str, log: Path) -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.port}"
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "matchmaker", *arguments],
                cwd=ROOT,
                env=child_environment(settings) | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self, path: str = "/readyz") -> Self:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.answers(path):
                return self
            time.sleep(0.1)
        raise RuntimeError(f"not ready (exit status {self.process.poll()}):\n{self.output()[-4000:]}")

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def running(self) -> bool:
        """Return whether any process of the group is still there."""
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> int:
        """Ask the first process to stop, as a service manager does; return its exit status.

        Raises:
            RuntimeError: it did not stop, or left others behind.
        """
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"did not stop:\n{self.output()[-4000:]}") from None
        if self.running():
            self.kill()
            raise RuntimeError(f"left processes behind:\n{self.output()[-4000:]}")
        return status

    def kill(self) -> None:
        """End the whole group at once."""
        if self.running():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
