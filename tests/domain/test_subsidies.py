"""Policy measures: conditions against what is on file, and amounts that never exceed share, cap and joint cap."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.profile import SubsidyPart
from matchmaker.domain.subsidies import Evaluated, Measure, OnFile, Said, amount, check, in_force
from matchmaker.domain.vocabulary import ConditionState, PlatformLevel, TargetStatus, TeamLevel
from matchmaker.services import profile

DAY = date(2026, 6, 15)
MET, MISSING, UNKNOWN = ConditionState.MET, ConditionState.MISSING, ConditionState.UNKNOWN
PARTS: dict[str, SubsidyPart] = {
    part.code: part for city in ("langfang", "tangshan") for part in profile.read(city).profile.subsidies
}
SHARES = [code for code, part in PARTS.items() if part.details.form == "share"]
WAN = st.decimals(min_value=0, max_value=100_000, places=4)


def measure(code: str) -> Measure:
    part = PARTS[code]
    return Measure(tuple(part.conditions), part.details, part.cap_wan)


def states(code: str, facts: OnFile) -> list[ConditionState]:
    return [line.state for line in check(measure(code), facts)]


def yes(*codes: str) -> dict[str, Said]:
    return {code: Said(True, None, "文件", "专员") for code in codes}


PROVINCE = {"team_level": TeamLevel.PROVINCE}
PLATFORM = PROVINCE | {"platform": "联合实验室", "platform_on": DAY}
CASES: Iterable[tuple[str, dict[str, Any], list[ConditionState]]] = [
    ("task_book_province", {}, [MISSING, MISSING]),
    ("task_book_province", PROVINCE, [MET, MISSING]),
    ("task_book_province", PROVINCE | {"book_signed_on": DAY}, [MET, MET]),
    ("task_book_city", PROVINCE | {"book_signed_on": DAY}, [MISSING, MET]),
    ("platform", PLATFORM | {"platform_level": PlatformLevel.CITY}, [MISSING, UNKNOWN]),
    ("platform", PLATFORM | {"platform_level": PlatformLevel.PROVINCE, "platform_on": None}, [MISSING, UNKNOWN]),
    ("platform", PLATFORM | {"platform_level": PlatformLevel.PROVINCE}, [MET, UNKNOWN]),
    ("platform", PLATFORM | {"platform_level": PlatformLevel.PROVINCE, "stated": yes("new_platform")}, [MET, MET]),
    ("evaluation_city", {"team_level": TeamLevel.CITY}, [MET, MISSING]),
    ("evaluation_city", {"team_level": TeamLevel.CITY, "evaluated": Evaluated(2026, in_line=False)}, [MET, MISSING]),
    ("evaluation_city", {"team_level": TeamLevel.CITY, "evaluated": Evaluated(2026, in_line=True)}, [MET, MET]),
    ("evaluation_province", PROVINCE | {"evaluated": Evaluated(2026, in_line=False, told="优秀")}, [MET, UNKNOWN]),
    ("evaluation_province", PROVINCE | {"stated": yes("evaluation")}, [MET, MET]),
    ("patent_transfer", {"stated": yes("small", "filed", "benefit")}, [MET, MET, MET, UNKNOWN, UNKNOWN]),
    ("patent_transfer", {"stated": yes("chosen")}, [UNKNOWN] * 5),
    (
        "patent_transfer",
        {"stated": {"paid": Said(None, Decimal(0), "文件", "专员")}},
        [*[UNKNOWN] * 3, MISSING, UNKNOWN],
    ),
    ("technology_transfer", {"stated": {"agency": Said(False, None, "文件", "专员")}}, [MISSING, UNKNOWN, UNKNOWN]),
]


@pytest.mark.parametrize(("code", "facts", "wanted"), CASES)
def test_conditions_find_what_is_on_file_and_nothing_else(
    code: str, facts: dict[str, Any], wanted: list[ConditionState]
) -> None:
    assert states(code, OnFile(**facts)) == wanted


def test_what_was_stated_is_marked_so() -> None:
    found = {
        line.condition.code: line.stated for line in check(measure("platform"), OnFile(stated=yes("new_platform")))
    }
    assert found == {"platform": False, "new_platform": True}


@pytest.mark.parametrize(
    ("code", "stated", "wan", "by"),
    [
        ("task_book_province", {}, "15", "formula"),
        ("task_book_city", {}, "10", "formula"),
        ("platform", {}, "30", "ceiling"),
        ("challenge_research", {"paid": "100", "others": "0"}, "30", "formula"),
        ("challenge_research", {"paid": "666.67", "others": "0"}, "200", "cap"),
        ("challenge_research", {"paid": "1000", "others": "900"}, "100", "joint"),
        ("challenge_research", {"paid": "1000", "others": "1200"}, "0", "joint"),
        ("challenge_transfer", {"paid": "99.999", "others": "0"}, "19.99", "formula"),
        ("challenge_transfer", {"paid": "600", "others": "450"}, "50", "joint"),
        ("challenge_province_transfer", {"province_wan": "300", "others": "300"}, "60", "formula"),
        ("technology_transfer", {"turnover": "30000"}, "20", "cap"),
        ("technology_transfer", {"turnover": "12345"}, "12.34", "formula"),
    ],
)
def test_amounts_of_the_texts(code: str, stated: dict[str, str], wan: str, by: str) -> None:
    found = amount(measure(code), {name: Decimal(text) for name, text in stated.items()})
    assert (found.wan, found.by) == (Decimal(wan), by)


@pytest.mark.parametrize("code", SHARES)
def test_nothing_is_worked_out_before_the_amount_is_stated(code: str) -> None:
    assert amount(measure(code), {}).wan is None


@given(code=st.sampled_from(SHARES), paid=WAN, more=WAN, others=st.none() | WAN)
def test_an_amount_keeps_to_every_limit_and_grows_with_what_was_paid(
    code: str, paid: Decimal, more: Decimal, others: Decimal | None
) -> None:
    one = measure(code)
    terms, room = one.terms, {} if others is None else {one.terms.joint_of: others}
    assert terms.share is not None
    assert one.cap_wan is not None
    found = amount(one, {terms.of: paid} | room).wan
    assert found is not None
    assert 0 <= found <= min(terms.share * paid, one.cap_wan)
    assert found == found.quantize(Decimal("0.01"))
    if terms.joint_wan is not None and others is not None:
        assert found + min(others, terms.joint_wan) <= terms.joint_wan
    larger = amount(one, {terms.of: paid + more} | room).wan
    assert larger is not None
    assert found <= larger


@given(paid=WAN, others=WAN, more=WAN)
def test_more_from_elsewhere_never_raises_the_amount(paid: Decimal, others: Decimal, more: Decimal) -> None:
    one = measure("challenge_research")
    first = amount(one, {"paid": paid, "others": others}).wan
    second = amount(one, {"paid": paid, "others": others + more}).wan
    assert first is not None
    assert second is not None
    assert second <= first


@pytest.mark.parametrize(
    ("status", "valid_from", "valid_to", "wanted"),
    [
        (TargetStatus.FINAL, None, None, True),
        (TargetStatus.DRAFT, None, None, False),
        (TargetStatus.DEMO, None, None, False),
        (TargetStatus.FINAL, DAY, DAY, True),
        (TargetStatus.FINAL, date(2026, 6, 16), None, False),
        (TargetStatus.FINAL, None, date(2026, 6, 14), False),
    ],
)
def test_in_force_means_final_and_within_its_dates(
    status: TargetStatus, valid_from: date | None, valid_to: date | None, wanted: bool
) -> None:
    assert in_force(status, valid_from, valid_to, DAY) is wanted
