"""A day of several stops, and what the parties are told beforehand: what is refused, and by which field."""

from dataclasses import replace
from datetime import date, time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.journeys import MOST_STOPS, Details, JourneyPlan, Stop
from matchmaker.domain.preparing import Particulars, names, typed
from matchmaker.domain.vocabulary import MeetingKind

TODAY = date(2026, 11, 20)
PLAN = JourneyPlan(
    MeetingKind.INBOUND,
    date(2026, 11, 27),
    travellers=(7,),
    stops=(
        Stop(1, site_id=11, starts=time(9), ends=time(10, 30)),
        Stop(2, site_id=12, starts=time(10, 40), ends=time(12)),
        Stop(3, site_id=13, starts=time(14), ends=time(15)),
    ),
)


def test_a_route_is_one_inbound_meeting_for_each_firm() -> None:
    assert PLAN.problems(TODAY) == {}
    assert [(plan.firm_ids, plan.expert_ids, plan.site_id, plan.host_id) for plan in PLAN.plans()] == [
        ((1,), (7,), 11, None),
        ((2,), (7,), 12, None),
        ((3,), (7,), 13, None),
    ]


def test_a_trip_is_one_outbound_meeting_for_each_institute_with_all_firms() -> None:
    stop = Stop(5, site_id=11, starts=time(9), ends=time(10), expert_ids=(8,))
    (plan,) = JourneyPlan(MeetingKind.OUTBOUND, PLAN.day, (1, 2, 3), (stop,)).plans()
    assert (plan.host_id, plan.firm_ids, plan.expert_ids) == (5, (1, 2, 3), (8,))


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"day": None}, {"day"}),
        ({"travellers": ()}, {"travellers", "stop_0_experts", "stop_1_experts", "stop_2_experts"}),
        ({"stops": ()}, {"stops"}),
        ({"stops": PLAN.stops[:1] * (MOST_STOPS + 1)}, {"stops"} | {f"stop_{at}_starts" for at in range(1, 9)}),
        ({"details": Details(seats=0)}, {"seats"}),
        ({"details": Details(gathering="长" * 201, note="长" * 2001)}, {"gathering", "note"}),
        ({"stops": (replace(PLAN.stops[0], site_id=None),)}, {"stop_0_site"}),
        ({"stops": (PLAN.stops[0], replace(PLAN.stops[1], starts=time(10)))}, {"stop_1_starts"}),
        ({"stops": (PLAN.stops[1], PLAN.stops[0])}, {"stop_1_starts"}),
    ],
)
def test_a_plan_is_refused_by_field(changed: dict[str, object], fields: set[str]) -> None:
    assert set(replace(PLAN, **changed).problems(TODAY)) == fields


def test_little_time_between_two_stops_is_worth_a_warning() -> None:
    assert PLAN.tight() == [2]


MINUTES = st.integers(0, 24 * 60 - 1)


@given(st.lists(st.tuples(MINUTES, MINUTES), min_size=2, max_size=4))
def test_stops_pass_exactly_when_each_ends_before_the_next_begins(times: list[tuple[int, int]]) -> None:
    clock = [(time(*divmod(starts, 60)), time(*divmod(ends, 60))) for starts, ends in times]
    stops = tuple(Stop(at, site_id=1, starts=starts, ends=ends) for at, (starts, ends) in enumerate(clock))
    in_order = all(starts < ends for starts, ends in clock)
    apart = all(first[1] <= second[0] for first, second in pairwise(clock))
    problems = JourneyPlan(MeetingKind.INBOUND, PLAN.day, (7,), stops).problems(TODAY)
    assert (problems == {}) == (in_order and apart)


def test_an_agenda_is_read_line_by_line_and_shown_as_typed() -> None:
    told = Particulars(agenda="9:30 看生产线\n 10：15  交流\n\n合影\n13.05会谈")
    lines = [("09:30", "看生产线"), ("10:15", "交流"), ("", "合影"), ("13:05", "会谈")]
    assert told.lines() == lines
    assert told.problems() == {}
    assert Particulars(agenda=typed(lines)).lines() == lines


@pytest.mark.parametrize(
    ("told", "field", "says"),
    [
        (Particulars(agenda="09:30 看\n25:00 谈"), "agenda", "第 2 行"),
        (Particulars(agenda="10:00 看\n09:00 谈"), "agenda", "早于上一行"),
        (Particulars(agenda="09:00"), "agenda", "第 1 行"),
        (Particulars(agenda="看\n" * 31), "agenda", "30"),
        (Particulars(bring="长" * 1001), "bring", "1000"),
        (Particulars(secrecy="机密★10年"), "secrecy", "涉密标记"),
        (Particulars(agenda="09:00 学习绝密级文件"), "agenda", "涉密标记"),
        (Particulars(expected={3: "长" * 201}), "expected_3", "200"),
    ],
)
def test_particulars_are_refused_by_field(told: Particulars, field: str, says: str) -> None:
    assert says in told.problems()[field]


@given(st.text(max_size=300))
def test_any_agenda_can_be_read_and_is_stable_once_typed_again(text: str) -> None:
    told = Particulars(agenda=text)
    if not told.problems():
        assert Particulars(agenda=typed(told.lines())).lines() == told.lines()


def test_people_are_separated_as_people_write() -> None:
    assert names("张三、李四，王五；赵六 , ") == ["张三", "李四", "王五", "赵六"]
