"""What targets ask for, where texts contradict one another, and what entered records come to."""

import tomllib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.drafts import AbsorptionDraft, FigureDraft, TargetDraft, TurnoverDraft, check
from matchmaker.domain.drafts.readings import number, yi
from matchmaker.domain.entries import (
    Achievement,
    Figure,
    Trained,
    Verdict,
    judge_achievements,
    judge_people,
    overlap,
    year_sum,
)
from matchmaker.domain.goals import Stated, asked, disputes
from matchmaker.domain.profile import Profile
from matchmaker.domain.vocabulary import TargetBasis, TargetStatus, TurnoverSpan
from matchmaker.resources import resource_dir

MONTH, QUARTER, TO_DATE = TurnoverSpan.MONTH, TurnoverSpan.QUARTER, TurnoverSpan.TO_DATE


def stated(metric: str) -> list[Stated]:
    """The Langfang profile's own targets of a metric."""
    tables: dict[str, object] = {}
    for path in (resource_dir("seeds") / "langfang").glob("*.toml"):
        tables |= tomllib.loads(path.read_text("utf-8"))
    rows = [row for row in Profile.model_validate(tables).targets if row.metric == metric]
    return [Stated(at, row.year, row.value, row.basis, row.source, row.status) for at, row in enumerate(rows)]


def test_the_texts_own_contradiction_of_2025_is_found() -> None:
    (found,) = disputes(stated("contract_turnover"), 2025, None)
    amounts = {one.amount for one in found.figures}
    assert amounts == {Decimal(200), Decimal(300), Decimal("302.5")}
    grown = next(one for one in found.figures if one.base is not None)
    assert (grown.stated.value, grown.base, grown.base_of.year) == (10, 275, 2024)
    annex = next(one for one in found.figures if one.amount == 300)
    assert round(annex.growth, 1) == Decimal("9.1")
    assert found.spread == Decimal("102.5")


def test_growth_starts_from_what_was_reached_where_that_is_known() -> None:
    targets = stated("contract_turnover")
    (found,) = disputes(targets, 2023, Decimal("226.7"))
    assert {one.amount for one in found.figures} == {Decimal(250), Decimal("249.37")}
    assert disputes(targets, 2023, None) == []  # with no base there is nothing to compare
    assert disputes(targets, 2024, None) == []  # 250 and 10 % are 275
    growth = next(one for one in targets if one.year == 2025 and one.basis is TargetBasis.GROWTH)
    first, second = asked(growth, targets, Decimal(260))
    assert (first.amount, first.base_of) == (Decimal(286), None)
    assert second.amount == Decimal("302.5")
    assert [one.amount for one in asked(growth, [], None)] == [None]


def test_yearly_and_cumulative_targets_are_compared_over_the_years() -> None:
    (found,) = disputes(stated("absorption"), 2025, None)
    assert found.to_date
    assert [(one.amount, one.years) for one in found.figures] == [(100, ()), (300, (2023, 2024, 2025))]
    assert disputes(stated("absorption"), 2024, None) == []
    assert disputes(stated("outbound"), 2025, None) == []


def test_the_firmest_target_of_each_year_is_added_up() -> None:
    def one(number: int, value: int, status: TargetStatus, basis: TargetBasis = TargetBasis.ABSOLUTE) -> Stated:
        return Stated(number, 2025, Decimal(value), basis, f"文件{number}", status)

    targets = [
        *(one(1, 80, TargetStatus.DRAFT), one(2, 120, TargetStatus.FINAL)),
        one(3, 100, TargetStatus.DRAFT, TargetBasis.CUMULATIVE),
    ]
    to_date = next(found for found in disputes(targets, 2025, None) if found.to_date)
    assert [figure.amount for figure in to_date.figures] == [100, 120]


def figure(span: TurnoverSpan, month: int, amount: str, number: int = 1) -> Figure:
    return Figure(number, span, month, Decimal(amount))


def test_the_latest_running_total_and_what_came_after_it() -> None:
    rows = [
        *(figure(MONTH, 1, "5", 1), figure(TO_DATE, 3, "20", 2), figure(TO_DATE, 6, "50", 3)),
        *(figure(MONTH, 7, "8", 4), figure(MONTH, 9, "9", 5)),
    ]
    found = year_sum(rows)
    assert (found.amount, found.ids, found.through, found.gaps) == (Decimal(67), (3, 4, 5), 9, (8,))
    assert year_sum([]) is None
    quarters = year_sum([figure(QUARTER, 6, "30", 1), figure(QUARTER, 3, "20", 2)])
    assert (quarters.amount, quarters.through, quarters.gaps) == (Decimal(50), 6, ())


@pytest.mark.parametrize(
    ("new", "known", "clashes"),
    [
        ((MONTH, 2), (QUARTER, 3), True),
        ((QUARTER, 6), (MONTH, 4), True),
        ((MONTH, 4), (QUARTER, 3), False),
        ((MONTH, 3), (TO_DATE, 3), False),
        ((TO_DATE, 3), (TO_DATE, 3), True),
        ((TO_DATE, 6), (TO_DATE, 3), False),
    ],
)
def test_the_same_months_are_stated_once(
    new: tuple[TurnoverSpan, int], known: tuple[TurnoverSpan, int], *, clashes: bool
) -> None:
    assert (overlap(figure(*new, "1"), [figure(*known, "1")]) is not None) is clashes


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 500)), min_size=1, unique_by=lambda pair: pair[0]))
def test_months_alone_add_up(months: list[tuple[int, int]]) -> None:
    found = year_sum([figure(MONTH, month, str(amount), month) for month, amount in months])
    assert found.amount == sum(amount for _month, amount in months)
    assert set(found.gaps) == set(range(1, found.through)) - {month for month, _amount in months}


def test_an_achievement_counts_once_when_it_first_comes() -> None:
    rows = [
        Achievement(3, "薄板 焊接工艺", 1, date(2026, 5, 1), in_regions=True),
        Achievement(1, "薄板焊接工艺", 1, date(2026, 6, 1), in_regions=True),
        Achievement(2, "薄板焊接工艺", 2, date(2026, 6, 1), in_regions=True),
        Achievement(4, "别的", 3, date(2026, 6, 1), in_regions=False),
    ]
    counted, again, elsewhere = Verdict.COUNTED, Verdict.AGAIN, Verdict.ELSEWHERE
    assert judge_achievements(rows) == {3: counted, 1: again, 2: counted, 4: elsewhere}


def test_a_person_counts_once_a_year() -> None:
    rows = [
        Trained(1, "张三", "甲公司", date(2026, 12, 31)),
        Trained(2, "张 三", "甲公司", date(2026, 3, 1)),
        Trained(3, "张三", "乙公司", date(2026, 3, 1)),
        Trained(4, "张三", "甲公司", date(2027, 1, 1)),
    ]
    assert [judge_people(rows)[one.id] for one in rows] == [
        *(Verdict.SAME_PERSON, Verdict.COUNTED, Verdict.COUNTED, Verdict.COUNTED)
    ]


def test_amounts_are_read_in_the_units_people_write() -> None:
    same = ("40.35", "40.35亿元", "403,500万元", "40.35 亿")
    assert {yi(text) for text in same} == {Decimal("40.3500")}
    assert (yi("1元"), yi("四十亿"), yi("-3")) == (None, None, None)
    assert (number("1,000.5"), number("10%"), number("-1"), number("0")) == (Decimal("1000.5"), None, None, Decimal(0))


@pytest.mark.parametrize(
    ("model", "values", "field"),
    [
        (TargetDraft, {"year": "1850"}, "year"),
        (TargetDraft, {"value": "一百"}, "value"),
        (TargetDraft, {"source": ""}, "source"),
        (TurnoverDraft, {"span": "quarter", "month": "4"}, "month"),
        (TurnoverDraft, {"month": "13"}, "month"),
        (TurnoverDraft, {"hosts": "99"}, "hosts"),
        (TurnoverDraft, {"total": "很多"}, "total"),
        (FigureDraft, {"value": "5", "source": ""}, "source"),
        (AbsorptionDraft, {"day": "2026-02-30"}, "day"),
    ],
)
def test_what_cannot_be_is_named_by_its_field(model: type, values: dict[str, str], field: str) -> None:
    sound = {
        TargetDraft: {"metric": "outbound", "year": "2026", "value": "100", "basis": "absolute", "status": "draft"},
        TurnoverDraft: {"year": "2026", "span": "month", "month": "4", "total": "20", "source": "快报"},
        FigureDraft: {"value": "5", "source": "台账"},
        AbsorptionDraft: {"title": "成果", "firm": "甲", "origin": "乙", "day": "2026-03-01"},
    }[model] | ({"source": "文件"} if model is TargetDraft else {})
    assert check(model, sound)[1] == {}
    draft, errors = check(model, sound | values)
    assert draft is None
    label = model.model_fields[field].metadata[0].label
    assert errors[field].startswith(label)
    assert len(errors[field]) > len(label) + 3
