"""Every reason why a meeting does not count, one changed fact at a time."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from matchmaker.domain.judging import judge
from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rules import (
    ExpertPresence,
    FirmPresence,
    HostFacts,
    MeetingFacts,
    Rule,
    SiteFacts,
    WhyNot,
    rule_on,
)
from matchmaker.domain.tally import tally
from matchmaker.domain.vocabulary import Attendance, InstituteType, MeetingKind, MeetingStatus

REGIONS = {"110000": "北京市", "120000": "天津市"}
OUT = Rule(MetricCode.OUTBOUND, 1, date(2023, 1, 1), REGIONS)
IN = Rule(MetricCode.INBOUND, 1, date(2023, 1, 1), REGIONS)
FIRM = FirmPresence(id=1, name="某厂", unit_id=7, attendance=Attendance.ATTENDED)
EXPERT = ExpertPresence(
    id=5, name="张三", institute_id=3, region="110108", in_group=False, attendance=Attendance.ATTENDED
)
CAMPUS = SiteFacts("海淀校区", "110108", "海淀区", owner_id=3, owner_name="某大学", local=False)
BASE = SiteFacts("固安基地", "131022", "固安县", owner_id=3, owner_name="某大学", local=True)
WORKS = SiteFacts("厂区", "131022", "固安县", owner_id=1, owner_name="某厂", local=True)
DAY = date(2026, 3, 2)
VISIT = MeetingFacts(
    id=1,
    title="走进某大学",
    kind=MeetingKind.OUTBOUND,
    status=MeetingStatus.VERIFIED,
    day=DAY,
    starts=time(9),
    trip_id=None,
    host=HostFacts(3, "某大学", InstituteType.UNIVERSITY),
    site=CAMPUS,
    firms=(FIRM,),
    experts=(EXPERT,),
    recorder=10,
    verifier=11,
)
CALL_IN = replace(VISIT, kind=MeetingKind.INBOUND, host=None, site=WORKS)


def why(rule: Rule, facts: MeetingFacts) -> list[WhyNot]:
    return [reason.why for reason in judge(rule, facts, {}).reasons]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"host": HostFacts(3, "某院", InstituteType.RESEARCH_INSTITUTE)},
        {"site": replace(CAMPUS, region="120104")},
        {"firms": (replace(FIRM, attendance=Attendance.STAND_IN),)},
        {"firms": (replace(FIRM, id=2, attendance=Attendance.ABSENT), FIRM)},
        {"experts": (replace(EXPERT, institute_id=99, in_group=True),)},
        {"experts": (replace(EXPERT, region=""),)},
    ],
)
def test_outbound_counts(changed: dict[str, Any]) -> None:
    assert judge(OUT, replace(VISIT, **changed), {}).counts


OUTBOUND_FAILS = [
    ({"status": MeetingStatus.PLANNED}, WhyNot.NOT_RECORDED),
    ({"status": MeetingStatus.HELD}, WhyNot.NOT_VERIFIED),
    ({"status": MeetingStatus.CANCELLED}, WhyNot.CANCELLED),
    ({"kind": MeetingKind.ONLINE}, WhyNot.ONLINE),
    ({"verifier": 10}, WhyNot.SAME_PERSON),
    ({"site": BASE}, WhyNot.ELSEWHERE),
    ({"site": replace(CAMPUS, region="133100", region_name="雄安新区")}, WhyNot.ELSEWHERE),
    ({"site": None}, WhyNot.ELSEWHERE),
    ({"host": HostFacts(3, "某公司", InstituteType.OTHER)}, WhyNot.HOST_TYPE),
    ({"host": HostFacts(3, "某公司", None)}, WhyNot.HOST_TYPE),
    ({"firms": (replace(FIRM, attendance=Attendance.ABSENT),)}, WhyNot.NO_FIRM),
    ({"firms": (replace(FIRM, attendance=Attendance.EXCUSED),)}, WhyNot.NO_FIRM),
    ({"firms": (replace(FIRM, unit_id=None),)}, WhyNot.NO_FIRM),
    ({"experts": (replace(EXPERT, attendance=Attendance.EXCUSED),)}, WhyNot.NOBODY_OF_HOST),
    ({"experts": (replace(EXPERT, attendance=Attendance.STAND_IN),)}, WhyNot.NOBODY_OF_HOST),
    ({"experts": (replace(EXPERT, institute_id=99),)}, WhyNot.NOBODY_OF_HOST),
    ({"experts": ()}, WhyNot.NOBODY_OF_HOST),
]


@pytest.mark.parametrize(("changed", "reason"), OUTBOUND_FAILS)
def test_outbound_does_not_count(changed: dict[str, Any], reason: WhyNot) -> None:
    verdict = judge(OUT, replace(VISIT, **changed), {})
    assert not verdict.counts
    assert verdict.visit is None
    assert verdict.events == ()
    assert [found.why for found in verdict.reasons] == [reason]


INBOUND_FAILS = [
    ({"status": MeetingStatus.HELD}, WhyNot.NOT_VERIFIED),
    ({"status": MeetingStatus.CANCELLED}, WhyNot.CANCELLED),
    ({"kind": MeetingKind.ONLINE}, WhyNot.ONLINE),
    ({"site": BASE}, WhyNot.NOT_AT_FIRM),
    ({"site": replace(WORKS, local=False)}, WhyNot.NOT_AT_FIRM),
    ({"firms": (replace(FIRM, unit_id=None),)}, WhyNot.NOT_AT_FIRM),
    ({"firms": (FIRM, replace(FIRM, id=2))}, WhyNot.NOT_AT_FIRM),
    ({"firms": (replace(FIRM, attendance=Attendance.ABSENT),)}, WhyNot.NO_FIRM),
    ({"firms": (replace(FIRM, attendance=Attendance.EXCUSED),)}, WhyNot.NO_FIRM),
    ({"experts": (replace(EXPERT, region="133100"),)}, WhyNot.NO_EXPERT),
    ({"experts": (replace(EXPERT, region=""),)}, WhyNot.NO_EXPERT),
    ({"experts": (replace(EXPERT, attendance=Attendance.ABSENT),)}, WhyNot.NO_EXPERT),
    ({"experts": (replace(EXPERT, attendance=Attendance.STAND_IN),)}, WhyNot.NO_EXPERT),
]


@pytest.mark.parametrize(("changed", "reason"), INBOUND_FAILS)
def test_inbound_does_not_count(changed: dict[str, Any], reason: WhyNot) -> None:
    assert judge(IN, CALL_IN, {}).counts
    assert why(IN, replace(CALL_IN, **changed)) == [reason]


@pytest.mark.parametrize("attendance", [None, Attendance.ATTENDED, Attendance.STAND_IN])
def test_a_firm_at_home_counts_without_a_list_of_who_received(attendance: Attendance | None) -> None:
    assert judge(IN, replace(CALL_IN, firms=(replace(FIRM, attendance=attendance),)), {}).counts


def test_every_failing_condition_is_named() -> None:
    facts = replace(
        VISIT,
        status=MeetingStatus.HELD,
        site=BASE,
        host=HostFacts(3, "某公司", InstituteType.OTHER),
        firms=(replace(FIRM, attendance=Attendance.ABSENT),),
        experts=(),
    )
    assert why(OUT, facts) == [
        WhyNot.NOT_VERIFIED,
        WhyNot.ELSEWHERE,
        WhyNot.HOST_TYPE,
        WhyNot.NO_FIRM,
        WhyNot.NOBODY_OF_HOST,
    ]


def test_a_visit_to_the_local_base_names_the_place() -> None:
    (reason,) = judge(OUT, replace(VISIT, site=BASE), {}).reasons
    assert str(reason.detail) == "实际到访“固安基地”（某大学，固安县），不在北京市、天津市"


def test_a_planned_visit_says_before_the_bus_leaves_that_it_will_not_count() -> None:
    planned = replace(VISIT, status=MeetingStatus.PLANNED, site=BASE, firms=(replace(FIRM, attendance=None),))
    assert why(OUT, planned) == [WhyNot.NOT_RECORDED, WhyNot.ELSEWHERE]


def test_an_event_is_counted_once_and_the_second_names_the_first() -> None:
    again = replace(VISIT, id=2, starts=time(14), firms=(replace(FIRM, id=2, unit_id=8),))
    found = tally(MetricCode.OUTBOUND, [OUT], [again, VISIT])
    assert [(line.facts.id, line.number) for line in found.lines] == [(1, 1), (2, None)]
    (reason,) = found.lines[1].verdict.reasons
    assert reason.why is WhyNot.ALREADY_COUNTED
    assert "第 1 号活动" in str(reason.detail)
    assert found.total == 1
    assert (found.firm_visits, found.expert_visits) == (2, 1)
    assert found.by_unit() == {7: 1, 8: 1}


@pytest.mark.parametrize(
    "other", [{"trip_id": 4}, {"host": HostFacts(9, "另一大学", InstituteType.UNIVERSITY)}, {"day": date(2026, 3, 3)}]
)
def test_another_trip_host_or_day_is_another_event(other: dict[str, Any]) -> None:
    second = replace(VISIT, id=2, **other, experts=(replace(EXPERT, in_group=True),))
    assert tally(MetricCode.OUTBOUND, [OUT], [VISIT, second]).total == 2


def test_inbound_is_firm_times_day() -> None:
    other_firm = replace(FIRM, id=2)
    same_day = replace(CALL_IN, id=2, starts=time(14), experts=(replace(EXPERT, id=6),))
    elsewhere = replace(CALL_IN, id=3, firms=(other_firm,), site=replace(WORKS, owner_id=2))
    found = tally(MetricCode.INBOUND, [IN], [CALL_IN, same_day, elsewhere])
    assert [line.facts.id for line in found.counted] == [1, 3]
    assert found.expert_visits == 3
    assert found.repeat_share == 0


def test_repeated_pairs() -> None:
    days = [replace(CALL_IN, id=number, day=date(2026, 3, number)) for number in (1, 2, 3, 4)]
    assert tally(MetricCode.INBOUND, [IN], days).repeat_share * 4 == 3


def test_the_rule_of_the_day_decides() -> None:
    unknown = Rule(MetricCode.OUTBOUND, 2, date(2026, 3, 2), REGIONS, shape=99)
    assert rule_on([OUT, unknown, IN], MetricCode.OUTBOUND, date(2026, 3, 1)) is OUT
    assert rule_on([OUT, unknown, IN], MetricCode.OUTBOUND, DAY) is unknown
    assert rule_on([OUT], MetricCode.OUTBOUND, date(2022, 12, 31)) is None
    assert [reason.why for reason in judge(None, VISIT, {}).reasons] == [WhyNot.NO_RULE]
    assert why(unknown, VISIT) == [WhyNot.NO_RULE]


def test_names_do_not_change_the_fingerprint_but_facts_do() -> None:
    def fingerprint(facts: MeetingFacts) -> str:
        return tally(MetricCode.OUTBOUND, [OUT], [facts]).fingerprint

    assert fingerprint(replace(VISIT, title="改名")) == fingerprint(VISIT)
    assert fingerprint(replace(VISIT, verifier=12)) != fingerprint(VISIT)
    assert fingerprint(replace(VISIT, site=replace(CAMPUS, region="110105"))) != fingerprint(VISIT)
