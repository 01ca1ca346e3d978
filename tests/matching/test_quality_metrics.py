from math import log2

import pytest

from matchmaker.matching.quality import Protocol, measure, order, summarise


def test_metrics_by_hand() -> None:
    grades = {"a": 3, "b": 1, "c": 2, "gone": 3}
    found = [("a", 0.5), ("x", 0.9), ("c", 0.4)]
    values = measure(found, grades, Protocol(k=2, relevant_from=2))
    ideal = 7 + 7 / log2(3)
    assert values["nDCG@2"] == pytest.approx(7 / log2(3) / ideal)
    assert values["Recall@2"] == pytest.approx(1 / 3)
    assert values["MRR"] == 0.5
    assert values["MAP"] == pytest.approx((1 / 2 + 2 / 3) / 3)


def test_the_lowest_grade_has_no_gain() -> None:
    protocol = Protocol(lowest=1, relevant_from=3)
    assert measure([("a", 2.0), ("b", 1.0)], {"a": 1, "b": 4}, protocol)["nDCG@10"] == pytest.approx(1 / log2(3))


def test_at_equal_scores_unjudged_come_first_then_judgement_order() -> None:
    assert order([("b", 1.0), ("a", 1.0), ("z", 1.0), ("t", 2.0)], {"a": 1, "b": 1}) == ["t", "z", "a", "b"]


def test_a_need_without_any_answer_scores_nothing() -> None:
    assert set(measure([], {"a": 1}, Protocol()).values()) == {0.0}


def test_needs_without_enough_or_relevant_judgements_are_not_evaluated() -> None:
    protocol = Protocol(relevant_from=2, min_judged=2)
    assert not protocol.evaluates({"a": 2})
    assert not protocol.evaluates({"a": 1, "b": 1})
    assert protocol.evaluates({"a": 1, "b": 2})


def test_a_summary_has_mean_error_and_number() -> None:
    protocol = Protocol()
    values = [measure([("a", 1.0)], {"a": 1}, protocol), measure([], {"a": 1}, protocol)]
    found = summarise(values, protocol)["MRR"]
    assert (found.mean, found.se, found.n) == (0.5, 0.5, 2)
    assert summarise([], protocol)["MAP"].n == 0
