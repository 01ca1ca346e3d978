"""The year's end: never below what is counted, an interval around the point, exact once the year is over."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matchmaker.domain.forecast import ENOUGH_DAYS, Coming, Course, Forecast, Rate, Run, Stage, forecast, shares

rates = st.integers(0, 60).flatmap(lambda of: st.builds(Rate, st.integers(0, of), st.just(of)))
comings = st.lists(st.builds(Coming, st.sampled_from(Stage), st.integers(0, 40), rates), max_size=5).map(tuple)
runs = st.builds(
    lambda elapsed, days, past: Run(elapsed, 1 - elapsed, days, past),
    st.floats(0.05, 1),
    st.integers(ENOUGH_DAYS, 260),
    st.lists(st.integers(0, 400), max_size=3).map(tuple),
)
counts = st.integers(0, 400)


def made(course: Course, level: float = 0.8) -> Forecast:
    found = forecast(course, level)
    assert found is not None
    return found


@given(counts, comings, runs)
def test_never_below_what_is_counted_and_the_point_lies_within(
    actual: int, coming: tuple[Coming, ...], run: Run
) -> None:
    found = made(Course(actual, coming, run))
    assert actual <= found.low <= found.point <= found.high
    assert found.arranged >= 0
    assert found.unarranged >= 0


@given(counts, comings, runs)
def test_one_more_counted_never_lowers_it(actual: int, coming: tuple[Coming, ...], run: Run) -> None:
    fewer, more = made(Course(actual, coming, run)), made(Course(actual + 1, coming, run))
    assert fewer.low <= more.low
    assert fewer.point <= more.point
    assert fewer.high <= more.high


@given(counts, comings, runs, st.floats(0.5, 0.9))
def test_more_certainty_takes_a_wider_interval(actual: int, coming: tuple[Coming, ...], run: Run, level: float) -> None:
    narrow, wide = made(Course(actual, coming, run), level), made(Course(actual, coming, run), 0.95)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high
    assert wide.point == narrow.point


@given(counts, st.lists(counts, max_size=3).map(tuple))
def test_the_last_evening_of_the_year_is_what_is_counted(actual: int, past: tuple[int, ...]) -> None:
    found = made(Course(actual, (), Run(1.0, 0.0, 250, past)))
    assert (found.low, found.point, found.high) == (actual, actual, actual)


@given(counts, comings)
def test_after_the_year_only_what_waits_may_still_come(actual: int, coming: tuple[Coming, ...]) -> None:
    found = made(Course(actual, coming, Run(1.0, 0.0, 250)))
    assert found.high <= actual + sum(one.number for one in coming)


@given(counts, runs, st.integers(1, 30), rates)
def test_what_is_arranged_is_not_added_to_what_the_run_expects(actual: int, run: Run, number: int, rate: Rate) -> None:
    """A planned visit is one of those that the run expects: only what exceeds the run raises the forecast."""
    without = made(Course(actual, (), run))
    planned = Coming(Stage.PLANNED, number, rate)
    assume(planned.expected < without.unarranged)
    found = made(Course(actual, (planned,), run))
    assert found.arranged + found.unarranged == pytest.approx(without.unarranged)
    assert found.point == pytest.approx(without.point, abs=1)


def test_a_visit_that_took_place_counts_for_the_run() -> None:
    run, rate = Run(0.5, 0.5, 120), Rate(98, 98)
    held = made(Course(40, (Coming(Stage.HELD, 10, rate),), run))
    assert held.point == pytest.approx(made(Course(50, (), run)).point, abs=1)


def test_nothing_is_said_before_there_is_anything_to_learn_from() -> None:
    assert forecast(Course(0, (), Run(0.0, 1.0, 0))) is None
    assert forecast(Course(9, (), Run(0.1, 0.9, ENOUGH_DAYS - 1))) is None
    assert made(Course(0, (), Run(0.0, 1.0, 0, (104,)))).point == 104  # the first of January after a year like that


def test_a_year_without_visits_is_expected_to_stay_so() -> None:
    found = made(Course(0, (), Run(0.6, 0.4, 150)))
    assert (found.low, found.point) == (0, 0)
    assert found.high <= 3


def test_the_interval_narrows_as_the_year_goes_by() -> None:
    found = [made(Course(round(100 * at / 10), (), Run(at / 10, 1 - at / 10, 25 * at))) for at in range(3, 11)]
    assert all(earlier.high - earlier.low >= later.high - later.low for earlier, later in pairwise(found))
    assert all(90 <= one.point <= 110 for one in found)


def test_a_past_year_holds_the_first_weeks_back() -> None:
    fast = Run(0.1, 0.9, 25, (100,))
    assert 100 < made(Course(20, (), fast)).point < 200


def test_the_rate_of_a_few_is_near_a_half() -> None:
    assert Rate().share == 0.5
    assert Rate(0, 1).share == pytest.approx(1 / 3)
    assert Rate(46, 100).share == pytest.approx(0.46, abs=0.01)


def test_a_meeting_may_add_more_than_one() -> None:
    coming = Coming(Stage.HELD, 2, Rate(98, 98), each=3.0)
    assert made(Course(0, (coming,), Run(1.0, 0.0, 250))).high == 6


DAYS = [19, 18, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23]


@given(st.lists(st.integers(0, 23), min_size=12, max_size=12), st.lists(counts, min_size=12, max_size=12))
def test_shares_of_months_are_a_whole(days: list[int], visits: list[int]) -> None:
    found = shares(days, [(DAYS, visits)])
    assert sum(found) == pytest.approx(1 if any(days) else 0)
    assert all((share > 0) == (number > 0) for share, number in zip(found, days, strict=True))


def test_a_busy_month_stays_busy_and_a_quiet_one_quiet() -> None:
    visits = [3, 3, 10, 12, 11, 10, 8, 2, 14, 12, 14, 11]
    even, found = shares(DAYS, []), shares(DAYS, [(DAYS, visits)])
    assert even[0] == pytest.approx(19 / sum(DAYS))
    assert found[7] < even[7]
    assert found[8] > even[8]
    assert sum(visits[:2]) / sum(visits) < sum(found[:2]) < sum(even[:2])  # drawn towards an ordinary month
