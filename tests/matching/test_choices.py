"""Gates, trips and the 0–100."""

# ruff: noqa: RUF001 -- full-width characters are what is tested

import pytest

from matchmaker.matching import (
    Band,
    Candidate,
    Facts,
    Gate,
    missing_keywords,
    rate,
    shut_gates,
    suggest_trips,
)
from tests.matching.postings import posting


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
