from datetime import UTC, date, datetime

import pytest
import time_machine

from matchmaker.clock import FixedDayClock, SystemClock, shanghai_date


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 16, 0, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2024, 2, 28, 16, 0, 0, tzinfo=UTC), date(2024, 2, 29)),
    ],
)
def test_day_is_china_s_not_utc_s(moment: datetime, day: date) -> None:
    assert shanghai_date(moment) == day


def test_day_of_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        shanghai_date(datetime(2025, 12, 31, 16, 0, 0))  # noqa: DTZ001 — the point


def test_system_clock_turns_the_year_at_midnight_in_china() -> None:
    clock = SystemClock()
    with time_machine.travel(datetime(2025, 12, 31, 15, 59, tzinfo=UTC), tick=False) as host:
        assert clock.today() == date(2025, 12, 31)
        host.shift(60)
        assert clock.today() == date(2026, 1, 1)
        assert clock.now() == datetime(2025, 12, 31, 16, 0, tzinfo=UTC)


def test_fixed_day_stays_while_its_time_of_day_runs() -> None:
    clock = FixedDayClock(date(2023, 6, 30))
    with time_machine.travel(datetime(2026, 11, 1, 2, 30, tzinfo=UTC), tick=False) as host:
        assert clock.now() == datetime(2023, 6, 30, 2, 30, tzinfo=UTC)
        host.shift(20 * 3600)
        assert clock.now() == datetime(2023, 6, 29, 22, 30, tzinfo=UTC)
        assert clock.today() == shanghai_date(clock.now()) == date(2023, 6, 30)
