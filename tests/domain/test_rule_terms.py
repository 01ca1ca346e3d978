"""What an officer may decide about a rule, one term at a time."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matchmaker.domain import rule_text
from matchmaker.domain.judging import judge
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rule_terms import DEFAULTS, CountUnit, terms_of
from matchmaker.domain.rules import Excluded, HostFacts, MeetingFacts, Rule, WhyNot
from matchmaker.domain.tally import tally
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, InstituteType
from matchmaker.errors import Invalid
from tests.domain.test_rules import CALL_IN, EXPERT, FIRM, IN, OUT, REGIONS, VISIT


def rule(metric: MetricCode, **terms: Any) -> Rule:
    found = terms_of(metric, terms)
    regions = {code: code for code in found.regions} or REGIONS
    return Rule(metric, 2, date(2023, 1, 1), regions, found)


def why(one: Rule, facts: MeetingFacts) -> list[WhyNot]:
    return [reason.why for reason in judge(one, facts, {}).reasons]


SECOND_FIRM = replace(FIRM, id=2, unit_id=8)
AFTERNOON = replace(VISIT, id=2, trip_id=9, firms=(SECOND_FIRM, FIRM))


@pytest.mark.parametrize(
    ("unit", "total", "added"),
    [
        (CountUnit.TRIP_HOST_DAY, 2, [1, 1]),
        (CountUnit.HOST_DAY, 1, [1, 0]),
        (CountUnit.FIRM_HOST_DAY, 2, [1, 1]),
    ],
)
def test_outbound_units(unit: CountUnit, total: int, added: list[int]) -> None:
    found = tally(MetricCode.OUTBOUND, [rule(MetricCode.OUTBOUND, unit=unit)], [VISIT, AFTERNOON])
    assert found.total == total
    assert [line.verdict.added for line in found.lines] == added
    assert found.firm_visits == 3  # whatever the unit: two trips, three firms brought along
    assert found.total_by(date(2026, 3, 1)) == 0


def test_each_firm_counts_in_its_own_unit_where_firms_are_counted() -> None:
    both = replace(VISIT, firms=(FIRM, SECOND_FIRM))
    by_firm = tally(MetricCode.OUTBOUND, [rule(MetricCode.OUTBOUND, unit="firm_host_day")], [both])
    assert (by_firm.total, by_firm.by_unit()) == (2, {7: 1, 8: 1})
    assert [line.number for line in by_firm.lines] == [1]


def test_inbound_by_expert() -> None:
    two = replace(CALL_IN, experts=(EXPERT, replace(EXPERT, id=6), replace(EXPERT, id=7, region="133100")))
    found = tally(MetricCode.INBOUND, [rule(MetricCode.INBOUND, unit="firm_expert_day")], [two, replace(two, id=2)])
    assert (found.total, found.expert_visits) == (2, 3)
    (doubled,) = found.lines[1].verdict.reasons
    assert doubled.why is WhyNot.ALREADY_COUNTED


TERMS = [
    ({"regions": ["130000"]}, VISIT, WhyNot.ELSEWHERE),
    (
        {"host_types": ["research_institute"]},
        replace(VISIT, host=HostFacts(3, "某大学", InstituteType.UNIVERSITY)),
        WhyNot.HOST_TYPE,
    ),
    (
        {"stand_in_firm": False},
        replace(VISIT, firms=(replace(FIRM, attendance=Attendance.STAND_IN),)),
        WhyNot.NO_FIRM,
    ),
    ({"evidence": ["photo"]}, replace(VISIT, evidence=frozenset({EvidenceKind.SIGN_IN})), WhyNot.NO_EVIDENCE),
    ({"history": False}, replace(VISIT, from_history=True), WhyNot.HISTORY),
]


@pytest.mark.parametrize(("terms", "facts", "reason"), TERMS)
def test_a_term_leaves_out_what_counts_without_it(terms: dict[str, Any], facts: MeetingFacts, reason: WhyNot) -> None:
    assert judge(OUT, facts, {}).counts
    assert why(rule(MetricCode.OUTBOUND, **terms), facts) == [reason]


def test_a_stand_in_for_the_expert_counts_where_the_terms_say_so() -> None:
    stood_in = replace(CALL_IN, experts=(replace(EXPERT, attendance=Attendance.STAND_IN),))
    assert why(IN, stood_in) == [WhyNot.NO_EXPERT]
    assert judge(rule(MetricCode.INBOUND, stand_in_expert=True), stood_in, {}).counts


def test_papers_are_asked_for_once_the_meeting_was_held() -> None:
    strict = rule(MetricCode.OUTBOUND, evidence=["photo", "sign_in"])
    assert WhyNot.NO_EVIDENCE not in why(strict, replace(VISIT, status="planned"))
    assert judge(strict, replace(VISIT, evidence=frozenset(EvidenceKind)), {}).counts


def test_an_excluded_meeting_gives_its_place_to_the_next_of_the_event() -> None:
    out = replace(VISIT, excluded=(Excluded(MetricCode.OUTBOUND, "李四", date(2026, 4, 1), "重复"),))
    found = tally(MetricCode.OUTBOUND, [OUT], [out, replace(VISIT, id=2)])
    assert [line.verdict.counts for line in found.lines] == [False, True]
    (reason,) = found.lines[0].verdict.reasons
    assert (reason.why, str(reason.detail)) == (WhyNot.EXCLUDED, "2026-04-01 李四：重复")
    assert judge(IN, replace(CALL_IN, excluded=out.excluded), {}).counts  # kept out of the other metric only


def test_the_fingerprint_stays_under_the_first_rules_and_follows_what_others_read() -> None:
    def of(one: Rule, facts: MeetingFacts) -> str:
        return tally(MetricCode.OUTBOUND, [one], [facts]).fingerprint

    papers = replace(VISIT, evidence=frozenset({EvidenceKind.PHOTO}))
    assert of(OUT, papers) == of(OUT, VISIT)
    strict = rule(MetricCode.OUTBOUND, evidence=["photo"])
    assert of(strict, papers) != of(strict, VISIT)
    out = replace(VISIT, excluded=(Excluded(MetricCode.OUTBOUND, "李四", date(2026, 4, 1), "重复"),))
    assert of(OUT, out) != of(OUT, VISIT)


@pytest.mark.parametrize(
    ("metric", "stored", "field"),
    [
        (MetricCode.OUTBOUND, {"unit": "firm_day"}, "unit"),
        (MetricCode.INBOUND, {"unit": "none"}, "unit"),
        (MetricCode.OUTBOUND, {"host_types": []}, "host_types"),
        (MetricCode.OUTBOUND, {"regions": ["110108"]}, "regions"),
        (MetricCode.INBOUND, {"evidence": ["minutes"]}, "evidence"),
        (MetricCode.INBOUND, {"evidence": ["photo", "other"]}, "evidence"),
        (MetricCode.OUTBOUND, {"surprise": 1}, "surprise"),
    ],
)
def test_terms_are_checked_by_field(metric: MetricCode, stored: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        terms_of(metric, stored)
    assert list(refusal.value.errors) == [field]


def test_what_is_not_said_is_as_in_the_first_rules() -> None:
    assert {code: terms_of(code, {}) for code in MetricCode} == DEFAULTS
    assert OUT.how == DEFAULTS[MetricCode.OUTBOUND]


def test_the_words_follow_the_terms() -> None:
    usual = rule_text.text(OUT)
    assert "北京市、天津市" in usual
    assert "材料" not in usual
    strict = rule(MetricCode.OUTBOUND, unit="host_day", evidence=["photo"], history=False, host_types=["university"])
    said = rule_text.text(strict)
    assert "缺少下列材料的不计：现场照片" in said
    assert "以往台账补录的活动不计" in said
    assert "科研院所" not in said
    assert rule_text.title(strict) == "走进：接待院所 × 日"
