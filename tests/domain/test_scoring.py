"""Points, grades and the line: by hand, and by what must hold whatever the scores are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from matchmaker.domain.scoring import Line, Sheets, checked_points, grade, seats, standings, total
from matchmaker.domain.vocabulary import Grade, LineTies, Rounding

SHEETS = Sheets()
SCORES = st.dictionaries(st.integers(1, 40), st.integers(0, 100), min_size=1, max_size=30)
LINES = st.builds(
    Line,
    percent=st.integers(1, 100),
    rounding=st.sampled_from(list(Rounding)),
    least=st.integers(0, 3),
    ties=st.sampled_from(list(LineTies)),
)


@pytest.mark.parametrize(
    ("count", "line", "expected"),
    [
        (10, Line(), 3),  # not 2, as 0.3 * 10 in binary might give
        (7, Line(), 2),
        (7, Line(rounding=Rounding.CEILING), 3),
        (3, Line(), 1),  # at least one
        (3, Line(least=0), 0),
        (0, Line(), 0),
        (1, Line(percent=1, least=3), 1),  # no more than there are
    ],
)
def test_how_many_the_line_lets_in(count: int, line: Line, expected: int) -> None:
    assert seats(count, line) == expected


def test_equal_scores_at_the_line_are_treated_alike() -> None:
    scores = {1: 90, 2: 88, 3: 88, 4: 70, 5: 60, 6: 60, 7: 60}  # two seats, the second contested
    inside = {key for key, one in standings(scores, Line()).items() if one.in_line}
    outside = {key for key, one in standings(scores, Line(ties=LineTies.OUT)).items() if one.in_line}
    assert (inside, outside) == ({1, 2, 3}, {1})
    assert [standings(scores, Line())[key].place for key in scores] == [1, 2, 2, 4, 5, 5, 5]


@given(SCORES, LINES)
def test_the_line_is_fair_whatever_the_scores(scores: dict[int, int], line: Line) -> None:
    found = standings(scores, line)
    number, inside = seats(len(scores), line), [key for key in scores if found[key].in_line]
    for key, score in scores.items():
        assert found[key].place == 1 + sum(other > score for other in scores.values())
        for other, less in scores.items():  # who has as much is treated alike, who has more no worse
            assert found[key].in_line or score < less or not found[other].in_line
    assert len(inside) >= number if line.ties is LineTies.IN else len(inside) <= number
    if len(set(scores.values())) == len(scores):
        assert len(inside) == number


@given(SCORES, LINES, st.integers(1, 100))
def test_a_wider_line_shuts_nobody_out(scores: dict[int, int], line: Line, percent: int) -> None:
    wider = line.model_copy(update={"percent": max(percent, line.percent)})
    narrow, wide = standings(scores, line), standings(scores, wider)
    if line.ties is LineTies.IN:
        assert all(wide[key].in_line for key in scores if narrow[key].in_line)
    assert seats(len(scores), wider) >= seats(len(scores), line)


@given(SCORES, LINES, st.data())
def test_more_points_never_make_it_worse(scores: dict[int, int], line: Line, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(scores)))
    better = scores | {key: data.draw(st.integers(scores[key], 100))}
    before, after = standings(scores, line)[key], standings(better, line)[key]
    assert after.place <= before.place
    assert after.in_line or not before.in_line or line.ties is LineTies.OUT  # it may join a tie that is left out


def test_points_are_whole_and_within_their_criterion() -> None:
    typed = {one.code: str(one.points) for one in SHEETS.team}
    points, errors = checked_points(SHEETS.team, typed | {"bonus": ""})
    assert (errors, total(SHEETS.team, points)) == ({}, 100)
    assert total(SHEETS.team, points | {"bonus": 5}) == 100  # never more
    for wrong in ("31", "-1", "1.5", "", "三", "1e1"):
        assert set(checked_points(SHEETS.team, typed | {"tasks": wrong})[1]) == {"tasks"}


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (100, Grade.EXCELLENT),
        (90, Grade.EXCELLENT),
        (89, Grade.GOOD),
        (75, Grade.GOOD),
        (60, Grade.FAIR),
        (59, Grade.POOR),
    ],
)
def test_grades(score: int, expected: Grade) -> None:
    assert grade(SHEETS, score) is expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"grades": (60, 75, 90)},
        {"grades": (90, 90, 60)},
        {"team": [one.model_dump() for one in SHEETS.team[1:]]},  # no longer 100
        {"person": [SHEETS.person[0].model_dump()] * 4},  # 100, but one criterion four times
        {"line": {"percent": 0}},
        {"appeal_days": 0},
    ],
)
def test_sheets_that_do_not_add_up_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Sheets.model_validate(SHEETS.model_dump() | wrong)
