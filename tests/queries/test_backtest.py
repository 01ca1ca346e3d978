"""The demonstration's last year, forecast at each month's end; the command that prints it, the copy kept for pages."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings, child_environment
from matchmaker.db.session import Sessions
from matchmaker.domain.backtest import METHODS, Backtest, score
from matchmaker.domain.metrics import MetricCode
from matchmaker.queries import backtest as queries
from matchmaker.queries.counts import tallies
from matchmaker.queries.forecasts import outlooks
from matchmaker.services import backtests
from tests import factories as make
from tests.support.demo import TODAY
from tests.support.ports import free_port
from tests.support.server import ROOT

LAST = TODAY.year - 1


@pytest.fixture(scope="module")
def runtime(demo_folder: Path) -> Iterator[Runtime]:
    runtime = Runtime.build(Settings(data_dir=demo_folder, today=TODAY))
    yield runtime
    runtime.close()


@pytest.fixture(scope="module")
def found(runtime: Runtime) -> Backtest:
    with runtime.sessions.read() as session:
        return queries.backtest(session, [LAST])


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    with runtime.sessions.read() as session:
        yield session


def test_only_past_years_with_something_counted_are_tried(session: Session) -> None:
    assert queries.years_to_try(session, TODAY) == [LAST]
    assert queries.years_to_try(session, date(LAST, 6, 1)) == []


def test_both_numbers_are_forecast_every_month_once_there_is_enough_to_go_by(found: Backtest, session: Session) -> None:
    tried = {code: [one.month for one in found.city if one.metric == code] for code in MetricCode}
    assert tried[MetricCode.OUTBOUND] == tried[MetricCode.INBOUND] == list(range(3, 12))
    truths = {one.metric: one.truth for one in found.city}
    assert truths == {code.value: sums.total for code, sums in tallies(session, LAST).items()}
    for one in found.trials:
        assert one.actual <= one.low <= one.point <= one.high
        assert one.actual <= one.straight
    counted = [[one.actual for one in found.city if one.metric == code] for code in MetricCode]
    assert all(months == sorted(months) for months in counted)


def test_units_are_tried_too(found: Backtest, session: Session) -> None:
    assert {one.unit for one in found.units} <= set(queries.known(session, LAST, LAST).units.values())
    assert len({one.unit for one in found.units}) > 6


def test_errors_and_coverage_follow_from_the_trials(found: Backtest) -> None:
    rows = Backtest.by_month(found.city)
    assert [row.month for row in rows] == list(range(3, 12))
    for row in rows:
        trials = [one for one in found.city if one.month == row.month]
        inside = [one.low <= one.truth <= one.high for one in trials]
        assert row.number == len(trials) == 2
        assert row.coverage == sum(inside) / 2
        assert row.absolute["forecast"] == sum(abs(one.point - one.truth) for one in trials) / 2
        assert row.best in METHODS
    whole = score(found.city)
    assert whole is not None
    assert 0 < whole.coverage <= 1


def test_the_forecast_of_today_comes_from_the_same_reckoning(session: Session) -> None:
    """What the board says today is what looking back on today will say."""
    live = outlooks(session, TODAY)
    later = queries.known(session, TODAY.year, TODAY.year).forecasts(TODAY)
    for code in MetricCode:
        assert live[code][None].course == later[code][None]


def test_the_demonstration_keeps_one_for_its_pages(session: Session, found: Backtest) -> None:
    kept = queries.stored(session)
    assert kept is not None
    assert kept[0] == TODAY
    assert kept[1] == found


def test_a_newer_one_takes_the_place_of_the_older(sessions: Sessions) -> None:
    with sessions.read() as session:
        assert queries.stored(session) is None
    for day in (make.TODAY, date(2026, 7, 1)):
        with sessions.write() as session:
            backtests.keep(session, Backtest(0.8, ()), day)
    with sessions.read() as session:
        assert queries.stored(session) == (date(2026, 7, 1), Backtest(0.8, ()))


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matchmaker", "backtest", *arguments],
        cwd=ROOT,
        env=child_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_error_and_coverage_by_month(demo_folder: Path, found: Backtest) -> None:
    settings = Settings(data_dir=demo_folder, today=TODAY, port=free_port())
    run = command(settings, "--year", str(LAST))
    assert run.returncode == 0, run.stderr
    lines = [line.split() for line in run.stdout.splitlines()]
    rows = Backtest.by_month(found.city)
    printed = [line for line in lines if line and line[0].isdigit()][: len(rows)]
    for row, line in zip(rows, printed, strict=True):
        wanted = f"{row.month} {row.number} {row.mean_error:+.1f} {row.absolute['forecast']:.1f} {row.coverage:.0%}"
        assert " ".join(line[:5]) == wanted
    assert "least off on the average" in run.stdout
    as_json = command(settings, "--json")
    assert Backtest.of_json(json.loads(as_json.stdout)) == found


def test_the_command_says_which_years_there_are(demo_folder: Path) -> None:
    run = command(Settings(data_dir=demo_folder, today=TODAY, port=free_port()), "--year", str(TODAY.year))
    assert run.returncode == 1
    assert run.stdout == ""
    assert str(LAST) in run.stderr
    assert run.stderr.count("\n") == 1
