# ruff: noqa: RUF001 -- full-width characters are what is tested

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.text import AnalysedText, Lexicon, Segmenter, join_keywords, normalise

SEGMENTER = Segmenter()


def terms(text: str) -> list[str]:
    return [term for sentence in SEGMENTER.sentences(text) for term in sentence.terms]


@pytest.mark.parametrize("whole", ["6061-t6", "0.5mm", "oled", "99.9%", "200°c", "c++", "tcp/ip", "co2"])
def test_units_and_part_numbers_stay_whole(whole: str) -> None:
    assert whole in terms(f"采用{whole.upper()}铝合金，厚度")


def test_parts_of_a_compound_are_found_too() -> None:
    assert terms("6061-T6") == ["6061", "t6", "6061-t6"]


def test_search_mode_gives_words_within_words() -> None:
    assert {"合金", "铝合金", "焊接"} <= set(terms("铝合金焊接"))


def test_single_characters_stay_and_punctuation_goes() -> None:
    assert terms("钢 ，。！ 、") == ["钢"]


def test_english_words_meet_in_their_stem_but_acronyms_do_not_shrink() -> None:
    assert terms("Welding robots LED OLED") == terms("weld robot led oled")


def test_bigrams_stay_within_runs_of_characters() -> None:
    [sentence] = SEGMENTER.sentences("铝合金 薄板OLED屏")
    assert sentence.bigrams == ["铝合", "合金", "薄板", "oled"]


def test_sentences_end_at_marks_and_breaks_but_not_within_numbers() -> None:
    found = [sentence.text for sentence in SEGMENTER.sentences("厚0.5毫米。含碳；！\n\n强度高？Fine. Good")]
    assert found == ["厚0.5毫米", "含碳", "强度高", "fine", " good"]


def test_offsets_point_into_the_text_as_typed() -> None:
    source = "需要６０６１－Ｔ６鋁合金。厚㎜"
    found = [term for sentence in SEGMENTER.sentences(source) for term in sentence.source_terms()]
    shown = {term.text: source[term.start : term.end] for term in found}
    assert shown["6061-t6"] == "６０６１－Ｔ６"
    assert shown["铝合金"] == "鋁合金"
    assert shown["mm"] == "㎜"


@given(st.text(max_size=80))
def test_any_text_survives_storing(source: str) -> None:
    text = SEGMENTER.analyse(title=source, keywords=[source, "铝"], body=source)
    assert AnalysedText.from_json(text.to_json()) == text
    text.to_json().encode()


@given(st.text(alphabet="铝合金鋁焊接 ａ6-T。，e\u0301㎜\u200b😀", max_size=60))
def test_every_term_normalises_from_its_source(source: str) -> None:
    for sentence in SEGMENTER.sentences(source):
        for (start, end), term in zip(sentence.words, sentence.source_terms(), strict=True):
            assert sentence.text[start:end] in normalise(source[term.start : term.end]).text


def test_keywords_are_sentences_of_their_own_with_offsets_in_the_joined_text() -> None:
    text = SEGMENTER.analyse(keywords=["铝合金", "激光；焊接"])
    joined = join_keywords(["铝合金", "激光；焊接"])
    found = text.sentences("keywords")
    assert [sentence.text for sentence in found] == ["铝合金", "激光", "焊接"]
    assert [joined[slice(*s.source_span(0, len(s.text)))] for s in found] == ["铝合金", "激光", "焊接"]


def test_a_sentence_is_known_by_what_it_says() -> None:
    first, second, third = SEGMENTER.sentences("铝合金，焊接。 铝合金 焊接；铝合金焊")
    assert first.key == second.key != third.key


def test_the_stamp_changes_with_words_and_engine() -> None:
    own = Segmenter(Lexicon(("薄壁件",)))
    assert "薄壁件" in [t for s in own.sentences("铝合金薄壁件焊接") for t in s.terms]
    assert len({SEGMENTER.stamp, own.stamp, Segmenter(engine="jieba").stamp}) == 3


def test_the_reference_engine_agrees_and_leaves_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / "jieba.cache"
    planted.write_bytes(b"not a dictionary")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reference = Segmenter(Lexicon(("石墨烯薄膜",)), engine="jieba")
    source = "铝合金薄板激光焊接变形控制，石墨烯薄膜"
    assert [t for s in reference.sentences(source) for t in s.terms] == [
        t for s in Segmenter(Lexicon(("石墨烯薄膜",))).sentences(source) for t in s.terms
    ]
    assert planted.read_bytes() == b"not a dictionary"
    assert list(tmp_path.iterdir()) == [planted]


def test_a_text_of_a_megabyte_without_a_full_stop() -> None:
    source = "锂离子电池隔膜材料" * 40_000
    [sentence] = SEGMENTER.sentences(source)
    assert sentence.source_terms()[-1].end == len(source)
