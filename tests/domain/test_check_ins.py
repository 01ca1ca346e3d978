"""What check-ins propose, and when they stand for a sign-in sheet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.check_ins import Arrival, expert_presence, firm_presence, signed_in
from matchmaker.domain.meetings import Presence
from matchmaker.domain.vocabulary import Attendance
from matchmaker.errors import Invalid

A = Attendance
OUTCOMES = st.sampled_from([None, *Attendance])


def test_a_second_tap_makes_the_same_claim_and_another_person_another() -> None:
    assert Arrival("张三", firm_id=1).claim == Arrival("张三", firm_id=1).claim
    others = [
        Arrival("张三", firm_id=2),
        Arrival("李四", firm_id=1),
        Arrival("张三", expert_id=1),
        Arrival("张三", "某院"),
        Arrival("张三"),
    ]
    assert len({one.claim for one in [Arrival("张三", firm_id=1), *others]}) == len(others) + 1


@pytest.mark.parametrize(
    ("arrival", "by_officer", "fields"),
    [
        (Arrival(expert_id=1), False, []),
        (Arrival("张三", firm_id=1), False, []),
        (Arrival(firm_id=1), False, ["name"]),
        (Arrival(firm_id=1), True, []),
        (Arrival("张三", "某院"), False, []),
        (Arrival("张三"), False, ["organisation"]),
        (Arrival(), True, ["name", "organisation"]),
        (Arrival("张" * 65, "院" * 201), False, ["name", "organisation"]),
    ],
)
def test_who_checks_in_says_who_they_are(arrival: Arrival, by_officer: bool, fields: list[str]) -> None:
    if not fields:
        arrival.check(by_officer=by_officer)
        return
    with pytest.raises(Invalid) as refused:
        arrival.check(by_officer=by_officer)
    assert list(refused.value.errors) == fields


def test_proposals() -> None:
    assert firm_presence([]) is None
    assert firm_presence(["张三", "", "李四", "张三"]) == Presence(A.ATTENDED, "张三、李四")
    assert expert_presence("周教授", []) is None
    assert expert_presence("周教授", [""]) == Presence(A.ATTENDED)
    assert expert_presence("周教授", ["吴博士"]) == Presence(A.STAND_IN, "吴博士")
    assert expert_presence("周教授", ["吴博士", "周教授"]) == Presence(A.ATTENDED)


PARTIES = st.dictionaries(st.integers(1, 4), OUTCOMES, max_size=4)


@given(PARTIES, PARTIES, st.sets(st.integers(1, 4)), st.sets(st.integers(1, 4)))
def test_every_firm_that_came_and_an_expert_have_checked_in(
    firms: dict[int, Attendance | None],
    experts: dict[int, Attendance | None],
    checked_firms: set[int],
    checked_experts: set[int],
) -> None:
    here = {A.ATTENDED, A.STAND_IN}
    came = {key for key, outcome in firms.items() if outcome in here}
    people = {key for key, outcome in experts.items() if outcome in here}
    wanted = bool(came) and came <= checked_firms and bool(people & checked_experts)
    assert signed_in(firms.items(), experts.items(), checked_firms, checked_experts) == wanted
