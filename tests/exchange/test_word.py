"""A Word file of ours: text stays text, whatever it holds, and an office suite reads it."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from jinja2 import UndefinedError

from matchmaker.exchange import word
from tests.support.office import converted, text_of
from tools import docx_templates

FIRM = "A&B<公司>"
PARTS = ("people", "needs", "agenda", "bring", "travel", "secrecy")


def values(**changed: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {name: [] for name in PARTS}
    base = {"sender": "某局", "number": "函 2026 第 1 号", "to": FIRM, "day": "11 月 27 日", "hours": "9:30"}
    base |= {"place": "一号楼", "answer_by": "11 月 25 日", "contact": "陈", "seal": "某局", "dated": "今日"}
    return base | parts | {"n": dict.fromkeys(PARTS, "")} | changed


def paragraphs(data: bytes) -> list[str]:
    return [paragraph.text for paragraph in Document(BytesIO(data)).paragraphs]


def test_text_stays_text() -> None:
    odd = "一\r\n二 {{ to }} {% if %} \a\f\x00\ud800</w:t>"
    found = paragraphs(word.fill("letter_to_firm", values(place=odd)))
    assert f"{FIRM}：" in found
    assert any("（一\n二 {{ to }} {% if %} </w:t>）" in text for text in found)


def test_a_part_without_contents_is_left_out() -> None:
    numbers = dict.fromkeys(PARTS, "") | {"agenda": "一", "bring": "二"}
    found = paragraphs(word.fill("letter_to_firm", values(agenda=["9:30 看生产线"], bring=["样件"], n=numbers)))
    assert {"一、议程", "9:30 看生产线", "二、请准备", "样件"} <= set(found)
    assert not any("保密" in text or "%" in text for text in found)


def test_a_value_that_the_template_shows_must_be_there() -> None:
    short = values()
    del short["contact"]
    with pytest.raises(UndefinedError, match="contact"):
        word.fill("letter_to_firm", short)


def test_the_templates_are_what_the_script_writes(tmp_path: Path) -> None:
    assert docx_templates.differing() == []
    assert docx_templates.differing(tmp_path) == list(docx_templates.TEMPLATES)


@pytest.mark.slow
def test_an_office_suite_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "letter.docx"
    path.write_bytes(word.fill("letter_to_firm", values()))
    assert f"{FIRM}：" in text_of(path, tmp_path)
    assert converted(path, "pdf", tmp_path).read_bytes().startswith(b"%PDF-")
