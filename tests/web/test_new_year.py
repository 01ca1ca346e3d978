"""The turn of the year: the same database on 31 December and on the day after, its holidays not entered yet."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from matchmaker.bootstrap import Runtime
from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import JobRun, Snapshot, Target, Workday
from matchmaker.db.session import Sessions
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import MeetingKind, Role, TargetBasis, TargetStatus
from matchmaker.exchange.workday_lists import Listed
from matchmaker.queries import board
from matchmaker.scheduler.jobs import JOBS, find
from matchmaker.scheduler.schedule import Daily
from matchmaker.scheduler.turns import run_turn
from matchmaker.services import profile, snapshots, workdays
from matchmaker.web import create_app
from tests import factories as make
from tests.queries.test_counts import make_verified
from tests.support.person import PASSWORD_HASH, Person

LAST, FIRST = date(2026, 12, 31), date(2027, 1, 1)
OUT = MetricCode.OUTBOUND
UNKNOWN = "2027 年节假日安排尚未录入，除单独更正的日子外按周一至周五计算"
# Pages that take a year from the clock, and pages that count or choose days.
PAGES = (
    *("/board", "/goals", "/goals/report", "/absorptions", "/turnover", "/trainings", "/workdays", "/rules"),
    *("/trips", "/trips/new", "/meetings", "/meetings/new", "/reports", "/follow-ups", "/"),
)

Started = Callable[[date], AbstractContextManager[Runtime]]


@pytest.fixture
def world(sessions: Sessions) -> SimpleNamespace:
    """The city's profile, one visit on each of the two days, and a target for 2026 alone."""
    with sessions.write() as session:
        profile.load(session, profile.read(), clock=FixedDayClock(LAST))
        for target in session.scalars(select(Target)):
            session.delete(target)
        visits = [make_verified(session, MeetingKind.OUTBOUND, day).id for day in (LAST, FIRST, FIRST)]
        session.add(_promise())
        login = make.make_account(session, Role.CITY, password_hash=PASSWORD_HASH).login
    return SimpleNamespace(login=login, visits=visits)


def _promise() -> Target:
    return Target(
        metric_code=OUT.value,
        year=2026,
        value=Decimal(100),
        basis=TargetBasis.ABSOLUTE,
        status=TargetStatus.FINAL,
        unit_label="次",
        source="文件",
        created_at=make.NOW,
        updated_at=make.NOW,
    )


@pytest.fixture
def on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Started:
    """An installation whose day was set from outside."""

    @contextmanager
    def started(day: date) -> Iterator[Runtime]:
        monkeypatch.setenv("MATCHMAKER_TODAY", day.isoformat())
        runtime = Runtime.build(Settings(data_dir=settings.data_dir, database_url=settings.database_url))
        yield runtime
        runtime.close()

    return started


def reader_at(runtime: Runtime, login: str) -> Person:
    app = create_app(runtime=runtime)
    app.testing = True
    return Person(app).sign_in(login)


def shown(reader: Person, path: str) -> str:
    answer = reader.get(path, follow_redirects=True)
    assert answer.status_code == 200, path
    return str(answer.text)


def test_the_board_begins_a_new_year_and_keeps_the_old(world: SimpleNamespace, on: Started) -> None:
    with on(LAST) as runtime:
        page = shown(reader_at(runtime, world.login), "/board")
        assert "2026 年双百互进" in page
        assert UNKNOWN not in page  # of the year shown
        assert "/ 100" in page
        assert "/board/outbound/2026" in page
    with on(FIRST) as runtime:
        reader = reader_at(runtime, world.login)
        page = shown(reader, "/board")
        assert "2027 年双百互进" in page
        assert UNKNOWN in page
        assert "2027 年目标未下达" in page
        assert "/ 100" not in page
        assert "/board/outbound/2027" in page
        before = shown(reader, "/board?year=2026")
        assert "/ 100" in before
        assert "还差 99" in before
    with on(LAST) as runtime, runtime.sessions.read() as session:
        totals = [board.board(session, year, FIRST).gauges[0].tally.total for year in (2026, 2027)]
    assert totals == [1, 2]


def test_the_ledger_puts_each_day_into_its_own_year(world: SimpleNamespace, on: Started) -> None:
    with on(FIRST) as runtime:
        reader = reader_at(runtime, world.login)
        listed = {
            year: set(re.findall(r'href="/meetings/(\d+)"', shown(reader, f"/board/outbound/{year}")))
            for year in (2026, 2027)
        }
    assert listed == {2026: {str(world.visits[0])}, 2027: {str(each) for each in world.visits[1:]}}


@pytest.mark.parametrize("day", [LAST, FIRST])
def test_pages_open_though_the_holidays_are_unknown(world: SimpleNamespace, on: Started, day: date) -> None:
    with on(day) as runtime:
        reader = reader_at(runtime, world.login)
        for path in PAGES:
            shown(reader, path)
        for path in ("/trips", "/meetings/new?kind=online&firms=%E6%9F%90"):
            answer = reader.get(path)
            assert answer.status_code in {200, 422}, path
        assert UNKNOWN in shown(reader, "/trips")  # on 31 December too: people plan ahead
        assert "2027 年" in shown(reader, "/workdays?year=2027")
        assert f"{day.year} 年工作日" in shown(reader, "/workdays")


def test_snapshots_end_one_year_and_begin_the_next(world: SimpleNamespace, sessions: Sessions) -> None:
    with sessions.write() as session:
        for day in (LAST, FIRST):
            snapshots.take(session, SYSTEM, day, FixedDayClock(FIRST))
        rows = session.scalars(
            select(Snapshot).where(Snapshot.metric_code == OUT).order_by(Snapshot.day, Snapshot.year)
        ).all()
        assert [(row.day, row.year, row.value) for row in rows] == [(LAST, 2026, 1), (FIRST, 2026, 1), (FIRST, 2027, 2)]
        assert all(snapshots.recount(session, row).reproduced for row in rows)


def test_the_first_night_s_snapshot_is_of_the_old_year(settings: Settings) -> None:
    runtime, job = Runtime.build(settings), find("snapshot")
    assert job is not None
    night = datetime(2026, 12, 31, 18, 0, tzinfo=UTC)  # two in the morning of 1 January in China
    assert job.turn(runtime, night).day == LAST
    runtime.close()


@pytest.mark.parametrize("day", [LAST, FIRST])
def test_every_daily_job_gets_over_the_turn(world: SimpleNamespace, on: Started, day: date) -> None:
    with on(day) as runtime:
        daily = [job for job in JOBS if isinstance(job.schedule, Daily) and not job.shared]
        slot = datetime(day.year, day.month, day.day, 1, 0, tzinfo=UTC)
        for job in daily:
            run_turn(runtime, job, job.turn(runtime, slot), "test")
        with runtime.sessions.read() as session:
            runs = {run.job: (run.done_at is not None, run.error) for run in session.scalars(select(JobRun))}
        assert runs == dict.fromkeys((job.name for job in daily), (True, ""))


def test_a_holiday_that_moves_moves_what_is_expected_today(world: SimpleNamespace, sessions: Sessions) -> None:
    today = date(2026, 6, 15)
    officer = Actor(Role.CITY, "专员")

    def expected() -> Decimal:
        with sessions.read() as session:
            pace = board.board(session, 2026, today).gauges[0].promises[0].pace
            assert pace is not None
            return Decimal(pace.expected)

    before = expected()
    with sessions.write() as session:
        clock = FixedDayClock(today)
        for number in (8, 9, 10, 11, 12):
            off = Listed(date(2026, 6, number), works=False, note="调整")
            workdays.set_day(session, officer, off, reason="通知改期", clock=clock)
    fewer = expected()
    assert fewer < before
    with sessions.write() as session:
        for number in (8, 9, 10, 11, 12):
            workdays.set_day(session, officer, Listed(date(2026, 6, number), True), reason="恢复", clock=clock)
        assert session.get(Workday, date(2026, 6, 8)) is None
    assert expected() == before
