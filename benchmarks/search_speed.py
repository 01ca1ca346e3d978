"""The global search over about a hundred thousand entries, on SQLite and on PostgreSQL.

Everything that `queries.search` does for one page is timed: seven kinds of record, counts, scopes, loading and marking
of the hits. The entries are those of the demonstration many times over; both databases answer the same questions.

    python benchmarks/search_speed.py [FACTOR]      # 70
"""

import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # a script's own folder is all that Python looks in

from sqlalchemy import delete, func, select

from benchmarks.enlarge import enlarge
from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.db.migrate import upgrade
from matchmaker.db.models import Account, SearchEntry
from matchmaker.domain.vocabulary import Noun
from matchmaker.queries import search
from matchmaker.queries.accounts import actor_of
from matchmaker.services import profile
from matchmaker.services import search as entries
from matchmaker.services.demo import load_demo
from tests.support.postgres import Postgres

DAY = date(2026, 11, 22)
ROUNDS = 9
PEOPLE = ("city", "county", "expert")
WORDS = ("焊接", "焊", "5G", "聚氨酯 发泡", "视觉检测 缺陷", "不存在的词")


@contextmanager
def postgres() -> Iterator[str]:
    server = Postgres()
    try:
        server.start()
        yield server.url(server.create())
    finally:
        server.stop()


def measure(settings: Settings, factor: int) -> None:
    upgrade(settings.database_url)
    runtime = Runtime.build(settings)
    with runtime.sessions.write() as session:
        profile.load(session, profile.read(), clock=runtime.clock)
    load_demo(runtime)
    enlarge(runtime.sessions, factor)
    with runtime.sessions.write() as session:
        session.execute(delete(SearchEntry))
    begun = time.perf_counter()
    made = entries.rebuild(runtime.sessions)
    seconds = time.perf_counter() - begun
    with runtime.sessions.read() as session:
        size = session.scalar(select(func.avg(func.length(SearchEntry.text))))
    print(f"{runtime.sessions.engine.dialect.name}: {made:,} entries of {size:.0f} characters, made in {seconds:.1f} s")
    for word in WORDS:
        for noun in (None, Noun.NEED):
            print(f"  {word:<12}{noun or 'all kinds':<10}", *(_taken(runtime, login, word, noun) for login in PEOPLE))
    runtime.close()


def _taken(runtime: Runtime, login: str, word: str, noun: Noun | None) -> str:
    """Median, slowest, and median of this process's own processor time, in milliseconds; how many hits."""
    taken, busy, total = [], [], 0
    for _ in range(ROUNDS):
        with runtime.sessions.read() as session:
            actor = actor_of(session.scalars(select(Account).where(Account.login == login)).one())
            begun, began = time.perf_counter(), time.process_time()
            found = search.search(session, actor, search.read(runtime.segmenter, word), noun)
            taken.append((time.perf_counter() - begun) * 1e3)
            busy.append((time.process_time() - began) * 1e3)
            total = sum(heap.page.total for heap in found)
    return f"{login} {median(taken):>4.0f}/{max(taken):.0f}/{median(busy):.0f} ms ({total:,})"


def main() -> None:
    factor = int(sys.argv[1]) if len(sys.argv) > 1 else 70
    load, python = os.getloadavg()[0], platform.python_version()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {python}")
    print(f"median / slowest / median of this process's own processor time, of {ROUNDS}; hits")
    with tempfile.TemporaryDirectory() as folder:
        measure(Settings(data_dir=Path(folder), today=DAY), factor)
    with tempfile.TemporaryDirectory() as folder, postgres() as url:
        measure(Settings(data_dir=Path(folder), database_url=url, today=DAY), factor)


if __name__ == "__main__":
    main()
