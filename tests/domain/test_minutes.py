"""Rows of minutes: what must stand together, and that an empty row is none."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.meetings import Presence, Record
from matchmaker.domain.minutes import MOST_ROWS, MinuteRow, row_problems
from matchmaker.domain.vocabulary import Attendance

DAY = date(2026, 6, 15)
LATER = DAY + timedelta(days=14)


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (MinuteRow(), []),
        (MinuteRow(problem="热裂"), []),
        (MinuteRow(problem="热裂", advice="改预热", next_step="试十件", owner="王工", due=LATER), []),
        (MinuteRow(next_step="试十件"), ["owner_0", "due_0"]),
        (MinuteRow(next_step="试十件", owner="王工"), ["due_0"]),
        (MinuteRow(owner="王工"), ["next_step_0"]),
        (MinuteRow(problem="热裂", due=LATER), ["next_step_0"]),
        (MinuteRow(next_step="试十件", owner="王工", due=DAY - timedelta(days=1)), ["due_0"]),
        (MinuteRow(problem="长" * 2001, owner="名" * 65, next_step="试", due=DAY), ["problem_0", "owner_0"]),
    ],
)
def test_a_next_step_has_an_owner_and_a_day(row: MinuteRow, fields: list[str]) -> None:
    assert list(row.problems(0, DAY)) == fields


def test_problems_name_the_row_they_are_in() -> None:
    rows = [MinuteRow(problem="一"), MinuteRow(), MinuteRow(next_step="试")]
    assert set(row_problems(rows, DAY)) == {"owner_2", "due_2"}
    assert list(row_problems([MinuteRow(problem="一")] * (MOST_ROWS + 1), DAY)) == [f"problem_{MOST_ROWS}"]


@given(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
def test_a_row_is_empty_only_if_nothing_was_typed(problem: str, advice: str, step: str, owner: str) -> None:
    row = MinuteRow(problem, advice, step, owner)
    assert row.empty == (problem + advice + step + owner == "")
    if row.empty:
        assert row.problems(0, DAY) == {}


SECRET = "机密★10年 图纸参数"


@pytest.mark.parametrize("cell", ["problem", "advice", "next_step", "owner"])
def test_a_row_with_a_mark_of_classification_is_refused_without_repeating_it(cell: str) -> None:
    typed = {"next_step": "试", "owner": "王工", "due": date(2026, 7, 1), cell: SECRET}
    found = MinuteRow(**typed).problems(2, date(2026, 6, 1))
    assert list(found) == [f"{cell}_2"]
    assert "涉密" in found[f"{cell}_2"]
    assert "图纸参数" not in found[f"{cell}_2"]


def test_so_are_minutes_and_names() -> None:
    record = Record({1: Presence(Attendance.ATTENDED, SECRET)}, {}, SECRET)
    assert set(record.problems([1], [], minutes_filed=False, day=date(2026, 6, 1))) == {"firm_1_people", "minutes"}
