"""Everyday words, counts and units are told from subjects."""

import pytest

from matchmaker.text import is_general

EVERYDAY = ["我们", "小时", "一个月", "五百万", "以内", "去年", "控制", "16%", "450", "mpa", "方案"]
SUBJECTS = ["缩松", "减速器", "激光", "焊接", "6061", "6061-t6", "oled", "5g", "40crnimoa", "冷链"]


@pytest.mark.parametrize("word", EVERYDAY)
def test_says_nothing_about_a_subject(word: str) -> None:
    assert is_general(word)


@pytest.mark.parametrize("word", SUBJECTS)
def test_names_a_subject(word: str) -> None:
    assert not is_general(word)
