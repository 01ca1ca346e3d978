"""What the chain over the audit trail costs: writers at once, each transaction two entries, with the chain and without.

The order of the links is that of the commits, so writers wait for one another; this says how long. Runs take turns on
fresh databases, SQLite first, then a private PostgreSQL. Prints the medians and their ratio, which travels.

    python benchmarks/chain_cost.py [WRITERS [WRITES [ROUNDS]]]      # 8 200 3
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # a script's own folder is all that Python looks in

from sqlalchemy import event

from matchmaker.clock import SystemClock
from matchmaker.db import chain
from matchmaker.db.migrate import upgrade
from matchmaker.db.session import Sessions, WritingSession
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import Noun
from matchmaker.services import audit
from tests.support.postgres import Postgres

WRITE = "--write"
ENTRIES = 2


def write(url: str, writes: int, *, linked: bool) -> None:
    """One writer: so many transactions, one after another."""
    if not linked:
        event.remove(WritingSession, "after_flush", chain.note)
        event.remove(WritingSession, "before_commit", chain.keep)
    sessions, clock = Sessions(url), SystemClock()
    for number in range(writes):
        with sessions.write() as session:
            for record in range(ENTRIES):
                values = {"record_id": record + 1, "at": clock.now(), "after": {"n": number}}
                audit.write(session, SYSTEM, action="edit", noun=Noun.NEED, **values)
    sessions.close()


def taken(url: str, writers: int, writes: int, *, linked: bool) -> float:
    """Seconds until all writers are done, the start of their processes included."""
    upgrade(url)
    begun = time.perf_counter()
    command = [sys.executable, __file__, WRITE, url, str(writes), str(int(linked))]
    started = [subprocess.Popen(command) for _ in range(writers)]
    codes = [one.wait() for one in started]
    if any(codes):
        raise RuntimeError("a writer failed")
    return time.perf_counter() - begun


@contextmanager
def databases() -> Iterator[dict[str, Callable[[], str]]]:
    """Kind → what gives the address of another empty database."""
    server, numbers = Postgres(), count()
    with tempfile.TemporaryDirectory() as folder:
        try:
            server.start()
            yield {
                "SQLite": lambda: f"sqlite:///{folder}/{next(numbers)}.db",
                "PostgreSQL": lambda: server.url(server.create()),
            }
        finally:
            server.stop()


def main() -> None:
    given = [*map(int, sys.argv[1:]), *(8, 200, 3)[len(sys.argv) - 1 :]]
    writers, writes, rounds = given
    load, python = os.getloadavg()[0], platform.python_version()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {python}")
    print(f"{writers} writers x {writes} transactions of {ENTRIES} entries, medians of {rounds}")
    with databases() as fresh:
        for kind, another in fresh.items():
            found: dict[bool, list[float]] = {False: [], True: []}
            for _ in range(rounds):
                for linked, seconds in found.items():
                    seconds.append(taken(another(), writers, writes, linked=linked))
            plain, chained = median(found[False]), median(found[True])
            ratio, each = chained / plain, (chained - plain) / writes / writers * 1e3
            print(
                f"{kind}: {plain:.1f} s without the chain, {chained:.1f} s with: x {ratio:.2f}, {each:+.2f} ms a write"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == [WRITE]:
        write(sys.argv[2], int(sys.argv[3]), linked=sys.argv[4] == "1")
    else:
        main()
