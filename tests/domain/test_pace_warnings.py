"""Levels of warning, and that each is said once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from matchmaker.domain.calendar import YearProgress
from matchmaker.domain.forecast import Forecast
from matchmaker.domain.pace import pace
from matchmaker.domain.pace_warnings import levels, to_say
from matchmaker.domain.vocabulary import WarningLevel

BEHIND, FAR, LOST = WarningLevel.BEHIND, WarningLevel.FAR_BEHIND, WarningLevel.OUT_OF_REACH
DAY = date(2026, 11, 22)


def found(actual: int, *, high: int | None = None, target: int = 100, elapsed: int = 222) -> list[WarningLevel]:
    standing = pace(actual, Decimal(target), YearProgress(elapsed, 250, known=True))
    span = None if high is None else Forecast(point=high, low=high, high=high, arranged=0, unarranged=0)
    return levels(standing, span)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [(95, []), (89, []), (85, []), (84, [BEHIND]), (76, [BEHIND]), (75, [BEHIND, FAR]), (0, [BEHIND, FAR])],
)
def test_so_far_behind(actual: int, expected: list[WarningLevel]) -> None:
    assert found(actual) == expected  # 89 are expected by the day


def test_one_visit_is_no_reason_to_write() -> None:
    assert found(0, target=8, elapsed=31) == []  # one expected, none counted
    assert found(0, target=8, elapsed=63) == [BEHIND, FAR]  # two


@pytest.mark.parametrize(("high", "expected"), [(99, [LOST]), (100, []), (120, [])])
def test_a_target_that_the_whole_interval_misses(high: int, expected: list[WarningLevel]) -> None:
    assert found(90, high=high) == expected


def test_nothing_once_it_is_reached() -> None:
    assert found(100, high=100) == []


def test_each_level_is_said_once_and_again_only_after_thirty_days_without() -> None:
    assert to_say({}, [BEHIND], DAY) == [BEHIND]
    for ago, said in ((0, []), (1, []), (29, []), (30, [BEHIND]), (200, [BEHIND])):
        assert to_say({BEHIND: DAY - timedelta(days=ago)}, [BEHIND], DAY) == said
    assert to_say({BEHIND: DAY}, [BEHIND, FAR], DAY) == [FAR]
    assert to_say({BEHIND: DAY, FAR: DAY}, [], DAY) == []
