from typing import Any

import pytest

from matchmaker.domain.drafts import NeedDraft, fields_of
from matchmaker.domain.drafts.need_examples import NEED_EXAMPLES
from matchmaker.domain.indicators import Indicator, field_name, has_quantity, problem_of, typed_rows, with_rows
from matchmaker.domain.needs import completeness
from matchmaker.domain.secrecy import secrecy_mark

WHOLE: dict[str, Any] = {
    "title": "薄板焊接",
    "problem": "薄板焊接后变形超差。" * 9,
    "indicators": "合格率 ≥ 95%",
    "goal": "取消校平工序，一次合格",
    "keywords": "焊接；铝合金；变形",
    "field": "equipment",
    "industry": "34",
    "budget_wan": "0",
    "deadline": "2026-12-31",
    "cooperation": "joint",
}


def draft(**values: Any) -> NeedDraft:
    return NeedDraft.model_validate(values)


def test_a_whole_need_has_100_and_no_hints_and_a_title_alone_0() -> None:
    assert completeness(draft(**WHOLE)).percent == 100
    assert completeness(draft(**WHOLE)).hints == ()
    empty = completeness(draft(title="薄板焊接"))
    assert empty.percent == 0
    assert "主要问题至少写 30 字" in empty.hints[0]


@pytest.mark.parametrize(
    ("change", "percent", "hint"),
    [
        ({"problem": "焊后变形"}, 70, "主要问题至少写 30 字"),
        ({"problem": "焊后变形。" * 8}, 90, "写到 80 字以上"),
        ({"indicators": "变形要小"}, 85, "数值和单位"),
        ({"goal": ""}, 90, "预期目标"),
        ({"keywords": "焊接；变形"}, 90, "3 个以上关键词"),
        ({"budget_wan": ""}, 95, "拟投入资金"),
    ],
)
def test_what_is_missing_costs_its_weight_and_is_told_first(change: dict[str, str], percent: int, hint: str) -> None:
    found = completeness(draft(**(WHOLE | change)))
    assert found.percent == percent
    assert hint in found.hints[0]


@pytest.mark.parametrize(
    "text", ["≤0.3 mm", "95%", "3 次", "Ra≤0.8 μm", "节拍 45 s", "150℃", "12万元", "0.5mm/m", "20 N"]
)
def test_a_number_with_its_unit_is_a_quantity(text: str) -> None:
    assert has_quantity(text)


@pytest.mark.parametrize("text", ["6061 铝合金", "变形要小", "第 1 步 焊接", "P20", "", "2026", "6061-T6"])
def test_other_numbers_are_none(text: str) -> None:
    assert not has_quantity(text)


def test_rows_become_lines_below_the_text() -> None:
    rows = [Indicator("裂纹率", "≤", "0.5", "%"), Indicator("平面度", "", "0.3", "mm/m"), Indicator("", "≤", "", "")]
    assert with_rows("外观无缺陷", rows) == "外观无缺陷\n裂纹率 ≤ 0.5%\n平面度 = 0.3 mm/m"
    assert with_rows("裂纹率 ≤ 0.5%", rows[:1]) == "裂纹率 ≤ 0.5%"
    assert problem_of(rows) == ""


@pytest.mark.parametrize("part", ["name", "value", "unit"])
def test_half_a_row_is_named(part: str) -> None:
    values = {field_name(2, "comparison"): "≤", field_name(2, part): "1"}
    assert "第 2 行" in problem_of(typed_rows(values))
    assert with_rows("原文", typed_rows(values)) == "原文"


def test_every_field_but_the_declarations_has_two_examples_that_would_pass() -> None:
    assert set(NEED_EXAMPLES) == set(fields_of(NeedDraft)) - {"releases", "declared"}
    words = [text for pair in NEED_EXAMPLES.values() for text in pair]
    assert len(set(words)) == 2 * len(NEED_EXAMPLES)
    assert not any(map(secrecy_mark, words))
    for place in (0, 1):
        texts = {name: NEED_EXAMPLES[name][place] for name in ("title", "problem", "indicators", "goal", "keywords")}
        assert completeness(draft(**texts)).percent == 75
