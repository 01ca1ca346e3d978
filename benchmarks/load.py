"""The demonstration fifty times over with twenty people at it: how long the pages take that officers live on.

A server is started as on any host (`matchmaker web`, default workers and threads) on a database in a folder of its
own. First one person opens every page, then twenty people of five roles open page after page at once, each looking at
an answer for a second before asking for the next. Prints median and p99 of each page in milliseconds and as multiples
of /livez, which does nothing, in the same run: ratios travel between machines.

    python benchmarks/load.py [FACTOR [PEOPLE [SECONDS [PAUSE]]]]      # 50 20 120 1
"""

import http.client
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median, quantiles

from enlarge import enlarge
from sqlalchemy import func, select

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings, child_environment
from matchmaker.db.migrate import upgrade
from matchmaker.db.models import Capability, Expert, Meeting, Need, Organisation, SearchEntry
from matchmaker.services import profile
from matchmaker.services.demo import PASSWORD, load_demo

DAY = date(2026, 11, 22)
PATIENCE = 600  # seconds until the server must answer
ROUNDS_ALONE = 5
BASE = "/livez"
PAGES = {
    "city": ["/home", "/needs", "/needs?status=published&sort=-since&page=7", "/board", "/search?q=焊接"],
    "county": ["/home", "/needs", "/board", "/search?q=裂纹"],
    "expert": ["/needs", "/search?q=5G", "/home"],
    "firm": ["/home", "/needs", "/search?q=焊"],
    "leader": ["/board", "/needs", "/search?q=聚氨酯"],
}
NAMES = {"/home": "first page", "/needs": "need list", "/board": "board", "/search": "search", BASE: "livez"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Person:
    """Somebody with a browser: keeps the cookie, follows nothing."""

    port: int
    role: str
    cookies: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[str, float]] = field(default_factory=list)

    def get(self, path: str) -> tuple[int, str]:
        return self._send("GET", path)

    def sign_in(self) -> None:
        token = TOKEN.search(self.get("/login")[1])
        assert token, "no form on the sign-in page"
        form = {"csrf_token": token[1], "form_id": f"load-{id(self)}", "login": self.role, "password": PASSWORD}
        status, _text = self._send("POST", "/login", urllib.parse.urlencode(form))
        assert status == 303, f"{self.role} was not let in: {status}"

    def open(self, path: str) -> None:
        begun = time.perf_counter()
        status, _text = self.get(path)
        assert status == 200, f"{self.role} {path}: {status}"
        name = NAMES[path.partition("?")[0]]
        self.taken.append((f"{name}, {self.role}" if name == "first page" else name, time.perf_counter() - begun))

    def _send(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, urllib.parse.quote(path, safe="/?=&-_%"), body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        for header in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = header.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        connection.close()
        return answer.status, text


def prepared(folder: Path, factor: int) -> Settings:
    """The demonstration `factor` times over in `folder`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings = Settings(data_dir=folder, today=DAY, port=probe.getsockname()[1], log_level="WARNING")
    upgrade(settings.database_url)
    runtime = Runtime.build(settings)
    with runtime.sessions.write() as session:
        profile.load(session, profile.read(), clock=runtime.clock)
    begun = time.perf_counter()
    load_demo(runtime)
    loaded = time.perf_counter()
    enlarge(runtime.sessions, factor)
    print(f"demonstration loaded in {loaded - begun:.1f} s, made {factor}-fold in {time.perf_counter() - loaded:.1f} s")
    with runtime.sessions.read() as session:
        for model in (Organisation, Need, Expert, Capability, Meeting, SearchEntry):
            print(f"  {session.scalar(select(func.count()).select_from(model)):>8,} {model.__tablename__}")
    runtime.close()
    return settings


def started(settings: Settings) -> subprocess.Popen[bytes]:
    """`matchmaker web`, answering."""
    begun = time.perf_counter()
    web = subprocess.Popen([sys.executable, "-m", "matchmaker", "web"], env=child_environment(settings))
    while time.perf_counter() - begun < PATIENCE and web.poll() is None:
        try:
            if Person(settings.port, "").get("/readyz")[0] in {200, 503}:  # 503: no scheduler
                return web
        except OSError:
            time.sleep(0.1)
    web.kill()
    raise RuntimeError("the server did not answer")


def crowd(port: int, number: int) -> list[Person]:
    """Signed in, roles in turn; each has opened every page of theirs, so that no worker is cold."""
    people = [Person(port, list(PAGES)[at % len(PAGES)]) for at in range(number)]
    for person in people:
        person.sign_in()
    together(_tour, people)
    for person in people:
        person.taken.clear()
    return people


def _tour(person: Person, _at: int) -> None:
    for path in PAGES[person.role]:
        person.open(path)


def visiting(until: float, pause: float) -> Callable[[Person, int], None]:
    """Page after page until then, each person beginning with another one and at another moment."""

    def visit(person: Person, at: int) -> None:
        pages = [*PAGES[person.role], BASE]
        time.sleep(pause * at / 20)
        while time.perf_counter() < until:
            person.open(pages[at % len(pages)])
            time.sleep(pause)
            at += 1

    return visit


def alone(people: list[Person]) -> dict[str, list[float]]:
    """What the pages take while nobody else is there."""
    for person in {person.role: person for person in people}.values():
        for _ in range(ROUNDS_ALONE):
            for path in [*PAGES[person.role], BASE]:
                person.open(path)
    found = by_page(people)
    for person in people:
        person.taken.clear()
    return found


def by_page(people: list[Person]) -> dict[str, list[float]]:
    """Name of the page → milliseconds of each visit."""
    found: dict[str, list[float]] = {}
    for person in people:
        for name, seconds in person.taken:
            found.setdefault(name, []).append(seconds * 1e3)
    return found


def together(act: Callable[[Person, int], None], people: list[Person]) -> None:
    """Everybody at once; what went wrong for one is raised."""
    with ThreadPoolExecutor(len(people)) as pool:
        for done in [pool.submit(act, person, at) for at, person in enumerate(people)]:
            done.result()


def report(single: dict[str, list[float]], many: dict[str, list[float]]) -> None:
    base = many[NAMES[BASE]]
    bases = median(base), quantiles(base, n=100)[-1]
    print(f"{'page':<20}{'alone':>9}{'visits':>8}{'median':>10}{'p99':>10}   in livez: median, p99")
    for name in sorted(many, key=lambda name: (name != NAMES[BASE], name)):
        taken = many[name]
        middle, p99 = median(taken), quantiles(taken, n=100)[-1] if len(taken) > 1 else taken[0]
        print(
            f"{name:<20}{median(single[name]):>6.0f} ms{len(taken):>8}{middle:>7.0f} ms{p99:>7.0f} ms"
            f"{middle / bases[0]:>10.1f}{p99 / bases[1]:>8.1f}"
        )


def main() -> None:
    given = (*sys.argv[1:], *("50", "20", "120", "1")[len(sys.argv) - 1 :])
    factor, number, seconds, pause = int(given[0]), int(given[1]), int(given[2]), float(given[3])
    load, python = os.getloadavg()[0], platform.python_version()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {python}")
    with tempfile.TemporaryDirectory() as folder:
        settings = prepared(Path(folder), factor)
        web = started(settings)
        try:
            people = crowd(settings.port, number)
            single = alone(people)
            begun = time.perf_counter()
            together(visiting(begun + seconds, pause), people)
            taken = time.perf_counter() - begun
        finally:
            web.terminate()
            web.wait()
    many = by_page(people)
    pages = sum(map(len, many.values()))
    print(f"{number} people, {pause:g} s between pages: {pages} pages in {taken:.0f} s, {pages / taken:.1f} a second")
    report(single, many)


if __name__ == "__main__":
    main()
