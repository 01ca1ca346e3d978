# ruff: noqa: RUF001 -- what people type is what is tested
"""Days, amounts and telephone numbers as sheets have them."""

from datetime import date

import pytest

from matchmaker.domain.drafts import readings


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05", "2026/3/5", "2026.3.5", "2026年3月5日", "2026 年 3 月 5 日", "2026年3月5號", "20260305",
        "5.3.2026",
        "２０２６－３－５", "2026-03-05 14:30", "2026/3/5 0:00:00", "2026-03-05T00:00:00.000", "46086", "46086.75",
    ],
)  # fmt: skip
def test_one_day_in_every_style(text: str) -> None:
    assert readings.day(text) == date(2026, 3, 5)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "明年", "2026年3月", "5/3/2026", "3/5/2026", "31.2.2026", "19999", "80000", "260305", "2026"]
)
def test_what_is_no_day_or_could_be_two(text: str) -> None:
    assert readings.day(text) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("50", 50), ("50.0", 50), ("５０", 50), ("50万", 50), ("50萬元", 50), ("50 万 元整", 50), ("￥500,000元", 50),
        ("500000元", 50), ("0.5亿元", 5000), ("3億", 30_000), ("2百万元", 200), ("1千万", 1000), ("500千元", 50),
        ("50W", 50), ("0", 0), ("12.5亿", 125_000),
    ],
)  # fmt: skip
def test_money_in_any_unit_is_counted_in_ten_thousands(text: str, amount: int) -> None:
    assert readings.wan(text) == amount


@pytest.mark.parametrize(
    "text",
    ["面议", "50-100万", "1.5", "1234元", "-5", "50万美元", "$50", "五十万", "约50万", "50吨", "1e3", "", "万元"],
)
def test_money_that_nobody_may_guess(text: str) -> None:
    assert readings.wan(text) is None


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("拟投入资金（元）", "元"),
        ("预算(单位：万元)", "万元"),
        ("預算（億元）", "亿元"),
        ("预算", ""),
        ("备注（元旦）", ""),
    ],
)
def test_a_heading_may_give_the_unit(heading: str, unit: str) -> None:
    assert readings.unit_of(heading) == unit


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("138 0013 8000", "13800138000"), ("138-0013-8000", "13800138000"), ("+86 138 0013 8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"), ("010 6277 1234", "01062771234"),
        ("010－6277—1234", "010-6277-1234"), ("(010) 62771234", "(010)62771234"), ("62771234 转 801", "62771234转801"),
        ("0316-5551234 轉 8", "0316-5551234转8"), ("13800138000、13900139000", "13800138000,13900139000"),
    ],
)  # fmt: skip
def test_telephone_numbers_lose_what_only_separates(text: str, number: str) -> None:
    assert readings.phone(text) == number


@pytest.mark.parametrize("text", ["无", "1234", "见附件", "a@b.cn", "电话：13800138000"])
def test_what_is_no_telephone_number(text: str) -> None:
    assert readings.phone(text) is None


@pytest.mark.parametrize(("text", "number"), [("6", 6), ("6次/年", 6), ("1,000", 1000), ("6 次", 6), ("6.0", 6)])
def test_whole_numbers(text: str, number: int) -> None:
    assert readings.whole(text) == number
    assert readings.whole(text + "万") is None
