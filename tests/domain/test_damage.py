# ruff: noqa: RUF001 -- what people type is what is tested
"""Wrongly decoded text is recognised; what only looks unusual is not."""

import pytest

from matchmaker.domain.drafts.damage import formula_error, looks_damaged

TEXTS = [
    "铝合金薄板焊接变形控制",
    "技术需求名称",
    "合格率只有 78%。",
    "固安县精工有限公司",
    "焊后变形大，合格率只有 118 成，返修多",
]
READINGS = [
    ("utf-8", "cp1252"), ("utf-8", "latin-1"), ("gb18030", "latin-1"), ("gb18030", "cp1252"), ("utf-8", "gbk"),
    ("utf-8", "gb18030"), ("gb18030", "utf-8"),
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("written", "read"), READINGS)
def test_a_wrong_reading_is_recognised(text: str, written: str, read: str) -> None:
    assert looks_damaged(text.encode(written).decode(read, "replace"))
    assert looks_damaged("6061-T6 " + text.encode(written).decode(read, "replace"))
    assert not looks_damaged(text)


@pytest.mark.parametrize("text", ["锟斤拷", "烫烫烫", "焊接\ufffd", "????", "ä¸­æ–‡", "ÖÐÎÄ", "\ue863"])
def test_well_known_marks(text: str) -> None:
    assert looks_damaged(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "6061-T6 铝合金", "××××公司", "目录········3", "café—“déjà”", "±0.5°C", "Müller Österreich ÄÖÜ", "①②③ⅣⅢ",
        "技術開發", "Ångström ÅÄÖåäö", "R²≥0.99，σ≤3×10⁻³", "“”—…‘’", "怎么办？？？？", "联通",
        "µm²", "鋁合金薄板鐳射焊接",
    ],
)  # fmt: skip
def test_what_is_sound(text: str) -> None:
    assert not looks_damaged(text)


@pytest.mark.parametrize("text", ["#N/A", " #REF! ", "#value!", "#DIV/0!", "#NAME?"])
def test_a_formulas_failure(text: str) -> None:
    assert formula_error(text) == text.strip().upper()


@pytest.mark.parametrize("text", ["#1 焊机", "N/A", "#", "＃N/A 的处理"])
def test_a_text_with_a_hash_is_none(text: str) -> None:
    assert formula_error(text) == ""
