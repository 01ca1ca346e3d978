import pytest

from matchmaker.domain.contact_marks import contact_marks


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("请联系王工 13900000000。", "13900000000"),
        ("电话：139-0000-0000", "139-0000-0000"),
        ("电话139 0000 0000转技术部", "139 0000 0000"),
        ("+86 13900000000", "+86 13900000000"),
        ("全角１３９００００００００", "13900000000"),
        ("邮箱 demo.a@example.org，随时联系", "demo.a@example.org"),
        ("邮箱 demo\uff20example.org", "demo@example.org"),
        ("微信：weld_2026", "微信:weld_2026"),
        ("微信号weld2026", "微信号weld2026"),
        ("加wx: abcdef", "wx: abcdef"),
        ("VX：a13900000", "VX:a13900000"),
        ("wxid_abc12345xyz", "wxid_abc12345xyz"),
    ],
)
def test_what_looks_like_a_contact(text: str, mark: str) -> None:
    assert contact_marks(text) == [mark]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.2 mm 薄板焊接，合格率 78%，产量 120000000 件",
        "零件号 139000000001234，批次 20261231001",
        "基于 wxWidgets 的上位机软件",
        "开发微信小程序，支持 WeChat Pay",
        "抗拉强度≥1300 MPa，3.13800000000 GHz",
        "精度 0.5@25℃",
    ],
)
def test_what_does_not(text: str) -> None:
    assert contact_marks(text) == []


def test_each_is_named_once_in_the_order_of_the_texts() -> None:
    assert contact_marks("13900000000", "demo@example.org 13900000000") == ["13900000000", "demo@example.org"]
