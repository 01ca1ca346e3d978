from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.calendar import WorkCalendar, YearProgress
from matchmaker.domain.pace import Standing, expected_by, pace

NEW_YEAR = {date(2026, 1, 1): False, date(2026, 1, 2): False, date(2026, 1, 4): True}


def test_exceptions_correct_the_weekday_rule() -> None:
    calendar = WorkCalendar(NEW_YEAR)
    assert not calendar.works(date(2026, 1, 1))
    assert calendar.works(date(2026, 1, 4))  # a Sunday worked instead
    assert not calendar.works(date(2026, 1, 3))
    assert calendar.working_days(date(2026, 1, 1), date(2026, 1, 9)) == 6
    assert calendar.working_days(date(2026, 1, 9), date(2026, 1, 1)) == 0


def test_a_year_nobody_entered_is_known_as_unknown() -> None:
    calendar = WorkCalendar(NEW_YEAR, listed=frozenset({2026}))
    assert calendar.progress(2026, date(2026, 6, 30)).known
    assert not WorkCalendar(NEW_YEAR).progress(2026, date(2026, 6, 30)).known, "single days are no list"
    plain = calendar.progress(2027, date(2027, 12, 31))
    assert not plain.known
    assert (plain.elapsed, plain.total, plain.remaining) == (261, 261, 0)


@pytest.mark.parametrize(("today", "elapsed"), [(date(2025, 12, 31), 0), (date(2027, 1, 1), 261)])
def test_a_year_has_not_begun_before_it_and_is_over_after_it(today: date, elapsed: int) -> None:
    assert WorkCalendar().progress(2026, today).elapsed == elapsed


@pytest.mark.parametrize(
    ("actual", "standing", "difference", "gap"),
    [
        (95, Standing.AHEAD, 6, 5),
        (89, Standing.ON_COURSE, 0, 11),
        (72, Standing.BEHIND, -17, 28),
        (120, Standing.AHEAD, 31, 0),
    ],
)
def test_pace(actual: int, standing: Standing, difference: int, gap: int) -> None:
    found = pace(actual, Decimal(100), YearProgress(elapsed=222, total=250, known=True))
    assert (found.expected, found.standing, found.difference, found.gap) == (89, standing, difference, gap)


def test_a_year_without_working_days_expects_nothing() -> None:
    assert expected_by(Decimal(100), YearProgress(0, 0, known=False)) == 0


@given(
    st.decimals(0, 10_000, places=2), st.integers(1, 366).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
)
def test_expectation_stays_within_the_target(target: Decimal, days: tuple[int, int]) -> None:
    progress = YearProgress(elapsed=days[0], total=days[1], known=True)
    assert 0 <= expected_by(target, progress) <= target + Decimal("0.5")


@pytest.mark.parametrize("number", [0, 1, 4, 5, 30])
def test_so_many_working_days_on_and_back(number: int) -> None:
    calendar = WorkCalendar(NEW_YEAR)
    monday = date(2026, 1, 5)
    later = calendar.working_day_after(monday, number)
    assert calendar.working_days(monday + timedelta(days=1), later) == number
    assert calendar.working_day_after(later, -number) == monday
    assert number == 0 or calendar.works(later)


@given(st.dates(date(2025, 12, 1), date(2026, 2, 28)), st.integers(-3, 60))
def test_counting_working_days_equals_looking_at_each(first: date, days: int) -> None:
    calendar = WorkCalendar(NEW_YEAR)
    each = [first + timedelta(days=number) for number in range(days + 1)]
    assert calendar.working_days(first, first + timedelta(days=days)) == sum(map(calendar.works, each))
