"""A page asks the database as often for three thousand rows as for thirty.

Every address without a number in it is opened by every role, so that a list added later is held to it as well.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.domain.vocabulary import Role
from matchmaker.web import create_app
from tests.factories import TODAY
from tests.support.crowd import make_crowd
from tests.support.person import Person

pytestmark = pytest.mark.slow
SIZES = (1, 30, 3000)
SHEETS = (30, 600)  # sizes for whole lists
AT_MOST = 80  # statements of one page; the first page of an expert has the most parts
SHEET = ".xlsx"
BESIDE = {"/livez", "/readyz", "/metrics", "/static/<path:filename>"}  # no pages
# Lists, and records with long lists in them, whose address holds a number or that want a question.
MORE = (
    *("/board/outbound/2026", "/board/inbound/2026", "/needs/1", "/needs/5", "/experts/1", "/groups/1", "/teams/1"),
    *("/organisations/1", "/organisations/2", "/meetings/1", "/imports/1"),
    *("/search?q=焊接", "/search?q=焊接&noun=need", "/needs?q=焊接&sort=title&page=2", "/experts?q=焊接"),
    *("/capabilities?status=review", "/meetings?status=unrecorded"),
    *("/goals/outbound/2026/splits", "/goals/report?first=2023&last=2026", "/absorptions/1", "/trainings/1"),
    *("/absorptions?q=成果&year=2026&state=stands", "/goals/targets/1/edit"),
)
# Read whole, 500 rows at a time: what would count if all were verified, and all the texts that one expert offers.
READ_WHOLE = {(Role.CITY, "/meetings/old-ledger"), (Role.EXPERT, "/home"), (Role.EXPERT, "/matches")}
Counts = dict[tuple[Role, str], int]
Measure = Callable[..., Counts]


@contextmanager
def counting(runtime: Runtime) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(runtime.sessions.engine, "before_cursor_execute", note)
    yield said
    event.remove(runtime.sessions.engine, "before_cursor_execute", note)


def paths(app: Flask) -> list[str]:
    """The addresses of all pages and sheets without arguments, and some pages with."""
    rules = (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments)
    return sorted({str(rule) for rule in rules} - BESIDE) + list(MORE)


@pytest.fixture(scope="module")
def measure(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Measure:
    """`measure(30, of=pages, by=roles)`: (role, address) → statements, for what opens."""

    def measured(size: int, *, of: Callable[[str], bool], by: tuple[Role, ...] = tuple(Role)) -> Counts:
        folder = tmp_path_factory.mktemp(f"crowd{size}")
        shutil.copyfile(migrated_sqlite, folder / "matchmaker.db")
        runtime = Runtime.build(Settings(data_dir=folder, today=TODAY))
        logins = make_crowd(runtime.sessions, size)
        app = create_app(runtime=runtime)
        app.testing = True
        people = {role: Person(app).sign_in(logins[role]) for role in by}
        wanted = [(role, path) for role in by for path in paths(app) if of(path)]
        numbers = {(role, path): _statements(runtime, people[role], path) for role, path in wanted}
        runtime.close()
        return {key: number for key, number in numbers.items() if number is not None}

    return measured


def _statements(runtime: Runtime, person: Person, path: str) -> int | None:
    """How many statements a page takes, whatever the process keeps being there; None if it does not open."""
    numbers = []
    for _ in range(2):  # now and then a request also notes that the person is still here
        with counting(runtime) as said:
            status = person.get(path).status_code
        if status != 200:
            return None
        numbers.append(len(said))
    return min(numbers)


def differing(fewer: Counts, more: Counts, tolerated: range) -> dict[str, tuple[int, int | None]]:
    """The pages that take a number of statements more which is not in `tolerated`, or that no longer open."""
    pairs = {key: (number, more.get(key)) for key, number in fewer.items()}
    return {f"{role} {path}": pair for (role, path), pair in pairs.items() if _step(*pair) not in tolerated}


def _step(one: int, other: int | None) -> int:
    return AT_MOST if other is None else other - one


@pytest.fixture(scope="module")
def counts(measure: Measure) -> dict[int, Counts]:
    return {size: measure(size, of=lambda path: SHEET not in path) for size in SIZES}


def test_every_list_is_opened_by_somebody(counts: dict[int, Counts]) -> None:
    opened = {path for _role, path in counts[1]}
    lists = {"/needs", "/capabilities", "/experts", "/organisations", "/invitations", "/meetings", "/teams", "/trips"}
    desks = {"/imports", "/accounts", "/notices", "/home", "/registrations", "/open-needs", "/board", "/"}
    assert (lists | desks | set(MORE)) - opened == set()
    assert len({role for role, path in counts[1] if path == "/home"}) == len(Role) - 2  # two are led elsewhere


def test_the_number_of_rows_does_not_matter(counts: dict[int, Counts]) -> None:
    paged = {key: number for key, number in counts[30].items() if key not in READ_WHOLE}
    whole = {key: counts[30][key] for key in READ_WHOLE}
    assert differing(paged, counts[3000], range(1)) == {}
    assert differing(whole, counts[3000], range(31)) == {}
    assert {key: number for key, number in counts[3000].items() if number > AT_MOST} == {}


def test_a_single_row_takes_hardly_fewer(counts: dict[int, Counts]) -> None:
    """At one row there may be nothing to look up for it; a page that then asks much less asks row by row."""
    assert differing(counts[1], counts[30], range(4)) == {}


def test_sheets_of_whole_lists_ask_by_the_hundred(measure: Measure) -> None:
    """A sheet holds all rows; what belongs to them comes for 500 at a time."""
    few, many = (measure(size, of=lambda path: SHEET in path, by=(Role.CITY, Role.ADMIN)) for size in SHEETS)
    assert len(few) > 10
    assert differing(few, many, range(31)) == {}
