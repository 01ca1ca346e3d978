"""Gates, teams, trips and the 0–100."""

# ruff: noqa: RUF001 -- full-width characters are what is tested

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.matching import (
    Band,
    Candidate,
    Facts,
    Gate,
    Index,
    form_team,
    known_terms,
    missing_keywords,
    need_terms,
    rate,
    shut_gates,
    suggest_trips,
)
from tests.matching.postings import offers, posting


def test_no_facts_shut_no_gate() -> None:
    assert shut_gates(Facts()) == []


@pytest.mark.parametrize(
    ("facts", "gate"),
    [
        (Facts(own_organisation=True), Gate.OWN_ORGANISATION),
        (Facts(conflict="直系亲属"), Gate.CONFLICT),
        (Facts(withdrawn=True), Gate.WITHDRAWN),
        (Facts(unconfirmed_for=366), Gate.STALE),
        (Facts(used=2, capacity=2), Gate.CAPACITY),
        (Facts(declined_ago=180), Gate.DECLINED),
        (Facts(missing_keywords=("氢",)), Gate.KEYWORD),
    ],
)
def test_each_fact_shuts_its_gate(facts: Facts, gate: Gate) -> None:
    [barred] = shut_gates(facts)
    assert barred.gate is gate
    assert gate.label


def test_limits_themselves_are_still_open() -> None:
    assert shut_gates(Facts(unconfirmed_for=365, used=1, capacity=2, declined_ago=181)) == []
    assert str(shut_gates(Facts(used=3, capacity=2))[0].detail) == "已接 3 项，上限 2 项"


def test_must_have_keywords_are_looked_for_in_normal_form() -> None:
    text = posting("a", "鋁合金焊接", "6061-T6").text
    assert missing_keywords(["铝合金", "６０６１", "钛"], text) == ("钛",)


WEIGHTS = {"a": 4.0, "b": 3.0, "c": 2.0, "d": 1.0}


def test_a_team_complements_instead_of_repeating() -> None:
    team = form_team(WEIGHTS, {"1": "ab", "2": "ab", "3": "c", "4": "ac"}, size=2)
    assert [member.key for member in team.members] == ["1", "3"]
    assert [member.covers for member in team.members] == [("a", "b"), ("c",)]
    assert (team.coverage, team.uncovered) == (0.9, ("d",))


def test_a_swap_mends_a_greedy_choice() -> None:
    covers = {"wide": "abc", "left": "abd", "right": "cef"}
    weights = {"a": 1.0, "b": 1.0, "c": 1.2, "d": 1.0, "e": 1.0, "f": 1.0}
    assert form_team(weights, covers, size=2).coverage == 1.0


def test_a_fixed_leader_stays_and_nobody_useless_joins() -> None:
    team = form_team(WEIGHTS, {"lead": "d", "all": "abcd", "none": ""}, size=4, fixed=["lead"])
    assert [member.key for member in team.members] == ["lead", "all"]
    assert form_team(WEIGHTS, {}, size=3).uncovered == ("a", "b", "c", "d")
    assert form_team({}, {"x": "a"}).coverage == 0


@given(st.dictionaries(st.sampled_from("pqrstu"), st.sets(st.sampled_from("abcd")), max_size=6))
def test_a_team_is_close_to_the_best_there_is(covers: dict[str, set[str]]) -> None:
    best = max(
        (sum(WEIGHTS[t] for t in set().union(*(covers[k] for k in pair))) for pair in combinations(covers, 2)),
        default=sum(WEIGHTS[t] for found in covers.values() for t in found),
    )
    assert form_team(WEIGHTS, covers, size=2).coverage * 10 >= 0.9 * best - 1e-9


def test_a_team_for_a_need_shows_what_nobody_knows() -> None:
    index = Index.fit(offers())
    terms = need_terms(index, posting("n", "废水膜处理与焊接变形xyzzy").text)
    assert sum(terms.values()) == pytest.approx(1)
    team = form_team(terms, known_terms(index, terms, ["李", "王"]))
    assert {member.key for member in team.members} == {"李", "王"}
    assert team.uncovered == ("xyzzy",)


def test_needs_sharing_an_institute_make_a_trip() -> None:
    found = {
        "n1": [Candidate("g1", "甲所", 0.5), Candidate("g2", "甲所", 0.9), Candidate("g3", "乙所", 0.1)],
        "n2": [Candidate("g1", "甲所", 0.4), Candidate("g9", "丙所", 0.0)],
        "n3": [Candidate("g3", "乙所", 0.7), Candidate("g9", "丙所", 0.3)],
    }
    first, second = suggest_trips(found)
    assert (first.institute, [(need, c.group) for need, c in first.stops]) == ("甲所", [("n1", "g2"), ("n2", "g1")])
    assert second.institute == "乙所"
    assert suggest_trips(found, min_needs=3) == []


def test_points_rise_with_the_score_and_bands_with_points() -> None:
    ratings = [rate(at / 100) for at in range(401)]
    assert [r.points for r in ratings] == sorted(r.points for r in ratings)
    assert rate(0) == (0, Band.LOW)
    assert rate(1e-6) == (1, Band.LOW)
    assert [rate(score).band for score in (0.16, 0.35, 0.61, 4)] == [Band.MEDIUM, Band.FAIR, Band.HIGH, Band.HIGH]
    assert rate(100).points == 100
