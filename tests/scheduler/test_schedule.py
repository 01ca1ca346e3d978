"""Slots: every process in every time zone names the same ones, and no day is skipped."""

from datetime import UTC, datetime, time, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.clock import SHANGHAI
from matchmaker.scheduler.jobs import JOBS
from matchmaker.scheduler.schedule import Daily, Every, Schedule, Weekly

SCHEDULES: list[Schedule] = [
    Every(1),
    Every(20),
    Every(7),
    Daily(time(2, 0)),
    Daily(time(0, 0)),
    Daily(time(23, 59)),
    Weekly(0, time(0, 0)),
    Weekly(6, time(3, 0)),
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = st.integers(0, 100 * 366 * 86_400)
MOMENTS = SECONDS.map(lambda seconds: EPOCH + timedelta(seconds=seconds, microseconds=seconds % 10**6))
ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
@given(now=MOMENTS, zone=ZONES, count=st.integers(1, 9))
def test_the_last_slots_are_a_grid_that_no_zone_moves(
    schedule: Schedule, now: datetime, zone: timezone, count: int
) -> None:
    slots = schedule.due(now, count)
    assert len(slots) == count
    assert slots[-1] <= now < slots[-1] + schedule.period
    assert all(after - before == schedule.period for before, after in pairwise(slots))
    assert slots == schedule.due(now.astimezone(zone), count)
    assert all(slot.tzinfo is UTC for slot in slots)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
@given(now=MOMENTS)
def test_a_slot_is_due_at_its_own_moment(schedule: Schedule, now: datetime) -> None:
    last = schedule.due(now, 1)[0]
    assert schedule.due(last, 1) == [last]
    assert schedule.due(last - timedelta(microseconds=1), 1) == [last - schedule.period]


def test_days_and_weekdays_are_those_of_china() -> None:
    new_year = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # midnight in China
    assert Daily(time(0, 0)).due(new_year, 1) == [new_year]
    assert Daily(time(0, 0)).due(new_year - timedelta(seconds=1), 1) == [new_year - timedelta(days=1)]
    monday = Weekly(0, time(0, 0)).due(new_year, 1)[0].astimezone(SHANGHAI)
    assert (monday.date().isoformat(), monday.weekday()) == ("2026-12-28", 0)


def test_jobs_have_names_of_their_own() -> None:
    names = [job.name for job in JOBS]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 64 for name in names)
