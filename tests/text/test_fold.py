# ruff: noqa: RUF001 -- full-width characters are what is tested

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.text import Segmenter, fold, needle, search_terms, spans_of

SEGMENTER = Segmenter()
TROUBLE = "激光焊接鋁合金的5Gai0.-_% ６Ｔß\u200b"
TEXT = "采用６０６１－Ｔ６鋁合金薄板的激光焊接，5G 基站用聚氨酯，ＡＩ質檢，误差0.02mm，不用5GPa级材料。"


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ("ＡＩ質檢，6061-T6薄板", " ai 质检 6061 t6 薄板 "),
        ("误差0.02mm", " 误差 0.02mm "),
        ("激\u200b光  焊接\n", " 激光 焊接 "),
        ("", "  "),
        ("100%_\\", " 100 "),
    ],
)
def test_words_stand_apart_in_one_written_form(source: str, folded: str) -> None:
    assert fold(source) == folded


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("焊接", ["焊接"]),
        ("焊", ["焊"]),
        ("5G", ["5g"]),
        ("ＡＩ", ["ai"]),
        ("6061-T6", ["6061", "t6"]),
        ("鋁合金薄板激光焊接的裂紋", ["铝合金", "薄板", "激光", "焊接", "裂纹"]),
        ("北京航空航天大学", ["北京", "航空", "航天", "大学"]),
        ("焊接 焊接", ["焊接"]),
        ("的", ["的"]),
        (" %_'\\ ", []),
    ],
)
def test_what_is_typed_becomes_words(typed: str, terms: list[str]) -> None:
    assert search_terms(SEGMENTER, typed) == terms


def test_no_more_than_eight_words_are_looked_for() -> None:
    assert len(search_terms(SEGMENTER, " ".join(f"word{number}" for number in range(50)))) == 8


@pytest.mark.parametrize(
    ("term", "occurs"),
    [
        ("焊", True),
        ("铝合", True),
        ("5g", True),
        ("5gpa", True),
        ("g", False),
        ("ai", True),
        ("60", False),
        ("6061", True),
    ],
)
def test_short_latin_words_are_whole_ones(term: str, occurs: bool) -> None:
    assert (needle(term) in fold(TEXT)) is occurs
    assert bool(spans_of(TEXT, [term])) is occurs


def test_hits_are_marked_where_they_were_written() -> None:
    marked = [TEXT[start:end] for start, end in spans_of(TEXT, ["铝合金", "6061", "ai", "质检", "5g"])]
    assert marked == ["６０６１", "鋁合金", "5G", "ＡＩ", "質檢"]


@given(st.text(alphabet=st.one_of(st.sampled_from(TROUBLE), st.characters()), max_size=60))
def test_a_text_is_found_by_its_own_words(source: str) -> None:
    folded, terms = fold(source), search_terms(SEGMENTER, source)
    for term in terms:
        assert needle(term) in folded
        assert spans_of(source, [term])
