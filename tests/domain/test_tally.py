"""What a year's tally adds up in passing equals what adding it up plainly gives."""

from collections import Counter
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.metrics import MetricCode
from matchmaker.domain.rule_terms import UNITS, CountUnit, Terms
from matchmaker.domain.rules import ExpertPresence, FirmPresence, HostFacts, MeetingFacts, Rule, SiteFacts
from matchmaker.domain.tally import Tally, judged_again, tally
from matchmaker.domain.vocabulary import Attendance, InstituteType, MeetingKind, MeetingStatus

DAYS = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 9, 1)]
UNIT_OF = {1: 7, 2: 7, 3: 8, 4: None}  # firm → unit
ZONES = {7: 1, 8: 1}
RULES = {
    unit: Rule(metric, 1, date(2023, 1, 1), {"110000": "北京市"}, Terms(unit=unit))
    for metric, units in UNITS.items()
    for unit in units
}
CAME = st.sampled_from([Attendance.ATTENDED, Attendance.ATTENDED, Attendance.ABSENT, None])
FIRMS = st.builds(
    lambda number, came: FirmPresence(number, f"{number}", UNIT_OF[number], came), st.sampled_from([*UNIT_OF]), CAME
)
EXPERTS = st.builds(
    lambda number, came: ExpertPresence(number, "x", 30, "110108", False, came), st.integers(1, 2), CAME
)


@st.composite
def meetings(draw: st.DrawFn, metric: MetricCode) -> list[MeetingFacts]:
    """Some meetings of three days, many of which stand for the same event."""
    return [_meeting(draw, metric, number) for number in range(1, draw(st.integers(1, 9)))]


def _meeting(draw: st.DrawFn, metric: MetricCode, number: int) -> MeetingFacts:
    firms = tuple(draw(st.lists(FIRMS, min_size=1, max_size=3, unique_by=lambda firm: firm.id)))
    outbound = metric is MetricCode.OUTBOUND
    owner = 30 if outbound else firms[0].id
    return MeetingFacts(
        id=number,
        title="",
        kind=draw(st.sampled_from([metric.kind, metric.kind, metric.kind, MeetingKind.ONLINE])),
        status=draw(st.sampled_from(MeetingStatus)),
        day=draw(st.sampled_from(DAYS)),
        starts=time(9),
        trip_id=draw(st.sampled_from([None, 1])),
        host=HostFacts(30, "某大学", InstituteType.UNIVERSITY) if outbound else None,
        site=SiteFacts("地点", "110108", "海淀区", owner, "x", local=not outbound),
        firms=firms if outbound else firms[:1],
        experts=tuple(draw(st.lists(EXPERTS, max_size=2, unique_by=lambda expert: expert.id))),
        recorder=10,
        verifier=draw(st.sampled_from([10, 11])),
    )


def counted(unit: CountUnit, facts: list[MeetingFacts]) -> Tally:
    return tally(RULES[unit].metric, [RULES[unit]], facts)


@pytest.mark.parametrize("unit", CountUnit)
@given(data=st.data())
def test_judging_some_again_equals_judging_all(unit: CountUnit, data: st.DataObject) -> None:
    facts = data.draw(meetings(RULES[unit].metric))
    chosen = data.draw(st.sets(st.sampled_from([one.id for one in facts]))) if facts else set()
    then = [replace(one, status=MeetingStatus.VERIFIED, verifier=12) if one.id in chosen else one for one in facts]
    expected = [line for line in counted(unit, then).lines if line.facts.id in chosen]
    assert judged_again(counted(unit, facts), [one for one in then if one.id in chosen]) == expected


@pytest.mark.parametrize("unit", CountUnit)
@given(data=st.data())
def test_sums_by_unit_zone_and_day(unit: CountUnit, data: st.DataObject) -> None:
    found = counted(unit, data.draw(meetings(RULES[unit].metric)))
    places = {
        (event.key, firm.unit_id)
        for line in found.lines
        for event in line.verdict.events
        for firm in line.firms_there
        if firm.unit_id is not None and event.firm_id in {None, firm.id}
    }
    assert found.by_unit() == Counter(unit_id for _, unit_id in places)
    assert found.by_zone(ZONES) == Counter(zone for _, zone in {(key, ZONES[unit_id]) for key, unit_id in places})
    for day in (date(2026, 1, 1), *DAYS, date(2026, 12, 31)):
        assert found.total_by(day) == sum(line.verdict.added for line in found.lines if line.facts.day <= day)
    assert found.total_by(DAYS[-1]) == found.total
