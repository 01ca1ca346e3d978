"""Free half-days: what is stated decides, what is not stated rules nothing out."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.availability import HORIZON, Half, HalfDay, Statement, halves, open_half_days, refusing
from matchmaker.domain.calendar import WorkCalendar

TODAY = date(2026, 11, 22)  # a Sunday
MONDAY = HalfDay(date(2026, 11, 23), Half.MORNING)

days = st.integers(0, HORIZON + 5).map(lambda ahead: TODAY + timedelta(days=ahead))
half_days = st.builds(HalfDay, days, st.sampled_from(Half))
statements = st.builds(
    Statement,
    weekly=st.frozensets(st.tuples(st.integers(0, 4), st.sampled_from(Half)), max_size=6),
    dates=st.dictionaries(half_days, st.booleans(), max_size=6),
    away=st.none() | st.tuples(days, days).map(lambda pair: (min(pair), max(pair))),
)
calendars = st.builds(WorkCalendar, st.dictionaries(days, st.booleans(), max_size=6))


@given(st.lists(statements, max_size=4), st.frozensets(half_days, max_size=5), calendars)
def test_what_is_offered_suits_everybody_and_nothing_that_suits_is_left_out(
    said: list[Statement], booked: frozenset[HalfDay], works: WorkCalendar
) -> None:
    found = list(open_half_days(said, booked, works, TODAY))
    assert found == sorted(set(found), key=lambda when: (when.day, when.half is Half.AFTERNOON))
    for ahead in range(1, HORIZON + 1):
        for half in Half:
            when = HalfDay(TODAY + timedelta(days=ahead), half)
            suits = works.works(when.day) and when not in booked and not any(one.free(when) is False for one in said)
            assert (when in found) == suits


@given(st.lists(statements, max_size=4), statements)
def test_another_party_never_opens_a_half_day(said: list[Statement], more: Statement) -> None:
    works = WorkCalendar()
    assert set(open_half_days([*said, more], (), works, TODAY)) <= set(open_half_days(said, (), works, TODAY))


def test_nothing_stated_is_no_refusal_and_a_single_date_stands_over_the_week() -> None:
    assert Statement().free(MONDAY) is None
    assert Statement(dates={MONDAY: False}).free(HalfDay(MONDAY.day, Half.AFTERNOON)) is None
    week = frozenset({(0, Half.MORNING)})
    assert Statement(week).free(MONDAY) is True
    assert Statement(week).free(HalfDay(MONDAY.day, Half.AFTERNOON)) is False
    assert Statement(week, {MONDAY: False}).free(MONDAY) is False
    assert Statement(week, {MONDAY: True}, (MONDAY.day, MONDAY.day)).free(MONDAY) is False  # away is away


@pytest.mark.parametrize(
    ("starts", "ends", "taken"),
    [
        (time(9), time(11, 30), [Half.MORNING]),
        (time(9), time(12, 30), [Half.MORNING]),
        (time(14), time(16), [Half.AFTERNOON]),
        (time(11), time(14), [Half.MORNING, Half.AFTERNOON]),
        (time(12), time(13), [Half.AFTERNOON]),
    ],
)
def test_a_meeting_takes_the_halves_it_reaches_into(starts: time, ends: time, taken: list[Half]) -> None:
    assert list(halves(starts, ends)) == taken


@given(half_days)
def test_a_key_reads_back(when: HalfDay) -> None:
    assert HalfDay.read(when.key) == when


@pytest.mark.parametrize("key", ["", "2026-11-24", "2026-11-24-night", "x-morning"])
def test_a_wrong_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        HalfDay.read(key)


def test_who_refuses_is_named() -> None:
    said = {"张三": Statement(frozenset({(1, Half.MORNING)})), "甲大学": Statement()}
    assert refusing(said, MONDAY.day, [Half.MORNING]) == ["张三"]
