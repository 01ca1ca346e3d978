# ruff: noqa: RUF001 -- full-width characters are what is tested

import unicodedata

import opencc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matchmaker.text import normalise

TO_TRADITIONAL = opencc.OpenCC("s2t")
TROUBLE = "ａＢ（）鋁合金軟體乾坤ﬁ㎜½①ｶﾞe\u0301\u200b\ufeff\u00ad\u202e葛\U000e0100️😀𠀀\x00\ud800\r\n\u2028–İﷺ各"
texts = st.text(alphabet=st.one_of(st.sampled_from(TROUBLE), st.characters()), max_size=60)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("６０６１－Ｔ６", "6061-t6"),
        ("鋁合金薄壁件焊接", "铝合金薄壁件焊接"),
        ("軟體", "软体"),
        ("乾坤", "乾坤"),
        ("乾燥", "干燥"),
        ("铝\u200b合\ufeff金", "铝合金"),
        ("㎜ ½ ﬁ", "mm 1⁄2 fi"),
        ("cafe\u0301", "café"),
        ("葛\U000e0100城", "葛城"),
        ("a\x00b\ud800c", "a b c"),
        ("一\r二\u2028三", "一\n二\n三"),
        ("", ""),
    ],
)
def test_normalise_gives_one_written_form(source: str, expected: str) -> None:
    assert normalise(source).text == expected


def test_spans_lead_back_to_what_was_typed() -> None:
    source = "板厚㎜，cafe\u0301、鋁\u200b合金"
    found = normalise(source)
    start = found.text.index("铝合金")
    assert found.text[2:4] == "mm"
    assert found.source_span(2, 3) == found.source_span(2, 4) == (2, 3)
    assert source[slice(*found.source_span(start, start + 3))] == "鋁\u200b合金"
    assert source[slice(*found.source_span(5, 9))] == "cafe\u0301"


@given(texts)
@example("e" + "\u0301" * 100)
@example("\ud800")
def test_offsets_are_in_order_and_cover_the_source(source: str) -> None:
    text, starts = normalise(source)
    assert len(starts) == len(text) + 1
    assert starts == sorted(starts)
    assert starts[-1] == len(source)
    text.encode()


@given(texts, st.data())
def test_a_span_normalises_to_the_text_it_stands_for(source: str, data: st.DataObject) -> None:
    found = normalise(source)
    if not found.text:
        return
    start = data.draw(st.integers(0, len(found.text) - 1))
    end = data.draw(st.integers(start + 1, len(found.text)))
    first, last = found.source_span(start, end)
    assert 0 <= first < last <= len(source)
    again = normalise(source[first:last]).text
    assert len(again) >= end - start
    if not set(source) & set("\u4e7e"):  # 乾 is converted by its phrase
        assert found.text[start:end] in again


@given(st.text(alphabet="的一是在不了有和人这中大为上个国我以要他aB１，。（ｶﾞe\u0301ﬁ㎜½", max_size=40))
def test_without_traditional_characters_it_is_nfkc_in_lower_case(source: str) -> None:
    assert normalise(source).text == unicodedata.normalize("NFKC", source).lower()


@given(st.text(alphabet="发面里后台云松制谷丑范余斗铝合金焊接变形软件质量", max_size=20))
def test_traditional_wording_reads_like_simplified(source: str) -> None:
    traditional = TO_TRADITIONAL.convert(source)
    assert normalise(traditional).text == normalise(source).text


def test_a_million_marks_on_one_letter_end_soon() -> None:
    assert len(normalise("e" + "\u0301" * 1_000_000).text) > 0
