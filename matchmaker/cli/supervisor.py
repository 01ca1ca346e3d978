"""Child processes: started, started again when they die, ended together."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

STOP_SECONDS = 12  # then killed, so that everything has ended within 15 s
LONGEST_WAIT = 60.0
CALM_SECONDS = 60.0  # having run that long, a child that dies is started again at once
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = structlog.get_logger(__name__)


def end_with_parent(parent: int | None) -> None:
    """Let the kernel end this process when `parent` does, however that happens (Linux; elsewhere it outlives it)."""
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    again_at: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, env=dict(self.environment), stdin=subprocess.DEVNULL)  # noqa: S603
        self.started = time.monotonic()

    def ended(self) -> int | None:
        """Its exit status once it has ended, None while it runs or waits to be started again."""
        return self.process.poll() if self.process else None

    def schedule_restart(self) -> None:
        """Wait 1, 2, 4 … at most 60 s; a child that had run calmly starts at once."""
        now = time.monotonic()
        self.deaths = 0 if now - self.started > CALM_SECONDS else self.deaths + 1
        self.again_at = now + min(2.0 ** (self.deaths - 1), LONGEST_WAIT) if self.deaths else now
        self.process = None


@dataclass
class Supervisor:
    """Keeps children running until a signal or until one cannot even start."""

    children: Sequence[Child]
    on_ready: Callable[[], None]
    is_ready: Callable[[], bool]
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        """Start the children and watch them; the exit status of `up`."""
        for number in SIGNALS:
            signal.signal(number, self._on_signal)
        try:
            for child in self.children:
                child.start()
            return self._watch()
        finally:
            self._end_all()

    def _watch(self) -> int:
        ready = False
        while not self.stop.wait(0.2):
            for child in self.children:
                status = child.ended()
                if status is not None and not ready:
                    log.critical("child_did_not_start", child=child.name, status=status)
                    return status or 1
                self._keep(child, status)
            if not ready and self.is_ready():
                ready = True
                self.on_ready()
        return 0

    def _keep(self, child: Child, status: int | None) -> None:
        if status is not None:
            child.schedule_restart()
            log.error("child_ended", child=child.name, status=status)
        if child.process is None and time.monotonic() >= child.again_at:
            child.start()

    def _end_all(self) -> None:
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop.set()
